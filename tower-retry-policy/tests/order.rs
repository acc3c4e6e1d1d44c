//! What a wrong order of the layers does, beside the right one: the table of the guide (`guide::order`). Redirects and
//! decompression have their own tests (`redirects.rs`, `decompression.rs`), and so has a retry above another (`policy.rs`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, channel::Channel};
use std::{
    future::pending,
    io::ErrorKind,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tower::{
    BoxError, Service, ServiceBuilder, ServiceExt,
    util::{BoxCloneService, service_fn},
};
use tower_backoff::Backoff;
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{
    AttemptTimeoutLayer, DeadlineLayer, History, IdempotencyKeyLayer, RetryError, RetryPolicy, StopReason,
};

const SECOND: Duration = Duration::from_secs(1);
const CONTENT: &str = "[1,2,3,4]";

/// What happens to the first request; all others are answered well.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// Half of the body.
    Cut,
    /// No head, ever.
    Silent,
    /// 503 with a `Retry-After` of ten seconds.
    Busy,
    /// The connection is gone before the head.
    Reset,
    /// The body takes nine seconds; so does that of every other.
    Slow,
}

#[derive(Clone, Default)]
struct Server {
    asked: Arc<Mutex<Vec<HeaderMap>>>,
}

type Client = BoxCloneService<Request<String>, Response<Channel<Bytes, BoxError>>, BoxError>;

impl Server {
    fn with(&self, trouble: Trouble) -> Client {
        let asked = Arc::clone(&self.asked);
        BoxCloneService::new(service_fn(move |request: Request<String>| {
            let mut asked = asked.lock().unwrap();
            asked.push(request.headers().clone());
            answer(trouble, asked.len() == 1)
        }))
    }

    fn requests(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// The idempotency key of each request.
    fn keys(&self) -> Vec<HeaderValue> {
        self.asked.lock().unwrap().iter().map(|head| head["idempotency-key"].clone()).collect()
    }
}

async fn answer(trouble: Trouble, first: bool) -> Result<Response<Channel<Bytes, BoxError>>, BoxError> {
    let (mut sender, body) = Channel::new(1);
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_LENGTH, CONTENT.len().into());
    let (length, pause) = match trouble {
        Trouble::Silent if first => pending().await,
        Trouble::Reset if first => return Err(std::io::Error::from(ErrorKind::ConnectionReset).into()),
        Trouble::Busy if first => {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response.headers_mut().insert(header::RETRY_AFTER, 10.into());
            (CONTENT.len(), Duration::ZERO)
        }
        Trouble::Cut if first => (CONTENT.len() / 2, Duration::ZERO),
        Trouble::Slow => (CONTENT.len(), SECOND),
        _ => (CONTENT.len(), Duration::ZERO),
    };
    tokio::spawn(async move {
        for byte in CONTENT[..length].chars() {
            sleep(pause).await;
            let _ = sender.send_data(byte.to_string().into()).await;
        }
    });
    Ok(response)
}

fn policy() -> RetryPolicy {
    RetryPolicy::standard().backoff(Backoff::constant(Duration::from_millis(100)))
}

fn limits() -> AttemptTimeoutLayer {
    AttemptTimeoutLayer::new().head(5 * SECOND).idle(5 * SECOND)
}

/// Whether the whole content came, why the policy stopped, and how long it took in seconds.
async fn outcome<S, B>(stack: S, method: &str) -> (bool, Option<StopReason>, u64)
where
    S: Service<Request<String>, Response = Response<B>, Error = BoxError>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    let begin = Instant::now();
    let request = Request::builder().method(method).uri("http://test/").body(String::new()).unwrap();
    let (good, stop) = match stack.oneshot(request).await {
        Ok(response) => {
            let stop = History::of(&response).and_then(History::stop_reason);
            let succeeded = response.status().is_success();
            let content = response.into_body().collect().await;
            let whole = content.is_ok_and(|content| content.to_bytes() == CONTENT);
            (succeeded && whole, stop)
        }
        Err(error) => (false, RetryError::find(&*error).and_then(RetryError::stop_reason)),
    };
    (good, stop, begin.elapsed().as_secs())
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    a_check_outside_the_retry_finds_the_cut_and_nobody_repeats_it,
    an_attempt_timeout_outside_the_retry_ends_the_call_with_the_first_silence,
    an_attempt_timeout_outside_the_check_limits_the_body_by_the_limit_of_the_head,
    a_deadline_inside_the_retry_holds_for_each_attempt_and_for_no_wait,
    an_idempotency_key_inside_the_retry_is_not_seen_by_the_policy,
);

