use crate::script::{Body, Plan, Script, request};
use http::{Request, Response};
use std::{
    future::Future,
    io::{Error, ErrorKind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};
use tower::{
    BoxError, Service, ServiceBuilder, ServiceExt, buffer::BufferLayer, limit::ConcurrencyLimitLayer,
    load_shed::LoadShedLayer,
};
use tower_retry_policy::{AttemptRecord, History, Phase, RetryLayer, RetryPolicy, retry::Hedge};

const SECOND: Duration = Duration::from_secs(1);

/// Fails to become ready for so many times, and panics when it is called unready.
struct Stubborn {
    left: Arc<AtomicU32>,
    kind: ErrorKind,
    ready: bool,
}

impl Service<Request<Body>> for Stubborn {
    type Response = Response<()>;
    type Error = Error;
    type Future = std::future::Ready<Result<Response<()>, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Poll::Ready(Err(Error::from(self.kind)));
        }
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        std::future::ready(Ok(Response::new(())))
    }
}

impl Clone for Stubborn {
    fn clone(&self) -> Self {
        Self { left: Arc::clone(&self.left), kind: self.kind, ready: false }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_is_judged_and_was_never_sent() {
    for method in ["GET", "POST"] {
        let stubborn =
            Stubborn { left: Arc::new(AtomicU32::new(2)), kind: ErrorKind::ConnectionReset, ready: false };
        let service = ServiceBuilder::new().layer(RetryLayer::new(RetryPolicy::standard())).service(stubborn);
        let response = service.oneshot(request(method)).await.unwrap();
        let history = History::of(&response).unwrap();
        let phases: Vec<_> = history.attempts().iter().map(AttemptRecord::phase).collect();
        assert_eq!(phases, [Some(Phase::Unprocessed), Some(Phase::Unprocessed), None], "{method}");
    }
    let stubborn = Stubborn { left: Arc::new(AtomicU32::new(9)), kind: ErrorKind::Other, ready: false };
    let left = Arc::clone(&stubborn.left);
    let service = ServiceBuilder::new().layer(RetryLayer::new(RetryPolicy::standard())).service(stubborn);
    assert!(service.oneshot(request("GET")).await.is_err());
    assert_eq!(left.load(SeqCst), 8, "what nobody knows is not tried again");
}

type Boxed = Pin<Box<dyn Future<Output = Result<Response<u32>, BoxError>>>>;

#[tokio::test(start_paused = true)]
async fn a_hedge_waits_for_the_permit_that_the_first_attempt_holds() {
    let layer = RetryLayer::new(RetryPolicy::standard().retries(9)).hedge(Hedge::after(SECOND).at_once(3));
    let script = Script::new(&[Plan::Status(5000, 200)]);
    let limited = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(1)).service(script.clone());
    let service = ServiceBuilder::new().layer(layer).service(limited.clone());
    for _ in 0..3 {
        let answer: Boxed = Box::pin(service.clone().oneshot(request("GET")));
        assert_eq!(*answer.await.unwrap().body(), 1);
    }
    assert_eq!(script.began(), [0, 5000, 10_000], "one at a time, and no loser has kept the permit");
    tokio::time::timeout(SECOND, limited.clone().ready_oneshot()).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn buffers_and_shedding_do_not_deadlock() {
    let layer = RetryLayer::new(RetryPolicy::standard().retries(9)).hedge(Hedge::after(SECOND).at_once(3));
    let script = Script::new(&[Plan::Silent, Plan::Silent, Plan::Status(10, 200)]);
    let buffered = ServiceBuilder::new().layer(&layer).layer(BufferLayer::new(1)).service(script.clone());
    for _ in 0..5 {
        let response = buffered.clone().oneshot(request("GET")).await.unwrap();
        assert_eq!(*response.body(), 3);
    }
    let shed = ServiceBuilder::new()
        .layer(&layer)
        .layer(LoadShedLayer::new())
        .layer(ConcurrencyLimitLayer::new(1))
        .service(Script::new(&[Plan::Status(5000, 200)]));
    // a hedge that is shed fails nobody
    let response = tokio::time::timeout(60 * SECOND, shed.oneshot(request("GET"))).await.unwrap().unwrap();
    assert_eq!(*response.body(), 1);
}
