//! What the budget hears of attempts that overlap.

use crate::{
    KINDS, call,
    client::{Wire, boxed},
    fault::Fault,
    matrix::Meth,
    policy,
    server::{Server, Version},
    with_limits,
};
use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpStream;
use tower::{BoxError, ServiceBuilder, service_fn};
use tower_retry_policy::{
    AttemptTimeoutLayer, RetryLayer,
    budget::{FailureKind, RequestEnd, RetryBudget},
    retry::Hedge,
};

#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn add(&self, event: String) {
        self.0.lock().unwrap().push(event);
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl RetryBudget for Recorder {
    fn failed(&self, kind: FailureKind, _: Instant) {
        self.add(format!("failed {kind:?}"));
    }

    fn withdraw(&self, kind: FailureKind, _: Instant) -> bool {
        self.add(format!("withdraw {kind:?}"));
        true
    }

    fn give_back(&self, _: FailureKind, _: Instant) {
        self.add("give back".to_owned());
    }

    fn retry_ended(&self) {
        self.add("ended".to_owned());
    }

    fn settle(&self, end: RequestEnd, _: Instant) {
        self.add(format!("settle {end:?}"));
    }

    fn balance(&self) -> u64 {
        100
    }
}

#[tokio::test]
async fn a_sibling_that_was_overtaken_is_no_failure_and_costs_its_hedge_s_token_alone() {
    for (kind, version) in KINDS {
        for (script, last, settled) in [
            (Fault::Silent, Fault::Answers, "AfterRetry(Timeout)"),
            (Fault::SilentBody, Fault::Answers, "AfterRetry(Timeout)"),
            (Fault::Late, Fault::Silent, "FirstTry"),
        ] {
            let server = Server::start(version, &[script], last).await;
            let budget = Recorder::default();
            let hedge = Hedge::after(Duration::from_millis(60)).hedges(1);
            let retry = RetryLayer::new(policy().budget(budget.clone())).hedge(hedge);
            let wire = with_limits(AttemptTimeoutLayer::new(), retry, kind.client(version));
            call(wire, Meth::Get.request(&server)).await.unwrap();
            let mut heard = budget.heard();
            heard.sort();
            let expected = ["ended", &format!("settle {settled}"), "withdraw Timeout"];
            assert_eq!(heard, expected, "{kind:?} {version:?} {script:?}");
        }
    }
}

/// Over HTTP/2 a hedge waits for the connection that the first attempt makes. When that attempt is given up, the hedge ends
/// with it: it was never sent, which is no failure of the server.
#[tokio::test]
async fn a_hedge_that_ends_with_its_sibling_s_connection_costs_nothing_more() {
    let server = Server::start(Version::Http2, &[], Fault::Answers).await;
    let connects = Arc::new(AtomicUsize::new(0));
    let connector = service_fn(move |uri: Uri| {
        let first = connects.fetch_add(1, Relaxed) == 0;
        Box::pin(async move {
            if first {
                std::future::pending::<()>().await;
            }
            TcpStream::connect(uri.authority().unwrap().as_str()).await.map(TokioIo::new)
        })
    });
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .retry_canceled_requests(false)
        .build::<_, Full<Bytes>>(connector);
    let client = ServiceBuilder::new().map_response(boxed).map_err(BoxError::from).service(client);
    let budget = Recorder::default();
    let retry = RetryLayer::new(policy().budget(budget.clone()))
        .hedge(Hedge::after(Duration::from_millis(50)).hedges(1));
    let limits = AttemptTimeoutLayer::new().head(Duration::from_millis(200));
    let outcome = call(with_limits(limits, retry, Wire::new(client)), Meth::Get.request(&server)).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    let heard = budget.heard();
    let count = |event: &str| heard.iter().filter(|heard| heard.starts_with(event)).count();
    // the hedge, and the one failure of the attempt whose limit has passed
    assert_eq!(count("failed"), 1, "{heard:?}");
    assert_eq!(count("withdraw"), 2, "{heard:?}");
    assert_eq!(count("ended") + count("give back"), 2, "{heard:?}");
}
