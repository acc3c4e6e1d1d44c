//! What the whole stack costs beside tower's own parts, in one run: `cargo bench -p retry-policy-benches --bench stack`.
//!
//! The first case of each group is the bare service; "above" is what a stack adds to it. The peer is
//! `tower::retry` with a policy written as its documentation shows, with `TpsBudget`, `ExponentialBackoff` and
//! `tower::timeout`.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use instructions::{Case, Group, fresh_request, request};
use std::{
    future::{Future, Ready, ready},
    hint::black_box,
    pin::pin,
    process::ExitCode,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::Sleep;
use tower::{
    BoxError, Layer, Service, ServiceBuilder,
    layer::util::Identity,
    retry::{
        Policy, RetryLayer as TowerRetryLayer,
        backoff::{Backoff as _, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff},
        budget::{Budget, TpsBudget},
    },
    timeout::TimeoutLayer,
    util::rng::HasherRng,
};
use tower_backoff::Backoff;
use tower_retry_policy::{
    AttemptTimeoutLayer, DeadlineLayer, Phase, RetryLayer, RetryPolicy, budget::RatioBudget, retry::Hedge,
};

const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let ok = Server { failures: 0 };
    let once = Server { failures: 1 };
    let thrice = Server { failures: 3 };
    let peer = || TowerRetryLayer::new(Peer::new(3));
    let peer_timeout = || ServiceBuilder::new().layer(peer()).layer(TimeoutLayer::new(LIMIT)).into_inner();
    let standard = RetryPolicy::standard;
    let unbudgeted = || standard().without_budget();
    let whole =
        || ServiceBuilder::new().layer(RetryLayer::new(standard())).layer(attempt_timeout()).into_inner();
    let hedged = || {
        let retry = RetryLayer::new(standard()).hedge(Hedge::after(LIMIT));
        ServiceBuilder::new().layer(retry).layer(attempt_timeout()).into_inner()
    };
    let deadline = || {
        let retry = RetryLayer::new(standard());
        ServiceBuilder::new()
            .layer(DeadlineLayer::new(LIMIT))
            .layer(retry)
            .layer(attempt_timeout())
            .into_inner()
    };
    let sent_once = || {
        RetryLayer::new(unbudgeted().retries_after(Phase::Connect, 0).retries_after(Phase::Unprocessed, 0))
    };
    let after = |server, values| {
        vec![
            case("bare, as many calls", "GET", server, values, Calls),
            case("peer: retry + budget + backoff", "GET", server, values, peer()),
            case("policy", "GET", server, values, RetryLayer::new(no_wait(unbudgeted()))),
            case("policy + budget", "GET", server, values, RetryLayer::new(no_wait(generous(standard())))),
        ]
    };
    let at_once = |values| {
        vec![
            case("bare", "GET", ok, values, Identity::new()),
            case(
                "tower::retry, a copy and a status check",
                "GET",
                ok,
                values,
                TowerRetryLayer::new(StatusOnly),
            ),
            case("peer: retry + budget + backoff", "GET", ok, values, peer()),
            case("peer: the same + tower::timeout", "GET", ok, values, peer_timeout()),
            case("policy", "GET", ok, values, RetryLayer::new(unbudgeted())),
            case("policy + budget", "GET", ok, values, RetryLayer::new(standard())),
            case("policy + budget + attempt timeout", "GET", ok, values, whole()),
            case("the same, hedged", "GET", ok, values, hedged()),
            case("the same with a deadline", "GET", ok, values, deadline()),
        ]
    };
    instructions::main(&[
        Group {
            title: "answered at once, header values made for the call",
            peer: Some("peer: the same + tower::timeout"),
            cases: at_once(Values::Fresh),
        },
        Group {
            title: "answered at once, static header values",
            peer: Some("peer: the same + tower::timeout"),
            cases: at_once(Values::Static),
        },
        Group {
            title: "not to be retried",
            peer: None,
            cases: vec![
                case("bare", "POST", ok, Values::Fresh, Identity::new()),
                case(
                    "tower::retry, no copy and no question",
                    "POST",
                    ok,
                    Values::Fresh,
                    TowerRetryLayer::new(Nothing),
                ),
                case("never()", "POST", ok, Values::Fresh, RetryLayer::new(RetryPolicy::never())),
                case("a POST that no phase allows", "POST", ok, Values::Fresh, sent_once()),
                case(
                    "a POST under the standard policy",
                    "POST",
                    ok,
                    Values::Fresh,
                    RetryLayer::new(standard()),
                ),
            ],
        },
        Group {
            title: "not to be retried, static header values",
            peer: None,
            cases: vec![
                case("bare", "POST", ok, Values::Static, Identity::new()),
                case("never()", "POST", ok, Values::Static, RetryLayer::new(RetryPolicy::never())),
                case("a POST that no phase allows", "POST", ok, Values::Static, sent_once()),
            ],
        },
        Group {
            title: "answered after one retry, header values made for the call",
            peer: Some("peer: retry + budget + backoff"),
            cases: after(once, Values::Fresh),
        },
        Group {
            title: "answered after three retries, header values made for the call",
            peer: Some("peer: retry + budget + backoff"),
            cases: after(thrice, Values::Fresh),
        },
        Group {
            title: "answered after three retries, static header values",
            peer: Some("peer: retry + budget + backoff"),
            cases: after(thrice, Values::Static),
        },
    ])
}

