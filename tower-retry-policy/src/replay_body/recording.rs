use super::{
    announced::Announced,
    error::{Kind, ReplayBodyError},
    place::{Place, Ticket},
    record::Record,
    retired::Retired,
    source::{Next, Piece, Source},
    waiting::Waiting,
};
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use std::{
    num::NonZeroU32,
    task::{Context, Poll, Waker},
};

/// A body, and what has been read of it so far. All readers share it.
#[derive(Debug)]
pub(super) struct Recording<S: ?Sized> {
    /// `None` when the body has turned out to be too long: what was read is gone.
    record: Option<Record>,
    /// How many bytes it may still take.
    room: usize,
    /// Bytes that have been read of the source.
    passed: u64,
    passed_trailers: bool,
    announced: Announced,
    end: End,
    next_ticket: Ticket,
    /// `None` as long as nobody has been given up: made when an attempt has failed.
    retired: Option<Box<Retired>>,
    waiting: Waiting,
    source: S,
}

#[derive(Debug)]
enum End {
    Open,
    Reached,
    Failed(ReplayBodyError),
}

impl<S: Source> Recording<S> {
    pub(super) fn new(source: S, limit: usize) -> Self {
        let hint = source.size_hint();
        let too_long = hint.lower() > limit as u64;
        let mut announced = Announced::default();
        announced.note(0, &hint);
        Self {
            record: (!too_long).then(Record::default),
            room: limit,
            passed: 0,
            passed_trailers: false,
            announced,
            end: End::Open,
            next_ticket: NonZeroU32::MIN,
            retired: None,
            waiting: Waiting::default(),
            source,
        }
    }
}

impl<S: Source + ?Sized> Recording<S> {
    /// The next frame for the reader at this place. [`woken`](Self::woken) says who else is to hear of it.
    #[inline]
    pub(super) fn poll_frame(&mut self, place: &mut Place, cx: &mut Context<'_>) -> Next {
        let ticket = self.ticket(place);
        if let Some(error) = self.refusal(place) {
            return Poll::Ready(Some(Err(error)));
        }
        if !self.is_at_tip(place) {
            return Poll::Ready(self.recorded(place).map(Ok));
        }
        if matches!(self.end, End::Reached) {
            return Poll::Ready(None);
        }
        let next = match self.waiting.together_with(ticket, cx.waker()) {
            None => self.source.poll_frame(cx),
            Some(all) => self.source.poll_frame(&mut Context::from_waker(&all)),
        };
        let next = self.held_to_its_length(next);
        match &next {
            Poll::Pending => self.waiting.enter(ticket, cx.waker()),
            Poll::Ready(Some(Ok(piece))) => {
                self.pass(piece);
                place.bytes = self.passed;
                place.past_trailers = self.passed_trailers;
            }
            Poll::Ready(Some(Err(error))) => {
                self.end = End::Failed(error.clone());
                self.record = None;
            }
            Poll::Ready(None) => self.end = End::Reached,
        }
        next
    }

    /// What comes, or an error in its place if the source has not brought what it announced. Trailers are an end: a
    /// client that has sent them sends nothing after them.
    #[inline]
    fn held_to_its_length(&self, next: Next) -> Next {
        let (more, ended) = match &next {
            Poll::Pending | Poll::Ready(Some(Err(_))) => return next,
            Poll::Ready(Some(Ok(Piece::Data(data)))) => (data.len() as u64, false),
            Poll::Ready(Some(Ok(Piece::Other(frame)))) => (0, frame.is_trailers()),
            Poll::Ready(None) => (0, true),
        };
        match self.announced.fault(self.passed.saturating_add(more), ended) {
            Some(fault) => Poll::Ready(Some(Err(fault.into()))),
            None => next,
        }
    }

    /// Who else has waited for what this reader has just got.
    #[inline]
    pub(super) fn woken(&mut self, place: &Place) -> Option<Vec<Waker>> {
        (!self.waiting.is_alone(place.ticket)).then(|| self.waiting.all())
    }

    pub(super) fn is_end_stream(&self, place: &Place) -> bool {
        self.refusal(place).is_none()
            && self.is_at_tip(place)
            && (matches!(self.end, End::Reached)
                || (self.announced.is_complete(self.passed) && self.source.is_end_stream()))
    }

