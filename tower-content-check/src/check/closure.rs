use crate::{Check, End, Head, Rejection};
use std::fmt;

/// A check by a closure over the whole response, see [`check_fn`].
#[derive(Clone, Copy)]
pub struct CheckFn<F>(F);

/// A check by a closure over the head, see [`check_head`].
#[derive(Clone, Copy)]
pub struct CheckHead<F>(F);

/// A check by a closure over the whole response: head, content and trailers.
///
/// ```
/// use tower_content_check::{ContentCheckLayer, End, Rejection, check::check_fn};
///
/// let complete = check_fn(|end: &mut End<'_>| {
///     if end.bytes().ends_with(b"</html>\n") {
///         Ok(())
///     } else {
///         Err(Rejection::transient("page is not complete"))
///     }
/// });
/// let layer = ContentCheckLayer::new(complete);
/// # let _ = layer;
/// ```
pub fn check_fn<F>(check: F) -> CheckFn<F>
where
    F: FnMut(&mut End<'_>) -> Result<(), Rejection>,
{
    CheckFn(check)
}

/// A check by a closure over the head: the body is not read at all when it rejects.
///
/// ```
/// use tower_content_check::{ContentCheckLayer, Head, Rejection, check::check_head};
///
/// let ours = check_head(|head: &Head<'_>| match head.headers().get("x-api-version") {
///     Some(_) => Ok(()),
///     None => Err(Rejection::permanent("the answer is not from our service")),
/// });
/// let layer = ContentCheckLayer::new(ours);
/// # let _ = layer;
/// ```
pub fn check_head<F>(check: F) -> CheckHead<F>
where
    F: FnMut(&Head<'_>) -> Result<(), Rejection>,
{
    CheckHead(check)
}

// ===== impl CheckFn =====

impl<F> Check for CheckFn<F>
where
    F: FnMut(&mut End<'_>) -> Result<(), Rejection> + Send,
{
    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        (self.0)(end)
    }
}

impl<F> fmt::Debug for CheckFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckFn(..)")
    }
}

// ===== impl CheckHead =====

impl<F> Check for CheckHead<F>
where
    F: FnMut(&Head<'_>) -> Result<(), Rejection> + Send,
{
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        (self.0)(head)
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}

impl<F> fmt::Debug for CheckHead<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckHead(..)")
    }
}