fn attempt_timeout() -> AttemptTimeoutLayer {
    AttemptTimeoutLayer::new().head(LIMIT).idle(LIMIT)
}

/// Waits would measure the timer; the peer's are skipped too.
fn no_wait(policy: RetryPolicy) -> RetryPolicy {
    policy.retries(3).backoff(Backoff::none())
}

/// A budget that does not run dry, as the peer's.
fn generous(policy: RetryPolicy) -> RetryPolicy {
    policy.budget(RatioBudget::new().ratio(1000.0))
}

fn case<L>(name: &'static str, method: &'static str, server: Server, values: Values, layer: L) -> Case
where
    L: Layer<Server> + 'static,
    L::Service: Service<Request<Full<Bytes>>>,
{
    let method: Method = method.parse().unwrap_or_default();
    let prototype = request(method.clone(), Full::new(Bytes::new()));
    Case::new(name, move |calls| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let Ok(runtime) = runtime else { return };
        let _entered = runtime.enter();
        let mut service = layer.layer(server);
        for _ in 0..calls {
            let request = match values {
                Values::Static => prototype.clone(),
                Values::Fresh => fresh_request(&method, Full::new(Bytes::new())),
            };
            black_box(&finish(pin!(service.call(request))));
        }
    })
}

/// Where the header values of a request come from. The first copy of one that was made for the call allocates.
#[derive(Clone, Copy)]
enum Values {
    Fresh,
    Static,
}

/// Drives a future that is never left pending.
fn finish<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..64 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

// ===== the service =====

/// Answers 7 kB; before that, as many 503s in a row.
#[derive(Clone, Copy)]
struct Server {
    failures: u32,
}

thread_local! {
    static FAILED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

static ANSWER: [u8; 7000] = [b'x'; 7000];

impl Service<Request<Full<Bytes>>> for Server {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        black_box(&request);
        let mut response = Response::new(Full::new(Bytes::from_static(&ANSWER)));
        if self.failures > 0 {
            let failed = FAILED.get();
            let fails = failed < self.failures;
            FAILED.set(if fails { failed + 1 } else { 0 });
            if fails {
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            }
        }
        ready(Ok(response))
    }
}

/// As many calls of the service as it fails, and one more, so that retries are compared with the attempts alone.
struct Calls;

struct AllCalls<S>(S);

impl<S> Layer<S> for Calls {
    type Service = AllCalls<S>;

    fn layer(&self, inner: S) -> AllCalls<S> {
        AllCalls(inner)
    }
}

impl Service<Request<Full<Bytes>>> for AllCalls<Server> {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        for _ in 0..self.0.failures {
            let _ = black_box(self.0.call(Request::new(Full::new(Bytes::new()))).into_inner());
        }
        self.0.call(request)
    }
}

// ===== the peer =====

/// A policy as tower's documentation shows it, with a count, a budget and a backoff.
#[derive(Clone)]
struct Peer {
    left: u32,
    budget: Arc<TpsBudget>,
    backoff: ExponentialBackoff,
}

impl Peer {
    fn new(retries: u32) -> Self {
        let backoff = ExponentialBackoffMaker::new(
            Duration::from_millis(100),
            Duration::from_secs(10),
            0.99,
            HasherRng::new(),
        );
        let Ok(mut backoff) = backoff else { unreachable!("the limits are in order") };
        let budget = Arc::new(TpsBudget::new(Duration::from_secs(10), 10, 1000.0));
        Self { left: retries, budget, backoff: backoff.make_backoff() }
    }
}

impl<R> Policy<Request<Full<Bytes>>, Response<R>, BoxError> for Peer {
    type Future = PeerWait;

    fn retry(
        &mut self,
        _: &mut Request<Full<Bytes>>,
        result: &mut Result<Response<R>, BoxError>,
    ) -> Option<PeerWait> {
        match result {
            Ok(response) if !response.status().is_server_error() => {
                self.budget.deposit();
                None
            }
            _ if self.left > 0 && self.budget.withdraw() => {
                self.left -= 1;
                Some(PeerWait(Box::pin(self.backoff.next_backoff())))
            }
            _ => None,
        }
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        Some(request.clone())
    }
}

/// The floor: whoever wants to retry has to keep a copy of the request.
#[derive(Clone)]
struct StatusOnly;

impl<R> Policy<Request<Full<Bytes>>, Response<R>, BoxError> for StatusOnly {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Full<Bytes>>,
        result: &mut Result<Response<R>, BoxError>,
    ) -> Option<Ready<()>> {
        result.as_ref().is_ok_and(|response| response.status().is_server_error()).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        Some(request.clone())
    }
}

/// The floor of what is not retried: tower's retry itself, which a compiler that sees the answer would take away.
#[derive(Clone)]
struct Nothing;

impl<R> Policy<Request<Full<Bytes>>, Response<R>, BoxError> for Nothing {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Full<Bytes>>,
        _: &mut Result<Response<R>, BoxError>,
    ) -> Option<Ready<()>> {
        None
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        black_box(false).then(|| request.clone())
    }
}

/// Made as tower's users make it, and over at once.
struct PeerWait(#[expect(dead_code, reason = "made, not waited for")] std::pin::Pin<Box<Sleep>>);

impl Future for PeerWait {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}
