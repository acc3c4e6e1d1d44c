use super::{InLoop, RetryPolicy, config::Config};
use std::{fmt, sync::Arc};

/// Request extension: changes of the policy for one call.
///
/// It changes the layer's policy, or the request's own [`RetryPolicy`] if there is one, and leaves all else as it is. Every
/// setting of a policy can be changed, because a patch is a function from policy to policy:
///
/// ```
/// use tower_retry_policy::RetryPatch;
///
/// let mut request = http::Request::get("http://example.com/").body(()).unwrap();
/// request.extensions_mut().insert(RetryPatch::new(|policy| policy.retries(5)));
/// ```
///
/// A library keeps its own changes and adds those of its user:
///
/// ```
/// use tower_retry_policy::RetryPatch;
///
/// fn send(mut request: http::Request<String>, user: Option<RetryPatch>) {
///     // this call creates nothing, though it is a POST
///     let mut patch = RetryPatch::new(|policy| policy.any_method());
///     if let Some(user) = user {
///         patch = patch.and(user);
///     }
///     request.extensions_mut().insert(patch);
///     // ...
/// }
/// # send(http::Request::new(String::new()), Some(RetryPatch::new(|policy| policy.retries(0))));
/// ```
///
/// # What holds
///
/// - Budget and observers are always the layer's. A patch that sets others changes nothing.
/// - It holds for the retries of the call, and for the continuations of its body ([`continuing`](crate::continuing)).
/// - Each retry layer that sees the request applies it to its own policy.
/// - The function may be called more than once for one call, and must give the same policy each time.
/// - Calls without a patch cost nothing more. One with a patch copies the settings of its policy.
#[derive(Clone)]
pub struct RetryPatch {
    change: Arc<dyn Fn(RetryPolicy) -> RetryPolicy + Send + Sync>,
}

// ===== impl RetryPatch =====

impl RetryPatch {
    /// The changes that this function makes.
    pub fn new(change: impl Fn(RetryPolicy) -> RetryPolicy + Send + Sync + 'static) -> Self {
        Self { change: Arc::new(change) }
    }

    /// These changes, then those of `next`: where both change the same setting, `next` wins.
    #[must_use]
    pub fn and(self, next: Self) -> Self {
        Self::new(move |policy| (next.change)((self.change)(policy)))
    }

    #[cold]
    pub(crate) fn apply(&self, policy: &RetryPolicy) -> Arc<Config> {
        let policy = RetryPolicy { config: Arc::clone(&policy.config), in_loop: InLoop::default() };
        (self.change)(policy).config
    }
}

impl fmt::Debug for RetryPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPatch").finish_non_exhaustive()
    }
}
