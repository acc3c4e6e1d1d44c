//! The server as a service in this process, which sees what is held, and who is to be woken.

use crate::{
    reply::{Reply, Step},
    server::Server,
    truth::{EMPTY_SUM, sum},
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use tower::Service;
use tower_content_check::{Check, End, Rejection, check::FlowCheck};

/// The error of all that breaks here.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) &'static str);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Broken {}

pub(crate) struct World {
    pub(crate) server: RefCell<Server>,
    /// Bodies and calls that are there.
    pub(crate) held: Rc<()>,
    pub(crate) clock: Cell<u64>,
    pub(crate) parked: RefCell<Option<Waker>>,
    /// A service said that it can no longer be called.
    pub(crate) unready: Cell<bool>,
}

impl World {
    pub(crate) fn new(server: Server) -> Rc<Self> {
        Rc::new(Self {
            server: RefCell::new(server),
            held: Rc::default(),
            clock: Cell::default(),
            parked: RefCell::default(),
            unready: Cell::default(),
        })
    }

    /// Whether a body or a call is there.
    pub(crate) fn is_held(&self) -> bool {
        Rc::strong_count(&self.held) > 1
    }

    pub(crate) fn chance(&self, percent: u64) -> bool {
        self.server.borrow_mut().rng.chance(percent)
    }
}

/// A wait that ends when the clock goes on.
#[derive(Default)]
pub(crate) struct Pause(Option<u64>);

impl Pause {
    pub(crate) fn poll(&mut self, world: &World, cx: &Context<'_>) -> Poll<()> {
        let since = *self.0.get_or_insert(world.clock.get());
        if world.clock.get() > since {
            self.0 = None;
            return Poll::Ready(());
        }
        *world.parked.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }
}

pub(crate) struct Model {
    world: Rc<World>,
    ready: bool,
    pause: Option<Pause>,
}

impl Model {
    pub(crate) fn new(world: &Rc<World>) -> Self {
        Self { world: world.clone(), ready: false, pause: None }
    }
}

impl Clone for Model {
    fn clone(&self) -> Self {
        Self::new(&self.world)
    }
}

impl Service<Request<()>> for Model {
    type Response = Response<Content>;
    type Error = Broken;
    type Future = Call;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.ready {
            return Poll::Ready(Ok(()));
        }
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.poll(&self.world, cx));
            self.pause = None;
        } else if self.world.chance(10) {
            let mut pause = Pause::default();
            assert!(pause.poll(&self.world, cx).is_pending());
            self.pause = Some(pause);
            return Poll::Pending;
        }
        let honest = self.world.server.borrow().plan.honest;
        if !honest && self.world.server.borrow().requests > 0 && self.world.chance(1) {
            self.world.unready.set(true);
            return Poll::Ready(Err(Broken("never ready again")));
        }
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Call {
        assert!(self.ready, "called without being ready");
        self.ready = false;
        let world = &self.world;
        assert!(!world.unready.get(), "called after it said that it fails");
        assert!(!world.is_held(), "the body that broke off is still there");
        let reply = world.server.borrow_mut().answer(&request);
        let (refused, late) = (world.chance(5), world.chance(20));
        let first = world.server.borrow().requests == 1;
        if refused && !first {
            let mut server = world.server.borrow_mut();
            server.last = None;
            server.part = false;
        }
        let reply = if refused && !first { Err(Broken("refused")) } else { Ok(reply) };
        Call {
            world: world.clone(),
            _held: world.held.clone(),
            pause: late.then(Pause::default),
            reply: Some(reply),
        }
    }
}

pub(crate) struct Call {
    world: Rc<World>,
    _held: Rc<()>,
    pause: Option<Pause>,
    reply: Option<Result<Reply, Broken>>,
}

impl Future for Call {
    type Output = Result<Response<Content>, Broken>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(pause) = &mut this.pause {
            std::task::ready!(pause.poll(&this.world, cx));
            this.pause = None;
        }
        let reply = this.reply.take().expect("polled after it was ready");
        Poll::Ready(reply.map(|reply| {
            let content = Content {
                world: this.world.clone(),
                _held: this.world.held.clone(),
                hint: reply.hint,
                steps: reply.steps.into(),
                pause: None,
                over: false,
            };
            let mut response = Response::new(content);
            *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
            *response.headers_mut() = reply.fields;
            response
        }))
    }
}

pub(crate) struct Content {
    world: Rc<World>,
    _held: Rc<()>,
    hint: Option<u64>,
    steps: VecDeque<Step>,
    pause: Option<Pause>,
    over: bool,
}

impl Body for Content {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let this = &mut *self;
        if this.over {
            // what is passed through is polled as its reader does
            assert!(!this.world.server.borrow().plan.is_continued(), "polled after its end");
            return Poll::Ready(None);
        }
        loop {
            if let Some(pause) = &mut this.pause {
                std::task::ready!(pause.poll(&this.world, cx));
                this.pause = None;
            }
            return Poll::Ready(match this.steps.pop_front() {
                Some(Step::Wait) => {
                    this.pause = Some(Pause::default());
                    continue;
                }
                Some(Step::Data(data)) => {
                    if let Some(hint) = &mut this.hint {
                        *hint = hint.saturating_sub(data.len() as u64);
                    }
                    Some(Ok(Frame::data(data)))
                }
                Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
                Some(Step::Fail) => {
                    this.over = true;
                    Some(Err(Broken("reset")))
                }
                None => {
                    this.over = true;
                    None
                }
            });
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.hint.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Compares the sum of the content, at its end.
#[derive(Clone)]
pub(crate) struct Sum {
    right: u64,
    sum: u64,
}

impl Sum {
    pub(crate) fn new(right: u64) -> Self {
        Self { right, sum: EMPTY_SUM }
    }
}

impl Check for Sum {
    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.sum = sum(self.sum, data);
        Ok(())
    }

    fn end(&mut self, _: &mut End<'_>) -> Result<(), Rejection> {
        if self.sum == self.right { Ok(()) } else { Err(Rejection::transient("another sum")) }
    }
}

impl FlowCheck for Sum {}
