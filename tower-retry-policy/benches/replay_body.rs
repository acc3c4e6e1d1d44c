//! What it costs to keep a request's body for a retry, in one run: `cargo bench -p retry-policy-benches --bench replay_body`.
//!
//! The peer for a body that is there is the body's own clone; for a stream it is a `Vec` that the frames are pushed
//! into as they pass: that could repeat them and do nothing else.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use http_body_util::Full;
use instructions::{Case, Group, request};
use std::{
    future::{Ready, ready},
    hint::black_box,
    pin::{Pin, pin},
    process::ExitCode,
    sync::{Arc, LazyLock, Mutex},
    task::{Context, Poll, Waker},
};
use tower::{
    BoxError, Layer, Service, ServiceBuilder,
    layer::util::{Identity, Stack},
    retry::RetryLayer,
};
use tower_retry_policy::{ReplayBody, ReplayBodyLayer, RetryPolicy};

/// Shared buffers, as those are that a connection reads into.
static SMALL: LazyLock<Bytes> = LazyLock::new(|| shared(7000));
static LARGE: LazyLock<Bytes> = LazyLock::new(|| shared(16 * 1024));

fn shared(len: usize) -> Bytes {
    let bytes = Bytes::from(vec![b'x'; len]);
    // the first clone makes it a shared one
    drop(bytes.clone());
    bytes
}

fn main() -> ExitCode {
    instructions::main(&[
        Group {
            title: "a call with a body of 7 kB that is there",
            peer: None,
            cases: vec![
                call("Full", RetryLayer::new(RetryPolicy::standard())),
                call("Full, made a ReplayBody by the layer", replayed()),
            ],
        },
        Group {
            title: "a body of 7 kB in one frame, read once",
            peer: None,
            cases: vec![
                drain("plain", 1, |body| body, |_| ()),
                drain("a clone of Full is kept", 1, |body| body.full(), Clone::clone),
                drain("ReplayBody of a Full is kept", 1, |body| ReplayBody::new(body.full()), Clone::clone),
                drain("ReplayBody of a stream is kept", 1, ReplayBody::new, Clone::clone),
            ],
        },
        Group {
            title: "a body of 1 MiB in 64 frames, read once",
            peer: None,
            cases: vec![
                drain("a Vec of the frames is kept", 64, Kept::new, |_| ()),
                drain("plain", 64, |body| body, |_| ()),
                drain("a Vec under a lock, in reach of a retry", 64, Shared::new, |body| {
                    Arc::clone(&body.kept)
                }),
                drain("ReplayBody of a stream is kept", 64, recorded, Clone::clone),
                drain("ReplayBody, over the limit", 64, ReplayBody::new, Clone::clone),
            ],
        },
        Group {
            title: "a body of 1 MiB in 64 frames, read twice",
            peer: None,
            cases: vec![
                twice("a Vec of the frames", |body| {
                    let mut kept = Kept::new(body);
                    read(&mut kept);
                    kept.frames.iter().for_each(|frame| {
                        black_box(&frame.clone());
                    });
                }),
                twice("ReplayBody of a stream", |body| {
                    let kept = recorded(body);
                    read(&mut kept.clone());
                    read(&mut kept.clone());
                }),
            ],
        },
    ])
}

fn recorded(body: Frames) -> ReplayBody {
    ReplayBody::with_limit(body, usize::MAX)
}

fn replayed() -> Stack<RetryLayer<RetryPolicy>, Stack<ReplayBodyLayer, Identity>> {
    ServiceBuilder::new().layer(ReplayBodyLayer::new()).retry(RetryPolicy::standard()).into_inner()
}

/// A call through the layers, to a service that reads the body.
fn call<L>(name: &'static str, layer: L) -> Case
where
    L: Layer<Reader> + 'static,
    L::Service: Service<Request<Full<Bytes>>>,
{
    Case::new(name, move |calls| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let Ok(runtime) = runtime else { return };
        let _entered = runtime.enter();
        let mut service = layer.layer(Reader);
        let mut cx = Context::from_waker(Waker::noop());
        let prototype = request(Method::GET, Full::new(SMALL.clone()));
        for _ in 0..calls {
            let request = prototype.clone();
            black_box(&pin!(service.call(request)).poll(&mut cx).is_ready());
        }
    })
}

/// Makes a body, keeps what a retry would need, and reads the body to its end.
fn drain<B, K>(name: &'static str, frames: u32, make: fn(Frames) -> B, keep: fn(&B) -> K) -> Case
where
    B: Body<Data = Bytes> + Unpin + 'static,
    K: 'static,
{
    Case::new(name, move |calls| {
        for _ in 0..calls {
            let mut body = make(Frames { left: frames, single: frames == 1 });
            let kept = black_box(keep(&body));
            read(&mut body);
            drop(kept);
        }
    })
}

fn twice(name: &'static str, work: fn(Frames)) -> Case {
    Case::new(name, move |calls| (0..calls).for_each(|_| work(Frames { left: 64, single: false })))
}

fn read(body: &mut (impl Body<Data = Bytes> + Unpin)) {
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(frame)) = Pin::new(&mut *body).poll_frame(&mut cx) {
        black_box(&frame.is_ok());
    }
}

// ===== the service =====

#[derive(Clone, Copy)]
struct Reader;

impl<B: Body<Data = Bytes> + Unpin> Service<Request<B>> for Reader {
    type Response = Response<()>;
    type Error = BoxError;
    type Future = Ready<Result<Response<()>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        read(request.body_mut());
        ready(Ok(Response::new(())))
    }
}

// ===== bodies =====

/// A stream: each frame can be had once.
struct Frames {
    left: u32,
    single: bool,
}

/// Keeps what passes, for a retry to read.
struct Kept {
    inner: Frames,
    frames: Vec<Bytes>,
}

/// The least that a retry can reach when the body has gone to a connection.
struct Shared {
    kept: Arc<Mutex<Kept>>,
}

impl Shared {
    fn new(inner: Frames) -> Self {
        Self { kept: Arc::new(Mutex::new(Kept::new(inner))) }
    }
}

impl Frames {
    fn full(&self) -> Full<Bytes> {
        Full::new(self.frame())
    }

    fn frame(&self) -> Bytes {
        if self.single { SMALL.clone() } else { LARGE.clone() }
    }
}

impl Kept {
    fn new(inner: Frames) -> Self {
        Self { inner, frames: Vec::new() }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(self.frame()))))
    }
}

impl Body for Shared {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.kept.lock() {
            Ok(mut kept) => Pin::new(&mut *kept).poll_frame(cx),
            Err(_) => Poll::Ready(Some(Err("panicked".into()))),
        }
    }
}

impl Body for Kept {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let next = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &next
            && let Some(data) = frame.data_ref()
        {
            self.frames.push(data.clone());
        }
        next
    }
}
