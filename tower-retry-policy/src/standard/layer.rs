use super::{Standard, StandardCheck, limits::Limits};
use crate::{DeadlineLayer, RetryLayer, RetryPolicy, attempt_timeout::AttemptTimeouts};
use std::time::Duration;
use tower_content_check::ContentCheckLayer;
use tower_layer::Layer;

/// The recommended stack as one layer: deadline, retry, content check, attempt timeout. See the [module](super) for what it
/// consists of.
///
/// Services of one layer and of its clones share the policy's budget, which is right where they speak to the same server.
#[derive(Clone, Debug)]
pub struct StandardLayer {
    pub(super) limits: Limits,
    pub(super) retry: RetryLayer,
    pub(super) check: ContentCheckLayer<StandardCheck>,
}

// ===== impl StandardLayer =====

impl StandardLayer {
    /// For JSON APIs: a body that is cut, empty where it should not be, or no JSON is a failed attempt
    /// ([`ContentCheckLayer::json`]). Needs the feature `json`.
    #[cfg(feature = "json")]
    pub fn json() -> Self {
        Self::checking(StandardCheck::json())
    }

    /// For any content: a body that is cut, or empty where it should not be, is a failed attempt.
    pub fn plain() -> Self {
        Self::checking(StandardCheck::plain())
    }

    pub(super) fn checking(check: ContentCheckLayer<StandardCheck>) -> Self {
        let retry = RetryLayer::new(RetryPolicy::standard());
        Self { limits: Limits::default(), retry, check }
    }

    /// The time of a call with all of its attempts and waits, to the last byte of the body. Default: 30 s. The limits of an
    /// attempt follow it, unless [`attempt`](Self::attempt) sets them.
    ///
    /// A request whose extensions hold an earlier [`Deadline`](crate::Deadline) keeps that.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { limits: self.limits.within(deadline), ..self }
    }

    /// The limits of an attempt. Default: a third of the deadline in total, a sixth until the head and for each silence of
    /// the body; so that a server that hangs leaves time for two attempts more.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_retry_policy::{StandardLayer, attempt_timeout::AttemptTimeouts};
    ///
    /// // a server that thinks for up to a minute
    /// let layer = StandardLayer::plain()
    ///     .deadline(Duration::from_secs(150))
    ///     .attempt(AttemptTimeouts::new().head(Duration::from_secs(60)).idle(Duration::from_secs(5)));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn attempt(self, limits: AttemptTimeouts) -> Self {
        Self { limits: self.limits.attempt_within(limits), ..self }
    }

    /// What is repeated, how often and when. Default: [`RetryPolicy::standard`].
    #[must_use]
    pub fn policy(self, policy: RetryPolicy) -> Self {
        self.retry(RetryLayer::new(policy))
    }

    /// The whole retry, where it is more than a policy: attempts that overlap, say.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_retry_policy::{RetryLayer, RetryPolicy, StandardLayer, retry::Hedge};
    ///
    /// let hedged = RetryLayer::new(RetryPolicy::standard()).hedge(Hedge::after(Duration::from_millis(200)));
    /// let layer = StandardLayer::plain().retry(hedged);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn retry(self, retry: RetryLayer) -> Self {
        Self { retry, ..self }
    }

    /// How many bytes of a body are held at the most; a longer one is refused. Default: 16 MiB
    /// ([`ContentCheckLayer::max_bytes`]).
    #[must_use]
    pub fn max_bytes(self, max_bytes: u64) -> Self {
        Self { check: self.check.max_bytes(max_bytes), ..self }
    }

    #[cfg(feature = "serde")]
    pub(crate) fn try_map_check<E>(
        self,
        map: impl FnOnce(ContentCheckLayer<StandardCheck>) -> Result<ContentCheckLayer<StandardCheck>, E>,
    ) -> Result<Self, E> {
        Ok(Self { check: map(self.check)?, ..self })
    }

    /// This stack around `client`: what [`Layer::layer`] does, without the import of a trait.
    pub fn service<S>(&self, client: S) -> Standard<S> {
        let attempt = self.limits.attempt();
        let checked = self.check.layer(crate::AttemptTimeoutLayer::from(attempt).layer(client));
        let retried = self.retry.layer(checked);
        Standard::new(DeadlineLayer::new(self.limits.deadline()).layer(retried))
    }
}

impl<S> Layer<S> for StandardLayer {
    type Service = Standard<S>;

    fn layer(&self, inner: S) -> Standard<S> {
        self.service(inner)
    }
}
