use std::any::Any;
use tokio::time::Instant;

/// What tower's clone of a policy knows of its call. The first copy of a request is asked of the policy that all calls
/// share, so nothing but the time is noted there. What a call is belongs to the loop.
#[derive(Default)]
pub(crate) struct InLoop {
    pub(crate) sent: Option<Instant>,
    pub(crate) call: Option<Box<dyn Any + Send + Sync>>,
}

impl Clone for InLoop {
    /// Tower clones the policy when it opens a call, and no other clone has a claim on what one holds.
    fn clone(&self) -> Self {
        Self { sent: self.sent, call: None }
    }
}
