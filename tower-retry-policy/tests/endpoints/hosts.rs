//! A service that answers for each host as its plan says, and writes down who was asked. It panics if it is called without
//! having been polled ready.

use http::{Request, Response, header::RETRY_AFTER};
use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::oneshot, time::sleep};
use tower::{BoxError, Service};
use tower_backoff::Backoff;
use tower_retry_policy::{
    Phase, PhasedError, RetryPolicy,
    endpoints::{Endpoints, EndpointsLayer},
};

pub(crate) type Body = http_body_util::Empty<bytes::Bytes>;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Status(u16),
    /// With `Retry-After`.
    Asks(u16, &'static str),
    Fails(Phase),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    Now(Answer),
    After(u64, Answer),
    /// When the test says so.
    Held,
}

#[derive(Default)]
pub(crate) struct Hosts {
    state: Arc<Mutex<State>>,
    ready: bool,
}

#[derive(Default)]
struct State {
    plans: HashMap<String, Plan>,
    asked: Vec<String>,
    held: Vec<(String, oneshot::Sender<Answer>)>,
    unready: Option<Phase>,
}

impl Hosts {
    pub(crate) fn new(plans: &[Plan]) -> Self {
        let hosts = Self::default();
        for (index, plan) in plans.iter().enumerate() {
            hosts.plan(index, *plan);
        }
        hosts
    }

    pub(crate) fn plan(&self, host: usize, plan: Plan) {
        self.state.lock().unwrap().plans.insert(name(host), plan);
    }

    /// Instead of being ready it fails.
    pub(crate) fn fail_readiness(&self, phase: Option<Phase>) {
        self.state.lock().unwrap().unready = phase;
    }

    /// Who was asked since this was last asked, by number.
    pub(crate) fn asked(&self) -> Vec<usize> {
        let asked = std::mem::take(&mut self.state.lock().unwrap().asked);
        asked.iter().map(|host| host[1..].parse().unwrap()).collect()
    }

    /// The end of the request that is held last.
    pub(crate) fn take_held(&self) -> oneshot::Sender<Answer> {
        self.state.lock().unwrap().held.pop().unwrap().1
    }

    /// Answers the request that has been held longest.
    pub(crate) fn answer(&self, answer: Answer) {
        let (_, sender) = self.state.lock().unwrap().held.remove(0);
        let _ = sender.send(answer);
    }
}

impl Clone for Hosts {
    /// A clone has not been polled ready.
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), ready: false }
    }
}

impl Service<Request<Body>> for Hosts {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<()>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if let Some(phase) = self.state.lock().unwrap().unready {
            return Poll::Ready(Err(PhasedError::new(phase, "not ready").into()));
        }
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        let host = request.uri().host().unwrap().to_owned();
        let mut state = self.state.lock().unwrap();
        state.asked.push(host.clone());
        let plan = state.plans.get(&host).copied().unwrap_or(Plan::Now(Answer::Status(200)));
        match plan {
            Plan::Now(answer) => Box::pin(async move { answer.told() }),
            Plan::After(millis, answer) => Box::pin(async move {
                sleep(Duration::from_millis(millis)).await;
                answer.told()
            }),
            Plan::Held => {
                let (sender, receiver) = oneshot::channel();
                state.held.push((host, sender));
                Box::pin(async move { receiver.await?.told() })
            }
        }
    }
}

impl Answer {
    fn told(self) -> Result<Response<()>, BoxError> {
        match self {
            Self::Status(code) => Ok(Response::builder().status(code).body(())?),
            Self::Asks(code, wait) => {
                Ok(Response::builder().status(code).header(RETRY_AFTER, wait).body(())?)
            }
            Self::Fails(phase) => Err(PhasedError::new(phase, "as planned").into()),
        }
    }
}

fn name(host: usize) -> String {
    format!("h{host}")
}

pub(crate) fn address(host: usize) -> http::Uri {
    format!("http://{}:80", name(host)).parse().unwrap()
}

/// So many of them, and a layer whose times have no jitter.
pub(crate) fn endpoints(count: usize) -> (Endpoints, EndpointsLayer) {
    let endpoints = Endpoints::new((0..count).map(address)).unwrap();
    let times = Backoff::exponential(10 * SECOND).cap(300 * SECOND);
    (endpoints.clone(), EndpointsLayer::new(endpoints).seed(1).eject_for(times))
}

pub(crate) fn request() -> Request<Body> {
    Request::get("http://service/x").body(Body::new()).unwrap()
}

pub(crate) fn policy() -> RetryPolicy {
    RetryPolicy::standard().without_budget().retries(9).backoff(Backoff::constant(SECOND / 10))
}
