use crate::{Check, End, Head, Rejection};

/// Accepts a body of at least one byte.
///
/// A success that is empty where content belongs is the lie that no length can show: `Content-Length: 0` agrees
/// with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotEmpty;

// ===== impl NotEmpty =====

impl Check for NotEmpty {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        accept(head.declared_length() != Some(0))
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        accept(end.received() > 0)
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}

fn accept(there: bool) -> Result<(), Rejection> {
    if there { Ok(()) } else { Err(Rejection::transient("body is empty")) }
}
