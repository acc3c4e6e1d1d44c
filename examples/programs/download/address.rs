//! A URL that may hold secrets.

use crate::failure::Failure;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Uri};

/// What is asked for, without the user and the password, which go into a field of the request (RFC 9110 section 4.2.4).
pub(crate) struct Address {
    pub(crate) uri: Uri,
    pub(crate) credentials: Option<HeaderValue>,
}

// ===== impl Address =====

impl Address {
    /// No error shows anything of the text.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::input("a whole URL is needed, such as https://example.com/map.bin");
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let mut parts = uri.into_parts();
        let is_http =
            parts.scheme.as_ref().is_some_and(|scheme| ["http", "https"].contains(&scheme.as_str()));
        let authority = parts.authority.take().filter(|_| is_http).ok_or_else(wrong)?;
        let (user, host) = match authority.as_str().rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority.as_str()),
        };
        // a port that is none is not the default one
        let port = host.get(authority.host().len()..).unwrap_or_default();
        if authority.host().is_empty() || !port.is_empty() && authority.port_u16().is_none() {
            return Err(wrong());
        }
        let credentials = user.map(basic).transpose()?;
        parts.authority = Some(host.parse().map_err(|_| wrong())?);
        Ok(Self { uri: Uri::from_parts(parts).map_err(|_| wrong())?, credentials })
    }

    /// The last name of the path, as it stands there.
    pub(crate) fn file_name(&self) -> Result<String, Failure> {
        match self.uri.path().rsplit('/').next().unwrap_or_default() {
            "" | "." | ".." => Err(Failure::input("the URL ends with no name: --output says where to write")),
            name if name.contains(['\\', ':']) => {
                Err(Failure::input("the URL's name is no good one for a file: --output says where to write"))
            }
            name => Ok(name.to_owned()),
        }
    }
}

/// `user:password` of a URL as a value of `Authorization` (RFC 7617).
fn basic(user: &str) -> Result<HeaderValue, Failure> {
    let user = if user.contains(':') { user.to_owned() } else { format!("{user}:") };
    let mut value =
        HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(decoded(user.as_bytes()))))
            .map_err(|_| Failure::input("user and password cannot be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// With the octets that were written as `%40`.
fn decoded(text: &[u8]) -> Vec<u8> {
    let (mut octets, mut rest) = (Vec::new(), text);
    while let [first, after @ ..] = rest {
        let digits =
            after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(octet) => (octets.push(octet), rest = &after[2..]).1,
            None => (octets.push(*first), rest = after).1,
        }
    }
    octets
}
