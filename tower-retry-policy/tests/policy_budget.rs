//! What the policy tells its budget, and when it asks: once per request, last of all, and never in vain.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Script, request},
};
use std::{
    io::ErrorKind,
    sync::{Arc, Mutex},
    time::{self, Duration},
};
use tokio::time::Instant;
use tower::{ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer};
use tower_backoff::Backoff;
use tower_retry_policy::{
    Deadline, FailureKind, History, Phase, RequestEnd, RetryBudget, RetryPolicy, StopReason,
};

const SECOND: Duration = Duration::from_secs(1);

/// Grants what it was made with and writes down what it hears.
#[derive(Debug)]
struct Diary {
    tokens: Mutex<u64>,
    heard: Mutex<Vec<&'static str>>,
    counts_in_flight: bool,
}

impl Diary {
    fn new(tokens: u64) -> Arc<Self> {
        Arc::new(Self { tokens: Mutex::new(tokens), heard: Mutex::default(), counts_in_flight: false })
    }

    fn note(&self, event: &'static str) {
        self.heard.lock().unwrap().push(event);
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join(" ")
    }
}

impl RetryBudget for Diary {
    fn begin(&self) {
        self.note("begin");
    }

    fn end(&self) {
        self.note("end");
    }

    fn failed(&self, kind: FailureKind, _: time::Instant) {
        self.note(match kind {
            FailureKind::Timeout => "timeout",
            FailureKind::Throttled => "throttled",
            _ => "failed",
        });
    }

    fn withdraw(&self, _: FailureKind, _: time::Instant) -> bool {
        let mut tokens = self.tokens.lock().unwrap();
        let granted = *tokens > 0;
        *tokens = tokens.saturating_sub(1);
        self.note(if granted { "granted" } else { "refused" });
        granted
    }

    fn give_back(&self, _: FailureKind, _: time::Instant) {
        *self.tokens.lock().unwrap() += 1;
        self.note("back");
    }

    fn retry_ended(&self) {
        self.note("ended");
    }

    fn settle(&self, end: RequestEnd, _: time::Instant) {
        self.note(match end {
            RequestEnd::FirstTry => "first-try",
            RequestEnd::AfterRetry(_) => "after-retry",
            RequestEnd::NotRetried => "not-retried",
            _ => "lost",
        });
    }

    fn tracks_in_flight(&self) -> bool {
        self.counts_in_flight
    }

    fn balance(&self) -> u64 {
        *self.tokens.lock().unwrap()
    }
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    each_request_is_settled_once_and_asked_for_last,
    a_refused_retry_says_budget,
    no_token_is_taken_for_a_wait_beyond_the_deadline,
    a_token_comes_back_when_the_retry_is_not_sent,
    the_budget_is_the_layers_and_the_rest_the_requests,
    a_request_that_is_never_retried_counts_all_the_same,
    requests_in_flight_are_counted_to_the_end_of_the_call_however_it_ends,
    a_host_that_fails_uses_up_its_own_budget_only,
    every_failure_that_could_have_been_retried_is_heard_of,
    failures_that_are_not_retried_refill_nothing,
    a_ratio_counts_each_request_however_it_ends,
    a_pushback_not_to_retry_costs_a_token_whatever_the_code,
    policies_made_from_one_another_share_a_budget,
    a_call_that_no_attempt_can_follow_counts_as_in_flight_too,
);

async fn each_request_is_settled_once_and_asked_for_last(which: Loop) {
    use Answer::{Fails, Status, With};
    let refused = || Fails(ErrorKind::ConnectionRefused);
    #[rustfmt::skip]
    let table = vec![
        // method, answers, tokens, what the budget hears
        ("GET", vec![Status(200)], 9, "first-try"),
        // what is not retried is no success
        ("GET", vec![Status(302)], 9, "first-try"),
        ("GET", vec![Status(404)], 9, "not-retried"),
        ("GET", vec![Status(501)], 9, "not-retried"),
        ("GET", vec![Status(503), Status(404)], 9, "failed granted ended not-retried"),
        // what was not processed costs nothing
        ("GET", vec![Status(421), Status(200)], 9, "first-try"),
        ("POST", vec![Status(425), Status(200)], 0, "first-try"),
        ("GET", vec![Status(421), Status(503), Status(200)], 9, "failed granted ended after-retry"),
        ("GET", vec![Status(421)], 0, "lost"),
        ("GET", vec![Status(503), Status(200)], 9, "failed granted ended after-retry"),
        ("GET", vec![With(503, "retry-after", "1"), Status(200)], 9, "throttled granted ended after-retry"),
        ("GET", vec![Fails(ErrorKind::TimedOut), Status(200)], 9, "timeout granted ended after-retry"),
        // the last attempt too
        ("GET", vec![refused()], 9, "failed granted ended failed granted ended failed lost"),
        ("GET", vec![refused()], 1, "failed granted ended failed refused lost"),
        // no question where another reason to stop comes first
        ("POST", vec![Status(503)], 9, "not-retried"),
        ("GET", vec![With(503, "retry-after", "9999")], 9, "throttled lost"),
        ("GET", vec![Answer::Unknown], 9, "not-retried"),
    ];
    for (method, answers, tokens, expected) in table {
        let diary = Diary::new(tokens);
        let policy = RetryPolicy::standard().budget(diary.clone());
        let script = Script::new(answers.clone());
        let _ =
            ServiceBuilder::new().layer(which.retry(policy)).service(script).oneshot(request(method)).await;
        assert_eq!(diary.heard(), expected, "{method} {answers:?}");
    }
}

