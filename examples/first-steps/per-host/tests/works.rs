//! The client, with a host that is down and one that fails once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use first_steps_per_host::client;
use first_steps_server::{Answer, Server};
use http::{Request, StatusCode};
use http_body_util::Full;
use tower::ServiceExt;
use tower_retry_policy::{History, StopReason};

#[tokio::test]
async fn a_host_that_is_down_leaves_the_others_their_retries() {
    let down = Server::start([], Answer::Status(503)).await.unwrap();
    let stumbles = Server::start([Answer::Reset, Answer::Cut("[1]")], Answer::Whole("[1]")).await.unwrap();
    let client = client();
    let call = |url: String| client.clone().oneshot(Request::get(url).body(Full::default()).unwrap());

    let mut stops = Vec::new();
    for _ in 0..20 {
        let response = call(down.url("/")).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        stops.push(History::of(&response).and_then(History::stop_reason));
    }
    assert!(stops.contains(&Some(StopReason::Budget)), "{stops:?}");
    // ten retries of the floor and one of the ratio; without a budget there would be 60 requests
    let requests = down.received().len();
    assert!((30..45).contains(&requests), "{requests} requests");

    let response = call(stumbles.url("/")).await.unwrap();
    assert_eq!(response.into_body().into_text().await.unwrap(), "[1]");
    assert_eq!(stumbles.received().len(), 3);
}
