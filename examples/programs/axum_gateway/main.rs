//! A reverse proxy that retries what may be retried, within a deadline.
//!
//! ```text
//! cargo run --release --example axum_gateway -- api=http://127.0.0.1:8080 files=http://127.0.0.1:8081
//! curl -i http://127.0.0.1:3000/api/some/path
//! curl http://127.0.0.1:3000/metrics
//! ```
//!
//! - Each upstream has a stack and a budget of its own ([`upstream`]): one that fails uses up nobody else's retries.
//! - When the gateway gives up, it answers 502, 503 or 504 and says why; what an upstream answered last is handed on
//!   as it is ([`refusal`]).
//! - An `Idempotency-Key` from outside permits no repeat, because nobody here knows whether the upstream honours it:
//!   `--trust-idempotency-keys` says that all do.
//! - Fields that belong to one connection end at the gateway ([`hop_by_hop`]).
//! - What is streamed and breaks off is continued from the upstream while the client reads; if that cannot be, the
//!   client's connection breaks. The deadline is that of short calls, and of heads: no stream ends by it
//!   ([`head_deadline`]).
//! - It holds nothing for long: of an upload 64 KiB at most, of an answer 256 KiB, the rest is streamed. That, and how
//!   many calls fail through an upstream that fails three times in ten, is printed by
//!   `cargo test -p programs load::load -- --nocapture`, 20,000 calls with 64 in flight.
//! - After Ctrl-C or SIGTERM it takes no new calls and ends when those under way have ended: short ones by the deadline.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

mod arguments;
mod head_deadline;
mod hop_by_hop;
mod refusal;
mod upstream;

use arguments::Arguments;
use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    response::Response,
    routing::get,
};
use clap::Parser;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{future::ready, net::SocketAddr, process::ExitCode, time::Duration};
use tokio::net::TcpListener;
use tower::BoxError;
use tower_retry_policy::MetricsObserver;
use upstream::Upstream;

async fn serve(arguments: Arguments) -> Result<(), BoxError> {
    let metrics = prometheus()?;
    let mut router = Router::new().route("/metrics", get(move || ready(metrics.render())));
    for (at, place) in arguments.upstreams.iter().enumerate() {
        if arguments.upstreams[..at].iter().any(|earlier| earlier.name == place.name) {
            return Err(format!("two upstreams have the name {:?}", place.name).into());
        }
        let upstream = Upstream::new(place, arguments.limits());
        let whole = Router::new().fallback(forward).with_state(upstream);
        router = router.nest(&format!("/{}", place.name), whole);
    }
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind(arguments.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, service).with_graceful_shutdown(asked_to_end()).await?;
    println!("all calls have ended");
    Ok(())
}

async fn forward(
    State(upstream): State<Upstream>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    upstream.call(request, client.ip()).await
}

/// What the observers of the policies count, as Prometheus reads it.
fn prometheus() -> Result<PrometheusHandle, BoxError> {
    const SECONDS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
    let handle = PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
    MetricsObserver::describe();
    let upkeep = handle.clone();
    tokio::spawn(async move {
        // what is recorded is kept one by one until somebody reads it, or this is called
        let mut interval = tokio::time::interval(Duration::from_secs(5));
        loop {
            interval.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// Ctrl-C, or SIGTERM, by which service managers end what they run.
async fn asked_to_end() {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
