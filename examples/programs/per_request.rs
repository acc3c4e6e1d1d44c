//! One stack for all calls, and what a single request can say about itself.
//!
//! ```text
//! cargo run --release --example misbehaving_server    # here
//! cargo run --release --example per_request           # in another terminal
//! ```
//!
//! The layer's policy holds for every request that says nothing. A request can bring a policy of its own, the permission
//! to be repeated, and a deadline; and whatever comes of it, the outcome tells its history.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

mod arguments;

use bytes::Bytes;
use clap::Parser;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use std::{process::ExitCode, time::Duration};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::{CheckedBody, ContentCheckLayer};
use tower_retry_policy::{
    AttemptTimeoutLayer, Deadline, History, Phase, RetryError, RetryLayer, RetryPolicy,
};

/// Sends requests that differ in what they say about retries.
#[derive(Parser)]
struct Arguments {
    /// The misbehaving server
    #[arg(value_parser = arguments::url, default_value = "http://127.0.0.1:8080")]
    server: Uri,
}

/// Whether the first was good: others fail on purpose.
async fn calls(server: Uri) -> Result<bool, BoxError> {
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
    let mut service = ServiceBuilder::new()
        .layer(RetryLayer::new(RetryPolicy::standard()))
        .layer(ContentCheckLayer::json())
        .layer(AttemptTimeoutLayer::new().head(Duration::from_secs(5)).idle(Duration::from_secs(5)))
        .service(client);
    let server = server.to_string();
    let server = server.trim_end_matches('/');
    let get = |path: &str| Request::get(format!("{server}{path}")).body(Full::<Bytes>::default());
    let post = |path: &str| Request::post(format!("{server}{path}"));

    let request = get("/busy")?;
    let good =
        tell("nothing: the layer's policy holds, and Retry-After is obeyed", &mut service, request).await?;

    let mut request = get("/down")?;
    request.extensions_mut().insert(RetryPolicy::never());
    tell("no retries, please", &mut service, request).await?;

    let mut request = get("/down")?;
    request.extensions_mut().insert(RetryPolicy::standard().retries(1).last_response_as_error(true));
    tell("one retry, and a bad answer is an error", &mut service, request).await?;

    // A restart takes longer than three attempts with short waits.
    let patient = RetryPolicy::standard().backoff(Backoff::constant(Duration::from_millis(700)));
    let mut request = get("/restart")?;
    request.extensions_mut().insert(patient.retries_after(Phase::Connect, 1));
    tell("longer waits, and at most one for a refused connection", &mut service, request).await?;

    let mut request = get("/busy/but/urgent")?;
    request.extensions_mut().insert(Deadline::after(Duration::from_millis(500)));
    tell("half a second: too little for the wait that the server asks for", &mut service, request).await?;

    let request = post("/lost/order").body(Full::from("one beer"))?;
    tell("nothing: whether a POST was processed is not known, so it is not repeated", &mut service, request)
        .await?;

    let request = post("/lost/order/with/key")
        .header("idempotency-key", "\"8e03978e\"")
        .body(Full::from("one beer"))?;
    tell("an idempotency key: the server knows a repeated order from a new one", &mut service, request)
        .await?;
    Ok(good)
}

/// Sends the request and prints what came of it. Returns whether that was good.
async fn tell<S, B>(says: &str, service: &mut S, request: Request<Full<Bytes>>) -> Result<bool, BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<CheckedBody<B>>, Error = BoxError>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    println!("{} {}\n  says    {says}", request.method(), request.uri().path());
    match service.ready().await?.call(request).await {
        Ok(response) => {
            let history = History::of(&response).map(History::to_string);
            let status = response.status();
            println!("  answer  {status} {}", response.into_body().into_text().await?);
            println!("  history {}", history.as_deref().unwrap_or("none, there was one attempt"));
            Ok(status.is_success())
        }
        Err(error) => {
            // its own text is the outline, its history has the text of each attempt's error
            let Some(last) = RetryError::find(&*error) else { return Err(error) };
            println!("  error   {}", last.history());
            Ok(false)
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match calls(Arguments::parse().server).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
