//! A library proves its own defaults against packet loss: the first test of `YOUR_CLIENT.md`.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a test may panic")]

use axum::{Router, routing::get};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use network_lab::sim::{Connector, GilbertElliott, Simulation, Traffic};
use std::time::Duration;
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, DeadlineLayer, RetryLayer, RetryPolicy};

const CALLS: usize = 20;

/// The library's call, over any connector; here it is the lab's.
async fn stations(connector: Connector, policy: RetryPolicy) -> Result<Bytes, BoxError> {
    let client = Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .build(connector);
    let response = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(30)))
        .layer(RetryLayer::new(policy))
        .layer(ContentCheckLayer::json())
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(3)).idle(Duration::from_secs(3)))
        .service(client)
        .oneshot(Request::get("http://api.example/stations").body(Full::<Bytes>::default())?)
        .await?;
    Ok(response.into_body().collect().await?.to_bytes())
}

/// How many of the calls bring the list, how long the longest takes, and what it costs.
fn over_seeds(loss: f64, retries: u32) -> (usize, Duration, Traffic) {
    let (mut ok, mut longest, mut traffic) = (0, Duration::ZERO, Traffic::default());
    for seed in 0..20 {
        let network =
            Simulation::new(seed).loss(GilbertElliott::independent(loss)).delay(Duration::from_millis(30));
        let run = network.run(async |network| {
            network.serve(80, Router::new().route("/stations", get(|| async { "[\"Brno\", \"Praha\"]" })));
            let (mut ok, mut longest) = (0, Duration::ZERO);
            for call in 0..CALLS {
                let start = Instant::now();
                let policy = RetryPolicy::standard().retries(retries).seed(call as u64);
                ok += usize::from(stations(network.connector(), policy).await.is_ok());
                longest = longest.max(start.elapsed());
            }
            (ok, longest)
        });
        let run = run.unwrap();
        println!("loss {loss}, seed {seed}: {} of {CALLS}, {run}", run.output.0);
        ok += run.output.0;
        longest = longest.max(run.output.1);
        traffic += run.traffic;
    }
    (ok, longest, traffic)
}

#[test]
fn three_retries_are_enough_where_every_tenth_packet_is_lost() {
    let (ok, longest, traffic) = over_seeds(0.1, 3);
    assert_eq!(ok, 20 * CALLS, "{traffic}");
    assert!(longest < Duration::from_secs(10), "{longest:?}");
}

#[test]
fn one_attempt_is_not() {
    let (ok, _, traffic) = over_seeds(0.1, 0);
    assert!(ok < 20 * CALLS, "{traffic}");
    assert_eq!(traffic.connections, 20 * CALLS as u64);
}

#[test]
fn a_good_network_costs_nothing_more() {
    let (ok, longest, traffic) = over_seeds(0.0, 3);
    assert_eq!((ok, traffic.lost()), (20 * CALLS, 0));
    assert_eq!(traffic.connections, 20 * CALLS as u64, "no call was tried again");
    assert_eq!(longest, Duration::from_millis(4 * 30), "two round trips");
}
