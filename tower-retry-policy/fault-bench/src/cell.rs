//! One call: a fault, a request, a stack and a client.

use crate::{
    account::Arrival,
    client::Client,
    fault::Fault,
    outcome::Outcome,
    request::{self, Call},
    server::{Mode, Server},
    stack::{Attempts, Caller, Stack},
};
use http_body_util::BodyExt;
use std::{fmt, time::Duration};
use tokio::{
    select,
    time::{Instant, sleep},
};
use tower::ServiceExt;

/// A call that has not ended by then hangs.
const HANGS: Duration = Duration::from_secs(30);

/// How long a server is silent by its script before a call without limits is left alone.
///
/// More than three attempts take that a client ends by a connect timeout or PINGs of its own.
const LEFT_ALONE: Duration = Duration::from_secs(4);

/// What is combined with what.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// What goes wrong.
    pub fault: &'static Fault,
    /// What is asked.
    pub call: Call,
    /// By which layers.
    pub stack: Stack,
    /// Over which client.
    pub client: Client,
    /// Over TLS, and the fault happens to the first attempt only.
    pub healed: bool,
}

/// What happened.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the caller got.
    pub outcome: Outcome,
    /// How often the layers called the client.
    pub attempts: usize,
    /// What the server read.
    pub arrivals: Vec<Arrival>,
    /// From the call to the end of the body.
    pub took: Duration,
}

// ===== impl Cell =====

impl Cell {
    /// All combinations that can happen: all faults with every stack, and those of the answer healed and over TLS.
    pub fn all() -> impl Iterator<Item = Self> {
        let stacks = Stack::ALL.map(|stack| (stack, false));
        let columns = stacks.into_iter().chain([(Stack::Full, true), (Stack::Hedged, true)]);
        columns
            .flat_map(|(stack, healed)| {
                Fault::all().iter().flat_map(move |fault| {
                    Client::ALL.into_iter().flat_map(move |client| {
                        Call::ALL.into_iter().map(move |call| Self { fault, call, stack, client, healed })
                    })
                })
            })
            .filter(Self::happens)
    }

    fn happens(&self) -> bool {
        self.fault.concerns(self.client.speaks_http2()) && (!self.healed || self.fault.is_answer())
    }

    /// Starts a server and calls it.
    pub async fn play(self) -> Seen {
        let mode = Mode { http2: self.client.speaks_http2(), tls: self.healed, once: self.healed };
        let server = Server::start(self.fault, mode).await;
        let attempts = Attempts::default();
        let caller = self.client.stack(self.stack, self.fault, &server, &attempts);
        if self.fault.pooled {
            let warm = ask(caller.clone(), request::warm_up(&server.base()), request::WARM).await;
            if !warm.is_whole() {
                return Seen::without_call(Outcome::Error(format!("the warm-up failed: {warm}")));
            }
            attempts.restart();
        }
        let request = self.call.request(&server.base(), self.fault.sends);
        let began = Instant::now();
        let left_alone = async {
            server.account().silence().await;
            sleep(LEFT_ALONE).await;
            // the limits of the other stacks must end the call
            if self.stack != Stack::Retry {
                std::future::pending::<()>().await;
            }
        };
        let outcome = select! {
            outcome = ask(caller, request, self.call.id()) => outcome,
            () = left_alone => Outcome::Waits,
            () = sleep(HANGS) => Outcome::Hangs,
        };
        Seen {
            outcome,
            attempts: attempts.number(),
            arrivals: server.account().arrivals(self.call.id()),
            took: began.elapsed(),
        }
    }
}

impl Seen {
    fn without_call(outcome: Outcome) -> Self {
        Self { outcome, attempts: 0, arrivals: Vec::new(), took: Duration::ZERO }
    }
}

async fn ask(caller: Caller, request: http::Request<crate::upload::Upload>, id: &str) -> Outcome {
    let response = match caller.oneshot(request).await {
        Ok(response) => response,
        Err(error) => return Outcome::Error(chain(&*error)),
    };
    let status = response.status();
    match response.into_body().collect().await {
        _ if !status.is_success() => Outcome::Status(status.as_u16()),
        Ok(body) => Outcome::of_content(&body.to_bytes(), id),
        Err(error) => Outcome::Cut(chain(&*error)),
    }
}

/// The error and all that is below it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let healed = if self.healed { ", once, TLS" } else { "" };
        let (fault, call) = (self.fault.name, self.call.name());
        write!(f, "{fault} | {call} | {}{healed} | {}", self.stack.name(), self.client.name())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {} attempts in {:.2?}; the server saw", self.outcome, self.attempts, self.took)?;
        if self.arrivals.is_empty() {
            f.write_str(" nothing")?;
        }
        for arrival in &self.arrivals {
            let word = if arrival.refused { " refused" } else { "" };
            write!(f, " [connection {}{word}]", arrival.connection)?;
        }
        Ok(())
    }
}
