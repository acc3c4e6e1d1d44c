use super::BreakRecord;
use http::Response;
use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

/// How a body is doing: an extension of each response whose body can be continued.
///
/// It stays readable while the body is read, and after. Numbers are those of the whole, whatever parts it came in, so they
/// never go back.
///
/// ```
/// use http::Response;
/// use tower_content_check::continuation::Continuations;
///
/// # fn show<B>(response: &Response<B>) {
/// if let Some(continuations) = Continuations::of(response) {
///     println!("{} of {:?} bytes, continued {} times", continuations.delivered(), continuations.length(), continuations.count());
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Continuations(Arc<State>);

struct State {
    delivered: AtomicU64,
    /// `u64::MAX` where it is not known: no body is as long.
    length: AtomicU64,
    count: AtomicU32,
    breaks: Mutex<Breaks>,
}

#[derive(Default)]
struct Breaks {
    waited: Duration,
    last: Option<BreakRecord>,
}

// ===== impl Continuations =====

impl Continuations {
    pub(super) fn new(length: Option<u64>) -> Self {
        Self(Arc::new(State {
            delivered: AtomicU64::new(0),
            length: AtomicU64::new(length.unwrap_or(u64::MAX)),
            count: AtomicU32::new(0),
            breaks: Mutex::default(),
        }))
    }

    /// Those of a response, a handle to be cloned; none where its body cannot be continued.
    pub fn of<B>(response: &Response<B>) -> Option<&Self> {
        response.extensions().get()
    }

    /// Bytes that the reader has got.
    pub fn delivered(&self) -> u64 {
        self.0.delivered.load(Ordering::Relaxed)
    }

    /// The length of the whole, where it is known.
    pub fn length(&self) -> Option<u64> {
        Some(self.0.length.load(Ordering::Relaxed)).filter(|length| *length != u64::MAX)
    }

    /// How often the rest was asked for.
    pub fn count(&self) -> u32 {
        self.0.count.load(Ordering::Relaxed)
    }

    /// How long was waited before asking, in all, as far as the policy tells it
    /// ([`ContinueStream::waited`](super::ContinueStream::waited)).
    pub fn waited(&self) -> Duration {
        self.lock().waited
    }

    /// The last break.
    pub fn last_break(&self) -> Option<BreakRecord> {
        self.lock().last.clone()
    }

    #[inline]
    pub(super) fn set_delivered(&self, delivered: u64) {
        self.0.delivered.store(delivered, Ordering::Relaxed);
    }

    pub(super) fn set_length(&self, length: Option<u64>) {
        self.0.length.store(length.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn asked(&self) {
        // Only the body counts.
        self.0.count.store(self.count().saturating_add(1), Ordering::Relaxed);
    }

    pub(super) fn broke(&self, record: BreakRecord) {
        self.lock().last = Some(record);
    }

    pub(super) fn set_waited(&self, waited: Duration) {
        self.lock().waited = waited;
    }

    /// Nothing that could panic is done under the lock, so what a poisoned one holds is sound.
    fn lock(&self) -> MutexGuard<'_, Breaks> {
        self.0.breaks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Continuations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Continuations")
            .field("delivered", &self.delivered())
            .field("length", &self.length())
            .field("count", &self.count())
            .field("waited", &self.waited())
            .finish_non_exhaustive()
    }
}
