//! Adaptive throttling on the client's side, on paused time.

use http::{Request, Response, StatusCode};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_retry_policy::adaptive_throttle::{AdaptiveThrottleLayer, ThrottledError};

const SECOND: Duration = Duration::from_secs(1);

/// A server with a status that can be changed, and a count of what reached it.
#[derive(Clone)]
struct Server {
    status: Arc<AtomicU16>,
    reached: Arc<AtomicU64>,
}

impl Server {
    fn new(status: u16) -> Self {
        Self { status: Arc::new(AtomicU16::new(status)), reached: Arc::default() }
    }

    fn service(
        &self,
    ) -> impl Service<Request<()>, Response = Response<()>, Error = Infallible, Future: Send> + Clone + use<>
    {
        let server = self.clone();
        service_fn(move |_| {
            server.reached.fetch_add(1, Ordering::Relaxed);
            let status = StatusCode::from_u16(server.status.load(Ordering::Relaxed)).unwrap_or_default();
            async move {
                let mut response = Response::new(());
                *response.status_mut() = status;
                Ok(response)
            }
        })
    }

    /// Sends that many requests through the service and returns how many reached the server.
    async fn asked<S>(&self, service: &mut S, requests: u32) -> u64
    where
        S: Service<Request<()>, Response = Response<()>, Error = tower::BoxError>,
    {
        let before = self.reached.load(Ordering::Relaxed);
        for _ in 0..requests {
            if let Err(error) = service.ready().await.expect("always ready").call(Request::new(())).await {
                assert!(error.is::<ThrottledError>());
            }
        }
        self.reached.load(Ordering::Relaxed) - before
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_server_accepts_all_is_sent() {
    for status in [200, 204, 301, 404, 500, 502] {
        let server = Server::new(status);
        let mut service = AdaptiveThrottleLayer::new().seed(1).layer(server.service());
        assert_eq!(server.asked(&mut service, 5000).await, 5000, "{status}");
    }
}

/// So many calls at once through clones of the service; how many were rejected.
async fn rejected_at_once<S>(service: &S, calls: usize) -> usize
where
    S: Service<Request<()>, Response = Response<()>, Error = tower::BoxError> + Clone + Send + 'static,
    S::Future: Send,
{
    let calls: Vec<_> = (0..calls).map(|_| tokio::spawn(service.clone().oneshot(Request::new(())))).collect();
    let mut rejected = 0;
    for call in calls {
        let result = call.await.expect("no call panics");
        rejected += usize::from(result.is_err_and(|error| error.is::<ThrottledError>()));
    }
    rejected
}

/// Counted when they are sent, the calls in flight looked like refusals: 82 % of 20 at once were rejected.
#[tokio::test(start_paused = true)]
async fn calls_in_flight_to_a_healthy_server_are_not_rejected() {
    for calls in [10, 100, 500] {
        let healthy = service_fn(async |_: Request<()>| {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok::<_, Infallible>(Response::new(()))
        });
        // K = 1 forgives nothing.
        for k in [1.0, 2.0] {
            let service = AdaptiveThrottleLayer::new().multiplier(k).seed(1).layer(healthy);
            assert_eq!(rejected_at_once(&service, calls).await, 0, "{calls} on a fresh layer");
            assert_eq!(rejected_at_once(&service, calls).await, 0, "{calls} after others");
            for quiet in [SECOND, 119 * SECOND, 600 * SECOND] {
                advance(quiet).await;
                assert_eq!(rejected_at_once(&service, calls).await, 0, "{calls} after {quiet:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_to_a_dead_server_are_nearly_all_rejected_once_it_is_known() {
    for calls in [10, 100, 500] {
        let dead = service_fn(async |_: Request<()>| {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err::<Response<()>, _>(std::io::Error::other("reset"))
        });
        let service = AdaptiveThrottleLayer::new().seed(1).layer(dead);
        assert_eq!(rejected_at_once(&service, calls).await, 0, "nothing is known yet");
        let mut rejected = 0;
        for _ in 0..20 {
            rejected += rejected_at_once(&service, calls).await;
        }
        assert!(rejected * 20 > calls * 20 * 19, "{rejected} of {}", calls * 20);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_dropped_counts_as_nothing() {
    let silent = service_fn(|_: Request<()>| std::future::pending::<Result<Response<()>, Infallible>>());
    let service = AdaptiveThrottleLayer::new().seed(1).layer(silent);
    for _ in 0..1000 {
        let call = service.clone().oneshot(Request::new(()));
        let ended = tokio::time::timeout(Duration::from_millis(1), call).await;
        assert!(ended.is_err(), "never rejected: it would have ended at once");
    }
    let debug = format!("{service:?}");
    assert!(debug.contains("requests: 0") && debug.contains("accepts: 0"), "{debug}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_rejects_gets_few_requests() {
    for status in [429, 503] {
        let server = Server::new(status);
        let mut service = AdaptiveThrottleLayer::new().seed(1).layer(server.service());
        // Without an accept the n-th request is sent with probability 1 / n: 7.5 of 1000, harmonically.
        let reached = server.asked(&mut service, 1000).await;
        assert!((2..20).contains(&reached), "{status}: {reached}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_half_gets_all_and_one_that_accepts_a_tenth_gets_two_tenths() {
    for (in_ten, low, high) in [(5, 9_400, 10_000), (1, 1_600, 2_400)] {
        let offered = Arc::new(AtomicU64::new(0));
        let reached = Arc::new(AtomicU64::new(0));
        // It accepts that many in ten of all that is *offered*, as a server with so much capacity would.
        let (capacity, count) = (Arc::clone(&offered), Arc::clone(&reached));
        let accepted = AtomicU64::new(0);
        let accepted = Arc::new(accepted);
        let server = service_fn(move |_: Request<()>| {
            count.fetch_add(1, Ordering::Relaxed);
            let room = capacity.load(Ordering::Relaxed) * in_ten / 10;
            let accepts = accepted.load(Ordering::Relaxed) < room;
            accepted.fetch_add(u64::from(accepts), Ordering::Relaxed);
            async move {
                let mut response = Response::new(());
                *response.status_mut() =
                    if accepts { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                Ok::<_, Infallible>(response)
            }
        });
        let mut service = AdaptiveThrottleLayer::new().seed(7).layer(server);
        for _ in 0..10_000 {
            offered.fetch_add(1, Ordering::Relaxed);
            let _ = service.ready().await.expect("always ready").call(Request::new(())).await;
        }
        let reached = reached.load(Ordering::Relaxed);
        assert!((low..=high).contains(&reached), "{in_ten} in ten: {reached}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_two_minutes_all_is_forgotten() {
    let server = Server::new(503);
    let mut service = AdaptiveThrottleLayer::new().seed(1).layer(server.service());
    server.asked(&mut service, 1000).await;
    server.status.store(200, Ordering::Relaxed);
    advance(100 * SECOND).await;
    assert!(server.asked(&mut service, 100).await < 50);
    advance(120 * SECOND).await;
    assert_eq!(server.asked(&mut service, 1000).await, 1000);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_is_found_by_the_probes_that_remain() {
    let server = Server::new(503);
    let mut service = AdaptiveThrottleLayer::new().seed(3).layer(server.service());
    server.asked(&mut service, 500).await;
    server.status.store(200, Ordering::Relaxed);
    // What is sent at most doubles from one window to the next: 8, 16, 32 ... of 1,200 in two minutes.
    let mut last = 0;
    for _ in 0..120 {
        advance(10 * SECOND).await;
        last = server.asked(&mut service, 100).await;
    }
    assert_eq!(last, 100);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_rejects_the_same_requests() {
    let outcome = async |seed| {
        let mut service = AdaptiveThrottleLayer::new().seed(seed).layer(Server::new(503).service());
        let mut sent = Vec::new();
        for number in 0..300 {
            if service.ready().await.expect("always ready").call(Request::new(())).await.is_ok() {
                sent.push(number);
            }
        }
        sent
    };
    assert_eq!(outcome(5).await, outcome(5).await);
    assert_ne!(outcome(5).await, outcome(6).await);
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_their_counts_and_other_layers_do_not() {
    let server = Server::new(503);
    let layer = AdaptiveThrottleLayer::new().seed(1);
    server.asked(&mut layer.layer(server.service()), 1000).await;
    assert!(server.asked(&mut layer.clone().layer(server.service()), 100).await < 10);
    let other = AdaptiveThrottleLayer::new().seed(1);
    assert!(server.asked(&mut other.layer(server.service()), 1).await == 1);
}

#[tokio::test(start_paused = true)]
async fn what_counts_as_accepted_can_be_said() {
    let server = Server::new(500);
    let strict = |status: StatusCode| !status.is_server_error();
    let mut service = AdaptiveThrottleLayer::new().accept(strict).seed(1).layer(server.service());
    assert!(server.asked(&mut service, 1000).await < 50);
}

#[tokio::test(start_paused = true)]
async fn a_higher_multiplier_sends_more() {
    let mut reached = Vec::new();
    for k in [f64::NAN, 1.0, 1.1, 2.0, 4.0] {
        let server = Server::new(200);
        let mut service = AdaptiveThrottleLayer::new().multiplier(k).seed(1).layer(server.service());
        server.asked(&mut service, 100).await;
        server.status.store(503, Ordering::Relaxed);
        reached.push(server.asked(&mut service, 400).await);
    }
    assert_eq!(reached[0], reached[1], "no number counts as 1");
    assert!(reached.windows(2).all(|pair| pair[0] <= pair[1]), "{reached:?}");
    assert!(reached[4] > 300, "{reached:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_counts_as_rejected_and_passes_through() {
    let failing = service_fn(async |_: Request<()>| Err::<Response<()>, _>(std::io::Error::other("reset")));
    let mut service = AdaptiveThrottleLayer::new().seed(1).layer(failing);
    let (mut passed, mut rejected) = (0, 0);
    for _ in 0..200 {
        let error = service.ready().await.unwrap().call(Request::new(())).await.unwrap_err();
        match error.downcast_ref::<ThrottledError>() {
            Some(error) => {
                assert_eq!((error.requests(), error.accepts()), (passed + rejected, 0));
                let count = passed + rejected;
                assert_eq!(
                    error.to_string(),
                    format!("request rejected by client-side throttling: the server accepted 0 of {count}")
                );
                rejected += 1;
            }
            None => {
                assert_eq!(error.to_string(), "reset");
                passed += 1;
            }
        }
    }
    assert!(rejected > 150 && passed > 0, "{rejected} {passed}");
    assert!(format!("{service:?}").contains("accepts: 0"));
}
