//! A service that does with each attempt what its plan says, and writes down what became of it.

use http::{Request, Response};
use std::{
    future::Future,
    io::{Error, ErrorKind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tower::{BoxError, Service};
use tower_retry_policy::AttemptNumber;

pub(crate) type Body = http_body_util::Full<bytes::Bytes>;

/// After so many milliseconds: this status, or a reset connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    Status(u64, u16),
    Reset(u64),
    Asks(u64, u16, &'static str),
    Silent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Began(u32, u128),
    Ended(u32, u128),
    Dropped(u32, u128),
}

#[derive(Clone)]
pub(crate) struct Script {
    plan: Arc<[Plan]>,
    events: Arc<Mutex<Vec<Event>>>,
    started: Instant,
}

struct Witness {
    number: u32,
    ended: bool,
    script: Script,
}

impl Script {
    pub(crate) fn new(plan: &[Plan]) -> Self {
        Self { plan: plan.into(), events: Arc::default(), started: Instant::now() }
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// When each attempt began, in milliseconds.
    pub(crate) fn began(&self) -> Vec<u128> {
        let began = |event: Event| if let Event::Began(_, at) = event { Some(at) } else { None };
        self.events().into_iter().filter_map(began).collect()
    }

    fn note(&self, event: impl FnOnce(u128) -> Event) {
        self.events.lock().unwrap().push(event(self.started.elapsed().as_millis()));
    }
}

impl Service<Request<Body>> for Script {
    type Response = Response<u32>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let number = AttemptNumber::of(&request);
        self.note(|at| Event::Began(number, at));
        let mut witness = Witness { number, ended: false, script: self.clone() };
        let plan = self.plan[(number as usize - 1).min(self.plan.len() - 1)];
        Box::pin(async move {
            let millis = match plan {
                Plan::Status(millis, _) | Plan::Reset(millis) | Plan::Asks(millis, ..) => millis,
                Plan::Silent => u64::MAX / 1_000_000,
            };
            sleep(Duration::from_millis(millis)).await;
            witness.ended = true;
            witness.script.note(|at| Event::Ended(number, at));
            match plan {
                Plan::Status(_, status) => Ok(Response::builder().status(status).body(number)?),
                Plan::Asks(_, status, seconds) => {
                    Ok(Response::builder().status(status).header("retry-after", seconds).body(number)?)
                }
                Plan::Reset(_) | Plan::Silent => Err(Error::from(ErrorKind::ConnectionReset).into()),
            }
        })
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if !self.ended {
            let number = self.number;
            self.script.note(|at| Event::Dropped(number, at));
        }
    }
}

pub(crate) fn request(method: &str) -> Request<Body> {
    Request::builder().method(method).uri("http://test/path").body(Body::default()).unwrap()
}