async fn a_check_outside_the_retry_finds_the_cut_and_nobody_repeats_it(which: Loop) {
    let server = Server::default();
    let right = ServiceBuilder::new().layer(which.retry(policy())).layer(ContentCheckLayer::json());
    assert_eq!(outcome(right.service(server.with(Trouble::Cut)), "GET").await, (true, None, 0));
    assert_eq!(server.requests(), 2);

    let server = Server::default();
    let wrong = ServiceBuilder::new().layer(ContentCheckLayer::json()).layer(which.retry(policy()));
    assert_eq!(outcome(wrong.service(server.with(Trouble::Cut)), "GET").await, (false, None, 0));
    assert_eq!(server.requests(), 1);
}

async fn an_attempt_timeout_outside_the_retry_ends_the_call_with_the_first_silence(which: Loop) {
    let server = Server::default();
    let right =
        ServiceBuilder::new().layer(which.retry(policy())).layer(ContentCheckLayer::json()).layer(limits());
    assert_eq!(outcome(right.service(server.with(Trouble::Silent)), "GET").await, (true, None, 5));
    assert_eq!(server.requests(), 2);

    let server = Server::default();
    let wrong =
        ServiceBuilder::new().layer(limits()).layer(which.retry(policy())).layer(ContentCheckLayer::json());
    assert_eq!(outcome(wrong.service(server.with(Trouble::Silent)), "GET").await, (false, None, 5));
    assert_eq!(server.requests(), 1);
}

async fn an_attempt_timeout_outside_the_check_limits_the_body_by_the_limit_of_the_head(which: Loop) {
    let server = Server::default();
    let right =
        ServiceBuilder::new().layer(which.retry(policy())).layer(ContentCheckLayer::json()).layer(limits());
    assert_eq!(outcome(right.service(server.with(Trouble::Slow)), "GET").await, (true, None, 9));
    assert_eq!(server.requests(), 1);

    let server = Server::default();
    let wrong =
        ServiceBuilder::new().layer(which.retry(policy())).layer(limits()).layer(ContentCheckLayer::json());
    let attempts = Some(StopReason::Attempts);
    assert_eq!(outcome(wrong.service(server.with(Trouble::Slow)), "GET").await, (false, attempts, 15));
    assert_eq!(server.requests(), 3);
}

async fn a_deadline_inside_the_retry_holds_for_each_attempt_and_for_no_wait(which: Loop) {
    let deadline = DeadlineLayer::new(3 * SECOND);
    let server = Server::default();
    let right =
        ServiceBuilder::new().layer(deadline).layer(which.retry(policy())).layer(ContentCheckLayer::json());
    let stopped = Some(StopReason::Deadline);
    assert_eq!(outcome(right.service(server.with(Trouble::Busy)), "GET").await, (false, stopped, 0));
    assert_eq!(server.requests(), 1);

    let server = Server::default();
    let wrong =
        ServiceBuilder::new().layer(which.retry(policy())).layer(deadline).layer(ContentCheckLayer::json());
    assert_eq!(outcome(wrong.service(server.with(Trouble::Busy)), "GET").await, (true, None, 10));
    assert_eq!(server.requests(), 2);
}

async fn an_idempotency_key_inside_the_retry_is_not_seen_by_the_policy(which: Loop) {
    let server = Server::default();
    let right = ServiceBuilder::new().layer(IdempotencyKeyLayer::new()).layer(which.retry(policy()));
    assert_eq!(outcome(right.service(server.with(Trouble::Reset)), "POST").await, (true, None, 0));
    let keys = server.keys();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");

    let server = Server::default();
    let wrong = ServiceBuilder::new().layer(which.retry(policy())).layer(IdempotencyKeyLayer::new());
    let stopped = Some(StopReason::NotRepeatable);
    assert_eq!(outcome(wrong.service(server.with(Trouble::Reset)), "POST").await, (false, stopped, 0));
    assert_eq!(server.requests(), 1);
    // where the policy repeats it all the same, each attempt has a key of its own
    let server = Server::default();
    let wrong =
        ServiceBuilder::new().layer(which.retry(policy().any_method())).layer(IdempotencyKeyLayer::new());
    outcome(wrong.service(server.with(Trouble::Reset)), "POST").await;
    let keys = server.keys();
    assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
}
