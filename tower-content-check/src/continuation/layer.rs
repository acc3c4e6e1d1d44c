use super::{
    ContinuePolicy,
    service::{Continue, Shared},
    settings::Settings,
};
use crate::check::FlowCheck;
use std::{fmt, sync::Arc};
use tower_layer::Layer;

/// Applies [`Continue`] to a service, see [the module](super).
#[derive(Clone)]
pub struct ContinueLayer<P, C = ()> {
    policy: P,
    check: C,
    settings: Settings,
}

// ===== impl ContinueLayer =====

impl<P: ContinuePolicy> ContinueLayer<P> {
    /// Continues bodies for as long as `policy` says: that of the retry below, or a closure.
    pub fn new(policy: P) -> Self {
        Self { policy, check: (), settings: Settings::default() }
    }
}

impl<P, C> ContinueLayer<P, C> {
    /// Judges the content on its way with a copy of `check`, in place of what was set before.
    ///
    /// It judges every success that has a body, whether that can be continued or not. What it finds is an error in the
    /// body, too late for the bytes that are out: *discard what has been read*. Where the length is known, the frame that
    /// completes it is held back until the verdict stands, so that a reader who stops there has no wrong whole either.
    #[must_use]
    pub fn check<D>(self, check: D) -> ContinueLayer<P, D>
    where
        D: FlowCheck + Clone,
    {
        ContinueLayer { policy: self.policy, check, settings: self.settings }
    }

    /// Sets how many bytes must have come before breaks are counted anew. Default: 64 KiB, more than what is in flight when
    /// a connection dies young, and little enough that a link that breaks once a megabyte never runs out of attempts. A
    /// server that drips a byte per connection does.
    #[must_use]
    pub fn progress(mut self, bytes: u64) -> Self {
        self.settings.progress = bytes;
        self
    }

    /// Sets how many bytes that the reader has already may come again in one continuation, to be dropped: those before the
    /// range of a server that sends blocks, or those of the whole where it does not know ranges. Default: 1 MiB, a block of
    /// the usual caches. Without a bound a long body over a bad link would be sent over and over. 0 accepts none.
    #[must_use]
    pub fn skip(mut self, bytes: u64) -> Self {
        self.settings.skip = bytes;
        self
    }

    /// Continues also by `Last-Modified`, where a response has no `ETag` and its `Date` is at least a minute later. RFC 9110
    /// section 8.8.2.2 calls such a date strong; it is not the default because what changes twice in a second, or is
    /// copied with its date, has the same one.
    #[must_use]
    pub fn allow_last_modified(mut self) -> Self {
        self.settings.dates = true;
        self
    }
}

impl<S, P: Clone, C: Clone> Layer<S> for ContinueLayer<P, C> {
    type Service = Continue<S, P, C>;

    fn layer(&self, inner: S) -> Self::Service {
        let shared =
            Shared { policy: self.policy.clone(), check: self.check.clone(), settings: self.settings };
        Continue { inner, shared: Arc::new(shared) }
    }
}

impl<P, C: fmt::Debug> fmt::Debug for ContinueLayer<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContinueLayer")
            .field("check", &self.check)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
