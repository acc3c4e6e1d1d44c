//! Documents over real connections that are cut anywhere: the whole stack brings each of them whole.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod http1;
mod http2;
mod random;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use random::Random;
use std::{fmt::Write, net::SocketAddr, sync::Mutex, time::Duration};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_content_check::{
    ContentCheckLayer,
    check::{BoxCheck, ExpectedContent, Json, Length},
    resume::{ResumableLayer, ResumeLayer},
};
use tower_http::decompression::DecompressionLayer;
use tower_retry_policy::{AttemptTimeoutLayer, RetryError, RetryLayer, RetryPolicy};

type Call = Request<Empty<Bytes>>;

/// What the server does to the answers of one call.
struct Plan {
    random: Random,
    faults: u64,
    versions: [String; 2],
    current: usize,
    log: Vec<String>,
}

impl Plan {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let longest = [3, 40, 3000][random.index(3)];
        let versions = [0, 1].map(|version| {
            let numbers = 1 + random.index(longest);
            let text = (0..numbers).fold(format!("[{version}"), |mut text, _| {
                write!(text, ",{}", random.below(100)).unwrap();
                text
            });
            text + "]"
        });
        let faults = random.below(5);
        Self { random, faults, versions, current: 0, log: Vec::new() }
    }

    /// Whether this answer is a wrong one.
    fn next_fails(&mut self) -> bool {
        if self.faults > 0 && self.random.one_in(6) {
            self.current = 1 - self.current;
        }
        let fails = self.faults > 0;
        self.faults = self.faults.saturating_sub(1);
        fails
    }

    fn tag(&self) -> String {
        format!("\"v{}\"", self.current)
    }
}

static PLAN: Mutex<Option<Plan>> = Mutex::new(None);

/// One test at a time has the plan.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn with_plan<T>(act: impl FnOnce(&mut Plan) -> T) -> T {
    act(PLAN.lock().unwrap().as_mut().unwrap())
}

/// The whole stack in five forms.
async fn call<S, B>(client: S, address: SocketAddr, form: u64, check: BoxCheck) -> Result<Bytes, BoxError>
where
    S: Service<Call, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let policy = RetryPolicy::standard().retries(9).without_budget().backoff(Backoff::none());
    let request = Request::get(format!("http://{address}/document")).body(Empty::new())?;
    let timeout = AttemptTimeoutLayer::new().head(Duration::from_secs(60)).idle(Duration::from_secs(60));
    let check = ContentCheckLayer::new(check);
    let (resumable, resume) = (ResumableLayer::new(), ResumeLayer::new());
    let stack = ServiceBuilder::new();
    match form {
        0 => whole(stack.layer(RetryLayer::new(policy)).layer(check).service(client), request).await,
        1 => {
            whole(stack.layer(RetryLayer::new(policy)).layer(check).layer(timeout).service(client), request)
                .await
        }
        2 => {
            let stack = stack.layer(resumable).layer(RetryLayer::new(policy)).layer(check).layer(resume);
            whole(stack.service(client), request).await
        }
        3 => {
            let stack = stack
                .layer(resumable)
                .layer(RetryLayer::new(policy))
                .layer(check)
                .layer(resume)
                .layer(timeout);
            whole(stack.service(client), request).await
        }
        _ => {
            let stack = stack
                .layer(resumable)
                .layer(RetryLayer::new(policy))
                .layer(check)
                .layer(DecompressionLayer::new());
            whole(stack.layer(resume).layer(timeout).service(client), request).await
        }
    }
}

async fn whole<S, B>(service: S, request: Call) -> Result<Bytes, BoxError>
where
    S: Service<Call, Response = Response<B>, Error = BoxError>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let response = service.oneshot(request).await?;
    assert_eq!(response.status(), StatusCode::OK);
    Ok(response.into_body().collect().await.map_err(Into::into)?.to_bytes())
}

fn json() -> BoxCheck {
    BoxCheck::new((Length::new(), ExpectedContent, Json::new()))
}

async fn documents<S, B>(client: S, address: SocketAddr, seeds: std::ops::Range<u64>, check: fn() -> BoxCheck)
where
    S: Service<Call, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let mut wrong = Vec::new();
    let (mut attempts, mut parts) = (0, 0);
    for seed in seeds {
        *PLAN.lock().unwrap() = Some(Plan::new(seed));
        let outcome = call(client.clone(), address, seed % 5, check()).await;
        let plan = PLAN.lock().unwrap().take().unwrap();
        attempts += plan.log.len();
        parts += plan.log.iter().filter(|answer| answer.contains("206")).count();
        let what = match outcome {
            Ok(body) if plan.versions.iter().any(|version| *version == body) => continue,
            Ok(body) => format!("{} bytes that are no document", body.len()),
            Err(error) => RetryError::find(&*error).map_or_else(|| error.to_string(), ToString::to_string),
        };
        let lengths = plan.versions.map(|version| version.len());
        wrong.push(format!("seed {seed} form {}: {what}\n{lengths:?}\n{}", seed % 5, plan.log.join("\n")));
        if wrong.len() == 5 {
            break;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(attempts > 1_000 && parts > 100, "{attempts} answers, {parts} parts");
}

fn hyper_client(http2: bool) -> Client<HttpConnector, Empty<Bytes>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).http2_only(http2).build(connector)
}

fn reqwest_client(
    http2: bool,
) -> impl Service<Call, Response = Response<reqwest::Body>, Error = reqwest::Error, Future: Send> + Clone {
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never());
    let client = if http2 { client.http2_prior_knowledge() } else { client }.build().unwrap();
    service_fn(move |request: Call| {
        let client = client.clone();
        let request = reqwest::Request::try_from(request.map(|_| reqwest::Body::default())).unwrap();
        async move { client.execute(request).await.map(Response::from) }
    })
}

#[tokio::test]
async fn what_http1_cuts_anywhere_comes_whole_through_hyper_util() {
    let _turn = TURN.lock().await;
    documents(hyper_client(false), http1::serve().await, 0..400, json).await;
}

#[tokio::test]
async fn what_http1_cuts_anywhere_comes_whole_through_reqwest() {
    let _turn = TURN.lock().await;
    documents(reqwest_client(false), http1::serve().await, 1_000..1_400, json).await;
}

/// No check of the content: the ends of streams alone tell.
#[tokio::test]
async fn what_http2_ends_early_comes_whole_through_hyper_util() {
    let _turn = TURN.lock().await;
    documents(hyper_client(true), http2::serve().await, 0..400, || BoxCheck::new(())).await;
}

/// Its bodies do not say how a stream ended: the content does.
#[tokio::test]
async fn what_http2_ends_early_comes_whole_through_reqwest() {
    let _turn = TURN.lock().await;
    documents(reqwest_client(true), http2::serve().await, 1_000..1_400, json).await;
}
