//! Each default by what it does.

use crate::{
    bodies::{Answer, Server},
    causes::{cause, has_cause},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, Service, ServiceExt, service_fn};
use tower_content_check::ContentCheckError;
use tower_retry_policy::{
    AttemptTimeoutError, Deadline, History, RetryError, RetryLayer, RetryPolicy, StandardLayer, StopReason,
    attempt_timeout::AttemptTimeouts, retry::Hedge,
};

type Body = String;

const SECOND: Duration = Duration::from_secs(1);

/// Never answers; writes down when it was asked.
fn hangs(
    asked: &Arc<Mutex<Vec<Duration>>>,
) -> impl Service<Request<Body>, Response = Response<Empty<Bytes>>, Error = Infallible, Future: Send> + Clone
{
    let (asked, start) = (Arc::clone(asked), Instant::now());
    service_fn(move |_: Request<Body>| {
        asked.lock().unwrap().push(start.elapsed());
        pending()
    })
}

fn get() -> Request<Body> {
    Request::get("http://example.com/").body(Body::default()).unwrap()
}

/// A server that hangs leaves time for three attempts, whatever the deadline is.
#[tokio::test(start_paused = true)]
async fn three_attempts_fit_into_the_deadline() {
    for (deadline, silence) in
        [(None, 5 * SECOND), (Some(3 * SECOND), SECOND / 2), (Some(600 * SECOND), 100 * SECOND)]
    {
        let layer = StandardLayer::plain();
        let layer = deadline.map_or(layer.clone(), |deadline| layer.deadline(deadline));
        let (asked, start) = (Arc::default(), Instant::now());
        let error = layer.service(hangs(&asked)).oneshot(get()).await.map(drop).unwrap_err();
        let error = RetryError::find(&*error).unwrap();
        assert_eq!(error.stop_reason(), Some(StopReason::Attempts), "{deadline:?}");
        assert!(error.history().to_string().contains("no response head"), "{error}");
        let asked = asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 3, "{deadline:?}");
        // the waits of the standard policy are at most 0.1 s and 0.2 s
        for (number, at) in (0..).zip(&asked) {
            assert!(
                *at >= silence * number && *at <= silence * number + SECOND * 3 / 10,
                "{deadline:?}: {asked:?}"
            );
        }
        assert!(start.elapsed() >= silence * 3 && start.elapsed() <= deadline.unwrap_or(30 * SECOND));
    }
}

