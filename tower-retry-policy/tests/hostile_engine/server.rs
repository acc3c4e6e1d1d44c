//! The service below: each clone has a readiness of its own, and everything that happens is written down.

use crate::script::{End, Readiness, Try, error};
use http::{Request, Response};
use std::{
    fmt,
    future::{Future, pending},
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};
use tower::{BoxError, Service};
use tower_retry_policy::{AttemptNumber, Phase};

/// What happened, in its order.
#[derive(Clone)]
pub(crate) struct Log {
    began: Instant,
    events: Arc<Mutex<Vec<Event>>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Event {
    pub at: u64,
    pub attempt: u32,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum What {
    /// a clone was asked for its readiness for the first time
    Asked,
    NotReady,
    Called,
    /// the attempt was told that a connection broke before
    AfterABreak,
    Ended,
    /// dropped while it ran, or before it was called
    Dropped,
    Returned,
}

/// A service that plays the attempts of one call.
pub(crate) struct Server {
    attempts: Arc<[Try]>,
    log: Log,
    tickets: Arc<AtomicU32>,
    /// each attempt has a clone of its own, with the readiness of that attempt; otherwise it is always ready
    by_clone: bool,
    /// the attempt that this clone is for, from its first question on
    ticket: Option<u32>,
    wait: Option<Pin<Box<Sleep>>>,
}

/// Tells the log when it is dropped.
struct Running {
    log: Log,
    attempt: u32,
    ended: bool,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), events: Arc::default() }
    }

    pub(crate) fn write(&self, attempt: u32, what: What) {
        let at = self.now();
        self.events.lock().unwrap().push(Event { at, attempt, what });
    }

    pub(crate) fn now(&self) -> u64 {
        u64::try_from((self.began.elapsed() + Duration::from_micros(500)).as_millis()).unwrap()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }
}

impl Server {
    pub(crate) fn new(attempts: &[Try], log: Log) -> Self {
        Self {
            attempts: attempts.into(),
            log,
            tickets: Arc::default(),
            by_clone: true,
            ticket: None,
            wait: None,
        }
    }

    /// For below layers that do not hand clones on.
    pub(crate) fn shared(mut self) -> Self {
        self.by_clone = false;
        self
    }
}

impl Clone for Server {
    fn clone(&self) -> Self {
        let (attempts, log, tickets) =
            (Arc::clone(&self.attempts), self.log.clone(), Arc::clone(&self.tickets));
        Self { attempts, log, tickets, by_clone: self.by_clone, ticket: None, wait: None }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.log.write(ticket, What::Dropped);
        }
    }
}

impl Service<Request<String>> for Server {
    type Response = Response<String>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if !self.by_clone {
            return Poll::Ready(Ok(()));
        }
        let ticket = *self.ticket.get_or_insert_with(|| {
            let ticket = self.tickets.fetch_add(1, Relaxed) + 1;
            self.log.write(ticket, What::Asked);
            ticket
        });
        let script = self.attempts[ticket as usize - 1];
        if script.ready_after > 0 {
            let wait =
                self.wait.get_or_insert_with(|| Box::pin(sleep(Duration::from_millis(script.ready_after))));
            ready!(wait.as_mut().poll(context));
        }
        let outcome = match script.ready {
            Readiness::Yes => return Poll::Ready(Ok(())),
            Readiness::KnownError => error(Phase::Read, ticket),
            Readiness::UnknownError => format!("attempt {ticket}").into(),
        };
        self.ticket = None;
        self.log.write(ticket, What::NotReady);
        Poll::Ready(Err(outcome))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let attempt = AttemptNumber::of(&request);
        if self.by_clone {
            let ticket = self.ticket.take().expect("called without having been polled ready");
            assert_eq!(attempt, ticket, "the number in the request");
        } else {
            self.log.write(attempt, What::Asked);
        }
        let number = request.headers().get("x-try").map(|number| number.to_str().unwrap().to_owned());
        assert_eq!(number, (attempt > 1).then(|| attempt.to_string()), "the number in the header");
        if AttemptNumber::connection_broke(&request) {
            self.log.write(attempt, What::AfterABreak);
        }
        self.log.write(attempt, What::Called);
        let script = self.attempts[attempt as usize - 1];
        let running = Running { log: self.log.clone(), attempt, ended: false };
        Box::pin(async move {
            if script.ends == End::Never {
                let _running = running;
                return pending().await;
            }
            if script.takes > 0 {
                sleep(Duration::from_millis(script.takes)).await;
            }
            running.end();
            script.ends.outcome(attempt)
        })
    }
}

impl Running {
    fn end(mut self) {
        self.ended = true;
        self.log.write(self.attempt, What::Ended);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !mem::replace(&mut self.ended, true) {
            self.log.write(self.attempt, What::Dropped);
        }
    }
}
