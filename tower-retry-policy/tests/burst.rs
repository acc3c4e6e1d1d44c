//! What a total outage makes of 1,000 calls a second through the standard policy, on paused time.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::RetryPolicy;

const MILLI: Duration = Duration::from_millis(1);
const A_SECOND: u64 = 1000;

/// The milliseconds at which something was sent, when the server fails from the given time on.
async fn sent(which: Loop, quiet: u64, outage: u64, status: StatusCode) -> Vec<u64> {
    let start = Instant::now();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let server = service_fn(move |_: Request<Empty<&'static [u8]>>| {
        let now = start.elapsed().as_millis() as u64;
        seen.lock().unwrap().push(now);
        let status = if now < quiet { StatusCode::OK } else { status };
        async move {
            let mut response = Response::new(());
            *response.status_mut() = status;
            Ok::<_, BoxError>(response)
        }
    });
    let service = ServiceBuilder::new().layer(which.retry(RetryPolicy::standard().seed(1))).service(server);
    let mut calls = Vec::new();
    while start.elapsed().as_millis() < u128::from(quiet + outage) {
        calls.push(tokio::spawn(service.clone().oneshot(Request::new(Empty::new()))));
        tokio::time::sleep(MILLI).await;
    }
    for call in calls {
        let _ = call.await.unwrap();
    }
    let mut sent = sent.lock().unwrap().clone();
    sent.retain(|at| *at < quiet + outage);
    sent
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    no_second_of_an_outage_sees_more_than_one_and_a_half_times_the_calls,
);

/// The window's savings used to be paid out first: 2.8 times the calls.
async fn no_second_of_an_outage_sees_more_than_one_and_a_half_times_the_calls(which: Loop) {
    // Slots begin with the budget, so the outage begins at different places of one.
    for quiet in [12_000, 12_290, 12_870] {
        let sent = sent(which, quiet, 12_000, StatusCode::INTERNAL_SERVER_ERROR).await;
        let before = sent.partition_point(|at| *at < quiet);
        assert!(before as u64 <= quiet + 1, "nothing is retried while all is well: {before}");
        // Any stretch of a second that begins with something sent.
        let busiest = sent
            .iter()
            .enumerate()
            .map(|(first, from)| sent.partition_point(|at| *at < from + A_SECOND) - first)
            .max()
            .unwrap();
        assert!(busiest <= 1500, "{busiest} in a second, outage after {quiet} ms");
        // Over all of it: the share of what was asked in it and of the window before, and the floor twice.
        let retries = sent.len() as u64 - before as u64 - 12_000;
        assert!(retries <= (12_000 + 10_000) / 5 + 200, "{retries}");
        assert!(retries >= 12_000 / 5, "the budget is there to be used: {retries}");
    }
}
