//! What the user sees while it comes: how far it is, and what breaks.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;
use tower_retry_policy::{Attempt, Continuation, Observer, RetryWait};

/// A bar on the terminal, where standard error is one.
#[derive(Clone, Debug)]
pub(crate) struct Bar(ProgressBar);

// ===== impl Bar =====

impl Bar {
    pub(crate) fn new() -> Self {
        const LOOK: &str = "{bytes:>11} of {total_bytes} {wide_bar} {bytes_per_sec} {eta} {msg}";
        let bar = ProgressBar::no_length();
        bar.set_style(ProgressStyle::with_template(LOOK).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200)); // a wait is seen to be one
        Self(bar)
    }

    /// Of the whole, with what an earlier run has left.
    pub(crate) fn begins(&self, length: Option<u64>, kept: u64) {
        if let Some(length) = length {
            self.0.set_length(length);
        }
        self.0.set_position(kept);
        self.0.reset_eta();
    }

    pub(crate) fn is_at(&self, position: u64) {
        self.0.set_position(position);
    }

    pub(crate) fn ends(&self) {
        self.0.finish_and_clear();
    }
}

impl Observer for Bar {
    fn retrying(&self, failed: &Attempt<'_>, wait: RetryWait) {
        let seconds = wait.duration().as_secs_f64();
        self.0.set_message(format!("attempt {} failed, the next in {seconds:.1} s", failed.number()));
    }

    fn continuing(&self, continuation: &Continuation<'_>) {
        let times = continuation.number();
        self.0.set_message(format!("broke off {times} time{}", if times == 1 { "" } else { "s" }));
    }
}
