//! What holds a further attempt back: the server's word, a delay, a budget, an upload.

use crate::{
    play::{Trace, play},
    script::{End, Overlap, Permission, Readiness, Script, Try},
    server::What,
};
use std::time::Duration;
use tokio::time::timeout;
use tower_retry_policy::{Phase, StopReason};

const READ: End = End::Error(Phase::Read);
const OK: End = End::Status(200);

/// Sent at once, and over after `takes`.
fn try_(takes: u64, ends: End) -> Try {
    Try { ready_after: 0, ready: Readiness::Yes, takes, ends }
}

/// At most three at once, each 50 ms after the one before, and 20 ms before a retry.
fn script(attempts: &[Try]) -> Script {
    let mut attempts = attempts.to_vec();
    attempts.resize(8, try_(10, OK));
    Script {
        permission: Permission::Get,
        retries: 5,
        connects: None,
        no_retries_after: None,
        wait: 20,
        tokens: 100,
        deadline: None,
        hedge: Some(Overlap { delay: 50, at_once: 3, hedges: None }),
        patience: None,
        polls: None,
        attempts,
    }
}

fn called(trace: &Trace) -> Vec<u64> {
    trace.events.iter().filter(|event| event.what == What::Called).map(|event| event.at).collect()
}

/// Longer than all that is asked for here, and shorter than for ever.
async fn within_bounds(script: &Script) -> Trace {
    timeout(Duration::from_secs(3600), play(script)).await.expect("the call ends")
}

#[tokio::test(start_paused = true)]
async fn a_no_of_one_attempt_holds_back_what_a_siblings_failure_would_start() {
    for no in [End::Pushback(-1), End::Pushback(5000), End::RetryAfter(503, 5)] {
        // the second says no at 60 ms, the first fails at 80 ms
        let trace = play(&script(&[try_(80, READ), try_(10, no)])).await;
        assert_eq!(called(&trace), [0, 50], "{no:?}");
        assert_eq!(trace.winner, Some(1), "{no:?}: the last to end is the outcome");
        let reason = match no {
            End::RetryAfter(..) | End::Pushback(5000) => {
                StopReason::RetryAfterTooLong(Duration::from_secs(5))
            }
            _ => StopReason::Pushback,
        };
        assert_eq!(trace.stop, Some(reason), "{no:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_no_calls_off_the_retry_that_is_awaited() {
    for no in [End::Pushback(-1), End::Pushback(5000), End::RetryAfter(503, 5)] {
        // the first fails at 55 ms, to be tried again at 75 ms; the second says no at 60 ms
        let trace = play(&script(&[try_(55, READ), try_(10, no)])).await;
        assert_eq!(called(&trace), [0, 50], "{no:?}");
        assert_eq!(trace.winner, Some(2), "{no:?}");
        let account = &trace.account;
        assert_eq!((account.granted, account.given_back, account.ended_retries), (2, 1, 1), "{no:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_server_asked_for_holds_whatever_else_the_policy_decides() {
    // the wait is longer than what the server asks for, so the policy's own wait is taken: 2 s from 90 ms on for the first,
    // and nothing from the second, which comes in with its wish at 1500 ms
    let mut late = script(&[try_(90, READ), try_(1450, End::RetryAfter(503, 1))]);
    late.wait = 2000;
    assert_eq!(called(&play(&late).await), [0, 50, 2500]);
    // a phase without retries does not take the server's word away
    let mut no_more = script(&[try_(80, READ), try_(20, End::RetryAfter(503, 1))]);
    no_more.no_retries_after = Some(Phase::Status);
    assert_eq!(called(&play(&no_more).await), [0, 50, 1070]);
    // what the deadline forbids is no leave to come earlier
    let mut short = script(&[try_(80, READ), try_(20, End::RetryAfter(503, 1))]);
    short.deadline = Some(500);
    let trace = play(&short).await;
    assert_eq!((called(&trace), trace.stop), (vec![0, 50], Some(StopReason::Deadline)));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_at_once_that_the_budget_refuses_leaves_the_thread_to_the_others() {
    let mut at_once = script(&[try_(30, OK)]);
    (at_once.tokens, at_once.hedge) = (0, Some(Overlap { delay: 0, at_once: 2, hedges: None }));
    let trace = within_bounds(&at_once).await;
    assert_eq!((called(&trace), trace.winner), (vec![0], Some(1)));
}

#[tokio::test(start_paused = true)]
async fn delays_of_nothing_and_for_ever() {
    let mut all = script(&[try_(30, READ), try_(20, OK), try_(10, READ)]);
    all.hedge = Some(Overlap { delay: 0, at_once: 3, hedges: None });
    let trace = within_bounds(&all).await;
    assert_eq!((called(&trace), trace.winner), (vec![0, 0, 0], Some(2)));

    for delay in [u64::MAX, u64::MAX / 1000] {
        let mut never = script(&[try_(3_000, READ), try_(10, OK)]);
        never.hedge = Some(Overlap { delay, at_once: 3, hedges: None });
        let trace = within_bounds(&never).await;
        assert_eq!((called(&trace), trace.winner), (vec![0, 3_020], Some(2)), "{delay}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_cannot_get_ready_does_not_hold_up_the_answer() {
    let mut stuck = script(&[try_(200, OK), try_(0, OK)]);
    stuck.attempts[1].ready_after = 5_000;
    let trace = play(&stuck).await;
    assert_eq!((called(&trace), trace.winner), (vec![0], Some(1)));
    let account = &trace.account;
    assert_eq!((account.granted, account.given_back), (1, 1), "it was not sent");
}

#[tokio::test(start_paused = true)]
async fn the_delay_of_the_next_hedge_runs_from_the_sending_of_the_last() {
    let mut slow = script(&[try_(500, OK), try_(500, OK)]);
    slow.attempts[1].ready_after = 70;
    // the second is sent at 120 ms
    assert_eq!(called(&play(&slow).await), [0, 120, 170]);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_is_judged_within_the_bounds() {
    let unready = |ready| Try { ready_after: 0, ready, takes: 0, ends: OK };
    let mut known = script(&[try_(10, READ), unready(Readiness::KnownError), unready(Readiness::KnownError)]);
    (known.hedge, known.retries, known.tokens) = (None, 2, 1);
    let trace = play(&known).await;
    assert_eq!((called(&trace), trace.winner, trace.stop), (vec![0], Some(3), Some(StopReason::Attempts)));
    // the POST was not sent, so it may follow; one that nothing here knows is not repeated
    let mut unknown = script(&[try_(10, End::Error(Phase::Connect)), unready(Readiness::UnknownError)]);
    (unknown.hedge, unknown.permission) = (None, Permission::Post);
    let trace = play(&unknown).await;
    assert_eq!((trace.winner, trace.stop), (Some(2), Some(StopReason::NotRetryable)));
}
