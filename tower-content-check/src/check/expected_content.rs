use crate::{Check, End, Head, Rejection};

/// Accepts an empty body only where it may be the answer: a `PUT` is answered well by `201` and `Content-Length: 0`, a
/// `GET` by `200` and nothing is not.
///
/// [`Head::expects_content`] says where content is expected. Elsewhere an empty body passes if the answer says itself that
/// there is none: by a length of zero, by the last chunk, by the end of the stream. [`NotEmpty`](super::NotEmpty) rejects
/// every empty body.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExpectedContent;

// ===== impl ExpectedContent =====

impl Check for ExpectedContent {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        accept(head.declared_length() != Some(0) || head.has_no_content())
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        accept(end.received() > 0 || end.has_no_content())
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}

fn accept(right: bool) -> Result<(), Rejection> {
    if right { Ok(()) } else { Err(Rejection::transient("body is empty")) }
}
