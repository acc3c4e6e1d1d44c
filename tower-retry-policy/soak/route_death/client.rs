//! The recommended stack over hyper-util's client.

use crate::{
    BoxError,
    case::{Case, Protocol},
    network, role,
    upload::upload,
};
use http::Request;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{error::Error, iter::successors, time::Duration};
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{
    Attempt, AttemptTimeoutLayer, DeadlineLayer, Observer, ReplayBody, ReplayBodyLayer, RetryLayer,
    RetryPolicy, RetryWait,
};

/// Tells the router of each attempt that is to be followed by another.
#[derive(Debug)]
struct Aloud;

impl Observer for Aloud {
    fn retrying(&self, failed: &Attempt<'_>, _: RetryWait) {
        println!("retrying after {}: {}", failed.phase(), failed.error().map(causes).unwrap_or_default());
    }
}

pub(crate) async fn run(case: &str) -> Result<(), BoxError> {
    let case = Case::of(case)?;
    println!("ready");
    let mut orders = role::orders();
    orders.next_line().await?; // the server listens
    let client = client(case.protocol);
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(40)))
        .layer(ReplayBodyLayer::new())
        .layer(RetryLayer::new(
            RetryPolicy::standard()
                .retries(50)
                .backoff(Backoff::constant(Duration::from_millis(200)))
                .without_budget()
                .observer(Aloud),
        ))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(AttemptTimeoutLayer::new().head(case.limit()))
        .service(client.clone());

    let url = format!("http://{}/order", network::SERVER);
    let get = Request::get(&url).body(upload(Protocol::Http2))?;
    let uploading = if case.sends_all() { Protocol::Http2 } else { case.protocol };
    let post = Request::post(&url).body(upload(uploading))?;
    service.clone().oneshot(get).await?;
    println!("connected");
    let orders = tokio::spawn(async move {
        while orders.next_line().await?.is_some() {
            // over HTTP/1 it would take another connection; there the upload goes on instead
            if case.protocol == Protocol::Http2 {
                let get = Request::get(&url).body(ReplayBody::new(upload(Protocol::Http2)))?;
                tokio::spawn(client.request(get));
            }
        }
        Ok::<_, BoxError>(())
    });
    match service.oneshot(post).await {
        Ok(response) => println!("ended with {}", response.status()),
        Err(error) => println!("ended with {}", causes(&*error)),
    }
    orders.await?
}

fn client(protocol: Protocol) -> Client<HttpConnector, ReplayBody> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(3)));
    // the kernel's own patience is a quarter of an hour; what it reports at the end of it is the same
    connector.set_tcp_user_timeout(Some(Duration::from_secs(4)));
    Client::builder(TokioExecutor::new()).http2_only(protocol == Protocol::Http2).build(connector)
}

fn causes(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<String> =
        successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect();
    texts.join(": ").replace('\n', " ")
}
