//! The table: every misbehaviour with every client.

use crate::{
    client::{CLIENTS, Client},
    loops::{Loop, over_each_loop},
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

over_each_loop!(
    #[tokio::test]
    the_documented_table_is_what_the_clients_do,
);

async fn the_documented_table_is_what_the_clients_do(which: Loop) {
    let observed = observed(which, &METHODS).await;
    assert_eq!(documented(), observed, "\n{}\n", as_table(&observed));
}

/// What a `GET` comes to with hedges depends on when they come: over HTTP/2 they share a connection. A `POST` has none.
#[tokio::test]
async fn hedges_change_nothing_for_a_post() {
    let without_the_get = |cell: String| {
        let parts: Vec<_> = cell.split(", ").collect();
        if let [outcome, _, post] = parts[..] { format!("{outcome}, {post}") } else { cell }
    };
    let documented = documented().into_iter();
    let documented: Vec<Vec<_>> =
        documented.map(|row| row.into_iter().map(without_the_get).collect()).collect();
    let observed = observed(Loop::HASTY, &["POST"]).await;
    assert_eq!(documented, observed, "\n{}\n", as_table(&observed));
}

/// The rows: the name of the misbehaviour, and a cell for each client.
async fn observed(which: Loop, methods: &'static [&'static str]) -> Vec<Vec<String>> {
    let rows = all();
    let cells =
        rows.iter().map(|row| vec![vec![row.name.to_owned()], vec![NOTHING.to_owned(); CLIENTS.len()]]);
    let mut cells: Vec<Vec<String>> = cells.map(|row| row.concat()).collect();
    // those that measure time come last, when the handshakes no longer need it
    for timed in [false, true] {
        let mut calls = JoinSet::new();
        for (row, misbehaviour) in rows.iter().enumerate().filter(|(_, row)| row.is_timed() == timed) {
            for (column, client) in CLIENTS.into_iter().enumerate() {
                if misbehaviour.concerns(client) {
                    let misbehaviour = misbehaviour.clone();
                    calls.spawn(
                        async move { ((row, column), cell(which, methods, client, &misbehaviour).await) },
                    );
                }
            }
        }
        while let Some(done) = calls.join_next().await {
            let ((row, column), text) = done.unwrap();
            cells[row][column + 1] = text;
        }
    }
    cells
}

fn documented() -> Vec<Vec<String>> {
    let rows = DOCUMENTED.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.skip(1).map(|row| row.split(" | ").map(str::to_owned).collect()).collect()
}

fn as_table(rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| format!("| {} |", row.join(" | "))).collect::<Vec<_>>().join("\n")
}

/// `read, 3, 1`: the phase, the attempts at a `GET`, the attempts at a `POST`.
async fn cell(which: Loop, methods: &[&str], client: Client, misbehaviour: &Misbehaviour) -> String {
    let mut phases = Vec::new();
    let mut attempts = String::new();
    for method in methods {
        let server = misbehaviour.start(client).await;
        let outcome = call(which, client, misbehaviour, &server, method).await;
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

async fn call(
    which: Loop,
    client: Client,
    misbehaviour: &Misbehaviour,
    server: &Server,
    method: &str,
) -> Outcome {
    let uri = format!("{}://{}/", server.scheme, server.authority);
    let request = Request::builder().method(method).uri(&uri).body(Full::<Bytes>::default()).unwrap();
    match client.stack(which, server, misbehaviour.patience()).oneshot(request).await {
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
