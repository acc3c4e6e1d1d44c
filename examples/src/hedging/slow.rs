//! A server that is slow now and then.

use super::{arrivals::Arrivals, latencies::Latencies, variants::Variant};
use crate::sim::random::{Purpose, Random};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    runtime,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tower::{Service, ServiceBuilder, ServiceExt};

/// How long most answers take, evenly.
pub const QUICK: std::ops::Range<Duration> = Duration::from_millis(5)..Duration::from_millis(15);

/// How many of them take so many times as long.
pub const SLOW: f64 = 0.01;

/// How many times as long.
pub const TIMES: f64 = 100.0;

/// Calls of a run.
pub const CALLS: u64 = 10_000;

/// One begins so often on average: a hundred seconds, in which percentiles and budgets find their level.
pub const EVERY: Duration = Duration::from_millis(10);

/// Answers each request by itself, as if it had a worker for each.
#[derive(Debug, Clone)]
pub struct Slow {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    random: Random,
    requests: u64,
}

/// Runs one variant in virtual time: how long its calls took, and how many requests the server got.
///
/// # Errors
/// If the runtime cannot be built.
pub fn tail(variant: &Variant, seed: u64) -> io::Result<(Latencies, u64)> {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let server = Slow::new(Random::new(seed, Purpose::Answers));
        let client = ServiceBuilder::new().layer(variant.layer()).service(server.clone());
        let mut arrivals = Arrivals::new(Random::new(seed, Purpose::Clients), EVERY);
        let (mut calls, mut latencies) = (JoinSet::new(), Latencies::default());
        for _ in 0..CALLS {
            sleep_until(arrivals.next()).await;
            let client = client.clone();
            calls.spawn(async move {
                let began = Instant::now();
                let answer = client.oneshot(Request::new(Empty::<Bytes>::new())).await;
                answer.is_ok().then(|| began.elapsed().as_millis())
            });
            while let Some(done) = calls.try_join_next() {
                done.ok().flatten().into_iter().for_each(|millis| latencies.add(millis));
            }
        }
        calls.join_all().await.into_iter().flatten().for_each(|millis| latencies.add(millis));
        (latencies, server.requests())
    }))
}

impl Slow {
    /// A server whose answers take as long as these numbers say.
    #[must_use]
    pub fn new(random: Random) -> Self {
        Self { state: Arc::new(Mutex::new(State { random, requests: 0 })) }
    }

    fn requests(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).requests
    }
}

impl State {
    fn takes(&mut self) -> Duration {
        self.requests += 1;
        let quick = QUICK.start + (QUICK.end - QUICK.start).mul_f64(self.random.unit());
        if self.random.chance(SLOW) { quick.mul_f64(TIMES) } else { quick }
    }
}

impl<B> Service<Request<B>> for Slow {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<()>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let takes = self.state.lock().unwrap_or_else(PoisonError::into_inner).takes();
        Box::pin(async move {
            sleep(takes).await;
            Ok(Response::new(()))
        })
    }
}
