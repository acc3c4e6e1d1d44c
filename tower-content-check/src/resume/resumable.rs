use super::record::Record;
use http::Uri;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What the attempts of one call share: an extension of the request that a retry carries from attempt to attempt.
///
/// Give each call its own; a request that is sent again as another call needs a new one.
///
/// ```
/// use http::Request;
/// use tower_content_check::resume::Resumable;
///
/// let request = Request::get("https://example.com/file").extension(Resumable::new()).body(()).unwrap();
/// # let _ = request;
/// ```
#[derive(Clone, Default)]
pub struct Resumable(Arc<Mutex<Option<Record>>>);

/// An extension of a response whose body was put together from several attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumed {
    pub(super) bytes: u64,
}

// ===== impl Resumable =====

impl Resumable {
    /// Nothing has come yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that an attempt has left for the next one.
    pub fn received(&self) -> u64 {
        self.lock().as_ref().map_or(0, Record::len)
    }

    /// What can be continued, of this resource.
    pub(super) fn partial(&self, uri: &Uri) -> Option<Record> {
        self.lock().as_ref().filter(|record| record.uri == *uri).cloned()
    }

    /// Leaves what has come for the next attempt.
    ///
    /// When attempts overlap, the one that came further with the same content counts.
    pub(super) fn keep(&self, record: Record) {
        let mut kept = self.lock();
        let further = kept.as_ref().is_none_or(|kept| !kept.is_like(&record) || kept.len() < record.len());
        if further && record.is_partial() {
            *kept = Some(record);
        }
    }

    /// The next attempt starts over.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    /// The content of `record` is not what the server has now.
    pub(super) fn discard(&self, record: &Record) {
        self.lock().take_if(|kept| kept.is_like(record));
    }

    /// A server that refuses the rest twice, with no byte between, will go on doing so: then the next attempt starts
    /// over.
    pub(super) fn refused(&self, record: &Record) {
        let mut kept = self.lock();
        kept.take_if(|kept| kept.is_like(record) && kept.len() == record.len() && kept.refused);
        if let Some(kept) = kept.as_mut() {
            kept.refused = true;
        }
    }

    /// Nothing that could panic is done under the lock, so what a poisoned one holds is sound.
    fn lock(&self) -> MutexGuard<'_, Option<Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Resumable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resumable").field("received", &self.received()).finish()
    }
}

// ===== impl Resumed =====

impl Resumed {
    /// Bytes of the body that earlier attempts had received.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}
