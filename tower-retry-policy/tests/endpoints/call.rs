//! The attempts of one call.

use crate::hosts::{
    Answer::{Asks, Fails, Status},
    Body, Hosts,
    Plan::{After, Held, Now},
    SECOND, endpoints, policy, request,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{
    Attempt, CallEnd, Deadline, History, Idempotent, Observer, Phase, RetryError, RetryLayer, RetryWait,
    endpoints::{EndpointStats, EndpointsCallLayer},
    retry::Hedge,
};

#[tokio::test(start_paused = true)]
async fn three_attempts_go_to_three_endpoints_and_the_history_names_them() {
    let (endpoints, layer) = endpoints(3);
    let failures = [Now(Fails(Phase::Connect)), Now(Status(503)), Now(Fails(Phase::Body))];
    let hosts = Hosts::new(&failures);
    let layer = layer.below(RetryLayer::new(policy().retries(2)));
    let service = ServiceBuilder::new().layer(layer.clone()).service(hosts.clone());
    for _ in 0..3 {
        let outcome = service.clone().oneshot(request()).await;
        let asked = hosts.asked();
        assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), 3, "{asked:?}");
        let history = match &outcome {
            Ok(response) => History::of(response).unwrap().clone(),
            Err(error) => RetryError::find(&**error).unwrap().history().clone(),
        };
        let told: Vec<_> =
            history.attempts().iter().map(|attempt| attempt.endpoint().unwrap().host().unwrap()).collect();
        assert_eq!(told, asked.iter().map(|host| format!("h{host}")).collect::<Vec<_>>());
        assert!(history.to_string().contains("503 at http://h1:80/"), "{history}");
    }
    let stats = endpoints.stats();
    let told: Vec<_> = stats.iter().map(|of| (of.requests(), of.failures(), of.in_flight())).collect();
    assert_eq!(told, [(3, 3, 0); 3]);
}

/// Notes the endpoint of each failure and of the end.
#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn note(&self, what: &str, endpoint: Option<&http::Uri>) {
        self.0.lock().unwrap().push(format!("{what} {}", endpoint.unwrap().host().unwrap()));
    }
}

impl Observer for Told {
    fn retrying(&self, failed: &Attempt<'_>, _: RetryWait) {
        self.note("failed at", failed.endpoint());
    }

    fn ended(&self, call: &CallEnd<'_>) {
        self.note("ended at", call.endpoint());
    }
}

