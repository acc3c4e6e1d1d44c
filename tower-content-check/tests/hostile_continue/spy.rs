//! A policy that allows so many breaks in a row, and looks at what it is told.

use crate::model::{Broken, Pause, World};
use http::{Extensions, Request, response::Parts};
use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};
use tower_content_check::{
    BoxError,
    continuation::{Break, ContinuePolicy, ContinueStream},
};

#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) begun: Cell<u32>,
    pub(crate) breaks: Cell<u32>,
    pub(crate) prepared: Cell<u32>,
    pub(crate) answered: Cell<u32>,
    pub(crate) refused: Cell<bool>,
    /// Whether it ended well.
    pub(crate) ended: Cell<Option<bool>>,
    /// Where the last request began.
    pub(crate) asked_at: Cell<Option<u64>>,
    /// A break was put to it since.
    pub(crate) allowed: Cell<bool>,
    pub(crate) streams: Rc<()>,
}

#[derive(Clone)]
pub(crate) struct Spy {
    pub(crate) world: Rc<World>,
    pub(crate) heard: Rc<Heard>,
}

pub(crate) struct Stream {
    world: Rc<World>,
    heard: Rc<Heard>,
    in_a_row: u32,
    _alive: Rc<()>,
}

impl ContinuePolicy for Spy {
    type Stream = Stream;

    fn begin(&self, _: &Request<()>, _: &Parts) -> Stream {
        self.heard.begun.set(self.heard.begun.get() + 1);
        assert!(self.world.server.borrow().plan.is_continued(), "asked about a body that is not continued");
        Stream {
            world: self.world.clone(),
            heard: self.heard.clone(),
            in_a_row: 0,
            _alive: self.heard.streams.clone(),
        }
    }
}

impl ContinueStream for Stream {
    type Wait = Wait;

    fn broke(&mut self, broke: &Break<'_>) -> Result<Wait, BoxError> {
        let heard = &self.heard;
        assert_eq!(heard.ended.get(), None, "broke after the end");
        heard.breaks.set(heard.breaks.get() + 1);
        heard.allowed.set(true);
        self.in_a_row = if broke.has_progressed() { 1 } else { self.in_a_row + 1 };
        let (patience, delivered) = {
            let server = self.world.server.borrow();
            assert_eq!(server.last, None, "a final answer is no question");
            (server.plan.patience, server.delivered)
        };
        assert_eq!(
            (broke.number(), broke.in_a_row(), broke.delivered()),
            (heard.breaks.get(), self.in_a_row, delivered)
        );
        if broke.in_a_row() > patience || patience != u32::MAX && self.world.chance(2) {
            heard.refused.set(true);
            return Err(Broken("no more").into());
        }
        Ok(Wait {
            pause: self.world.chance(50).then(Pause::default),
            world: self.world.clone(),
            _alive: self.heard.streams.clone(),
        })
    }

    fn prepare(&mut self, _: &mut Extensions) {
        let (heard, delivered) = (&self.heard, self.world.server.borrow().delivered);
        heard.prepared.set(heard.prepared.get() + 1);
        let advanced = heard.asked_at.get().is_none_or(|before| before < delivered);
        assert!(
            heard.allowed.replace(false) || advanced,
            "asked on by itself, and without a byte in between"
        );
        heard.asked_at.set(Some(delivered));
    }

    fn answered(&mut self, _: Result<&Parts, &BoxError>) {
        self.heard.answered.set(self.heard.answered.get() + 1);
        assert_eq!(self.heard.answered.get(), self.heard.prepared.get());
    }

    fn ended(&mut self, error: Option<&BoxError>) {
        assert_eq!(self.heard.ended.replace(Some(error.is_none())), None, "ended twice");
    }
}

pub(crate) struct Wait {
    pause: Option<Pause>,
    world: Rc<World>,
    _alive: Rc<()>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        assert!(!this.world.is_held(), "the body that broke off is there while it is waited");
        match &mut this.pause {
            Some(pause) => pause.poll(&this.world, cx),
            None => Poll::Ready(()),
        }
    }
}
