//! A POST on a live connection whose route goes away, on the real kernel.
//!
//! ```text
//! cargo run -p retry-policy-soak -- http2-router
//! ```
//!
//! builds three network namespaces (a client, a router, a server), sends a POST, takes the route away once the server has
//! begun with it, gives it back when the client has noticed, and says how often the server saw the POST. Linux reports
//! `EHOSTUNREACH` and `ENETUNREACH` on *established* connections too ("soft errors", tcp(7)): they do not say that
//! the request never left.
//!
//! Without arguments it runs every case. It needs `unshare` and `nsenter` (util-linux), `ip` (iproute2) and a kernel that
//! lets users make namespaces, but no root. Where one of them is missing it says so, and ends well.
//! Nothing is left behind: namespaces live as long as the processes in them. Client and server end when their input does,
//! which the router holds, and each of the router's waits is bounded.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the roles speak to each other by their standard streams"
)]

mod case;
mod client;
mod network;
mod role;
mod router;
mod server;
mod upload;

use self::case::Case;
use std::{env, process::ExitCode};
use tokio::task::JoinSet;

type BoxError = tower::BoxError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["client", name] => client::run(name).await,
        ["server", name] => server::run(name).await,
        ["router", name] => router::run(name).await,
        [] => all(Case::ALL.map(Case::name).as_slice()).await,
        _ => all(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs these cases at the same time, each in namespaces of its own.
async fn all(names: &[&str]) -> Result<(), BoxError> {
    if let Err(why) = network::possible().await {
        println!("skipped: {why}");
        return Ok(());
    }
    let mut cases = JoinSet::new();
    for name in names.iter().map(ToString::to_string) {
        cases.spawn(async move {
            let ended = role::in_new_user_namespace(&name).await;
            ended.map_err(|error| format!("{name}: {error}"))
        });
    }
    let failed: Vec<String> = cases.join_all().await.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}
