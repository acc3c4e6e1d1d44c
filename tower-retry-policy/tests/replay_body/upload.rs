//! A body that is read once, and does one step a frame.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use std::{
    collections::VecDeque,
    io::{Error, ErrorKind},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    Fails,
    /// Nothing until somebody opens the gate.
    Waits(Gate),
    Panics,
}

#[derive(Debug)]
pub(crate) struct Upload {
    steps: VecDeque<Step>,
    hint: SizeHint,
    ends_early: bool,
    given: Given,
}

/// How many bytes of data have been read of an upload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(Arc<AtomicUsize>);

/// Wakes, as bodies do, only the last one that asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Upload {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps = steps.into_iter().collect();
        Self { steps, hint: SizeHint::default(), ends_early: false, given: Given::default() }
    }

    pub(crate) fn of(pieces: &[&'static str]) -> Self {
        Self::new(pieces.iter().copied().map(data))
    }

    /// Says how long it is to be, whatever comes.
    pub(crate) fn announces(self, len: u64) -> Self {
        self.hint(len, Some(len))
    }

    /// Says its length from the start, and knows its end when the last frame is out, as a body with
    /// `Content-Length` does.
    pub(crate) fn known(mut self) -> Self {
        let len = |step: &Step| if let Step::Data(data) = step { data.len() as u64 } else { 0 };
        self.hint = SizeHint::with_exact(self.steps.iter().map(len).sum());
        self.ends_early = true;
        self
    }

    pub(crate) fn hint(mut self, lower: u64, upper: Option<u64>) -> Self {
        self.hint = SizeHint::new();
        if let Some(upper) = upper {
            self.hint.set_upper(upper);
        }
        self.hint.set_lower(lower);
        self
    }

    pub(crate) fn given(&self) -> Given {
        self.given.clone()
    }
}

pub(crate) fn data(piece: &'static str) -> Step {
    Step::Data(Bytes::from_static(piece.as_bytes()))
}

pub(crate) fn trailers(name: &'static str, value: &'static str) -> Step {
    let mut trailers = HeaderMap::new();
    trailers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    Step::Trailers(trailers)
}

impl Given {
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Whether anybody still has the upload.
    pub(crate) fn is_held(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

impl Gate {
    pub(crate) fn open(&self) {
        let waker = {
            let mut gate = self.0.lock().unwrap();
            gate.0 = true;
            gate.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Wakes nobody.
    pub(crate) fn open_unseen(&self) {
        self.0.lock().unwrap().0 = true;
    }

    fn is_open(&self, cx: &mut Context<'_>) -> bool {
        let mut gate = self.0.lock().unwrap();
        gate.1 = Some(cx.waker().clone());
        gate.0
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(Step::Waits(gate)) = self.steps.front() {
            if !gate.is_open(cx) {
                return Poll::Pending;
            }
            self.steps.pop_front();
        }
        Poll::Ready(match self.steps.pop_front() {
            None => None,
            Some(Step::Data(data)) => {
                self.given.0.fetch_add(data.len(), Ordering::SeqCst);
                let len = data.len() as u64;
                let upper = self.hint.upper().map(|upper| upper.saturating_sub(len));
                let lower = self.hint.lower().saturating_sub(len);
                self.hint = SizeHint::new();
                if let Some(upper) = upper {
                    self.hint.set_upper(upper);
                }
                self.hint.set_lower(lower);
                Some(Ok(Frame::data(data)))
            }
            Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            // what follows an error is the trap: a body that was cut then looks whole
            Some(Step::Fails) => Some(Err(ErrorKind::ConnectionReset.into())),
            Some(Step::Waits(_)) => unreachable!("one gate after another"),
            Some(Step::Panics) => panic!("a body that panics"),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ends_early && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}
