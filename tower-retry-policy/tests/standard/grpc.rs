//! The recommended stack for gRPC.

use crate::causes::cause;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use std::{
    convert::Infallible,
    future::{pending, ready},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;
use tonic::{Code, Status};
use tower::{Service, ServiceExt, service_fn};
use tower_retry_policy::{
    Deadline, Idempotent, RetryError, RetryLayer, RetryPolicy, StandardGrpcLayer,
    attempt_timeout::AttemptTimeouts,
};

const SECOND: Duration = Duration::from_secs(1);

type Asked = Arc<Mutex<Vec<(Duration, HeaderMap, Bytes)>>>;
type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

#[derive(Clone, Copy, Debug)]
enum Reply {
    Trailers(&'static str),
    Head(&'static str),
    /// `UNAVAILABLE` in the head, and the server's word not to ask again.
    NotAgain,
    /// A proxy's answer in HTML, which tonic makes a status of.
    Http(u16),
    /// A message, and an end without a status.
    Cut,
    Nothing,
}

fn answer(reply: Reply) -> Answer {
    let message = Full::new(Bytes::from("message"));
    let status = |status: &'static str| {
        HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static(status))])
    };
    match reply {
        Reply::Trailers(code) => {
            Response::new(message.with_trailers(ready(Some(Ok(status(code))))).boxed_unsync())
        }
        Reply::Head(code) => {
            let mut response = Response::new(Full::default().boxed_unsync());
            *response.headers_mut() = status(code);
            response
        }
        Reply::Http(status) => {
            let mut response = Response::new(Full::from("<html>").boxed_unsync());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response
        }
        Reply::NotAgain => {
            let mut response = answer(Reply::Head("14"));
            response.headers_mut().insert("grpc-retry-pushback-ms", HeaderValue::from_static("-1"));
            response
        }
        Reply::Cut | Reply::Nothing => Response::new(message.boxed_unsync()),
    }
}

/// The replies in order, the last one again and again.
fn server(
    replies: Vec<Reply>,
    asked: &Asked,
) -> impl Service<Request<tonic::body::Body>, Response = Answer, Error = tonic::ConnectError, Future: Send> + Clone
{
    let (asked, start) = (Arc::clone(asked), Instant::now());
    service_fn(move |request: Request<tonic::body::Body>| {
        let (asked, replies) = (Arc::clone(&asked), replies.clone());
        async move {
            let (head, body) = request.into_parts();
            let content = body.collect().await.expect("the recording is whole").to_bytes();
            let number = {
                let mut asked = asked.lock().unwrap();
                asked.push((start.elapsed(), head.headers, content));
                asked.len() - 1
            };
            let reply = *replies.get(number).or(replies.last()).expect("there is a reply");
            if matches!(reply, Reply::Nothing) {
                pending::<()>().await;
            }
            Ok(answer(reply))
        }
    })
}

