//! A budget for each host: one that is down does not use up the retries of the others.

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::time::Duration;
use tower_retry_policy::{RatioBudget, RetryPolicy, Standard, StandardLayer, budget::PerKey};

/// A client of many hosts. For each of them a tenth of its requests may be retries, and one a second.
pub fn client() -> Standard<Client<HttpConnector, Full<Bytes>>> {
    let hosts = PerKey::new(|_| RatioBudget::new().ratio(0.1).per_second(1)).per_host();
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
    StandardLayer::plain()
        .deadline(Duration::from_secs(12))
        .policy(RetryPolicy::standard().budget_per(hosts))
        .service(client)
}
