//! A delay that is learnt from how long first attempts take.

use crate::script::error;
use http::{Request, Response};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, advance, sleep};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptNumber, Phase, RetryLayer, RetryPolicy,
    retry::{Hedge, HedgeDelay, Percentile},
};

/// How long a first attempt and each further one take, and whether the first one fails.
#[derive(Debug, Clone, Copy)]
struct Pace {
    first: u64,
    further: u64,
    fails: bool,
}

/// Calls through one layer, and after how long each further attempt began.
struct Calls<S> {
    service: S,
    pace: Arc<Mutex<Pace>>,
    further: Arc<Mutex<Vec<u64>>>,
}

fn calls(
    delay: impl Into<HedgeDelay>,
) -> Calls<impl Service<Request<()>, Response = Response<()>, Error = BoxError> + Clone> {
    let pace = Arc::new(Mutex::new(Pace { first: 0, further: 0, fails: false }));
    let further = Arc::new(Mutex::new(Vec::new()));
    let (paces, furthers, began) =
        (Arc::clone(&pace), Arc::clone(&further), Arc::new(Mutex::new(Instant::now())));
    let server = service_fn(move |request: Request<()>| {
        let (pace, number) = (*paces.lock().unwrap(), AttemptNumber::of(&request));
        if number == 1 {
            *began.lock().unwrap() = Instant::now();
        } else {
            let after = began.lock().unwrap().elapsed() + Duration::from_micros(500);
            furthers.lock().unwrap().push(u64::try_from(after.as_millis()).unwrap());
        }
        async move {
            sleep(Duration::from_millis(if number == 1 { pace.first } else { pace.further })).await;
            if number == 1 && pace.fails { Err(error(Phase::Read, 1)) } else { Ok(Response::new(())) }
        }
    });
    let policy = RetryPolicy::standard().without_budget().backoff(Backoff::none());
    Calls { service: RetryLayer::new(policy).hedge(Hedge::after(delay)).layer(server), pace, further }
}

impl<S> Calls<S>
where
    S: Service<Request<()>, Response = Response<()>, Error = BoxError> + Clone,
{
    /// After how long the further attempts of so many calls began.
    async fn go(&self, times: u32, pace: Pace) -> Vec<u64> {
        *self.pace.lock().unwrap() = pace;
        self.further.lock().unwrap().clear();
        for _ in 0..times {
            let request = Request::get("http://example.com/").body(()).unwrap();
            assert!(self.service.clone().oneshot(request).await.is_ok());
        }
        self.further.lock().unwrap().clone()
    }
}

const SLOW: Pace = Pace { first: 5_000, further: 1, fails: false };
const EVEN: Pace = Pace { first: 100, further: 1, fails: false };

#[tokio::test(start_paused = true)]
async fn too_few_samples_hedge_nothing_or_at_the_ceiling() {
    let p95 = Percentile::new(95.0).over(Duration::from_secs(600));
    let few = calls(p95);
    assert!(few.go(19, EVEN).await.is_empty());
    assert!(few.go(1, SLOW).await.is_empty(), "nineteen do not tell");
    sleep(Duration::from_secs(10)).await;
    assert_eq!(few.go(1, SLOW).await.len(), 1, "twenty do");

    let capped = calls(p95.ceiling(Duration::from_millis(700)));
    assert_eq!(capped.go(1, SLOW).await, [700]);
}

#[tokio::test(start_paused = true)]
async fn hedges_do_not_feed_what_is_learnt() {
    // it is worked out anew every five seconds
    let learnt = calls(Percentile::new(50.0).over(Duration::from_secs(300)));
    learnt.go(100, EVEN).await;
    sleep(Duration::from_secs(10)).await;
    // the hedge is there after a millisecond: would its time count, the delay would fall to it
    let began = learnt.go(300, SLOW).await;
    assert_eq!(began.len(), 300);
    assert!(began.iter().all(|after| *after >= 100), "{began:?}");
}

#[tokio::test(start_paused = true)]
async fn what_failed_fast_does_not_count() {
    let learnt = calls(Percentile::new(95.0).over(Duration::from_secs(600)));
    learnt.go(100, Pace { first: 1, further: 1, fails: true }).await;
    sleep(Duration::from_secs(60)).await;
    assert!(learnt.go(1, SLOW).await.is_empty(), "nothing is known");
}

#[tokio::test(start_paused = true)]
async fn a_clock_at_the_far_end_and_odd_settings() {
    let millis = Duration::from_millis;
    for delay in [
        HedgeDelay::from(Percentile::new(f64::NAN).factor(f64::INFINITY).over(Duration::MAX)),
        Percentile::new(-1.0).factor(0.0).over(Duration::ZERO).samples(0).into(),
        Percentile::new(200.0).floor(Duration::MAX).samples(1).into(),
        Percentile::new(50.0).ceiling(Duration::MAX).into(),
        Percentile::new(50.0).floor(millis(50)).ceiling(millis(20)).samples(1).into(),
        Duration::MAX.into(),
    ] {
        let odd = calls(delay);
        odd.go(30, EVEN).await;
        advance(Duration::from_secs(400 * 365 * 86_400)).await;
        odd.go(30, EVEN).await;
        odd.go(3, SLOW).await;
    }
}