async fn a_refused_retry_says_budget(which: Loop) {
    let policy = RetryPolicy::standard().budget(Diary::new(0));
    let script = Script::new([Answer::Status(503)]);
    let response = ServiceBuilder::new()
        .layer(which.retry(policy))
        .service(script)
        .oneshot(request("GET"))
        .await
        .unwrap();
    assert_eq!(History::of(&response).unwrap().stop_reason(), Some(StopReason::Budget));
}

async fn no_token_is_taken_for_a_wait_beyond_the_deadline(which: Loop) {
    let diary = Diary::new(9);
    let policy = RetryPolicy::standard().backoff(Backoff::constant(SECOND)).budget(diary.clone());
    let mut request = request("GET");
    request.extensions_mut().insert(Deadline::after(SECOND));
    let script = Script::new([Answer::Status(503)]);
    let _ = ServiceBuilder::new().layer(which.retry(policy)).service(script).oneshot(request).await;
    assert_eq!(diary.heard(), "failed lost");
}

async fn a_token_comes_back_when_the_retry_is_not_sent(which: Loop) {
    // cancelled while it waits
    let diary = Diary::new(9);
    let policy = RetryPolicy::standard().backoff(Backoff::constant(SECOND)).budget(diary.clone());
    let script = Script::new([Answer::Status(503)]);
    let call = ServiceBuilder::new()
        .layer(which.retry(policy.clone()))
        .service(script.clone())
        .oneshot(request("GET"));
    tokio::time::timeout(SECOND / 2, call).await.unwrap_err();
    assert_eq!((script.count(), diary.heard().as_str()), (1, "failed granted back"));

    // cancelled after the wait, while the service is not ready
    let diary = Diary::new(9);
    let policy = policy.budget(diary.clone());
    let limit = ConcurrencyLimitLayer::new(1);
    let script = Script::new([Answer::Status(503)]);
    let service = ServiceBuilder::new().layer(which.retry(policy)).layer(limit).service(script.clone());
    let mut blocker = service.clone();
    let call = tokio::spawn(service.oneshot(request("GET")));
    tokio::time::sleep(SECOND / 2).await;
    // takes the only permit and keeps it
    ServiceExt::<http::Request<support::Body>>::ready(&mut blocker).await.unwrap();
    tokio::time::sleep(SECOND).await;
    call.abort();
    call.await.unwrap_err();
    assert_eq!((script.count(), diary.heard().as_str()), (1, "failed granted back"));
}

async fn the_budget_is_the_layers_and_the_rest_the_requests(which: Loop) {
    let (layers, own) = (Diary::new(1), Diary::new(9));
    let policy = RetryPolicy::standard().backoff(Backoff::none()).budget(layers.clone());
    let mut request = request("GET");
    request.extensions_mut().insert(RetryPolicy::urllib3(5).budget(own.clone()));
    let script = Script::new([Answer::Fails(ErrorKind::ConnectionReset)]);
    let _ = ServiceBuilder::new().layer(which.retry(policy)).service(script.clone()).oneshot(request).await;
    assert_eq!((script.count(), own.heard().as_str()), (2, ""));
    assert_eq!(layers.heard(), "failed granted ended failed refused lost");
}

async fn a_request_that_is_never_retried_counts_all_the_same(which: Loop) {
    let diary = Diary::new(9);
    let mut request = request("GET");
    request.extensions_mut().insert(RetryPolicy::never());
    let policy = RetryPolicy::standard().budget(diary.clone());
    let script = Script::new([Answer::Status(200)]);
    let _ = ServiceBuilder::new().layer(which.retry(policy)).service(script).oneshot(request).await;
    assert_eq!(diary.heard(), "first-try");
}

