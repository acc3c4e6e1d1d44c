//! A server that keeps to a script, and a client that writes down what became of its call.

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep};
use tower::{BoxError, Service, ServiceExt};

pub(crate) const NEVER: u64 = u64::MAX;

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What the server does, in milliseconds since the call; `NEVER` is silence.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) head: u64,
    pub(crate) frames: Vec<u64>,
    pub(crate) end: u64,
}

impl Script {
    pub(crate) fn new(head: u64, frames: &[u64], end: u64) -> Self {
        Self { head, frames: frames.to_vec(), end }
    }
}

/// How many futures and bodies of the server are alive.
#[derive(Clone, Default)]
pub(crate) struct Alive(Arc<AtomicUsize>);

impl Alive {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn enter(&self) -> Guard {
        self.0.fetch_add(1, Ordering::SeqCst);
        Guard(self.clone())
    }
}

struct Guard(Alive);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A service that answers each call by the script.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) script: Script,
    pub(crate) alive: Alive,
}

impl Server {
    pub(crate) fn new(script: Script) -> Self {
        Self { script, alive: Alive::default() }
    }
}

impl Service<Request<Full<Bytes>>> for Server {
    type Response = Response<ScriptBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        let called = Instant::now();
        let guard = self.alive.enter();
        let script = self.script.clone();
        Box::pin(async move {
            until(called, script.head).await;
            let mut events = script.frames;
            events.push(script.end);
            events.reverse();
            Ok(Response::new(ScriptBody { called, events, wait: None, _guard: guard }))
        })
    }
}

async fn until(start: Instant, at: u64) {
    if at == NEVER {
        std::future::pending::<()>().await;
    }
    // no timer for what is there: it would make a ready answer pending
    if start + ms(at) > Instant::now() {
        tokio::time::sleep_until(start + ms(at)).await;
    }
}

pub(crate) struct ScriptBody {
    called: Instant,
    events: Vec<u64>,
    wait: Option<Pin<Box<Sleep>>>,
    _guard: Guard,
}

impl Body for ScriptBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(&at) = self.events.last() else { return Poll::Ready(None) };
        if at == NEVER {
            return Poll::Pending;
        }
        let at = self.called + ms(at);
        if at > Instant::now() {
            ready!(self.wait.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at))).as_mut().poll(cx));
        }
        self.wait = None;
        self.events.pop();
        let more = !self.events.is_empty();
        Poll::Ready(more.then(|| Ok(Frame::data(Bytes::from_static(b"data")))))
    }
}

/// What became of a call: how many frames came, how it ended (no error: whole), and when.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) head: bool,
    pub(crate) frames: usize,
    pub(crate) error: Option<BoxError>,
    pub(crate) milliseconds: u128,
}

/// Calls, and reads the body with a pause before each frame.
pub(crate) async fn call_and_read<S, B>(service: S, request: Request<Full<Bytes>>, pause: u64) -> Outcome
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = BoxError>,
    B: Body<Error = BoxError>,
{
    let start = Instant::now();
    let mut outcome = Outcome { head: false, frames: 0, error: None, milliseconds: 0 };
    match service.oneshot(request).await {
        Ok(response) => {
            outcome.head = true;
            let mut body = Box::pin(response.into_body());
            loop {
                if pause > 0 {
                    tokio::time::sleep(ms(pause)).await;
                }
                match body.frame().await {
                    Some(Ok(_)) => outcome.frames += 1,
                    Some(Err(error)) => {
                        outcome.error = Some(error);
                        assert!(body.frame().await.is_none(), "nothing comes after the error");
                        break;
                    }
                    None => break,
                }
            }
        }
        Err(error) => outcome.error = Some(error),
    }
    outcome.milliseconds = start.elapsed().as_millis();
    outcome
}
