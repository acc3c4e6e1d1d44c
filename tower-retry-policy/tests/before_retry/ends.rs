//! A hook that fails, panics, or does not end.

use crate::{
    server::{Server, policy},
    support::request,
};
use std::{
    error::Error,
    future::pending,
    io::{self, ErrorKind},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{Instant, timeout};
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{
    AttemptRecord, CallEnd, Deadline, DeadlineError, DeadlineLayer, Observer, Phase, RatioBudget,
    RetryBudget, RetryError, RetryLayer, RetryPolicy, StopReason,
};

const SECOND: Duration = Duration::from_secs(1);

fn phases(error: &RetryError) -> Vec<Option<Phase>> {
    error.history().attempts().iter().map(AttemptRecord::phase).collect()
}

/// What a policy makes of these errors where a server's attempt ends with them says nothing here.
async fn exhausted() -> BoxError {
    let down = service_fn(|_: http::Request<_>| async {
        Err::<http::Response<()>, _>(io::Error::from(ErrorKind::ConnectionReset))
    });
    RetryLayer::new(policy()).layer(down).oneshot(request("GET")).await.unwrap_err()
}

fn reset() -> BoxError {
    io::Error::from(ErrorKind::ConnectionReset).into()
}

#[tokio::test(start_paused = true)]
async fn its_error_ends_the_call_whatever_it_is() {
    let budget = Arc::new(RatioBudget::new().ratio(0.0));
    let before = budget.balance();
    for kind in 0..3 {
        let server = Server::new(&[503]);
        let layer =
            RetryLayer::new(policy().budget(Arc::clone(&budget))).before_retry(move |_, _| async move {
                Err(match kind {
                    0 => BoxError::from("no token"),
                    1 => reset(),
                    _ => exhausted().await,
                })
            });
        let error = layer.layer(server.clone()).oneshot(request("GET")).await.unwrap_err();
        let error = RetryError::find(&*error).unwrap();
        assert_eq!(error.stop_reason(), Some(StopReason::NotRetryable), "{kind}");
        assert_eq!(phases(error), [Some(Phase::Status), Some(Phase::Other)], "{kind}");
        let source = error.source().unwrap();
        match kind {
            0 => assert_eq!(source.to_string(), "no token"),
            1 => assert!(source.is::<io::Error>()),
            _ => assert!(source.is::<RetryError>()),
        }
        assert_eq!(Phase::of(error), Phase::Other, "and an outer retry has it as that");
        assert_eq!(server.count(), 1, "the attempt was not sent");
        assert_eq!(budget.balance(), before, "and not paid for");
    }
}

#[tokio::test(start_paused = true)]
async fn it_may_fail_again_where_the_policy_says_so() {
    let server = Server::new(&[503, 200]);
    let calls = Arc::new(AtomicU32::new(0));
    let layer = RetryLayer::new(policy().retries_after(Phase::Other, 2)).before_retry(move |_, next| {
        let call = calls.fetch_add(1, SeqCst);
        async move { if call < 2 { Err("no token yet".into()) } else { Ok(next) } }
    });
    layer.layer(server.clone()).oneshot(request("GET")).await.unwrap();
    assert_eq!(server.log.lines()[2..], ["ready 300", "call 4 300"], "each failure waits and counts");
}

/// Counts how its calls end.
#[derive(Clone, Debug, Default)]
struct Ends {
    abandoned: Arc<AtomicU32>,
}

impl Observer for Ends {
    fn ended(&self, call: &CallEnd<'_>) {
        self.abandoned.fetch_add(u32::from(call.is_abandoned()), SeqCst);
    }
}

/// Says when it is dropped.
struct Guard(Arc<AtomicU32>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn endless(policy: RetryPolicy, dropped: &Arc<AtomicU32>) -> RetryLayer {
    let dropped = Arc::clone(dropped);
    RetryLayer::new(policy).before_retry(move |_, next| {
        let guard = Guard(Arc::clone(&dropped));
        async move {
            pending::<()>().await;
            drop(guard);
            Ok(next)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_the_request_ends_it() {
    let (server, dropped) = (Server::new(&[503]), Arc::default());
    let mut request = request("GET");
    request.extensions_mut().insert(Deadline::after(5 * SECOND));
    let began = Instant::now();
    let call = endless(policy(), &dropped).layer(server.clone()).oneshot(request);
    let error = timeout(60 * SECOND, call).await.expect("it has ended").unwrap_err();
    assert_eq!(began.elapsed(), 5 * SECOND);
    let error = RetryError::find(&*error).unwrap();
    assert!(error.is_deadline());
    assert_eq!(phases(error), [Some(Phase::Status), Some(Phase::Unprocessed)]);
    assert_eq!(error.source().unwrap().to_string(), "attempt not begun, the deadline had passed");
    assert_eq!((server.count(), dropped.load(SeqCst)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_layer_drops_it() {
    let (server, dropped) = (Server::new(&[503]), Arc::default());
    let stack =
        ServiceBuilder::new().layer(DeadlineLayer::new(5 * SECOND)).layer(endless(policy(), &dropped));
    let began = Instant::now();
    let error = stack.service(server.clone()).oneshot(request("GET")).await.unwrap_err();
    assert_eq!(began.elapsed(), 5 * SECOND);
    let is_deadline =
        error.is::<DeadlineError>() || RetryError::find(&*error).is_some_and(RetryError::is_deadline);
    assert!(is_deadline, "{error:?}");
    assert_eq!((server.count(), dropped.load(SeqCst)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_drops_it_and_gives_back_its_token() {
    let (server, dropped, ends) = (Server::new(&[503]), Arc::default(), Ends::default());
    let budget = Arc::new(RatioBudget::new().ratio(0.0));
    let before = budget.balance();
    let layer = endless(policy().budget(Arc::clone(&budget)).observer(ends.clone()), &dropped);
    assert!(timeout(SECOND, layer.layer(server.clone()).oneshot(request("GET"))).await.is_err());
    assert_eq!((server.count(), dropped.load(SeqCst), ends.abandoned.load(SeqCst)), (1, 1, 1));
    assert_eq!(budget.balance(), before);
}

#[tokio::test(start_paused = true)]
async fn a_panic_takes_its_own_task_and_nothing_else() {
    for late in [false, true] {
        let server = Server::new(&[503, 200]);
        let budget = Arc::new(RatioBudget::new().ratio(0.0));
        let before = budget.balance();
        let panics = Arc::new(AtomicU32::new(1));
        let layer = RetryLayer::new(policy().budget(Arc::clone(&budget))).before_retry(move |_, next| {
            let panics = panics.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
            assert!(late || !panics, "before its first await");
            async move {
                tokio::task::yield_now().await;
                assert!(!panics, "after its first await");
                Ok(next)
            }
        });
        let service = layer.layer(server.clone());
        let task = tokio::spawn(service.clone().oneshot(request("GET")));
        assert!(task.await.unwrap_err().is_panic());
        assert_eq!(budget.balance(), before, "the token is back");
        assert_eq!(service.oneshot(request("GET")).await.unwrap().status(), 200);
    }
}