async fn requests_in_flight_are_counted_to_the_end_of_the_call_however_it_ends(which: Loop) {
    let diary = || Arc::new(Diary { counts_in_flight: true, ..Arc::into_inner(Diary::new(9)).unwrap() });
    let policy = RetryPolicy::standard().backoff(Backoff::constant(SECOND));
    let table = [
        (vec![Answer::Status(200)], "begin first-try end"),
        (vec![Answer::Status(503), Answer::Status(200)], "begin failed granted ended after-retry end"),
        (vec![Answer::Status(501)], "begin not-retried end"),
    ];
    for (answers, expected) in table {
        let diary = diary();
        let service = ServiceBuilder::new()
            .layer(which.retry(policy.clone().budget(diary.clone())))
            .service(Script::new(answers));
        let _ = service.oneshot(request("GET")).await;
        assert_eq!(diary.heard(), expected);
    }
    // dropped during the first attempt, and during the wait
    for (answers, expected) in
        [(None, "begin end"), (Some(Answer::Status(503)), "begin failed granted back end")]
    {
        let diary = diary();
        let policy = policy.clone().budget(diary.clone());
        match answers {
            None => {
                let never = tower::service_fn(|_: http::Request<support::Body>| {
                    std::future::pending::<Result<http::Response<support::Body>, tower::BoxError>>()
                });
                let call =
                    ServiceBuilder::new().layer(which.retry(policy)).service(never).oneshot(request("GET"));
                tokio::time::timeout(SECOND / 2, call).await.unwrap_err();
            }
            Some(answer) => {
                let call = ServiceBuilder::new().layer(which.retry(policy)).service(Script::new([answer]));
                tokio::time::timeout(SECOND / 2, call.oneshot(request("GET"))).await.unwrap_err();
            }
        }
        assert_eq!(diary.heard(), expected);
    }
}

async fn a_host_that_fails_uses_up_its_own_budget_only(which: Loop) {
    use tower_retry_policy::budget::{PerKey, RatioBudget};
    // two retries per host, and nothing for the requests
    let hosts = PerKey::new(|_| RatioBudget::new().ratio(0.0).per_second(1).window(2 * SECOND)).per_host();
    let policy = RetryPolicy::standard().backoff(Backoff::none()).budget_per(hosts);
    let script = Script::new([Answer::Status(503)]);
    let service = ServiceBuilder::new().layer(which.retry(policy)).service(script.clone());
    let mut sent = Vec::new();
    // the user's name and password are no part of the host
    for host in ["one.test", "me:pw@one.test", "ONE.test", "you:pw@two.test", "two.test", "me@one.test:8080"]
    {
        let mut request = request("GET");
        *request.uri_mut() = format!("http://{host}/").parse().unwrap();
        let before = script.count();
        let _ = service.clone().oneshot(request).await;
        sent.push(script.count() - before);
    }
    assert_eq!(sent, [3, 1, 1, 3, 1, 3]);
}

async fn every_failure_that_could_have_been_retried_is_heard_of(which: Loop) {
    // gRPC's throttle counts failures, not retries: the last attempt of each call too
    use tower_retry_policy::budget::ThrottleBudget;
    let throttle = Arc::new(ThrottleBudget::new().max_tokens(10));
    let policy = RetryPolicy::standard().backoff(Backoff::none()).budget(throttle.clone());
    let script = Script::new([Answer::Status(503)]);
    let service = ServiceBuilder::new().layer(which.retry(policy)).service(script.clone());
    let _ = service.clone().oneshot(request("GET")).await;
    assert_eq!((script.count(), throttle.tokens() as u32), (3, 7));
    let _ = service.oneshot(request("POST")).await;
    assert_eq!(throttle.tokens() as u32, 7, "what may not be repeated is no failure of a retry");
}

async fn failures_that_are_not_retried_refill_nothing(which: Loop) {
    use tower_retry_policy::budget::{QuotaBudget, ThrottleBudget};
    let grpc = |status| Answer::With(200, "grpc-status", status);
    let answers = [Answer::Status(501), Answer::Status(400), grpc("3"), grpc("12"), Answer::Unknown];
    for answer in answers {
        let throttle = Arc::new(ThrottleBudget::new().max_tokens(10));
        let quota = Arc::new(QuotaBudget::new().initial(0));
        for _ in 0..10 {
            throttle.failed(FailureKind::Transient, Instant::now().into_std());
        }
        let budgets: [Arc<dyn RetryBudget>; 2] = [throttle.clone(), quota.clone()];
        for budget in budgets {
            let policy =
                RetryPolicy::standard().backoff(Backoff::none()).grpc([14]).any_method().budget(budget);
            let service = ServiceBuilder::new()
                .layer(which.retry(policy.clone()))
                .service(Script::new([answer.clone()]));
            for _ in 0..100 {
                let _ = service.clone().oneshot(request("POST")).await;
            }
            assert_eq!((throttle.tokens() as u32, quota.tokens()), (0, 0), "{answer:?}");
            // a retry that ends so brings nothing back either
            let script = Script::new([Answer::Status(503), answer.clone()]);
            let _ = ServiceBuilder::new()
                .layer(which.retry(policy))
                .service(script)
                .oneshot(request("POST"))
                .await;
            assert_eq!((throttle.tokens() as u32, quota.tokens()), (0, 0), "{answer:?} after a retry");
        }
    }
}

