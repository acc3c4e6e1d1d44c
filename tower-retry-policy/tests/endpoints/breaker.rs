//! `fail_fast`.

use crate::hosts::{
    Answer::{Fails, Status},
    Hosts,
    Plan::{Held, Now},
    SECOND, endpoints, policy, request,
};
use std::time::Duration;
use tokio::time::{Instant, advance};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tower_retry_policy::{
    Phase, RetryError, RetryLayer, StopReason,
    endpoints::{EndpointStats, EndpointsOutError},
    retry::Hedge,
};

fn out(error: &BoxError) -> Option<&EndpointsOutError> {
    error.downcast_ref()
}

#[tokio::test(start_paused = true)]
async fn a_breaker_refuses_at_once_lets_one_probe_pass_and_closes() {
    for count in [1, 3] {
        let (endpoints, layer) = endpoints(count);
        let hosts = Hosts::new(&vec![Now(Fails(Phase::Connect)); count]);
        let mut service = ServiceBuilder::new().layer(layer.fail_fast()).service(hosts.clone());
        let mut sent = 0;
        let refusal = loop {
            let error = service.clone().oneshot(request()).await.unwrap_err();
            match out(&error) {
                None if sent < 100 => sent += 1,
                None => panic!("never refused"),
                Some(out) => break out.clone(),
            }
        };
        assert_eq!(sent, 5 * count);
        assert_eq!((refusal.endpoints(), refusal.retry_in()), (count, Some(10 * SECOND)));
        assert!(endpoints.stats().iter().all(EndpointStats::is_ejected));
        hosts.asked();

        // it answers before inner readiness
        hosts.fail_readiness(Some(Phase::Other));
        assert!(out(&service.clone().oneshot(request()).await.unwrap_err()).is_some());
        hosts.fail_readiness(None);

        advance(10 * SECOND).await;
        (0..count).for_each(|host| hosts.plan(host, Held));
        let mut probes: Vec<_> = (0..count).map(|_| task::spawn(service.call(request()))).collect();
        probes.iter_mut().for_each(|probe| assert_pending!(probe.poll()));
        let mut asked = hosts.asked();
        asked.sort_unstable();
        assert_eq!(asked, (0..count).collect::<Vec<_>>());
        let error = assert_ready_err!(task::spawn(service.call(request())).poll());
        assert_eq!(out(&error).unwrap().retry_in(), None);

        hosts.answer(Status(200));
        assert_ready_ok!(probes[0].poll());
        assert_pending!(task::spawn(service.call(request())).poll());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_retried_and_explains_itself() {
    let (_, layer) = endpoints(1);
    let hosts = Hosts::new(&[Now(Fails(Phase::Connect))]);
    let layer = layer.fail_fast().below(RetryLayer::new(policy()));
    let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
    // the sixth attempt is refused, and the call ends there
    let error = service.clone().oneshot(request()).await.unwrap_err();
    let error = RetryError::find(&*error).unwrap();
    assert_eq!((hosts.asked().len(), error.history().attempts_made()), (5, 6));
    assert_eq!(error.stop_reason(), Some(StopReason::NotRetryable));
    assert!(
        error.history().to_string().ends_with("6: request not sent, the only endpoint is out"),
        "{}",
        error.history()
    );

    let before = Instant::now();
    let error = service.oneshot(request()).await.unwrap_err();
    let source = std::error::Error::source(&*error).unwrap();
    assert!(source.is::<EndpointsOutError>());
    assert_eq!((before.elapsed(), hosts.asked().len()), (Duration::ZERO, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_is_refused_leaves_the_probe_alone() {
    let (endpoints, layer) = endpoints(1);
    let hosts = Hosts::new(&[Now(Fails(Phase::Connect))]);
    let retry = RetryLayer::new(policy()).hedge(Hedge::after(SECOND).at_once(3));
    let mut service = ServiceBuilder::new().layer(layer.fail_fast().below(retry)).service(hosts.clone());
    let _ = service.clone().oneshot(request()).await;
    advance(10 * SECOND).await;
    hosts.plan(0, Held);
    hosts.asked();
    let mut call = task::spawn(service.call(request()));
    for _ in 0..5 {
        assert_pending!(call.poll());
        advance(SECOND).await;
    }
    assert_eq!(hosts.asked(), [0]);
    hosts.answer(Status(200));
    assert_ready!(call.poll()).unwrap();
    assert!(!endpoints.stats()[0].is_ejected());
}

#[tokio::test(start_paused = true)]
async fn without_it_the_only_endpoint_is_asked_however_often_it_fails() {
    let (endpoints, layer) = endpoints(1);
    let hosts = Hosts::new(&[Now(Fails(Phase::Connect))]);
    let service = ServiceBuilder::new().layer(layer).service(hosts.clone());
    for _ in 0..50 {
        assert!(out(&service.clone().oneshot(request()).await.unwrap_err()).is_none());
    }
    assert_eq!((hosts.asked().len(), endpoints.stats()[0].is_ejected()), (50, false));
}
