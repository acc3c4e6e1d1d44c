use crate::{Check, End, Head, Rejection};
use bytes::Bytes;
use std::fmt;

/// Any check behind one type, for stacks that are put together at run time.
///
/// ```
/// use tower_content_check::{ContentCheckLayer, check::{BoxCheck, Length, NotEmpty}};
///
/// let strict = true;
/// let check = if strict { BoxCheck::new((Length::new(), NotEmpty)) } else { BoxCheck::new(Length::new()) };
/// let layer = ContentCheckLayer::new(check);
/// # let _ = layer;
/// ```
pub struct BoxCheck(Box<dyn CloneCheck>);

trait CloneCheck: Check + Sync {
    fn clone_box(&self) -> Box<dyn CloneCheck>;
}

// ===== impl BoxCheck =====

impl BoxCheck {
    /// Puts `check` on the heap; each response costs one allocation more.
    pub fn new<C>(check: C) -> Self
    where
        C: Check + Clone + Sync + 'static,
    {
        Self(Box::new(check))
    }
}

impl<C: Check + Clone + Sync + 'static> CloneCheck for C {
    fn clone_box(&self) -> Box<dyn CloneCheck> {
        Box::new(self.clone())
    }
}

impl Clone for BoxCheck {
    fn clone(&self) -> Self {
        Self(self.0.clone_box())
    }
}

impl Check for BoxCheck {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.0.head(head)
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.0.frame(data)
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        self.0.end(end)
    }

    fn needs_plain_content(&self) -> bool {
        self.0.needs_plain_content()
    }
}

impl fmt::Debug for BoxCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxCheck(..)")
    }
}