    /// Exact where the source's was when it first was: that is what has been announced. A reader that will fail is told nothing: hyper sends the exact length as
    /// `Content-Length`, and reads no further when as many bytes have come.
    pub(super) fn size_hint(&mut self, place: &Place) -> SizeHint {
        if self.refusal(place).is_some() {
            return SizeHint::default();
        }
        let behind = self.passed - place.bytes;
        if matches!(self.end, End::Reached) {
            return SizeHint::with_exact(behind);
        }
        let rest = self.source.size_hint();
        self.announced.note(self.passed, &rest);
        if let Some(whole) = self.announced.whole() {
            return SizeHint::with_exact(whole - place.bytes);
        }
        let mut hint = SizeHint::new();
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(behind)) {
            hint.set_upper(upper);
        }
        hint.set_lower(rest.lower().saturating_add(behind));
        hint
    }

    /// Whether a reader that begins now gets the whole body, unless it fails or grows too long on the way.
    pub(super) fn is_replayable(&self) -> bool {
        self.refusal(&Place::default()).is_none()
    }

    /// Whether a reader that begins now gets the whole body without a wait for the source.
    pub(super) fn is_complete(&self) -> bool {
        self.is_replayable() && self.is_at_its_end()
    }

    /// Gives up the readers that have begun: what they have not read yet is for later ones alone. Returns who waits.
    pub(super) fn restart(&mut self) -> Vec<Waker> {
        self.retired.get_or_insert_default().all_before(self.next_ticket);
        self.waiting.all()
    }

    /// Gives up the reader of an attempt that is over. Returns who waits.
    ///
    /// Before the source has reached its end no attempt runs beside it, and all that have begun go: a service below
    /// may have copied the body (for a redirect, say), and such a copy must not read on beyond the limit.
    pub(super) fn retire(&mut self, ticket: Ticket) -> Vec<Waker> {
        if !self.is_at_its_end() {
            return self.restart();
        }
        self.retired.get_or_insert_default().add(ticket);
        self.waiting.all()
    }

    /// Trailers are an end too, and so is all data that was announced: a client that has sent them asks for nothing
    /// after them.
    fn is_at_its_end(&self) -> bool {
        matches!(self.end, End::Reached)
            || self.passed_trailers
            || match self.announced.whole() {
                Some(whole) => self.passed == whole,
                None => self.source.is_end_stream(),
            }
    }

    /// The reader's number, drawn if it has none.
    pub(super) fn ticket(&mut self, place: &mut Place) -> Ticket {
        *place.ticket.get_or_insert_with(|| {
            let ticket = self.next_ticket;
            self.next_ticket = ticket.saturating_add(1);
            ticket
        })
    }

    /// Why a reader at this place gets no further.
    fn refusal(&self, place: &Place) -> Option<ReplayBodyError> {
        if self.is_retired(place) {
            Some(Kind::Superseded.into())
        } else if let End::Failed(error) = &self.end {
            Some(error.clone())
        } else if self.record.is_none() && !self.is_at_tip(place) {
            Some(Kind::Lost.into())
        } else {
            None
        }
    }

    #[inline]
    fn is_retired(&self, place: &Place) -> bool {
        self.retired
            .as_ref()
            .is_some_and(|retired| place.ticket.is_some_and(|ticket| retired.contains(ticket)))
    }

    fn is_at_tip(&self, place: &Place) -> bool {
        place.bytes == self.passed && place.past_trailers == self.passed_trailers
    }

    fn recorded(&mut self, place: &mut Place) -> Option<Piece> {
        let record = self.record.as_mut()?;
        if place.bytes < record.len() {
            let data = record.at(place.bytes);
            place.bytes += data.len() as u64;
            return Some(Piece::Data(data));
        }
        place.past_trailers = true;
        record.trailers().map(|trailers| Piece::Other(Box::new(Frame::trailers(trailers.clone()))))
    }

    /// Takes note of a frame on its way.
    #[inline]
    fn pass(&mut self, piece: &Piece) {
        let data = match piece {
            Piece::Data(data) => data,
            Piece::Other(frame) => return self.pass_trailers(frame.trailers_ref()),
        };
        self.passed += data.len() as u64;
        let Some(record) = &mut self.record else { return };
        match self.room.checked_sub(data.len()) {
            // nothing comes after trailers; a body that does otherwise cannot be told again from what is kept
            Some(room) if !self.passed_trailers => {
                self.room = room;
                record.push(data);
            }
            _ => self.record = None,
        }
    }

    /// Nothing, for a kind of frame that http-body does not have yet: it cannot be kept.
    fn pass_trailers(&mut self, trailers: Option<&HeaderMap>) {
        let room = trailers.and_then(|trailers| self.room.checked_sub(size(trailers)));
        match (&mut self.record, trailers, room) {
            (Some(record), Some(trailers), Some(room)) if !self.passed_trailers => {
                self.room = room;
                record.push_trailers(trailers);
            }
            _ => self.record = None,
        }
        self.passed_trailers = true;
    }
}

fn size(trailers: &HeaderMap) -> usize {
    trailers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}
