//! A 401 is tried again once, where the owner of the calls says so.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::{Answer, Body, Script, request},
};
use Answer::{Fails, Status, With};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use std::{io::ErrorKind, sync::Arc, time::Duration};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptNumber, AttemptRecord, History, Phase, ReplayBody, RetryError, RetryLayer, RetryPatch,
    RetryPolicy, StopReason,
    budget::{EmptyBudget, RatioBudget, RetryBudget},
    retry::Hedge,
};

const SECOND: Duration = Duration::from_secs(1);

fn policy() -> RetryPolicy {
    RetryPolicy::standard()
        .retries(3)
        .backoff(Backoff::constant(Duration::from_millis(100)))
        .without_budget()
        .last_response_as_error(true)
        .retry_unauthorized(true)
}

/// The status, or why there is none.
fn outcome<R>(outcome: &Result<Response<R>, BoxError>) -> Result<u16, Option<StopReason>> {
    match outcome {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) => Err(RetryError::find(&**error).unwrap().stop_reason()),
    }
}

async fn send(
    which: Loop,
    policy: RetryPolicy,
    server: &Script,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    ServiceBuilder::new().layer(which.retry(policy)).service(server.clone()).oneshot(request).await
}

type Change = fn(RetryPolicy) -> RetryPolicy;

