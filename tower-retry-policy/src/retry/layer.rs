use super::{
    FailedAttempt, Hedge, PolicyHandle, Retry, before_retry::Hook, extras::Extras, handle::Live,
    hedge::Hedging,
};
use crate::RetryPolicy;
use http::request::Parts;
use std::{future::Future, sync::Arc};
use tower::BoxError;
use tower_layer::Layer;

/// Sends a request again by a [`RetryPolicy`]: see the [module](super).
#[derive(Clone, Debug)]
pub struct RetryLayer {
    policy: RetryPolicy,
    extras: Option<Arc<Extras>>,
}

// ===== impl RetryLayer =====

impl RetryLayer {
    /// Attempts by this policy, one after the other.
    pub const fn new(policy: RetryPolicy) -> Self {
        Self { policy, extras: None }
    }

    /// The same with another policy, made of this one; somebody who has a handle has one of that.
    #[cfg(all(feature = "content-check", feature = "tonic"))]
    pub(crate) fn map_policy(self, map: impl Fn(RetryPolicy) -> RetryPolicy) -> Self {
        if let Some(live) = self.extras.as_ref().and_then(|extras| extras.live.as_ref()) {
            live.map(&map);
        }
        Self { policy: map(self.policy), ..self }
    }

    /// Lets attempts overlap: see [`Hedge`]. By default none do.
    ///
    /// All services of this layer share what it learns of latencies.
    #[doc(alias = "hedging")]
    #[doc(alias = "speculative retry")]
    #[doc(alias = "backup request")]
    #[must_use]
    pub fn hedge(mut self, hedge: Hedge) -> Self {
        self.extras_mut().hedging = Some(Arc::new(Hedging::new(hedge)));
        self
    }

    /// Lets this function change the request before it is sent again: a fresh token, a new signature, a date.
    ///
    /// It is given the attempt that failed and the head of the next one, and gives the head back, changed or not. What it
    /// changes holds for all further attempts of the call, hedges included, and it is called before each retry. A later hook
    /// replaces an earlier one.
    ///
    /// ```
    /// use http::{HeaderValue, header::AUTHORIZATION};
    /// use tower::BoxError;
    /// use tower_retry_policy::{RetryLayer, RetryPolicy};
    ///
    /// async fn fresh_token() -> Result<String, BoxError> {
    ///     // asks whoever gives tokens
    ///     # Ok("7".to_owned())
    /// }
    ///
    /// let layer = RetryLayer::new(RetryPolicy::standard().retry_unauthorized(true))
    ///     .before_retry(|failed, mut next| async move {
    ///         if failed.status() == Some(http::StatusCode::UNAUTHORIZED) {
    ///             let mut bearer: HeaderValue = format!("Bearer {}", fresh_token().await?).parse()?;
    ///             bearer.set_sensitive(true);
    ///             next.headers.insert(AUTHORIZATION, bearer);
    ///         }
    ///         Ok(next)
    ///     });
    /// # let _ = layer;
    /// ```
    ///
    /// The [recipe](crate::guide::recipes#401-refresh-once) lets calls share one refresh.
    ///
    /// # When it runs
    ///
    /// After the wait, and before the inner service is polled ready. Nothing of the call is held meanwhile but the place in
    /// the budget; attempts that run beside it go on, and if one of them wins, or the call is dropped, the hook's future is
    /// dropped. It is not called before the first attempt, nor before a hedge: what must be made anew for each of them
    /// belongs in a layer below the retry.
    ///
    /// It runs within the call's time: a [`DeadlineLayer`](crate::DeadlineLayer) outside drops it, and so does the layer
    /// itself at a [`Deadline`](crate::Deadline) in the request's extensions. Without either nothing limits it: give it a
    /// limit of its own.
    ///
    /// # An error
    ///
    /// It ends the attempt, which counts and stands in the [`History`](crate::History) with the phase
    /// [`Other`](crate::Phase::Other). So it ends the call, with the error as the `source()` of the
    /// [`RetryError`](crate::RetryError), unless [`retries_after(Phase::Other, ..)`](RetryPolicy::retries_after) allows more or
    /// a hedge still runs: then that one's outcome counts, and a retry after it calls the hook again.
    /// What the budget granted goes back. A panic goes up to the caller's task.
    ///
    /// # What must not be changed
    ///
    /// The method, `Idempotency-Key`, `Content-Length` and `Transfer-Encoding`: whether the request may be repeated was judged
    /// by its first head, and the body stays the same. A head in which one of them differs is not sent, and is an error as
    /// above. Everything else may be, the target too; the budget remains that of the first target's host. Of the
    /// extensions the call has read its own ([`Deadline`](crate::Deadline), [`RetryPatch`](crate::RetryPatch) and so on) when
    /// it began; layers below see what the hook makes of them.
    ///
    /// # What this cannot do
    ///
    /// - tower's own loop (`.retry(policy)`) has no hook.
    /// - A `ContinueLayer` outside asks for the rest of a body with the head that the caller gave it, and not with what a
    ///   hook has changed since. Where a token has ended meanwhile, each of these requests is refused once and calls the hook
    ///   anew.
    #[must_use]
    pub fn before_retry<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(FailedAttempt, Parts) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Parts, BoxError>> + Send + 'static,
    {
        self.extras_mut().before_retry = Some(Hook::new(hook));
        self
    }

    /// A handle that changes the policy of this layer while its services run.
    ///
    /// Ask for it before the layer makes a service, and before it is cloned: those made earlier keep the policy that they
    /// have. A second handle is of the same policy as the first.
    #[doc(alias = "hot reload")]
    pub fn handle(&mut self) -> PolicyHandle {
        let policy = &self.policy;
        let extras = Arc::make_mut(self.extras.get_or_insert_default());
        let live = extras.live.get_or_insert_with(|| Arc::new(Live::new(policy.clone())));
        PolicyHandle::new(live)
    }

    fn extras_mut(&mut self) -> &mut Extras {
        Arc::make_mut(self.extras.get_or_insert_default())
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry::with(inner, self.policy.clone(), self.extras.clone())
    }
}
