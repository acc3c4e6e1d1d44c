//! What the policy asks of a stack, as traits of its own: so the compiler can say what to do where they do not hold.
//! `mistakes/` has the texts, and `guide::mistakes` explains them.

use tower::BoxError;

/// A request body that can be sent a second time.
#[diagnostic::on_unimplemented(
    message = "the request body `{Self}` is not `Clone`, so `RetryPolicy` cannot send it a second time",
    label = "the request's body is not `Clone`",
    note = "`ReplayBodyLayer`, right outside the retry, makes any body so; `http_body_util::Full<Bytes>` is so by itself",
    note = "see \"the request body is not `Clone`\" in `tower_retry_policy::guide::mistakes`"
)]
pub trait RepeatableBody: Clone + 'static {}

// the compiler would ask for `Clone` and say nothing of a retry
#[diagnostic::do_not_recommend]
impl<B: Clone + 'static> RepeatableBody for B {}

/// [`BoxError`] and nothing else: the policy puts the story of the call in the place of the last error.
#[diagnostic::on_unimplemented(
    message = "`RetryPolicy` needs a service whose error is `tower::BoxError`, and below it is `{Self}`",
    label = "the error of the service below is not `BoxError`",
    note = "an `AttemptTimeoutLayer` or a `ContentCheckLayer` below the retry makes it one, and so does `.map_err(BoxError::from)`",
    note = "see \"the error is not boxed\" in `tower_retry_policy::guide::mistakes`"
)]
pub trait BoxedError: Sized {
    /// The same result: only one type has this trait.
    fn boxed<R>(result: &mut Result<R, Self>) -> &mut Result<R, BoxError>;
}

impl BoxedError for BoxError {
    #[inline]
    fn boxed<R>(result: &mut Result<R, Self>) -> &mut Result<R, Self> {
        result
    }
}