/// The method, the policy, the server's answers, what comes of the call, and when each attempt was sent.
type Row = (&'static str, Change, Vec<Answer>, Result<u16, Option<StopReason>>, Vec<u128>);

async fn a_401_is_tried_again_at_once_and_once(which: Loop) {
    let on: Change = |policy| policy;
    let off: Change = |policy| policy.retry_unauthorized(false);
    let listed: Change = |policy| policy.statuses([StatusCode::UNAUTHORIZED]);
    let kept_waiting = || With(401, "retry-after", "2");
    #[rustfmt::skip]
    let table: Vec<Row> = vec![
        ("GET", off, vec![Status(401)], Ok(401), vec![0]),
        ("POST", off, vec![Status(401)], Ok(401), vec![0]),
        ("GET", on, vec![Status(401), Status(200)], Ok(200), vec![0, 0]),
        ("POST", on, vec![Status(401), Status(200)], Ok(200), vec![0, 0]),
        // the second one is the caller's, and no error although the author wants those
        ("GET", on, vec![Status(401)], Ok(401), vec![0, 0]),
        ("POST", on, vec![Status(401)], Ok(401), vec![0, 0]),
        // and so is one that comes later
        ("GET", on, vec![Status(401), Status(503), Status(401)], Ok(401), vec![0, 0, 100]),
        ("GET", on, vec![Status(503), Status(401), Status(200)], Ok(200), vec![0, 100, 100]),
        ("POST", on, vec![Fails(ErrorKind::ConnectionRefused), Status(401), Status(200)], Ok(200), vec![0, 100, 100]),
        // what the new credentials bring is judged as ever
        ("POST", on, vec![Status(401), Status(503)], Err(Some(StopReason::NotRepeatable)), vec![0, 0]),
        ("GET", on, vec![Status(403)], Ok(403), vec![0]),
        // it counts
        ("GET", |policy| policy.retries(1), vec![Status(503), Status(401)], Err(Some(StopReason::Attempts)), vec![0, 100]),
        ("GET", |policy| policy.retries(0), vec![Status(401)], Ok(401), vec![0]),
        ("POST", |policy| policy.retries_after(Phase::Unprocessed, 0), vec![Status(401)],
            Err(Some(StopReason::PhaseAttempts(Phase::Unprocessed))), vec![0]),
        ("GET", |policy| policy.retry_if(|attempt| attempt.status() != Some(StatusCode::UNAUTHORIZED)), vec![Status(401)],
            Err(Some(StopReason::NotRetryable)), vec![0]),
        // what the server asks for binds it
        ("POST", on, vec![kept_waiting(), Status(200)], Ok(200), vec![0, 2000]),
        ("POST", on, vec![With(401, "retry-after", "3600")], Err(Some(StopReason::RetryAfterTooLong(3600 * SECOND))), vec![0]),
        // a policy that lists 401 goes on as it says, with what may be repeated
        ("GET", listed, vec![Status(401)], Err(Some(StopReason::Attempts)), vec![0, 0, 100, 200]),
        ("POST", listed, vec![Status(401)], Err(Some(StopReason::NotRepeatable)), vec![0, 0]),
    ];
    for (index, (method, change, answers, expected, times)) in table.into_iter().enumerate() {
        let server = Script::new(answers);
        let seen = send(which, change(policy()), &server, request(method)).await;
        assert_eq!(outcome(&seen), expected, "{index} {method}");
        assert_eq!(server.times(), times, "{index} {method}");
    }
}

async fn it_takes_no_token_and_says_nothing_to_the_budget(which: Loop) {
    let server = Script::new([Status(401), Status(200)]);
    let response = send(which, policy().budget(EmptyBudget::new()), &server, request("POST")).await.unwrap();
    assert_eq!((response.status(), server.count()), (StatusCode::OK, 2));
    let history = History::of(&response).unwrap();
    let phases: Vec<_> = history.attempts().iter().map(AttemptRecord::phase).collect();
    assert_eq!(phases, [Some(Phase::Unprocessed), None]);

    let budget = Arc::new(RatioBudget::new().ratio(0.0));
    let before = budget.balance();
    let server = Script::new([Status(401), Status(200)]);
    send(which, policy().budget(Arc::clone(&budget)), &server, request("POST")).await.unwrap();
    assert_eq!(budget.balance(), before);
}

async fn nested_retries_do_not_multiply(which: Loop) {
    let layers = || {
        ServiceBuilder::new()
            .layer(which.retry(policy()))
            .layer(which.retry(policy()))
            .layer(which.retry(policy()))
    };
    let server = Script::new([Status(401)]);
    let response = layers().service(server.clone()).oneshot(request("POST")).await.unwrap();
    assert_eq!((response.status(), server.count()), (StatusCode::UNAUTHORIZED, 2));
    // an outer one alone, around a policy that hands 401s on
    let server = Script::new([Status(401)]);
    let inner = which.retry(policy().retry_unauthorized(false));
    let stack = ServiceBuilder::new().layer(which.retry(policy())).layer(inner).service(server.clone());
    stack.oneshot(request("POST")).await.unwrap();
    assert_eq!(server.count(), 2);
}

async fn a_patch_switches_it_on(which: Loop) {
    let server = Script::new([Status(401), Status(200)]);
    let mut request = request("POST");
    request.extensions_mut().insert(RetryPatch::new(|policy| policy.retry_unauthorized(true)));
    let off = policy().retry_unauthorized(false);
    assert_eq!(outcome(&send(which, off, &server, request).await), Ok(200));
}

/// Reads the whole body, and refuses.
fn reading()
-> impl Service<Request<ReplayBody>, Response = Response<String>, Error = BoxError, Future: Send> + Clone {
    service_fn(|request: Request<ReplayBody>| async move {
        let body = request.into_body().collect().await.map_err(BoxError::from)?.to_bytes();
        let body = String::from_utf8(body.to_vec())?;
        Ok::<_, BoxError>(Response::builder().status(401).body(body)?)
    })
}

async fn a_body_that_is_gone_is_not_sent_again(which: Loop) {
    let policy = policy().last_response_as_error(false);
    for (limit, attempts) in [(1024, 2), (4, 1)] {
        // wrapped, because a `Full` is repeated as it is
        let body = ReplayBody::with_limit(Body::from("too long").map_err(BoxError::from), limit);
        let request = Request::post("http://test/").body(body).unwrap();
        let service = ServiceBuilder::new().layer(which.retry(policy.clone())).service(reading());
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let history = History::of(&response).unwrap();
        assert_eq!(history.attempts_made(), attempts);
        let gone = Some(StopReason::BodyNotReplayable).filter(|_| attempts == 1);
        assert_eq!(history.stop_reason(), gone);
        assert_eq!(response.body(), "too long", "each attempt has the whole body");
    }
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    a_401_is_tried_again_at_once_and_once,
    it_takes_no_token_and_says_nothing_to_the_budget,
    nested_retries_do_not_multiply,
    a_patch_switches_it_on,
    a_body_that_is_gone_is_not_sent_again,
);

/// Each attempt answers after so long, with this status; the last one as all that follow.
fn slow(
    answers: &'static [(u64, u16)],
) -> impl Service<Request<Body>, Response = Response<u32>, Error = BoxError, Future: Send> + Clone {
    service_fn(move |request: Request<Body>| async move {
        let number = AttemptNumber::of(&request);
        let (millis, status) = answers[(number as usize - 1).min(answers.len() - 1)];
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok::<_, BoxError>(Response::builder().status(status).body(number)?)
    })
}

#[tokio::test(start_paused = true)]
async fn an_attempt_beside_it_with_the_old_credentials_does_not_end_the_call() {
    #[rustfmt::skip]
    let table: [(&'static [(u64, u16)], _, _, _, _); 5] = [
        // the hedge is refused while the attempt with the new ones runs
        (&[(1200, 401), (400, 401), (500, 200)], 200, 3, 3, 1700),
        // and while that one waits to begin again
        (&[(1200, 401), (450, 401), (200, 503), (10, 200)], 200, 4, 4, 1510),
        // the new ones are refused too
        (&[(1200, 401), (900, 401), (100, 401)], 401, 3, 3, 1300),
        // refused, but the hedge is not
        (&[(1200, 401), (400, 200), (900, 200)], 200, 2, 3, 1400),
        // the hedge first: the other is as old as it
        (&[(1500, 401), (100, 401), (1000, 200)], 200, 3, 3, 2100),
    ];
    for (index, (answers, status, by, made, took)) in table.into_iter().enumerate() {
        let policy = policy().retries(9).backoff(Backoff::constant(Duration::from_millis(100)));
        let layer = RetryLayer::new(policy).hedge(Hedge::after(SECOND));
        let began = tokio::time::Instant::now();
        let response = layer_over(&layer, slow(answers)).oneshot(request("GET")).await.unwrap();
        assert_eq!((response.status().as_u16(), *response.body()), (status, by), "{index}");
        assert_eq!(began.elapsed().as_millis(), took, "{index}");
        assert_eq!(History::of(&response).unwrap().attempts_made(), made, "one follows them all, {index}");
    }
}

fn layer_over<S>(layer: &RetryLayer, service: S) -> tower_retry_policy::retry::Retry<S> {
    tower::Layer::layer(layer, service)
}
