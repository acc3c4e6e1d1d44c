use std::task::Context;

/// Frames that are read without letting other tasks run: about a megabyte of hyper's, and less than a millisecond.
const FRAMES: u32 = 64;

/// One turn of reading: a body whose next frame is always there would otherwise keep its thread to itself.
#[derive(Debug)]
pub(crate) struct Turn(u32);

// ===== impl Turn =====

impl Turn {
    pub(crate) fn new() -> Self {
        Self(FRAMES)
    }

    /// Whether there is room for one more frame; if not, the task is woken at once for its next turn.
    #[inline]
    pub(crate) fn goes_on(&mut self, cx: &Context<'_>) -> bool {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => {
                cx.waker().wake_by_ref();
                false
            }
        }
    }
}
