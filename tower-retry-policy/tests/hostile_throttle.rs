//! Client-side throttling against Google's formula, keys per host, and accounts under real threads with calls that are
//! dropped anywhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "hostile_model/random.rs"]
mod random;

mod loops;

use self::loops::{Loop, over_each_loop};
use crate::random::Random;
use http::{Request, Response, StatusCode};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    RetryPolicy,
    adaptive_throttle::{AdaptiveThrottleLayer, ThrottledError},
    budget::{EmptyBudget, Host, InFlightBudget, PerKey, RetryBudget},
};

fn answer(status: u16) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// The sum of the formula's probabilities and the rejections that came, over random outcomes.
#[tokio::test]
async fn rejections_are_as_many_as_the_formula_says() {
    const WINDOW: u64 = 120;
    let (mut expected, mut variance, mut rejected, mut sure) = (0.0, 0.0, 0.0, 0);
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let k = *random.pick(&[1.0, 1.1, 2.0, 5.0]);
        let good = random.below(101);
        let time = Arc::new(AtomicU64::new(1_000));
        let clock = Arc::clone(&time);
        let layer = AdaptiveThrottleLayer::new()
            .multiplier(k)
            .seed(seed)
            .clock(move || Duration::from_secs(clock.load(Ordering::SeqCst)));
        let next = Arc::new(AtomicU64::new(0));
        let server = {
            let next = Arc::clone(&next);
            service_fn(move |_: Request<String>| {
                let kind = next.load(Ordering::SeqCst);
                async move {
                    match kind {
                        0 => Err::<_, BoxError>("broken".into()),
                        1 => std::future::pending().await,
                        status => Ok(answer(u16::try_from(status).unwrap())),
                    }
                }
            })
        };
        let mut service = layer.layer_of(server);
        let (mut requests, mut accepts) = (0_u32, 0_u32);
        for step in 0..600 {
            if random.chance(1) {
                time.fetch_add(2 * WINDOW, Ordering::SeqCst);
                (requests, accepts) = (0, 0);
            }
            let accepted = random.below(100) < good;
            let bad = [0, 1, 429, 503];
            let kind = if accepted { *random.pick(&[200, 404, 500]) } else { *random.pick(&bad) };
            next.store(kind, Ordering::SeqCst);
            let chance = ((f64::from(requests) - k * f64::from(accepts)) / f64::from(requests + 1)).max(0.0);
            let mut call = Box::pin(service.ready().await.unwrap().call(Request::new(String::new())));
            let outcome = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
            drop(call);
            expected += chance;
            variance += chance * (1.0 - chance);
            match outcome {
                Poll::Pending => assert_eq!(kind, 1, "seed {seed}, step {step}"),
                Poll::Ready(Err(error)) if error.is::<ThrottledError>() => {
                    assert!(chance > 0.0, "seed {seed}, step {step}: {accepts} of {requests} were accepted");
                    rejected += 1.0;
                    requests += 1;
                }
                Poll::Ready(_) => {
                    requests += 1;
                    accepts += u32::from(accepted);
                    sure += u32::from(chance == 0.0);
                }
            }
        }
    }
    let sigmas: f64 = (rejected - expected) / f64::sqrt(variance);
    assert!(sigmas.abs() < 4.5, "{rejected} rejections, {expected} expected: {sigmas} sigmas");
    assert!(rejected > 5_000.0 && sure > 5_000, "{rejected} {sure}");
}

/// Less to write than `tower::Layer`.
trait LayerOf<S> {
    type Service;
    fn layer_of(&self, service: S) -> Self::Service;
}

impl<S, L: tower::Layer<S>> LayerOf<S> for L {
    type Service = L::Service;
    fn layer_of(&self, service: S) -> Self::Service {
        self.layer(service)
    }
}

over_each_loop!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    under_threads_a_server_that_is_well_is_never_throttled_and_nothing_stays_in_flight,
);

