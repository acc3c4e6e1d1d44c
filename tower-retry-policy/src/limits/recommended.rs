use super::AttemptTimeouts;
use std::time::Duration;

/// What most callers are ready to wait.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The limits of an attempt follow the call's, so that a server that hangs leaves time for two attempts more.
pub(crate) fn attempt_within(deadline: Duration) -> AttemptTimeouts {
    let silence = deadline / 6;
    AttemptTimeouts::new().head(silence).idle(silence).total(deadline / 3)
}
