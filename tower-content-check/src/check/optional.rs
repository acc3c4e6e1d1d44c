use crate::{Check, End, Head, Rejection};
use bytes::Bytes;

/// A check that can be switched off: `None` accepts everything.
impl<C: Check> Check for Option<C> {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.as_mut().map_or(Ok(()), |check| check.head(head))
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.as_mut().map_or(Ok(()), |check| check.frame(data))
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        self.as_mut().map_or(Ok(()), |check| check.end(end))
    }

    fn needs_plain_content(&self) -> bool {
        self.as_ref().is_some_and(Check::needs_plain_content)
    }
}
