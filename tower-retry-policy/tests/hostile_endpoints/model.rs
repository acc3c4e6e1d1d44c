//! Random outcomes of several hosts, lists that change, calls that overlap and are dropped; an onlooker keeps the books.

use crate::{
    random::Random,
    world::{Outcome, Settings, Shown, World},
};
use http::{Request, Response, header::RETRY_AFTER};
use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{sleep, timeout};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptRecord, History, Phase, PhasedError, RetryAfter, RetryError, RetryLayer, RetryPolicy,
    endpoints::{Endpoints, EndpointsCallLayer, EndpointsLayer, EndpointsOutError},
    retry::Hedge,
};

type Shared = Arc<Mutex<World>>;
type Pending = Pin<Box<dyn Future<Output = Result<Response<()>, BoxError>> + Send>>;

#[derive(Clone, Copy)]
struct CallNumber(u64);

#[derive(Clone)]
struct Before(Vec<Shown>);

/// An attempt that runs at a host; dropped before its end, it says so.
struct Running {
    world: Shared,
    visit: Option<usize>,
}

impl Running {
    fn end(mut self, outcome: Outcome, held: bool) -> usize {
        let visit = self.visit.take().unwrap();
        self.world.lock().unwrap().end(visit, outcome, held);
        visit
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(visit) = self.visit {
            self.world.lock().unwrap().end(visit, Outcome::Dropped, false);
        }
    }
}

const HOSTS: [&str; 6] = ["h0", "h1", "h2", "h3", "h4", "h5"];

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn some_hosts(random: &mut Random) -> Vec<http::Uri> {
    let count = 1 + random.below(5);
    (0..count).map(|_| HOSTS[usize::try_from(random.below(6)).unwrap()]).map(uri).collect()
}

fn uri(host: &str) -> http::Uri {
    format!("http://{host}").parse().unwrap()
}

/// A host, below everything: an attempt arrives, and its outcome is drawn.
fn host(world: &Shared, request: &Request<()>) -> Pending {
    let mut shared = world.lock().unwrap();
    let call = request.extensions().get::<CallNumber>().unwrap().0;
    let before = request.extensions().get::<Before>().unwrap().0.clone();
    let visit = shared.begin(call, request.uri().host().unwrap(), &before);
    shared.agree();
    let (kind, after) = (
        shared.random.below(12),
        millis([0, 3, 10, 40, 90][usize::try_from(shared.random.below(5)).unwrap()]),
    );
    drop(shared);
    let running = Running { world: world.clone(), visit: Some(visit) };
    Box::pin(async move {
        if kind == 11 {
            std::future::pending::<()>().await;
        }
        sleep(after).await;
        let status = |status: u16, hold: bool| {
            let mut response = Response::builder().status(status);
            if hold {
                response = response.header(RETRY_AFTER, "100");
            }
            Ok(response.body(()).unwrap())
        };
        let failed = |phase: Phase| Err(PhasedError::new(phase, "drawn").into());
        let (result, outcome, held) = match kind {
            0..4 => (status(200, false), Outcome::Success, false),
            4 => (status(404, false), Outcome::Success, false),
            5 => (status(429, false), Outcome::Nothing, false),
            6 => (status(429, true), Outcome::Nothing, true),
            7 => (status(503, true), Outcome::Failure, true),
            8 => (status(503, false), Outcome::Failure, false),
            9 => (failed(Phase::Connect), Outcome::Failure, false),
            _ => (failed(Phase::Read), Outcome::Failure, false),
        };
        running.end(outcome, held);
        result
    })
}

async fn run(seed: u64) {
    let mut random = Random(seed);
    let settings = Settings {
        eject_after: 1 + u32::try_from(random.below(3)).unwrap(),
        eject_for: millis(20 + random.below(100)),
        fail_fast: random.one_in(2),
        hold_back: random.one_in(2).then(|| millis(50)),
    };
    let endpoints = Endpoints::new(some_hosts(&mut random)).unwrap();
    let mut layer = EndpointsLayer::new(endpoints.clone())
        .eject_after(settings.eject_after)
        .eject_for(Backoff::constant(settings.eject_for))
        .seed(seed);
    if settings.fail_fast {
        layer = layer.fail_fast();
    }
    if let Some(limit) = settings.hold_back {
        layer = layer.hold_back(limit);
    }
    let policy = RetryPolicy::standard()
        .retries(4)
        .backoff(Backoff::constant(millis(random.below(2) * 5)))
        .statuses([429, 503].map(|status| status.try_into().unwrap()))
        .retry_after(RetryAfter::Ignore)
        .without_budget();
    let mut retry = RetryLayer::new(policy);
    if random.one_in(2) {
        retry = retry.hedge(Hedge::after(millis(20)).at_once(3));
    }
    let world = Arc::new(Mutex::new(World::new(random.clone(), endpoints.clone(), settings)));
    let hosts = world.clone();
    let inner = service_fn(move |request: Request<()>| host(&hosts, &request));
    let below = ServiceBuilder::new().layer(layer).service(inner);
    // an onlooker between the retry and the choice
    let onlooker = world.clone();
    let spy = service_fn(move |mut request: Request<()>| {
        let (mut below, world) = (below.clone(), onlooker.clone());
        let before = world.lock().unwrap().shown();
        request.extensions_mut().insert(Before(before.clone()));
        let attempt = below.call(request);
        async move {
            let result: Result<Response<()>, BoxError> = attempt.await;
            let mut world = world.lock().unwrap();
            if let Some(out) =
                result.as_ref().err().and_then(|error| error.downcast_ref::<EndpointsOutError>())
            {
                world.refused(&before, out);
            }
            world.agree();
            result
        }
    });
    let service = ServiceBuilder::new().layer(EndpointsCallLayer::new()).layer(retry).service(spy);
    let service = BoxCloneSyncService::new(service);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..30 {
        let mut request = Request::get("http://service/").body(()).unwrap();
        request.extensions_mut().insert(CallNumber(number));
        let (service, books) = (service.clone(), world.clone());
        let limit = millis(1 + random.below(300));
        calls.spawn(async move {
            let Ok(outcome) = timeout(limit, service.oneshot(request)).await else { return };
            let history = match &outcome {
                Ok(response) => History::of(response),
                Err(error) => RetryError::find(&**error).map(RetryError::history),
            };
            if let Some(history) = history {
                let told = history.attempts().iter().filter_map(AttemptRecord::endpoint);
                let told: Vec<_> = told.map(|uri| uri.host().unwrap().to_owned()).collect();
                books.lock().unwrap().told(number, &told);
            }
        });
        sleep(millis(random.below(25))).await;
        if random.one_in(6) {
            endpoints.set(some_hosts(&mut random)).unwrap();
            world.lock().unwrap().listed();
        }
    }
    calls.join_all().await;
    let mut world = world.lock().unwrap();
    world.at_rest();
    assert!(world.broken.is_empty(), "seed {seed}: {settings:?}:\n{}", world.broken.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_goes_where_the_rules_allow() {
    for seed in 0..400 {
        run(seed).await;
    }
}
