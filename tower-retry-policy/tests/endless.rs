//! A call that is retried a hundred thousand times: what it keeps, what it prints, and what it leaves to other tasks.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod loops;
mod support;

use self::{
    loops::{Loop, over_each_loop},
    support::request,
};
use http::{Request, Response, StatusCode};
use std::{
    error::Error,
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::Poll,
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptRecord, History, Phase, RetryError, RetryPolicy};

const MANY: u32 = 100_000;

/// A long text, another one for each attempt.
#[derive(Debug)]
struct Long(u32);

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {}: {}", self.0, "so long ".repeat(100))
    }
}

impl Error for Long {}

fn endless() -> RetryPolicy {
    RetryPolicy::urllib3(u32::MAX).backoff(Backoff::none()).statuses([StatusCode::SERVICE_UNAVAILABLE])
}

over_each_loop!(
    #[test]
    a_hundred_thousand_retries_are_counted_and_a_few_are_kept,
);

over_each_loop!(
    #[tokio::test(start_paused = true)]
    the_error_of_a_long_call_is_short,
    retries_without_a_wait_leave_time_to_other_tasks,
);

/// Polled here rather than by a runtime, which looks for events of the system at each of its yields.
fn a_hundred_thousand_retries_are_counted_and_a_few_are_kept(which: Loop) {
    let sent = AtomicU32::new(0);
    let service = ServiceBuilder::new().layer(which.retry(endless())).service(service_fn(
        |_: Request<support::Body>| {
            let number = sent.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                if number > MANY {
                    Ok(Response::new(()))
                } else {
                    Err(BoxError::from(io::Error::new(io::ErrorKind::ConnectionReset, Long(number))))
                }
            }
        },
    ));
    let mut call = tokio_test::task::spawn(service.oneshot(request("GET")));
    let response = loop {
        if let Poll::Ready(outcome) = call.poll() {
            break outcome.unwrap();
        }
        assert!(call.is_woken(), "what waits for nothing is due at once");
    };
    let history = History::of(&response).unwrap();
    assert_eq!(history.attempts_made(), MANY + 1);
    let numbers: Vec<_> = history.attempts().iter().map(AttemptRecord::number).collect();
    assert_eq!(numbers, (1..=16).chain(MANY - 14..=MANY + 1).collect::<Vec<_>>());
    assert_eq!(history.attempts()[31].status(), Some(StatusCode::OK));
    let text = history.to_string();
    assert!(text.starts_with("100001 attempts in ") && text.contains("s; 1: attempt 1: so long"), "{text}");
    assert!(text.contains("; 99969 more; 99986: attempt 99986: "), "{text}");
    assert!(text.len() < 12 * 1024, "{} bytes", text.len());
    assert!(format!("{history:?}").len() < 24 * 1024);
}

async fn the_error_of_a_long_call_is_short(which: Loop) {
    let reset = |_: Request<support::Body>| async {
        Err::<Response<()>, BoxError>(io::Error::from(io::ErrorKind::ConnectionReset).into())
    };
    let service =
        ServiceBuilder::new().layer(which.retry(endless().retries(1000))).service(service_fn(reset));
    let error = service.oneshot(request("GET")).await.unwrap_err();
    let error = RetryError::find(&*error).unwrap();
    assert!(
        error
            .to_string()
            .starts_with("GET test: 1001 attempts in 0 ms, stopped: attempts used up; 1: read; 2: read")
    );
    assert!(error.to_string().ends_with("; 16: read; 969 more; 986: read; 987: read; 988: read; 989: read; 990: read; \
        991: read; 992: read; 993: read; 994: read; 995: read; 996: read; 997: read; 998: read; 999: read; 1000: read; \
        1001: read"), "{error}");
    assert_eq!(error.history().attempts().last().unwrap().phase(), Some(Phase::Read));
}

async fn retries_without_a_wait_leave_time_to_other_tasks(which: Loop) {
    let sent = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&sent);
    let busy = service_fn(move |_: Request<support::Body>| {
        let attempt = counter.fetch_add(1, Ordering::Relaxed);
        async move {
            // an end, so that this test fails where it would hang
            let code = if attempt < 100_000 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            let mut response = Response::new(());
            *response.status_mut() = code;
            Ok::<_, BoxError>(response)
        }
    });
    let call = ServiceBuilder::new().layer(which.retry(endless())).service(busy).oneshot(request("GET"));
    let call = tokio::spawn(call);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let attempts = sent.load(Ordering::Relaxed);
    assert!((1..1000).contains(&attempts), "{attempts} attempts while another task was due ten times");
    call.abort();
}