#[tokio::test(start_paused = true)]
async fn observers_and_conditions_are_told_the_endpoint() {
    for last in [Status(200), Fails(Phase::Read)] {
        let (_, layer) = endpoints(3);
        let hosts = Hosts::new(&[Now(Status(503)), Now(last), Now(Fails(Phase::Connect))]);
        let (told, asked_of) = (Told::default(), Told::default());
        let condition = asked_of.clone();
        let policy = policy().retries(2).observer(told.clone()).retry_if(move |attempt: &Attempt<'_>| {
            condition.note("failed at", attempt.endpoint());
            true
        });
        let service =
            ServiceBuilder::new().layer(layer.below(RetryLayer::new(policy))).service(hosts.clone());
        let outcome = service.oneshot(request()).await;
        let asked = hosts.asked();
        let mut expected: Vec<_> = asked.iter().map(|host| format!("failed at h{host}")).collect();
        let asked_condition = if outcome.as_ref().is_ok_and(|response| response.status() == 200) {
            expected[..asked.len() - 1].to_vec()
        } else {
            expected.clone()
        };
        let end = expected.last_mut().unwrap();
        *end = end.replace("failed", "ended");
        assert_eq!(*told.0.lock().unwrap(), expected);
        assert_eq!(*asked_of.0.lock().unwrap(), asked_condition);
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_were_tried_the_one_that_failed_longest_ago_is_next() {
    let (_, layer) = endpoints(3);
    let hosts = Hosts::new(&[Now(Status(503)); 3]);
    let layer = layer.without_ejection().below(RetryLayer::new(policy().retries(8)));
    let _ = ServiceBuilder::new().layer(layer).service(hosts.clone()).oneshot(request()).await;
    let asked = hosts.asked();
    assert_eq!((asked.len(), &asked[..3]), (9, &asked[3..6]), "{asked:?}");
    assert_eq!(asked[3..6], asked[6..]);
}

#[tokio::test(start_paused = true)]
async fn towers_own_loop_has_the_same_choice() {
    let (_, layer) = endpoints(3);
    let hosts = Hosts::new(&[Now(Fails(Phase::Read)); 3]);
    let layer = layer.below(tower::retry::RetryLayer::new(policy().retries(2)));
    let error =
        ServiceBuilder::new().layer(layer).service(hosts.clone()).oneshot(request()).await.unwrap_err();
    assert_eq!(hosts.asked().into_iter().collect::<BTreeSet<_>>().len(), 3);
    let history = RetryError::find(&*error).unwrap().history();
    assert!(history.attempts().iter().all(|attempt| attempt.endpoint().is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_goes_elsewhere_than_the_attempts_that_run() {
    let (endpoints, layer) = endpoints(3);
    let hosts = Hosts::new(&[Held, Held, Held]);
    let retry = RetryLayer::new(policy()).hedge(Hedge::after(SECOND).at_once(4));
    let mut service = ServiceBuilder::new().layer(layer.below(retry)).service(hosts.clone());
    let mut call = task::spawn(service.call(request()));
    for attempts in 1..=4 {
        assert_pending!(call.poll());
        let asked = endpoints.stats().iter().map(EndpointStats::in_flight).collect::<Vec<_>>();
        assert_eq!(asked.iter().sum::<usize>(), attempts);
        // the fourth has to share one
        assert!(attempts == 4 || asked.iter().all(|in_flight| *in_flight <= 1), "{asked:?}");
        tokio::time::advance(SECOND).await;
    }
    let asked = hosts.asked();
    hosts.answer(Status(200));
    let response = assert_ready!(call.poll()).unwrap();
    drop(call);
    let told = History::of(&response).unwrap();
    let told: Vec<_> = told
        .attempts()
        .iter()
        .map(|attempt| (attempt.endpoint().unwrap().host().unwrap().to_owned(), attempt.is_abandoned()))
        .collect();
    let expected: Vec<_> =
        asked.iter().enumerate().map(|(index, host)| (format!("h{host}"), index > 0)).collect();
    assert_eq!(told, expected);
    // the losers say nothing of their endpoints
    let stats = endpoints.stats();
    assert!(stats.iter().all(|of| of.in_flight() == 0 && of.failures() == 0));
    assert_eq!(
        stats.iter().map(|of| (of.successes(), of.dropped())).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        (1, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn a_copy_of_another_calls_request_is_a_call_of_its_own() {
    let (_, layer) = endpoints(2);
    let hosts = Hosts::default();
    let service = ServiceBuilder::new().layer(layer.below(RetryLayer::new(policy()))).service(hosts.clone());
    let echo = service_fn(async |request: http::Request<Body>| Ok::<_, std::convert::Infallible>(request));
    let request = EndpointsCallLayer::new().layer(echo).oneshot(request()).await.unwrap();
    for _ in 0..64 {
        service.clone().oneshot(request.clone()).await.unwrap();
    }
    // attempts of one call would take turns
    assert!(hosts.asked().windows(2).any(|two| two[0] == two[1]));
}

#[tokio::test(start_paused = true)]
async fn of_two_random_ones_the_one_with_fewer_requests_in_flight() {
    let (endpoints, layer) = endpoints(8);
    let hosts = Hosts::new(&[Held; 8]);
    let mut service = ServiceBuilder::new().layer(layer).service(hosts.clone());
    let mut calls: Vec<_> = (0..800).map(|_| task::spawn(service.call(request()))).collect();
    calls.iter_mut().for_each(|call| assert_pending!(call.poll()));
    // at random alone they would be some ten apart
    let in_flight: Vec<_> = endpoints.stats().iter().map(EndpointStats::in_flight).collect();
    assert!(in_flight.iter().all(|count| (95..=105).contains(count)), "{in_flight:?}");
    drop(calls);
    assert!(endpoints.stats().iter().all(|of| of.in_flight() == 0));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_chooses_the_same() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (_, layer) = endpoints(5);
        let hosts = Hosts::default();
        let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        for _ in 0..50 {
            service.clone().oneshot(request()).await.unwrap();
        }
        runs.push(hosts.asked());
    }
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0].iter().collect::<BTreeSet<_>>().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_waits_for_readiness_by_itself_and_nothing_deadlocks() {
    let (endpoints, layer) = endpoints(2);
    let hosts = Hosts::new(&[After(3000, Status(200)); 2]);
    let retry = RetryLayer::new(policy()).hedge(Hedge::after(SECOND).at_once(2));
    let service = ServiceBuilder::new().layer(layer.below(retry)).concurrency_limit(1).service(hosts.clone());
    let (one, other) = tokio::join!(service.clone().oneshot(request()), service.clone().oneshot(request()));
    assert!(one.is_ok() && other.is_ok());
    assert!(endpoints.stats().iter().all(|of| of.in_flight() == 0));
    // no permit is lost
    assert!(service.oneshot(request()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_that_is_not_ready_says_nothing_of_the_endpoint_and_was_not_sent_anything() {
    for (phase, attempts) in [(Phase::Read, 3), (Phase::Body, 3), (Phase::Connect, 3), (Phase::Other, 1)] {
        let (endpoints, layer) = endpoints(1);
        let hosts = Hosts::default();
        hosts.fail_readiness(Some(phase));
        let layer = layer.fail_fast().eject_after(1).below(RetryLayer::new(policy().retries(2)));
        let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
        let mut post = request();
        *post.method_mut() = http::Method::POST;
        let error = service.clone().oneshot(post).await.unwrap_err();
        let history = RetryError::find(&*error).unwrap().history();
        assert_eq!(history.attempts_made(), attempts, "{phase}");
        let of = &endpoints.stats()[0];
        assert_eq!((of.failures(), of.is_ejected(), of.in_flight()), (0, false, 0), "{phase}");
        hosts.fail_readiness(None);
        assert!(service.oneshot(request()).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_server_may_go_elsewhere_at_once_if_told_so() {
    let (_, layer) = endpoints(2);
    let hosts = Hosts::new(&[Now(Asks(503, "30")); 2]);
    let policy = policy().retry_after(tower_retry_policy::RetryAfter::Ignore).retries(1);
    let service = ServiceBuilder::new()
        .layer(layer.hold_back(60 * SECOND).below(RetryLayer::new(policy)))
        .service(hosts.clone());
    let before = tokio::time::Instant::now();
    service.oneshot(request()).await.unwrap();
    assert_eq!(hosts.asked().into_iter().collect::<BTreeSet<_>>().len(), 2);
    assert_eq!(before.elapsed(), SECOND / 10);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_the_callers_is_not_held_against_the_endpoint() {
    use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer};
    for (deadline, failures) in [(SECOND, 0), (10 * SECOND, 1)] {
        let (endpoints, layer) = endpoints(1);
        let service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(2 * deadline))
            .layer(layer)
            .layer(AttemptTimeoutLayer::new().head(5 * SECOND))
            .service(tower::service_fn(async |_: http::Request<Body>| {
                std::future::pending::<Result<http::Response<Body>, tower::BoxError>>().await
            }));
        let mut request = request();
        request.extensions_mut().insert(Idempotent);
        request.extensions_mut().insert(Deadline::after(deadline));
        assert!(service.oneshot(request).await.is_err());
        assert_eq!(endpoints.stats()[0].failures(), failures);
    }
}
