//! Case 45: a long body over a connection that dies again and again.

use crate::{
    reader::{fetch, request, stack},
    wire::{
        Server,
        Step::{self, Cut, Reset},
    },
};
use std::{fs, time::Duration};
use tower_backoff::Backoff;
use tower_content_check::continuation::ContinueError;
use tower_retry_policy::RetryPolicy;

const MIB: u64 = 1024 * 1024;

/// Resident memory in bytes, where the system tells it.
fn resident() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()? * 4096)
}

#[tokio::test(start_paused = true)]
async fn case_45_a_gibibyte_and_a_thousand_breaks() {
    let policy = RetryPolicy::standard().backoff(Backoff::constant(Duration::from_millis(200)));
    let steps = (0..1024).flat_map(|_| [Cut(MIB), Reset]).chain([Step::Cut(1)]);
    let server = Server::new(2048 * MIB, steps);
    let before = resident();
    let read = fetch(stack(&policy, &server), request()).await;
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after < before + 8 * MIB, "{} more bytes", after - before);
    }
    assert_eq!(read.delivered, 1024 * MIB + 1);
    let history = read.refusal().history();
    assert_eq!(history.attempts_made() as usize, server.count());
    assert!(history.attempts().len() <= 32);
    let error: &ContinueError = read.error.as_ref().unwrap().downcast_ref().unwrap();
    assert!(error.breaks().len() <= 10 && error.count() > 1024);
    assert!(history.to_string().len() < 8192);
}
