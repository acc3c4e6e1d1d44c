use super::Break;
use crate::BoxError;
use http::{Extensions, Request, response::Parts};
use std::{fmt, future::Future, time::Duration};

/// Decides whether a body that broke off is asked for again, and when.
///
/// A retry policy is one: `RetryPolicy` of `tower-retry-policy` treats a break like any other failed attempt. So is a
/// closure, which gets the [`Break`] and gives the wait, or nothing to stop. It is called between the frames, on the task
/// that reads the body.
///
/// ```
/// use std::time::Duration;
/// use tower_content_check::continuation::{Break, ContinueLayer};
///
/// // five in a row that brought nothing new, a second apart
/// let layer = ContinueLayer::new(|broke: &Break<'_>| {
///     (broke.in_a_row() <= 5).then(|| tokio::time::sleep(Duration::from_secs(1)))
/// });
/// # let _ = layer;
/// ```
pub trait ContinuePolicy {
    /// What it knows of one response.
    type Stream: ContinueStream;

    /// A response came whose body can be continued. `request` is what it answers; its body was taken out.
    fn begin(&self, request: &Request<()>, response: &Parts) -> Self::Stream;
}

/// A [`ContinuePolicy`] while one body is read. Dropped with the body, at whatever point.
pub trait ContinueStream {
    /// The wait before the server is asked again.
    type Wait: Future<Output = ()>;

    /// The body broke off, or a request for its rest failed.
    ///
    /// # Errors
    ///
    /// Why it is not asked for again; the body ends with that.
    fn broke(&mut self, broke: &Break<'_>) -> Result<Self::Wait, BoxError>;

    /// Completes the extensions of the request for the rest, a copy of those of the first request.
    fn prepare(&mut self, extensions: &mut Extensions) {
        let _ = extensions;
    }

    /// The request for the rest was answered, or failed; nothing is decided yet.
    fn answered(&mut self, answer: Result<&Parts, &BoxError>) {
        let _ = answer;
    }

    /// The time that its waits take in all, for [`Continuations::waited`](super::Continuations::waited); zero where it does
    /// not say.
    fn waited(&self) -> Duration {
        Duration::ZERO
    }

    /// The body is over: whole (`None`), or with this error. Not called for a body that is dropped before all of its length
    /// was read.
    fn ended(&mut self, error: Option<&BoxError>) {
        let _ = error;
    }
}

/// A closure as [`ContinueStream`].
pub struct ByClosure<F>(F);

/// A closure that says no.
#[derive(Debug)]
struct NoMore;

// ===== impl ByClosure =====

impl<F, W> ContinuePolicy for F
where
    F: Fn(&Break<'_>) -> Option<W> + Clone,
    W: Future<Output = ()>,
{
    type Stream = ByClosure<F>;

    fn begin(&self, _: &Request<()>, _: &Parts) -> Self::Stream {
        ByClosure(self.clone())
    }
}

impl<F, W> ContinueStream for ByClosure<F>
where
    F: Fn(&Break<'_>) -> Option<W>,
    W: Future<Output = ()>,
{
    type Wait = W;

    fn broke(&mut self, broke: &Break<'_>) -> Result<W, BoxError> {
        (self.0)(broke).ok_or_else(|| NoMore.into())
    }
}

impl<F> fmt::Debug for ByClosure<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByClosure").finish_non_exhaustive()
    }
}

// ===== impl NoMore =====

impl fmt::Display for NoMore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not asked for again")
    }
}

impl std::error::Error for NoMore {}
