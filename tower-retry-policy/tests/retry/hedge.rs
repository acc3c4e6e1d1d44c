use crate::script::{Event, Plan, Script, request};
use Event::{Began, Dropped, Ended};
use Plan::{Asks, Reset, Silent, Status};
use std::{sync::Arc, time::Duration};
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptRecord, DeadlineLayer, FailureKind, History, Idempotent, Phase, RetryBudget, RetryError,
    RetryLayer, RetryPolicy, StopReason,
    budget::{EmptyBudget, RatioBudget},
    retry::{Hedge, Percentile},
};

const SECOND: Duration = Duration::from_secs(1);

fn policy() -> RetryPolicy {
    RetryPolicy::standard().without_budget().backoff(Backoff::constant(Duration::from_millis(100)))
}

fn hedged(policy: RetryPolicy, at_once: usize) -> RetryLayer {
    RetryLayer::new(policy).hedge(Hedge::after(SECOND).at_once(at_once))
}

/// The answer of which attempt, when each began, and what else was seen.
async fn ask(
    layer: &RetryLayer,
    plan: &[Plan],
    method: &str,
) -> (Result<u32, String>, Vec<u128>, Vec<Event>) {
    let script = Script::new(plan);
    let outcome = ServiceBuilder::new().layer(layer).service(script.clone()).oneshot(request(method)).await;
    let outcome = match outcome {
        Ok(response) if response.status().is_success() => Ok(response.into_body()),
        Ok(response) => Err(format!("{:?}", History::of(&response).and_then(History::stop_reason))),
        Err(error) => Err(format!("{:?}", RetryError::find(&*error).and_then(RetryError::stop_reason))),
    };
    (outcome, script.began(), script.events())
}

#[tokio::test(start_paused = true)]
async fn the_next_attempt_starts_when_the_newest_has_run_for_the_delay_or_has_failed() {
    let stopped = |reason: StopReason| Err(format!("{:?}", Some(reason)));
    #[rustfmt::skip]
    let table = vec![
        // plan, retries, at once, outcome, began
        (vec![Status(999, 200)], 9, 2, Ok(1), vec![0]),
        // in the same instant the answer beats the hedge
        (vec![Status(1000, 200)], 9, 2, Ok(1), vec![0]),
        (vec![Status(1001, 200), Silent], 9, 2, Ok(1), vec![0, 1000]),
        (vec![Silent, Status(50, 200)], 9, 2, Ok(2), vec![0, 1000]),
        // no third beside two; three at once
        (vec![Silent, Silent, Silent, Status(1, 200)], 9, 4, Ok(4), vec![0, 1000, 2000, 3000]),
        (vec![Status(9000, 200), Silent, Silent], 9, 2, Ok(1), vec![0, 1000]),
        (vec![Status(9000, 200), Silent, Silent], 9, 3, Ok(1), vec![0, 1000, 2000]),
        // one that has failed is replaced after its backoff, while the other goes on
        (vec![Silent, Reset(200), Status(10, 200)], 9, 2, Ok(3), vec![0, 1000, 1300]),
        (vec![Reset(1200), Silent, Status(10, 200)], 9, 2, Ok(3), vec![0, 1000, 1300]),
        (vec![Reset(10), Silent, Status(10, 200)], 9, 2, Ok(3), vec![0, 110, 1110]),
        // the policy's limit counts hedges; what runs may still bring the answer
        (vec![Status(3000, 200), Reset(10), Silent], 1, 3, Ok(1), vec![0, 1000]),
        (vec![Reset(3000), Status(2500, 503)], 1, 3, stopped(StopReason::Attempts), vec![0, 1000]),
        // a failure that no retry mends ends the call, whichever attempt has it
        (vec![Silent, Status(10, 404)], 9, 2, Err("None".to_owned()), vec![0, 1000]),
        // the server's wish holds hedges back as well
        (vec![Status(9000, 200), Asks(10, 503, "4"), Silent], 9, 3, Ok(1), vec![0, 1000, 5010, 6010]),
        (vec![Status(9000, 200), Asks(10, 503, "3600"), Silent], 9, 3, Ok(1), vec![0, 1000]),
        // off
        (vec![Status(5000, 200)], 9, 1, Ok(1), vec![0]),
        (vec![Status(5000, 200)], 9, 0, Ok(1), vec![0]),
        (vec![Status(5000, 200)], 0, 3, Ok(1), vec![0]),
    ];
    for (plan, retries, at_once, outcome, began) in table {
        let layer = hedged(policy().retries(retries), at_once);
        let (seen, times, _) = ask(&layer, &plan, "GET").await;
        assert_eq!((seen, times), (outcome, began), "{plan:?} {retries} {at_once}");
    }
}

