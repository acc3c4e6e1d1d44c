//! hyper-util's client over a connector without sockets, in virtual time.

use crate::connector::Connector;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptRecord, AttemptTimeoutLayer, ConnectTimeoutError, ConnectTimeoutLayer, History, Phase, RetryError,
    RetryLayer, RetryPolicy, StopReason, connect_timeout::ConnectTimeout,
};

const LIMIT: Duration = Duration::from_secs(5);
const HEAD: Duration = Duration::from_secs(30);
const BOTH: [bool; 2] = [false, true];

pub(crate) type Stack = BoxCloneSyncService<Request<Full<Bytes>>, Response<()>, BoxError>;

pub(crate) fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

fn client(connector: &Connector, http2: bool) -> ConnectTimeout<Client<Connector, Full<Bytes>>> {
    let connector = connector.clone().http2(http2);
    let client = Client::builder(TokioExecutor::new()).http2_only(http2).build(connector);
    ConnectTimeoutLayer::new(LIMIT).layer(client)
}

/// Three attempts, a second apart.
pub(crate) fn stack(connector: &Connector, http2: bool) -> Stack {
    let policy = RetryPolicy::standard().retries(2).backoff(Backoff::constant(Duration::from_secs(1)));
    let stack = ServiceBuilder::new()
        .layer(RetryLayer::new(policy.without_budget()))
        .layer(AttemptTimeoutLayer::new().head(HEAD))
        .service(client(connector, http2))
        .map_response(|response| response.map(drop));
    BoxCloneSyncService::new(stack)
}

pub(crate) fn post(body: &'static str) -> Request<Full<Bytes>> {
    Request::post("http://test/").body(Full::from(body)).unwrap()
}

pub(crate) fn phases(history: &History) -> Vec<Option<Phase>> {
    history.attempts().iter().map(AttemptRecord::phase).collect()
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_connection_is_tried_again_whatever_its_method() {
    for http2 in BOTH {
        let connector = Connector::new([None]);
        let started = Instant::now();
        let error = stack(&connector, http2).oneshot(post("x")).await.unwrap_err();
        let error = RetryError::find(&*error).unwrap();
        assert_eq!(phases(error.history()), [Some(Phase::Connect); 3]);
        assert_eq!(error.stop_reason(), Some(StopReason::Attempts));
        assert_eq!(started.elapsed().as_secs(), 3 * 5 + 2);
        assert_eq!((connector.log().connects(), connector.log().requests().len()), (3, 0), "HTTP/2: {http2}");

        let connector = Connector::new([None, None, seconds(4)]);
        let response = stack(&connector, http2).oneshot(post("x")).await.unwrap();
        assert_eq!(
            phases(History::of(&response).unwrap()),
            [Some(Phase::Connect), Some(Phase::Connect), None]
        );
        assert_eq!(connector.log().requests().len(), 1, "HTTP/2: {http2}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_has_its_connection_is_under_the_limit_on_the_head_alone() {
    for http2 in BOTH {
        // well beyond the limit on the connection, on a new one and on a pooled one
        let connector = Connector::new([seconds(4)]).answering_after(seconds(20));
        let stack_of_one = stack(&connector, http2);
        for _ in 0..2 {
            let response = stack_of_one.clone().oneshot(post("x")).await.unwrap();
            assert!(History::of(&response).is_none());
        }
        assert_eq!((connector.log().connects(), connector.log().requests().len()), (1, 2), "HTTP/2: {http2}");

        let connector = Connector::new([seconds(4)]).answering_after(None);
        let started = Instant::now();
        let error = stack(&connector, http2).oneshot(post("x")).await.unwrap_err();
        assert_eq!(phases(RetryError::find(&*error).unwrap().history()), [Some(Phase::Read)]);
        assert_eq!(started.elapsed(), HEAD);
        assert_eq!(connector.log().requests().len(), 1, "HTTP/2: {http2}");
    }
}

/// Whatever comes first, the connection or the limit, to the millisecond: sent once, or not at all and said so.
#[tokio::test(start_paused = true)]
async fn a_connection_at_the_very_limit() {
    for http2 in BOTH {
        for millis in 4_995..=5_005 {
            let connector = Connector::new([Some(Duration::from_millis(millis)), seconds(0)]);
            let outcome = client(&connector, http2).oneshot(post("x")).await;
            // what was given up must not go out later either
            sleep(Duration::from_secs(60)).await;
            let sent = connector.log().requests().len();
            match outcome {
                Ok(_) => assert_eq!(sent, 1, "{millis} ms"),
                Err(error) => {
                    let error: &ConnectTimeoutError = error.downcast_ref().unwrap();
                    assert_eq!((error.limit(), sent), (LIMIT, 0), "{millis} ms");
                    assert_eq!(error.to_string(), "no connection within 5 s");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_stays_when_the_future_is_asked_again() {
    let mut call = tokio_test::task::spawn(client(&Connector::new([None]), false).oneshot(post("x")));
    assert!(call.poll().is_pending());
    sleep(LIMIT + Duration::from_millis(1)).await;
    let std::task::Poll::Ready(Err(error)) = call.poll() else { panic!("no error") };
    assert!(error.is::<ConnectTimeoutError>());
    assert_eq!(Phase::of(&*error), Phase::Connect);
}

/// The limits in the wrong order: the head's passes first, and nobody may take the request for one that was not sent.
#[tokio::test(start_paused = true)]
async fn a_limit_on_the_head_that_is_the_shorter_one() {
    let policy = RetryPolicy::standard().backoff(Backoff::none());
    let run = |head| {
        let service = ServiceBuilder::new()
            .layer(RetryLayer::new(policy.clone()))
            .layer(AttemptTimeoutLayer::new().head(head))
            .service(client(&Connector::new([None]), false));
        async move {
            let error = service.oneshot(post("x")).await.unwrap_err();
            phases(RetryError::find(&*error).unwrap().history())[0]
        }
    };
    assert_eq!(run(LIMIT - Duration::from_millis(1)).await, Some(Phase::Read));
    assert_eq!(
        run(LIMIT).await,
        Some(Phase::Connect),
        "of two at the same instant the inner one is asked first"
    );
}
