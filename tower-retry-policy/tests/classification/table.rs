//! The table: every misbehaviour with every client.

use crate::{
    client::{CLIENTS, Client},
    misbehaviour::{Misbehaviour, all},
    server::Server,
};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use tokio::task::JoinSet;
use tower::ServiceExt;
use tower_retry_policy::{AttemptRecord, History, Phase, RetryError};

/// As the crate's documentation has it.
const DOCUMENTED: &str = include_str!("../../src/classify/clients.md");

/// The cell of what cannot happen to a client.
const NOTHING: &str = "–";

const METHODS: [&str; 2] = ["GET", "POST"];

/// How a call ended: the status that nothing was wrong with, or the phases of its failures.
type Outcome = Result<StatusCode, Vec<Phase>>;

#[tokio::test]
async fn the_documented_table_is_what_the_clients_do() {
    let rows = all();
    let mut cells = vec![vec![NOTHING.to_owned(); CLIENTS.len()]; rows.len()];
    // those that measure time come last, when the handshakes no longer need it
    for timed in [false, true] {
        let mut calls = JoinSet::new();
        for (row, misbehaviour) in rows.iter().enumerate().filter(|(_, row)| row.is_timed() == timed) {
            for (column, client) in CLIENTS.into_iter().enumerate() {
                if misbehaviour.concerns(client) {
                    let misbehaviour = misbehaviour.clone();
                    calls.spawn(async move { ((row, column), cell(client, &misbehaviour).await) });
                }
            }
        }
        while let Some(done) = calls.join_next().await {
            let ((row, column), text) = done.unwrap();
            cells[row][column] = text;
        }
    }
    let observed: Vec<_> = rows
        .iter()
        .zip(&cells)
        .map(|(row, cells)| format!("| {} | {} |", row.name, cells.join(" | ")))
        .collect();
    let documented: Vec<_> = DOCUMENTED.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    assert_eq!(documented, observed, "\n{}\n", observed.join("\n"));
}

/// `read, 3, 1`: the phase, the attempts at a `GET`, the attempts at a `POST`.
async fn cell(client: Client, misbehaviour: &Misbehaviour) -> String {
    let mut phases = Vec::new();
    let mut attempts = String::new();
    for method in METHODS {
        let server = misbehaviour.start(client).await;
        let outcome = call(client, misbehaviour, &server, method).await;
        let number = outcome.as_ref().map_or_else(Vec::len, |_| 1);
        attempts.push_str(&format!(", {number}"));
        let expected = if misbehaviour.arrives { number } else { 0 };
        if server.seen() != expected {
            attempts.push_str(&format!(" (the server saw {})", server.seen()));
        }
        match outcome {
            Ok(status) => phases.push(status.as_str().to_owned()),
            Err(failed) => phases.extend(failed.iter().map(Phase::to_string)),
        }
    }
    // every attempt fails alike, whatever its number and its method
    phases.dedup();
    format!("{}{attempts}", phases.join("+"))
}

async fn call(client: Client, misbehaviour: &Misbehaviour, server: &Server, method: &str) -> Outcome {
    let uri = format!("{}://{}/", server.scheme, server.authority);
    let request = Request::builder().method(method).uri(&uri).body(Full::<Bytes>::default()).unwrap();
    match client.stack(server, misbehaviour.patience()).oneshot(request).await {
        Ok(response) => match History::of(&response) {
            None => Ok(response.status()),
            Some(history) => Err(phases(history)),
        },
        Err(error) => {
            let error = RetryError::find(&*error).expect("the policy explains every error");
            let (text, name) = (error.history().to_string(), misbehaviour.name);
            assert!(text.contains(misbehaviour.says), "{method} over {client:?}: {name}: {text}");
            Err(phases(error.history()))
        }
    }
}

fn phases(history: &History) -> Vec<Phase> {
    history.attempts().iter().filter_map(AttemptRecord::phase).collect()
}