async fn a_ratio_counts_each_request_however_it_ends(which: Loop) {
    let budget = Arc::new(tower_retry_policy::RatioBudget::new().ratio(0.5).per_second(0));
    let policy = RetryPolicy::standard().backoff(Backoff::none()).budget(budget.clone());
    for answer in [Answer::Status(200), Answer::Status(501), Answer::Unknown, Answer::Status(404)] {
        let service = ServiceBuilder::new().layer(which.retry(policy.clone())).service(Script::new([answer]));
        let _ = service.oneshot(request("GET")).await;
    }
    assert_eq!(budget.balance(), 2);
}

async fn a_pushback_not_to_retry_costs_a_token_whatever_the_code(which: Loop) {
    use tower_retry_policy::budget::ThrottleBudget;
    // gRPC A6: "or that receive a pushback response indicating not to retry"
    type Fields = &'static [(&'static str, &'static str)];
    const ANSWERS: [(u16, Fields, u32); 5] = [
        (200, &[("grpc-status", "3"), ("grpc-retry-pushback-ms", "-1")], 9),
        (200, &[("grpc-status", "14"), ("grpc-retry-pushback-ms", "-1")], 9),
        (400, &[("grpc-retry-pushback-ms", "-1")], 9),
        // a wait does not make a code one that is retried
        (200, &[("grpc-status", "3"), ("grpc-retry-pushback-ms", "10")], 10),
        (200, &[("grpc-status", "0"), ("grpc-retry-pushback-ms", "-1")], 10),
    ];
    for (status, fields, tokens) in ANSWERS {
        let throttle = Arc::new(ThrottleBudget::new().max_tokens(10));
        let policy =
            RetryPolicy::standard().backoff(Backoff::none()).grpc([14]).any_method().budget(throttle.clone());
        let script = Script::new([Answer::Fields(status, fields)]);
        let service = ServiceBuilder::new().layer(which.retry(policy)).service(script.clone());
        service.oneshot(request("POST")).await.unwrap();
        assert_eq!((script.count(), throttle.tokens() as u32), (1, tokens), "{status} {fields:?}");
    }
}

async fn policies_made_from_one_another_share_a_budget(which: Loop) {
    use tower_retry_policy::budget::QuotaBudget;
    let first = RetryPolicy::standard().backoff(Backoff::none()).budget(QuotaBudget::new().initial(28));
    let derived = first.clone().retries(5);
    let script = Script::new([Answer::Status(503)]);
    let _ =
        ServiceBuilder::new().layer(which.retry(first)).service(script.clone()).oneshot(request("GET")).await;
    assert_eq!(script.count(), 3, "two retries of 14 tokens");
    let _ = ServiceBuilder::new()
        .layer(which.retry(derived))
        .service(script.clone())
        .oneshot(request("GET"))
        .await;
    assert_eq!(script.count(), 4, "and nothing is left for the other");
}

async fn a_call_that_no_attempt_can_follow_counts_as_in_flight_too(which: Loop) {
    let sent_once =
        RetryPolicy::standard().retries_after(Phase::Connect, 0).retries_after(Phase::Unprocessed, 0);
    let never = RetryPolicy::standard().retries(0);
    let table = [
        ("POST", &sent_once, 200, "begin first-try end"),
        ("POST", &sent_once, 503, "begin not-retried end"),
        ("GET", &never, 200, "begin first-try end"),
        ("GET", &never, 503, "begin not-retried end"),
    ];
    for (method, policy, status, expected) in table {
        let diary = Arc::new(Diary { counts_in_flight: true, ..Arc::into_inner(Diary::new(9)).unwrap() });
        let service = ServiceBuilder::new()
            .layer(which.retry(policy.clone().budget(diary.clone())))
            .service(Script::new([Answer::Status(status)]));
        let _ = service.oneshot(request(method)).await;
        assert_eq!(diary.heard(), expected, "{method} {status}");
    }
}