over_each_loop!(
    #[tokio::test]
    a_budget_per_host_has_no_user_information_and_one_name_for_one_host,
);

/// Calls at once on four threads, one in three dropped at a random point: a server that is well loses none of the others.
async fn under_threads_a_server_that_is_well_is_never_throttled_and_nothing_stays_in_flight(which: Loop) {
    for seed in 0..10 {
        let budget = Arc::new(InFlightBudget::new().min(2));
        let server = service_fn(|request: Request<String>| async move {
            let mut random = Random::new(request.uri().path().trim_start_matches('/').parse().unwrap());
            for _ in 0..random.below(8) {
                tokio::task::yield_now().await;
            }
            Ok::<_, BoxError>(answer(*random.pick(&[200, 200, 500])))
        });
        let policy = RetryPolicy::standard().backoff(Backoff::none()).budget(budget.clone());
        let service = ServiceBuilder::new()
            .layer(AdaptiveThrottleLayer::new())
            .layer(which.retry(policy))
            .service(server);
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..2_000_u64 {
            let mut random = Random::new(seed << 32 | number);
            let uri = format!("http://a.example/{}", random.next());
            let request = Request::get(uri).body(String::new()).unwrap();
            let mut polls = if random.chance(33) { random.below(12) } else { u64::MAX };
            let mut call = Box::pin(service.clone().oneshot(request));
            calls.spawn(std::future::poll_fn(move |context| {
                if polls == 0 {
                    return Poll::Ready(None);
                }
                polls -= 1;
                call.as_mut().poll(context).map(Some)
            }));
        }
        for outcome in calls.join_all().await.into_iter().flatten() {
            assert!(outcome.is_ok(), "seed {seed}: {outcome:?}");
        }
        assert_eq!((budget.requests(), budget.retries(), budget.balance()), (0, 0, 2), "seed {seed}");
    }
}

async fn a_budget_per_host_has_no_user_information_and_one_name_for_one_host(which: Loop) {
    let table: [(&str, Option<&str>, Option<&str>); 14] = [
        ("http://a.example/", None, Some("a.example")),
        ("http://A.Example/x?y", None, Some("a.example")),
        ("http://me@a.example/", None, Some("a.example")),
        ("http://me:pw@a.example/", None, Some("a.example")),
        ("http://me:p%40w@A.EXAMPLE/", None, Some("a.example")),
        ("http://me:pw@a.example:81/", None, Some("a.example:81")),
        ("http://me:pw@[::1]:81/", None, Some("[::1]:81")),
        ("http://@a.example/", None, Some("a.example")),
        ("me:pw@a.example:443", None, Some("a.example:443")),
        ("http://a.example/", Some("other.example"), Some("a.example")),
        ("/x", Some("a.example"), Some("a.example")),
        ("/x", Some("me:pw@A.example:81"), Some("a.example:81")),
        ("/x", Some("not a host"), None),
        ("/x", None, None),
    ];
    for (uri, host, expected) in table {
        let keys = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&keys);
        let hosts = PerKey::new(move |key: &Host| {
            seen.lock().unwrap().insert(key.name().map(str::to_owned));
            EmptyBudget::new()
        });
        let server = service_fn(async |_: Request<String>| Ok::<_, BoxError>(answer(200)));
        let service = ServiceBuilder::new()
            .layer(which.retry(RetryPolicy::standard().budget_per(hosts.per_host())))
            .service(server);
        let Ok(uri) = uri.parse::<http::Uri>() else { continue };
        for _ in 0..3 {
            let mut request = Request::get(uri.clone()).body(String::new()).unwrap();
            if let Some(host) = host {
                request.headers_mut().insert("host", host.parse().unwrap());
            }
            service.clone().oneshot(request).await.unwrap();
        }
        let keys: Vec<Option<String>> = keys.lock().unwrap().iter().cloned().collect();
        assert_eq!(keys, [expected.map(str::to_owned)], "{uri} {host:?}");
    }
}
