//! A seeded policy's waits, from one call to the next.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::{Backoff, Jitter};
use tower_retry_policy::{Attempt, CallEnd, Observer, RetryPolicy, RetryWait};

/// Long, so that the clock's milliseconds do not matter.
const LONGEST: Duration = Duration::from_secs(1000);

#[derive(Clone, Debug, Default)]
struct Waits(Arc<Mutex<Vec<f64>>>);

impl Observer for Waits {
    fn retrying(&self, _: &Attempt<'_>, wait: RetryWait) {
        self.0.lock().unwrap().push(wait.duration().as_secs_f64() / LONGEST.as_secs_f64());
    }

    fn ended(&self, _: &CallEnd<'_>) {}
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    waits_of_consecutive_calls_have_nothing_in_common,
);

/// Of a generator that was seeded anew for each draw 43 % of the differences fell into a hundredth of the range.
async fn waits_of_consecutive_calls_have_nothing_in_common(which: Loop) {
    let waits = Waits::default();
    let failing = service_fn(async |_: Request<Empty<&'static [u8]>>| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Ok::<_, BoxError>(response)
    });
    let backoff = Backoff::constant(LONGEST).jitter(Jitter::Full).cap(LONGEST);
    let policy = RetryPolicy::standard().retries(1).backoff(backoff).without_budget().seed(1);
    let service = ServiceBuilder::new().layer(which.retry(policy.observer(waits.clone()))).service(failing);
    for _ in 0..10_000 {
        service.clone().oneshot(Request::new(Empty::new())).await.unwrap();
    }
    let waits = waits.0.lock().unwrap();
    assert_eq!(waits.len(), 10_000);
    for lag in 1..=4 {
        let mut bins = [0_u32; 100];
        for waits in waits.windows(lag + 1) {
            bins[((waits[lag] - waits[0]).rem_euclid(1.0) * 100.0) as usize % 100] += 1;
        }
        // A hundred in each, give or take ten.
        let (most, least) = (bins.iter().max().unwrap(), bins.iter().min().unwrap());
        assert!(*most < 160 && *least > 50, "{lag} apart: {least} to {most}");
    }
}
