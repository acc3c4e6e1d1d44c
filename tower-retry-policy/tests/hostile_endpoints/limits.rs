//! Endpoints and hedges over and under what limits requests: nothing waits for ever, and everything comes back.

use http::{Request, Response, StatusCode};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    time::{advance, sleep, timeout},
};
use tower::{
    BoxError, Layer, ServiceBuilder, ServiceExt,
    buffer::BufferLayer,
    limit::GlobalConcurrencyLimitLayer,
    load_shed::LoadShedLayer,
    util::{BoxCloneSyncService, service_fn},
};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptTimeoutLayer, RetryLayer, RetryPolicy,
    endpoints::{EndpointStats, Endpoints, EndpointsLayer},
    retry::Hedge,
};

type Boxed = BoxCloneSyncService<Request<String>, Response<String>, BoxError>;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn endpoints(hosts: &[&str]) -> Endpoints {
    Endpoints::new(hosts.iter().map(|host| format!("http://{host}").parse().unwrap())).unwrap()
}

fn retry() -> RetryLayer {
    let policy = RetryPolicy::standard().retries(3).backoff(Backoff::constant(millis(4))).without_budget();
    RetryLayer::new(policy).hedge(Hedge::after(millis(10)).at_once(3))
}

/// Answers after the milliseconds that its host is named after, in the end; `silent` never, and `bad` with a 503.
fn hosts() -> Boxed {
    Boxed::new(service_fn(async |request: Request<String>| {
        let host = request.uri().host().unwrap().to_owned();
        let (name, after) = host.split_once('-').unwrap();
        sleep(millis(after.parse().unwrap())).await;
        let mut response = Response::new(String::new());
        match name {
            "silent" => std::future::pending().await,
            "broken" => return Err(BoxError::from(io::Error::from(io::ErrorKind::ConnectionReset))),
            "bad" => *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE,
            _ => {}
        }
        Ok(response)
    }))
}

fn request() -> Request<String> {
    Request::get("http://service/").body(String::new()).unwrap()
}

fn at_rest(stats: &[EndpointStats]) -> bool {
    stats.iter().all(|stats| {
        stats.in_flight() == 0 && stats.requests() == stats.successes() + stats.failures() + stats.dropped()
    })
}

const LISTS: [&[&str]; 4] = [
    &["good-1"],
    &["good-1", "silent-0"],
    &["silent-0", "bad-25", "broken-7", "good-12"],
    &["silent-0", "silent-1"],
];

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_at_any_poll_leaves_nothing_behind() {
    for list in LISTS {
        for permits in [1, 2, 5] {
            for polls in 0..40 {
                let endpoints = endpoints(list);
                let semaphore = Arc::new(Semaphore::new(permits));
                let service = ServiceBuilder::new()
                    .layer(EndpointsLayer::new(endpoints.clone()).seed(polls).below(retry()))
                    .layer(GlobalConcurrencyLimitLayer::with_semaphore(semaphore.clone()))
                    .service(hosts());
                let mut call = tokio_test::task::spawn(service.oneshot(request()));
                for _ in 0..polls {
                    if call.poll().is_ready() {
                        break;
                    }
                    advance(millis(3)).await;
                }
                drop(call);
                let stats = endpoints.stats();
                assert!(at_rest(&stats), "{list:?} {permits} {polls}: {stats:?}");
                assert_eq!(semaphore.available_permits(), permits, "{list:?} {polls}");
            }
        }
    }
}

/// Where a limit stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Below,
    BetweenRetryAndEndpoints,
    Above,
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    Concurrency,
    Shed,
    Buffer,
}

impl Limit {
    fn around(self, semaphore: &Arc<Semaphore>, inner: Boxed) -> Boxed {
        let limit = GlobalConcurrencyLimitLayer::with_semaphore(semaphore.clone());
        match self {
            Self::Concurrency => Boxed::new(limit.layer(inner)),
            Self::Shed => Boxed::new(LoadShedLayer::new().layer(limit.layer(inner))),
            Self::Buffer => Boxed::new(BufferLayer::new(1).layer(limit.layer(inner))),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_ever_over_or_under_a_limit() {
    for list in LISTS {
        for place in [Place::Below, Place::BetweenRetryAndEndpoints, Place::Above] {
            for limit in [Limit::Concurrency, Limit::Shed, Limit::Buffer] {
                for (permits, fail_fast) in [(1, false), (1, true), (2, false), (3, true)] {
                    let case = format!("{list:?} {place:?} {limit:?} {permits} {fail_fast}");
                    let endpoints = endpoints(list);
                    let semaphore = Arc::new(Semaphore::new(permits));
                    let mut layer = EndpointsLayer::new(endpoints.clone()).seed(1).eject_after(2);
                    if fail_fast {
                        layer = layer.fail_fast();
                    }
                    let limits = AttemptTimeoutLayer::new().head(millis(100));
                    let mut service = Boxed::new(
                        limits.layer(hosts()).map_response(|response| response.map(|_| String::new())),
                    );
                    if matches!(place, Place::Below) {
                        service = limit.around(&semaphore, service);
                    }
                    service = Boxed::new(layer.layer(service));
                    if matches!(place, Place::BetweenRetryAndEndpoints) {
                        service = limit.around(&semaphore, service);
                    }
                    let calls = tower_retry_policy::endpoints::EndpointsCallLayer::new();
                    service = Boxed::new(calls.layer(retry().layer(service)));
                    if matches!(place, Place::Above) {
                        service = limit.around(&semaphore, service);
                    }
                    let running =
                        (0..12).map(|_| timeout(Duration::from_secs(60), service.clone().oneshot(request())));
                    let ended = running.collect::<tokio::task::JoinSet<_>>().join_all().await;
                    assert!(ended.iter().all(Result::is_ok), "{case}: stuck");
                    let good = list.contains(&"good-1") && !matches!(limit, Limit::Shed) && !fail_fast;
                    let answered =
                        ended.iter().all(|ended| matches!(ended, Ok(Ok(answer)) if answer.status() == 200));
                    assert!(answered || !good, "{case}: {ended:?}");
                    // what a buffer's worker holds of a call that has gone goes when it looks at it
                    drop(service);
                    sleep(millis(1)).await;
                    let stats = endpoints.stats();
                    assert!(stats.iter().all(|stats| stats.in_flight() == 0), "{case}: {stats:?}");
                    assert_eq!(semaphore.available_permits(), permits, "{case}");
                }
            }
        }
    }
}
