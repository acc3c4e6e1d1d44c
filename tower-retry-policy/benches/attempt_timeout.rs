//! What the limits of an attempt cost beside other timeouts, in one run: `cargo bench -p retry-policy-benches --bench attempt_timeout`.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::Full;
use instructions::{Case, Group};
use std::{
    future::{Future, poll_fn},
    hint::black_box,
    mem,
    pin::{Pin, pin},
    process::ExitCode,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::{Timeout, error::Elapsed};
use tower::{
    BoxError, Layer, Service, ServiceBuilder,
    layer::{
        layer_fn,
        util::{Identity, Stack},
    },
    timeout::TimeoutLayer,
    util::MapResponseLayer,
};
use tower_http::timeout::{ResponseBodyTimeoutLayer, TimeoutLayer as HttpTimeoutLayer};
use tower_retry_policy::{
    attempt_timeout::AttemptTimeoutLayer,
    deadline::{DeadlineFormat, DeadlineHeaderLayer, DeadlineLayer},
};

const LIMIT: Duration = Duration::from_secs(60);
const HEAD: AttemptTimeoutLayer = AttemptTimeoutLayer::new().head(LIMIT);
const IDLE: AttemptTimeoutLayer = AttemptTimeoutLayer::new().idle(LIMIT);
const ALL: AttemptTimeoutLayer = HEAD.idle(LIMIT).total(LIMIT);

fn main() -> ExitCode {
    let ready = Server { frames: 1, ..Server::default() };
    let late = Server { head_waits: 1, ..ready };
    let small = Server { frame_waits: 1, ..ready };
    let large = Server { frames: 64, ..small };
    instructions::main(&[
        Group {
            title: "head ready",
            peer: Some("tower::timeout"),
            cases: vec![
                head("bare", Timers::Others, ready, Identity::new()),
                // the floor of whatever watches the body too: a body as much larger, and nothing else
                head("a larger body", Timers::Others, ready, MapResponseLayer::new(larger)),
                head("attempt timeout, no limit", Timers::Others, ready, AttemptTimeoutLayer::new()),
                head("attempt timeout, head", Timers::Others, ready, HEAD),
                head("attempt timeout, all limits", Timers::Others, ready, ALL),
                head("tower::timeout", Timers::Others, ready, TimeoutLayer::new(LIMIT)),
                head("tokio::time::timeout", Timers::Others, ready, layer_fn(TokioTimeout)),
                head("tower-http TimeoutLayer", Timers::Others, ready, http_timeout()),
                head("deadline", Timers::Others, ready, DeadlineLayer::new(LIMIT)),
                head("deadline, with its header", Timers::Others, ready, told_deadline()),
            ],
        },
        Group {
            title: "head and body ready",
            peer: Some("tower-http, head and body"),
            cases: vec![
                body("bare", ready, Identity::new()),
                body("attempt timeout, no limit", ready, AttemptTimeoutLayer::new()),
                body("attempt timeout, all limits", ready, ALL),
                body("tower-http, head and body", ready, http_head_and_body()),
            ],
        },
        pending("head pending once, other timers alive", Timers::Others, late),
        pending("head pending once, no other timer alive", Timers::None, late),
        Group {
            title: "body of 1 frame that is pending once",
            peer: Some("tower-http ResponseBodyTimeoutLayer"),
            cases: vec![
                body("bare", small, Identity::new()),
                body("attempt timeout, idle", small, IDLE),
                body("tower-http ResponseBodyTimeoutLayer", small, ResponseBodyTimeoutLayer::new(LIMIT)),
            ],
        },
        Group {
            title: "body of 64 frames that are pending once each",
            peer: Some("tower-http ResponseBodyTimeoutLayer"),
            cases: vec![
                body("bare", large, Identity::new()),
                body("attempt timeout, idle", large, IDLE),
                body("tower-http ResponseBodyTimeoutLayer", large, ResponseBodyTimeoutLayer::new(LIMIT)),
            ],
        },
    ])
}

fn pending(title: &'static str, timers: Timers, server: Server) -> Group {
    Group {
        title,
        peer: Some("tokio::time::timeout"),
        cases: vec![
            head("bare", timers, server, Identity::new()),
            head("tokio::time::timeout", timers, server, layer_fn(TokioTimeout)),
            head("a larger body", timers, server, MapResponseLayer::new(larger)),
            head("attempt timeout, head", timers, server, HEAD),
            head("attempt timeout, all limits", timers, server, ALL),
            head("tower::timeout", timers, server, TimeoutLayer::new(LIMIT)),
            head("tower-http TimeoutLayer", timers, server, http_timeout()),
        ],
    }
}

fn told_deadline() -> Stack<DeadlineHeaderLayer, Stack<DeadlineLayer, Identity>> {
    let header = DeadlineHeaderLayer::new(DeadlineFormat::GRPC_TIMEOUT, DeadlineFormat::Grpc);
    ServiceBuilder::new().layer(DeadlineLayer::new(LIMIT)).layer(header).into_inner()
}

fn http_head_and_body() -> Stack<HttpTimeoutLayer, Stack<ResponseBodyTimeoutLayer, Identity>> {
    let body = ResponseBodyTimeoutLayer::new(LIMIT);
    ServiceBuilder::new().layer(body).layer(http_timeout()).into_inner()
}

fn http_timeout() -> HttpTimeoutLayer {
    HttpTimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LIMIT)
}