fn call() -> Request<tonic::body::Body> {
    let body = tonic::body::Body::new(Full::new(Bytes::from("question")));
    Request::post("http://example.com/weather.Weather/Good").body(body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_repeated_is_what_its_owner_allows() {
    use Reply::{Cut, Head, Trailers};
    let table = [
        // the replies, whether anything may be repeated, the requests, the status that the client sees or the stack's
        (vec![Trailers("14"), Trailers("0")], true, 2, Ok("0")),
        (vec![Head("14"), Trailers("0")], true, 2, Ok("0")),
        (vec![Cut, Trailers("0")], true, 2, Ok("0")),
        (vec![Trailers("5")], true, 1, Ok("5")),
        (vec![Trailers("14"), Trailers("0")], false, 1, Err(Code::Unavailable)),
        (vec![Trailers("14")], true, 3, Err(Code::Unavailable)),
        (vec![Cut], true, 3, Err(Code::Unavailable)),
    ];
    for (replies, any, requests, expected) in table {
        for by_extension in [false, true] {
            let asked = Asked::default();
            let layer = if any && !by_extension {
                StandardGrpcLayer::new().any_method()
            } else {
                StandardGrpcLayer::new()
            };
            let mut request = call();
            if any && by_extension {
                request.extensions_mut().insert(Idempotent);
            }
            let outcome = layer.service(server(replies.clone(), &asked)).oneshot(request).await;
            let asked = asked.lock().unwrap().clone();
            assert_eq!(asked.len(), requests, "{replies:?}");
            assert!(
                asked.iter().all(|(_, _, content)| content == "question"),
                "each attempt sends the message"
            );
            match (outcome, expected) {
                (Ok(response), Ok(code)) => {
                    let body = response.into_body().collect().await.unwrap();
                    let status = body.trailers().and_then(|trailers| trailers.get("grpc-status"));
                    assert_eq!(status.map(HeaderValue::as_bytes), Some(code.as_bytes()), "{replies:?}");
                }
                (Err(status), Err(code)) => {
                    assert_eq!(status.code(), code, "{replies:?}");
                    assert!(cause::<RetryError>(&status).is_some(), "{status:?}");
                }
                (outcome, _) => panic!("{replies:?}: {:?}", outcome.map(drop)),
            }
        }
    }
}

/// The caller's timeout is one of the call: its attempts share it, and the server hears of what is left.
#[tokio::test(start_paused = true)]
async fn the_timeout_of_a_request_is_the_deadline_of_the_call() {
    for (timeout, layer, ends) in [
        (Some("2S"), StandardGrpcLayer::new(), 2 * SECOND),
        (Some("99S"), StandardGrpcLayer::new().deadline(3 * SECOND), 3 * SECOND / 2),
        (None, StandardGrpcLayer::new().deadline(60 * SECOND), 30 * SECOND),
    ] {
        let (asked, start) = (Asked::default(), Instant::now());
        let mut request = call();
        if let Some(timeout) = timeout {
            request.headers_mut().insert("grpc-timeout", HeaderValue::from_static(timeout));
        }
        let layer = layer.any_method();
        let status =
            layer.service(server(vec![Reply::Nothing], &asked)).oneshot(request).await.map(drop).unwrap_err();
        // three attempts of a sixth of the layer's deadline and two waits, unless the request's time is over before
        let wait = if timeout == Some("2S") { Duration::ZERO } else { SECOND * 3 / 10 };
        assert!(
            start.elapsed() >= ends && start.elapsed() <= ends + wait,
            "{timeout:?}: {:?}",
            start.elapsed()
        );
        assert_eq!(status.code() == Code::DeadlineExceeded, timeout == Some("2S"), "{status:?}");
        let told = asked.lock().unwrap()[0].1.get("grpc-timeout").cloned();
        let told = told.expect("the server is told");
        let left: u64 =
            told.to_str().unwrap().trim_end_matches(|unit: char| !unit.is_ascii_digit()).parse().unwrap();
        assert!(left > 0 && told != "99S", "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_has_passed_is_a_status() {
    let mut request = call();
    request.extensions_mut().insert(Deadline::after(Duration::ZERO));
    let asked = Asked::default();
    let channel = StandardGrpcLayer::new().service(server(vec![Reply::Trailers("0")], &asked));
    let status: Status = channel.oneshot(request).await.map(drop).unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(asked.lock().unwrap().is_empty());
}

/// The last attempt is ended by the deadline, when no other would have followed.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_the_deadline_ends_is_no_unavailable_server() {
    let asked = Asked::default();
    let limits = AttemptTimeouts::new().head(12 * SECOND);
    let channel =
        StandardGrpcLayer::new().any_method().attempt(limits).service(server(vec![Reply::Nothing], &asked));
    let status = channel.oneshot(call()).await.map(drop).unwrap_err();
    assert_eq!(asked.lock().unwrap().len(), 3);
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
}

/// A status in the head comes to the policy with what the server says beside it.
#[tokio::test(start_paused = true)]
async fn a_servers_word_not_to_ask_again_counts() {
    let asked = Asked::default();
    let channel = StandardGrpcLayer::new().any_method().service(server(vec![Reply::NotAgain], &asked));
    let response = channel.oneshot(call()).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "14");
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_two_times_the_earlier_one_holds() {
    for (timeout, deadline) in [("4S", SECOND), ("1S", 4 * SECOND)] {
        let start = Instant::now();
        let mut request = call();
        request.headers_mut().insert("grpc-timeout", HeaderValue::from_static(timeout));
        request.extensions_mut().insert(Deadline::after(deadline));
        let asked = Asked::default();
        let channel = StandardGrpcLayer::new().service(server(vec![Reply::Nothing], &asked));
        channel.oneshot(request).await.map(drop).unwrap_err();
        assert_eq!(start.elapsed(), SECOND, "{timeout}");
    }
}

/// The handle is of the policy that the stack follows, whatever was set after it was asked for.
#[tokio::test(start_paused = true)]
async fn a_handle_changes_the_policy_of_the_stack() {
    let mut retry = RetryLayer::new(RetryPolicy::standard().grpc([Code::Unavailable as u8]));
    let handle = retry.handle();
    let asked = Asked::default();
    let layer = StandardGrpcLayer::new().retry(retry).any_method();
    let channel = layer.service(server(vec![Reply::Trailers("14")], &asked));
    channel.clone().oneshot(call()).await.map(drop).unwrap_err();
    assert_eq!(asked.lock().unwrap().len(), 3);
    handle.replace(handle.policy().retries(1));
    channel.oneshot(call()).await.map(drop).unwrap_err();
    assert_eq!(asked.lock().unwrap().len(), 5);
}

/// "HTTP to gRPC status code mapping" of gRPC: what a proxy answers is for the client above to name, and for the policy to
/// retry by its status.
#[tokio::test(start_paused = true)]
async fn an_answer_of_a_proxy_comes_as_it_is() {
    for (status, requests) in [(404, 1), (401, 1), (503, 3), (429, 3)] {
        let asked = Asked::default();
        let channel =
            StandardGrpcLayer::new().any_method().service(server(vec![Reply::Http(status)], &asked));
        let response = channel.oneshot(call()).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(asked.lock().unwrap().len(), requests, "{status}");
    }
}
