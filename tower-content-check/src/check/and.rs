use crate::{Check, End, Head, Rejection};
use bytes::Bytes;

/// Two checks of one response, see [`Check::and`].
#[derive(Clone, Copy, Debug, Default)]
pub struct And<A, B> {
    pub(super) first: A,
    pub(super) second: B,
}

// ===== impl And =====

impl<A, B> And<A, B> {
    pub(crate) fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Check, B: Check> Check for And<A, B> {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.first.head(head)?;
        self.second.head(head)
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.first.frame(data)?;
        self.second.frame(data)
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        self.first.end(end)?;
        self.second.end(end)
    }

    fn needs_plain_content(&self) -> bool {
        self.first.needs_plain_content() || self.second.needs_plain_content()
    }
}
