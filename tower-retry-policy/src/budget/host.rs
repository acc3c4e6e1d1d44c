//! The server that a request goes to, as a key.

use super::RequestHead;
use std::{borrow::Borrow, fmt, sync::Arc};

/// Host and port as a request names them, in lower case; the key of [`PerKey::per_host`](super::PerKey::per_host).
///
/// Without user information, which is a secret and no part of the server's name. A port that is left out is not the same as
/// one that is written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Host(Arc<str>);

/// Longer names than nearly all of them, and few enough bytes to be put on the stack for nothing.
const USUAL: usize = 128;

// ===== impl Host =====

impl Host {
    /// `example.com:8080`; nothing for requests that name no host.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        Some(&*self.0).filter(|name| !name.is_empty())
    }

    /// Lends the key of a request, empty if it names no host, to a look-up that needs no copy of it.
    #[inline]
    pub(super) fn lent<T>(request: &RequestHead<'_>, look_up: impl FnOnce(&str) -> T) -> T {
        match request.uri().authority() {
            Some(authority) => folded(server(authority.as_str()), look_up),
            // The field is checked before anything is made of it.
            None => folded(request.authority().as_ref().map_or("", |authority| authority.as_str()), look_up),
        }
    }
}

/// Without user information.
fn server(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, server)| server)
}

/// In lower case as a whole before it is hashed: `Authority` hashes byte by byte, to the same end.
fn folded<T>(name: &str, look_up: impl FnOnce(&str) -> T) -> T {
    let mut buffer = [0; USUAL];
    if let Some(folded) = buffer.get_mut(..name.len()) {
        folded.copy_from_slice(name.as_bytes());
        folded.make_ascii_lowercase();
        if let Ok(folded) = str::from_utf8(folded) {
            return look_up(folded);
        }
    }
    look_up(&name.to_ascii_lowercase())
}

impl From<&str> for Host {
    /// The key of this name, in whatever case it is written.
    fn from(name: &str) -> Self {
        Self(name.to_ascii_lowercase().into())
    }
}

impl Borrow<str> for Host {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Host").field(&self.name()).finish()
    }
}
