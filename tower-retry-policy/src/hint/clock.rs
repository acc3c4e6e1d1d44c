use std::{sync::Arc, time::SystemTime};

/// The wall clock. Dates in header fields can only be compared with one; nothing else here reads it.
#[expect(clippy::disallowed_methods, reason = "the one place that reads dates")]
pub(crate) fn wall_clock() -> Arc<dyn Fn() -> SystemTime + Send + Sync> {
    Arc::new(SystemTime::now)
}