// ===== measuring =====

/// Whether tokio's driver sleeps until some earlier timer anyway. If not, each registration wakes the driver to tell
/// it of the new end of its sleep, by a system call.
#[derive(Clone, Copy)]
enum Timers {
    Others,
    None,
}

fn head<L>(name: &'static str, timers: Timers, server: Server, layer: L) -> Case
where
    L: Layer<Server, Service: Service<Request<Full<Bytes>>>> + 'static,
{
    Case::new(name, move |calls| {
        let mut service = layer.layer(server);
        in_runtime(timers, || {
            for _ in 0..calls {
                // by reference: a response passed by value is copied twice more
                black_box(&finish(pin!(service.call(request()))));
            }
        });
    })
}

fn body<L, B>(name: &'static str, server: Server, layer: L) -> Case
where
    L: Layer<Server, Service: Service<Request<Full<Bytes>>, Response = Response<B>>> + 'static,
    B: Body,
{
    Case::new(name, move |calls| {
        let mut service = layer.layer(server);
        in_runtime(Timers::Others, || {
            for _ in 0..calls {
                let Ok(response) = finish(pin!(service.call(request()))) else { return };
                let mut body = pin!(response.into_body());
                while let Some(frame) = finish(poll_fn(|cx| body.as_mut().poll_frame(cx))) {
                    black_box(&frame);
                }
            }
        });
    })
}

fn request() -> Request<Full<Bytes>> {
    Request::new(Full::default())
}

/// Polls without a scheduler, whose own cost would hide what is measured.
fn finish<F: Future + Unpin>(mut future: F) -> F::Output {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(&mut cx) {
            return output;
        }
    }
}

fn in_runtime(timers: Timers, work: impl FnOnce()) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    // unconstrained: tokio refuses timers to a task that has not yielded for long, and this one never does
    runtime.block_on(tokio::task::unconstrained(async {
        let mut earlier = pin!(tokio::time::sleep(LIMIT / 2));
        if let Timers::Others = timers {
            poll_fn(|cx| Poll::Ready(earlier.as_mut().poll(cx).is_ready())).await;
            // the driver takes note of its earliest timer when the task yields
            tokio::task::yield_now().await;
        }
        work();
    }));
}

// ===== the server and tokio's timeout as a service =====

/// Answers at once, or after it has been polled in vain some times.
#[derive(Clone, Copy, Default)]
struct Server {
    head_waits: u32,
    frames: u32,
    frame_waits: u32,
}

struct Answer {
    waits: u32,
    body: Frames,
}

#[derive(Default)]
struct Frames {
    left: u32,
    waits: u32,
    waited: u32,
}

impl Service<Request<Full<Bytes>>> for Server {
    type Response = Response<Frames>;
    type Error = BoxError;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Answer {
        let body = Frames { left: self.frames, waits: self.frame_waits, waited: 0 };
        Answer { waits: self.head_waits, body }
    }
}

impl Future for Answer {
    type Output = Result<Response<Frames>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if self.waits > 0 {
            self.waits -= 1;
            return Poll::Pending;
        }
        Poll::Ready(Ok(Response::new(mem::take(&mut self.body))))
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        const FRAME: [u8; 7_000] = [b'x'; 7_000];
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if self.waited < self.waits {
            self.waited += 1;
            return Poll::Pending;
        }
        self.waited = 0;
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&FRAME)))))
    }
}

/// A body that has grown as one does that is watched, and has something to drop as it has.
#[expect(dead_code, reason = "moved about, and that is all")]
struct Larger {
    inner: Option<Frames>,
    room: [u64; 6],
    wait: Option<Box<u64>>,
}

fn larger(response: Response<Frames>) -> Response<Larger> {
    response.map(|inner| Larger { inner: Some(inner), room: [0; 6], wait: None })
}

struct TokioTimeout<S>(S);

impl<S> Service<Request<Full<Bytes>>> for TokioTimeout<S>
where
    S: Service<Request<Full<Bytes>>>,
{
    type Response = Result<S::Response, S::Error>;
    type Error = Elapsed;
    type Future = Timeout<S::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Elapsed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        tokio::time::timeout(LIMIT, self.0.call(request))
    }
}