/// Bodies that trickle are ended by `total`, those that fall silent by `idle`.
#[tokio::test(start_paused = true)]
async fn a_body_has_a_third_of_the_deadline_and_a_sixth_for_each_silence() {
    for (pause, ends) in [(4 * SECOND, 10 * SECOND), (6 * SECOND, 5 * SECOND)] {
        let client = service_fn(move |_: Request<Body>| async move {
            let (sender, body) = http_body_util::channel::Channel::<Bytes>::new(1);
            tokio::spawn(async move {
                let mut sender = sender;
                while sender.send_data(Bytes::from("1")).await.is_ok() {
                    tokio::time::sleep(pause).await;
                }
            });
            Ok::<_, Infallible>(Response::new(body))
        });
        let start = Instant::now();
        let layer = StandardLayer::plain().policy(RetryPolicy::never());
        let error = layer.service(client).oneshot(get()).await.map(drop).unwrap_err();
        assert_eq!(start.elapsed(), ends, "{error}");
        assert!(has_cause::<AttemptTimeoutError>(&*error), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn limits_that_are_set_hold_in_their_place() {
    let layer =
        StandardLayer::plain().attempt(AttemptTimeouts::new().head(12 * SECOND)).deadline(30 * SECOND);
    let asked = Arc::default();
    let error = layer.service(hangs(&asked)).oneshot(get()).await.map(drop).unwrap_err();
    assert!(cause(&*error).is_some_and(AttemptTimeoutError::is_deadline), "{error}");
    assert_eq!(asked.lock().unwrap().len(), 3, "at 0, 12 and 24 s");
}

#[tokio::test(start_paused = true)]
async fn an_earlier_deadline_of_the_request_holds() {
    let start = Instant::now();
    let mut request = get();
    request.extensions_mut().insert(Deadline::after(2 * SECOND));
    let asked = Arc::default();
    StandardLayer::plain().service(hangs(&asked)).oneshot(request).await.map(drop).unwrap_err();
    assert_eq!(start.elapsed(), 2 * SECOND);
}

/// A length that does not agree, as nobody but the check sees it.
fn cut() -> Answer {
    Answer::ok().header("content-length", "6").chunk("[1, ")
}

#[tokio::test(start_paused = true)]
async fn what_each_check_accepts() {
    let whole = || Answer::ok().header("content-length", "6").chunk("[1, 2]");
    let text = || Answer::ok().header("content-length", "4").chunk("text");
    let empty = || Answer::ok().header("content-length", "0");
    let (json, plain) = (StandardLayer::json(), StandardLayer::plain());
    let table = [
        ("a cut body", &json, vec![cut(), whole()], 2),
        ("a cut body", &plain, vec![cut(), whole()], 2),
        ("an empty one", &json, vec![empty(), whole()], 2),
        ("an empty one", &plain, vec![empty(), whole()], 2),
        ("what is no JSON", &json, vec![text(), whole()], 2),
        ("what is no JSON", &plain, vec![text()], 1),
    ];
    for (what, layer, answers, requests) in table {
        let server = Server::new(answers);
        let response = layer.service(server.clone()).oneshot(get()).await.unwrap();
        let content = response.into_body().into_text().await.unwrap();
        assert!(content == "[1, 2]" || content == "text", "{what}");
        assert_eq!(server.count(), requests, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_reaches_through_the_deadline_as_bytes_text_and_value() {
    let stack = StandardLayer::json().service(Server::new([Answer::ok().chunk("[1, ").chunk("2]")]));
    let body = || async { stack.clone().oneshot(get()).await.map(Response::into_body) };
    assert_eq!(body().await.unwrap().into_bytes().await.unwrap(), "[1, 2]");
    assert_eq!(body().await.unwrap().into_text().await.unwrap(), "[1, 2]");
    assert_eq!(body().await.unwrap().into_json::<Vec<u8>>().await.unwrap(), [1, 2]);
    assert_eq!(body().await.unwrap().collect().await.unwrap().to_bytes(), "[1, 2]");
    let error = body().await.unwrap().into_json::<Vec<String>>().await.unwrap_err();
    assert!(error.is::<serde_json::Error>(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_is_refused_for_good() {
    let server = Server::new([Answer::ok().chunk("12345")]);
    let error = StandardLayer::plain()
        .max_bytes(4)
        .service(server.clone())
        .oneshot(get())
        .await
        .map(drop)
        .unwrap_err();
    assert!(has_cause::<ContentCheckError>(&*error), "{error}");
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn policy_and_retry_take_the_place_of_the_standard_policy() {
    let server = Server::new([Answer::status(503)]);
    let never = StandardLayer::plain().policy(RetryPolicy::never());
    never.service(server.clone()).oneshot(get()).await.unwrap();
    assert_eq!(server.count(), 1);

    let asked = Arc::default();
    let retry = RetryLayer::new(RetryPolicy::standard()).hedge(Hedge::after(SECOND).at_once(3));
    StandardLayer::plain().retry(retry).service(hangs(&asked)).oneshot(get()).await.map(drop).unwrap_err();
    assert_eq!(asked.lock().unwrap()[..3], [Duration::ZERO, SECOND, 2 * SECOND]);
}

/// A `POST` that the server may have acted on is not sent again, and a response tells what it took to get it.
#[tokio::test(start_paused = true)]
async fn the_standard_policy_is_what_retries() {
    let server = Server::new([Answer::status(503), Answer::ok().chunk("1")]);
    let stack = StandardLayer::json().service(server.clone());
    let response = stack.clone().oneshot(get()).await.unwrap();
    assert_eq!(History::of(&response).map(|history| history.attempts().len()), Some(2));

    let server = Server::new([cut()]);
    let post = Request::post("http://example.com/").body(Body::default()).unwrap();
    let result: Result<_, BoxError> = StandardLayer::json().service(server.clone()).oneshot(post).await;
    result.map(drop).unwrap_err();
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn packed_content_is_refused_where_it_is_to_be_read() {
    let server = Server::new([Answer::ok().header("content-encoding", "gzip").chunk("packed")]);
    let error = StandardLayer::json().service(server.clone()).oneshot(get()).await.map(drop).unwrap_err();
    assert!(has_cause::<ContentCheckError>(&*error), "{error}");
    assert_eq!(server.count(), 1, "it would be packed again");
    let response = StandardLayer::plain().service(server).oneshot(get()).await.unwrap();
    assert_eq!(response.into_body().into_text().await.unwrap(), "packed");
}
