//! A reverse proxy that retries what may be retried, within a deadline.
//!
//! ```text
//! cargo run --release --example axum_gateway -- api=http://127.0.0.1:8080 files=http://127.0.0.1:8081
//! curl -i http://127.0.0.1:3000/api/some/path
//! curl http://127.0.0.1:3001/metrics
//! ```
//!
//! - Each upstream has a stack and a budget of its own ([`upstream`]): one that fails uses up nobody else's retries.
//! - When the gateway gives up, it answers 408, 502, 503 or 504 and says why; what an upstream answered last is handed on
//!   as it is ([`refusal`]).
//! - An `Idempotency-Key` from outside permits no repeat, because nobody here knows whether the upstream honours it:
//!   `--trust-idempotency-keys` says that all do.
//! - Fields that belong to one connection end at the gateway ([`hop_by_hop`]), and what clients say of themselves does not
//!   pass it ([`forwarded`]).
//! - What is streamed and breaks off is continued from the upstream while the client reads; if that cannot be, the
//!   client's connection breaks, and is reset where nothing else says so ([`connection`]). The deadline is that of short calls,
//!   and of heads: no stream and no upload ends by it ([`head_deadline`]).
//! - A client may be slow with its upload and may not stop: that is its own fault, and costs nobody a retry ([`upload`]).
//! - It holds nothing for long: of an upload 64 KiB at most, of an answer 256 KiB, the rest is streamed. That, and how
//!   many calls fail through an upstream that fails three times in ten, is printed by
//!   `cargo test -p programs load::load -- --nocapture`, 40,000 calls with 64 in flight.
//! - After Ctrl-C or SIGTERM it takes no new connections and ends when those that are there have ended, by the end of the grace
//!   period at the latest ([`server`]). The second signal ends it at once.
//! - What it prints is nobody's condition for an answer ([`log`]).
//!
//! `examples/programs/README.md` says what it is good for, and what a production proxy has beyond it.

mod arguments;
mod connection;
mod early_answer;
mod forward;
mod forwarded;
mod head_deadline;
mod hop_by_hop;
mod log;
mod refusal;
mod server;
mod signals;
mod upload;
mod upstream;
mod write_limit;

use arguments::Arguments;
use axum::{Router, routing::get};
use clap::Parser;
use forward::{Gateway, forward};
use log::Log;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use server::Phase;
use signals::Signals;
use std::{
    collections::HashMap,
    future::ready,
    process::{ExitCode, exit},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch};
use tower::BoxError;
use tower_retry_policy::MetricsObserver;
use upstream::Upstream;

async fn serve(arguments: Arguments, log: &Log) -> Result<(), BoxError> {
    let mut signals = Signals::new()?;
    let metrics = prometheus()?;
    let gateway = Gateway { upstreams: upstreams(&arguments, log)?, idle: arguments.client_idle };
    let calls = Router::new().fallback(forward).with_state(gateway);
    let counts = Router::new().route("/metrics", get(move || ready(metrics.render())));

    let (phase, phases) = watch::channel(Phase::Serving);
    let mut servers = Vec::new();
    let mut addresses = Vec::new();
    for (address, router) in [(arguments.listen, calls), (arguments.metrics, counts)] {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| format!("cannot listen on {address}: {error}"))?;
        addresses.push(listener.local_addr()?);
        servers.push(server::serve(listener, router, phases.clone(), arguments.allowed(), log.clone()));
    }
    log.say(format!("listening on http://{}", addresses[0]));
    log.say(format!("metrics on http://{}/metrics", addresses[1]));
    let servers: Vec<_> = servers.into_iter().map(tokio::spawn).collect();

    signals.next().await;
    phase.send_replace(Phase::Ending);
    let all_ended = async {
        let mut cut = 0;
        for server in servers {
            cut += server.await.unwrap_or_default();
        }
        cut
    };
    tokio::select! {
        cut = all_ended => match cut {
            0 => log.say("all calls have ended"),
            cut => log.say(format!("connections that did not end and were cut: {cut}")),
        },
        () = signals.next() => return Err("told to end a second time, calls under way were cut".into()),
    }
    Ok(())
}

fn upstreams(arguments: &Arguments, log: &Log) -> Result<Arc<HashMap<String, Upstream>>, BoxError> {
    let mut upstreams = HashMap::new();
    for place in &arguments.upstreams {
        let upstream = Upstream::new(place, arguments.limits(), log.clone());
        if upstreams.insert(place.name.clone(), upstream).is_some() {
            return Err(format!("two upstreams have the name {:?}", place.name).into());
        }
    }
    Ok(upstreams.into())
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

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let log = Log::start();
    let code = match serve(arguments, &log).await {
        Ok(()) => 0,
        Err(error) => {
            log.complain(format!("error: {error}"));
            1
        }
    };
    log.flush(Duration::from_millis(200));
    // and not by returning: the runtime would wait for a thread that looks up a name
    exit(code)
}
