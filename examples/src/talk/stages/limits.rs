//! The talk's three numbers, as its code names them.

use std::time::Duration;

/// `TIMEOUT`: to connect, and between two bytes.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// `MAX_RETRIES`: four attempts in all.
pub(crate) const MAX_RETRIES: u32 = 3;

/// `BACKOFF_FACTOR`: waits of 0, 50 and 100 s.
pub(crate) const BACKOFF_FACTOR: Duration = Duration::from_secs(25);
