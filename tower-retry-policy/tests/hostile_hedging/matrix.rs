//! Every method, fault, client and version, with hedging and without.

use crate::{
    KINDS, Outcome, call,
    client::Kind,
    fault::Fault,
    policy,
    server::{Failures, Seen, Server, Version, content},
    stack,
};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet};
use tower_retry_policy::{Idempotent, RetryLayer, retry::Hedge};

/// More than two faults need: on a busy machine hedges start early, and several attempts meet one connection's end.
const RETRIES: u32 = 8;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) version: Version,
    pub(crate) method: Meth,
    pub(crate) fault: Fault,
    pub(crate) hedged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meth {
    Get,
    Put,
    Delete,
    Post,
    Patch,
    /// A `POST` whose owner says that it may be repeated, by the field.
    PostWithKey,
    /// The same by the extension.
    PatchIdempotent,
}

impl Meth {
    pub(crate) const ALL: [Self; 7] = [
        Self::Get,
        Self::Put,
        Self::Delete,
        Self::Post,
        Self::Patch,
        Self::PostWithKey,
        Self::PatchIdempotent,
    ];

    pub(crate) const fn may_be_repeated(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }

    pub(crate) fn request(self, server: &Server) -> Request<Full<Bytes>> {
        let method = match self {
            Self::Get => Method::GET,
            Self::Put => Method::PUT,
            Self::Delete => Method::DELETE,
            Self::Post | Self::PostWithKey => Method::POST,
            Self::Patch | Self::PatchIdempotent => Method::PATCH,
        };
        let content = if matches!(self, Self::Get | Self::Delete) { Bytes::new() } else { "content".into() };
        let uri = format!("http://{}/", server.address);
        let mut request = Request::builder().method(method).uri(uri).body(Full::from(content)).unwrap();
        match self {
            Self::PostWithKey => _ = request.headers_mut().insert("idempotency-key", "k".parse().unwrap()),
            Self::PatchIdempotent => _ = request.extensions_mut().insert(Idempotent),
            _ => {}
        }
        request
    }
}

impl Cell {
    /// The first two requests meet the fault, the third is answered.
    async fn run(self) -> Result<(), String> {
        let server = Server::start(self.version, &[self.fault; 2], Fault::Answers).await;
        let mut retry = RetryLayer::new(policy().retries(RETRIES));
        if self.hedged {
            retry = retry.hedge(Hedge::after(Duration::from_millis(20)));
        }
        let outcome = call(stack(retry, self.kind.client(self.version)), self.method.request(&server)).await;
        // what was sent has arrived: the outcome is later, or its connection has ended
        server
            .board
            .until("all are answered or let go", |seen| {
                seen.iter().all(|seen| seen.ended || seen.gone.is_some())
            })
            .await;
        let seen = server.board.seen();
        self.judge(&outcome, &seen).map_err(|rule| format!("{rule}: {self:?}: {outcome:?}, {}", brief(&seen)))
    }

    fn judge(self, outcome: &Outcome, seen: &[Seen]) -> Result<(), &'static str> {
        common(self.method, outcome, seen, RETRIES)?;
        let good = matches!(outcome, Ok((StatusCode::OK, ..)));
        if self.method.may_be_repeated() && !good {
            return Err("what may be repeated comes through");
        }
        if self.fault == Fault::Answers && !good {
            return Err("what is answered comes through");
        }
        if !self.method.may_be_repeated() {
            let expected = match self.fault {
                fault if fault.is_known_refusal() => (3, true),
                fault if fault.is_refusal() => return Ok(()),
                Fault::Answers => (1, true),
                _ => (1, false),
            };
            if (seen.len(), good) != expected {
                return Err("repeated as often as it was refused, and else not");
            }
        }
        Ok(())
    }
}

/// What holds of every call.
pub(crate) fn common(
    method: Meth,
    outcome: &Outcome,
    seen: &[Seen],
    retries: u32,
) -> Result<(), &'static str> {
    let processed = seen.iter().filter(|seen| !seen.fault.is_refusal()).count();
    if !method.may_be_repeated() && processed > 1 {
        return Err("processed twice");
    }
    if !method.may_be_repeated() && seen.iter().any(|seen| seen.beside > 0) {
        return Err("sent while another still ran");
    }
    if seen.len() > usize::try_from(retries).unwrap() + 1 {
        return Err("so many retries at the most");
    }
    if let Ok((StatusCode::OK, number, body)) = outcome
        && number.is_none_or(|number| content(number) != body)
    {
        return Err("the winner's body is whole and its own");
    }
    Ok(())
}

pub(crate) fn brief(seen: &[Seen]) -> String {
    let brief = seen.iter().map(|seen| format!("{:?} beside {} {:?}", seen.fault, seen.beside, seen.gone));
    brief.collect::<Vec<_>>().join(", ")
}

/// So many at a time that none has to wait for long.
pub(crate) async fn all<F>(cells: impl Iterator<Item = F>)
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let failures = Arc::new(Failures::default());
    let (places, mut running) = (Arc::new(Semaphore::new(32)), JoinSet::new());
    for cell in cells {
        let (place, failures) = (places.clone().acquire_owned().await.unwrap(), failures.clone());
        running.spawn(async move {
            let _place = place;
            failures.check(cell.await);
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    failures.none();
}

#[tokio::test]
async fn nothing_that_may_have_had_effects_is_processed_twice() {
    let mut cells = Vec::new();
    for (kind, version) in KINDS {
        let more = if version == Version::Http2 { Fault::HTTP2 } else { &[] };
        for method in Meth::ALL {
            for hedged in [false, true] {
                let faults = Fault::ALL.iter().chain(more);
                cells.extend(faults.map(|&fault| Cell { kind, version, method, fault, hedged }));
            }
        }
    }
    assert_eq!(cells.len(), 2 * 7 * 2 * (14 + 29));
    all(cells.into_iter().map(Cell::run)).await;
}
