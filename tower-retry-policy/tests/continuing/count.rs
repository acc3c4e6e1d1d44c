//! One count for heads, statuses and bodies.

use crate::{
    reader::{fetch, request, stack},
    wire::{
        Server,
        Step::{Cut, Reset, Status, Whole},
    },
};
use std::time::Duration;
use tower_backoff::Backoff;
use tower_retry_policy::{History, Phase, RetryPolicy, StopReason};

const PROGRESS: u64 = 64 * 1024;

/// At most four requests without progress, after 100, 200 and 400 ms.
fn four() -> RetryPolicy {
    let waits = Backoff::exponential(Duration::from_millis(100));
    RetryPolicy::standard().retries(3).backoff(waits).without_budget()
}

#[tokio::test(start_paused = true)]
async fn case_36_four_attempts_are_four_requests_whatever_fails() {
    let table: [&[_]; 9] = [
        &[Cut(0)],
        &[Cut(10), Cut(0)],
        &[Cut(10), Reset],
        &[Cut(10), Status(503)],
        &[Cut(10), Reset, Status(503), Cut(0)],
        &[Cut(10), Status(503), Cut(0), Reset],
        // what the head has used up counts as well
        &[Reset, Cut(10), Reset],
        &[Status(503), Status(503), Cut(10), Cut(0)],
        &[Status(503), Status(503), Status(503), Cut(10)],
    ];
    for steps in table {
        let server = Server::new(1_000_000, steps.iter().copied());
        let read = fetch(stack(&four(), &server), request()).await;
        assert_eq!(server.count(), 4, "{steps:?}");
        assert_eq!(read.refusal().stop_reason(), Some(StopReason::Attempts), "{steps:?}");
        assert!(read.refusal().is_exhausted());
        assert_eq!(read.refusal().history().attempts_made(), 4, "{steps:?}");
        // backoff goes on from where it was
        assert_eq!(server.times(), [0, 100, 300, 700], "{steps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_36_without_a_retry_below_it_is_the_same_count() {
    use tower::ServiceBuilder;
    use tower_content_check::continuation::ContinueLayer;

    for steps in [&[Cut(0)][..], &[Cut(1), Reset], &[Cut(1), Status(503), Reset]] {
        let server = Server::new(1_000_000, steps.iter().copied());
        let stack = ServiceBuilder::new().layer(ContinueLayer::new(four())).service(server.clone());
        let read = fetch(stack, request()).await;
        assert_eq!((server.count(), server.times()), (4, vec![0, 100, 300, 700]), "{steps:?}");
        assert_eq!(read.refusal().stop_reason(), Some(StopReason::Attempts), "{steps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_33_progress_begins_count_and_backoff_anew() {
    let breaks = 50;
    let server = Server::new(breaks * PROGRESS + 10, [Cut(PROGRESS)]);
    let read = fetch(stack(&four(), &server), request()).await;
    assert!(read.error.is_none(), "{:?}", read.error);
    assert_eq!(read.delivered, breaks * PROGRESS + 10);
    let times = server.times();
    assert_eq!(times.len() as u64, breaks + 1);
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 100), "each wait is the first: {times:?}");
}

#[tokio::test(start_paused = true)]
async fn case_33_retries_below_count_until_something_comes() {
    // three requests for each stretch: a break, a 503, and what brings the next 64 KiB
    let steps = (0..20).flat_map(|_| [Cut(PROGRESS), Status(503), Reset]).chain([Whole]);
    let server = Server::new(21 * PROGRESS, steps);
    let read = fetch(stack(&four(), &server), request()).await;
    assert!(read.error.is_none(), "{:?}", read.error);
    assert_eq!((read.delivered, server.count()), (21 * PROGRESS, 61));
    for (index, times) in server.times().chunks_exact(3).enumerate() {
        assert_eq!([times[1] - times[0], times[2] - times[1]], [100, 200], "{index}");
    }
}

#[tokio::test(start_paused = true)]
async fn case_34_continuations_without_a_byte_end_by_the_limit() {
    let server = Server::new(1_000_000, [Cut(2 * PROGRESS), Cut(0)]);
    let read = fetch(stack(&four(), &server), request()).await;
    // the first request has brought something, so three follow it
    assert_eq!((read.delivered, server.count()), (2 * PROGRESS, 4));
    let refusal = read.refusal();
    assert!(refusal.is_exhausted());
    assert_eq!(
        refusal.to_string(),
        "GET example.com: 4 attempts in 700 ms, stopped: attempts used up; 1: body, waited 100 ms; \
         2: body, waited 200 ms; 3: body, waited 400 ms; 4: body"
    );
    assert!(refusal.history().to_string().contains("4: connection reset"), "{}", refusal.history());
}

#[tokio::test(start_paused = true)]
async fn case_35_a_byte_per_connection_ends_by_the_limit() {
    let server = Server::new(1_000_000, [Cut(1)]);
    let read = fetch(stack(&four(), &server), request()).await;
    assert_eq!((read.delivered, server.count()), (4, 4));
    assert_eq!(
        server.ranges(),
        ["", "bytes=1-999999", "bytes=2-999999", "bytes=3-999999"],
        "each from the sum"
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_phase_counts_for_bodies_and_heads() {
    let policy = four().retries(9).retries_after(Phase::Body, 2);
    let server = Server::new(1_000_000, [Cut(1)]);
    let read = fetch(stack(&policy, &server), request()).await;
    assert_eq!(read.refusal().stop_reason(), Some(StopReason::PhaseAttempts(Phase::Body)));
    assert_eq!(server.count(), 3);

    let policy = four().retries(9).retries_after(Phase::Status, 2);
    let server = Server::new(1_000_000, [Status(503), Cut(1), Status(503), Status(503)]);
    let read = fetch(stack(&policy, &server), request()).await;
    assert_eq!(read.refusal().stop_reason(), Some(StopReason::PhaseAttempts(Phase::Status)));
    assert_eq!(server.count(), 4, "one 503 before the head, and one more retry after it");
}

#[tokio::test(start_paused = true)]
async fn case_28_refused_and_then_up() {
    let server = Server::new(200_000, [Cut(10), Reset, Reset, Whole]);
    let read = fetch(stack(&four(), &server), request()).await;
    assert!(read.error.is_none(), "{:?}", read.error);
    assert_eq!((read.delivered, server.count()), (200_000, 4));
    assert_eq!(server.ranges()[1..], ["bytes=10-199999"; 3]);
}

#[tokio::test(start_paused = true)]
async fn case_28_a_story_of_all_requests() {
    let server = Server::new(200_000, [Reset, Cut(10), Status(503), Reset]);
    let read = fetch(stack(&four(), &server), request()).await;
    let history: &History = read.refusal().history();
    let story: Vec<_> = history.attempts().iter().map(ToString::to_string).collect();
    assert_eq!(
        story,
        [
            "connection reset, waited 100 ms",
            "connection reset, waited 200 ms",
            "503, waited 400 ms",
            "connection reset"
        ]
    );
    let began: Vec<_> = history.attempts().iter().map(|attempt| attempt.began().as_millis()).collect();
    assert_eq!(began, [0, 100, 300, 700]);
    assert_eq!(history.outcome().unwrap().number(), 4);
}