#[tokio::test(start_paused = true)]
async fn losers_are_dropped_before_the_answer_is_there() {
    let layer = hedged(policy().retries(5), 3);
    let (outcome, _, events) = ask(&layer, &[Silent, Silent, Status(10, 200)], "GET").await;
    assert_eq!(outcome, Ok(3));
    let expected =
        [Began(1, 0), Began(2, 1000), Began(3, 2000), Ended(3, 2010), Dropped(1, 2010), Dropped(2, 2010)];
    assert_eq!(events[..4], expected[..4]);
    assert!(expected.iter().all(|event| events.contains(event)) && events.len() == 6, "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn only_what_may_be_repeated_in_every_phase_is_hedged() {
    let layer = hedged(policy(), 3);
    for (method, marked, attempts) in
        [("GET", false, 3), ("PUT", false, 3), ("POST", false, 1), ("PATCH", false, 1), ("POST", true, 3)]
    {
        let script = Script::new(&[Status(5000, 200)]);
        let mut request = request(method);
        if marked {
            request.extensions_mut().insert(Idempotent);
        }
        ServiceBuilder::new().layer(&layer).service(script.clone()).oneshot(request).await.unwrap();
        assert_eq!(script.began().len(), attempts, "{method} {marked}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_history_tells_every_attempt_in_the_order_of_its_start() {
    let script = Script::new(&[Silent, Reset(500), Status(10, 503), Status(700, 200)]);
    let layer = hedged(policy().retries(9), 3);
    let response =
        ServiceBuilder::new().layer(layer).service(script.clone()).oneshot(request("GET")).await.unwrap();
    let history = History::of(&response).unwrap();
    let told: Vec<_> = history
        .attempts()
        .iter()
        .map(|attempt| (attempt.number(), attempt.phase(), attempt.status(), attempt.is_abandoned()))
        .collect();
    let status = |code| Some(http::StatusCode::from_u16(code).unwrap());
    let expected = [
        (1, None, None, true),
        (2, Some(Phase::Read), None, false),
        (3, Some(Phase::Status), status(503), false),
        (4, None, status(200), false),
    ];
    assert_eq!(told, expected);
    let waits: Vec<_> = history.attempts().iter().map(|attempt| attempt.wait().is_some()).collect();
    assert_eq!(waits, [false, true, true, false]);
    assert_eq!(history.attempts()[0].took(), script_end(&script));
    assert!(history.to_string().contains("1: abandoned after 2.4 s"), "{history}");
}

fn script_end(script: &Script) -> Duration {
    let ends = script
        .events()
        .into_iter()
        .filter_map(|event| if let Ended(_, at) = event { Some(at) } else { None });
    Duration::from_millis(ends.max().unwrap() as u64)
}

#[tokio::test(start_paused = true)]
async fn every_hedge_takes_a_token_and_a_refused_one_fails_nobody() {
    let layer = hedged(policy().budget(EmptyBudget::new()), 3);
    let (outcome, began, _) = ask(&layer, &[Status(5000, 200)], "GET").await;
    assert_eq!((outcome, began), (Ok(1), vec![0]));

    let budget = Arc::new(RatioBudget::new().ratio(0.0).per_second(1).window(10 * SECOND));
    let layer = hedged(policy().retries(99).budget(budget.clone()), 3);
    let before = budget.balance();
    let (outcome, began, _) = ask(&layer, &[Status(2500, 200)], "GET").await;
    assert_eq!((outcome, began.len()), (Ok(1), 3));
    assert_eq!(before - budget.balance(), 2);
    assert!(RetryBudget::withdraw(&*budget, FailureKind::Timeout, tokio::time::Instant::now().into_std()));
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_at_or_after_the_deadline() {
    let script = Script::new(&[Silent]);
    let layer = hedged(policy().retries(99), 9);
    let service =
        ServiceBuilder::new().layer(DeadlineLayer::new(3 * SECOND)).layer(layer).service(script.clone());
    assert!(service.oneshot(request("GET")).await.is_err());
    assert_eq!(script.began(), [0, 1000, 2000]);
}

#[tokio::test(start_paused = true)]
async fn a_learnt_delay_follows_the_first_attempts() {
    let percentile = Percentile::new(95.0).factor(2.0).samples(20);
    let layer = RetryLayer::new(policy()).hedge(Hedge::after(percentile));
    for _ in 0..20 {
        let (_, began, _) = ask(&layer, &[Status(100, 200)], "GET").await;
        assert_eq!(began, [0], "nothing is hedged while too little is known");
    }
    tokio::time::sleep(SECOND).await;
    let (outcome, began, _) = ask(&layer, &[Silent, Status(100, 200)], "GET").await;
    assert_eq!(outcome, Ok(2));
    assert!((200..=213).contains(&began[1]), "{began:?}");
}

#[tokio::test(start_paused = true)]
async fn the_attempts_share_one_count_of_hedges() {
    let hedge = Hedge::after(SECOND).at_once(9).hedges(2);
    let layer = RetryLayer::new(policy().retries(9)).hedge(hedge);
    let (outcome, began, _) = ask(&layer, &[Status(9000, 200)], "GET").await;
    assert_eq!((outcome, began), (Ok(1), vec![0, 1000, 2000]));
}

#[test]
fn records_are_small_enough_to_keep() {
    assert!(size_of::<AttemptRecord>() <= 160, "{}", size_of::<AttemptRecord>());
}
