use super::{
    DEFAULT_LIMIT,
    error::{Kind, ReplayBodyError},
    place::{Place, Ticket},
    recording::Recording,
    source::Source,
};
use crate::limits::Sending;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use std::{
    any::Any,
    fmt, mem,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};
use tower::BoxError;

type NextFrame = Poll<Option<Result<Frame<Bytes>, ReplayBodyError>>>;

/// A request body that can be sent again: see the [module](super).
///
/// A clone is a handle on the same recording and begins at the start, however far the original has been read. Only of
/// bytes that were there already it has to be taken before they are read: they are handed out, not kept.
pub struct ReplayBody {
    content: Content,
}

enum Content {
    /// All of it is there.
    Whole(Bytes),
    /// All of it was there, and has been read.
    Sent,
    /// As [`Sent`](Self::Sent), for a clone.
    Lost,
    Recorded(Reader),
}

struct Reader {
    recording: Arc<Mutex<Recording<dyn Source>>>,
    place: Place,
    /// Of an attempt that wants to know.
    sending: Option<Arc<Sending>>,
}

// ===== impl ReplayBody =====

impl ReplayBody {
    /// Records up to 64 KiB of `inner`.
    pub fn new<B>(inner: B) -> Self
    where
        B: Body + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        Self::with_limit(inner, DEFAULT_LIMIT)
    }

    /// Records up to `limit` bytes of `inner`, trailers included.
    ///
    /// The limit is for streams. An empty body, a `Full<Bytes>` and a `String` are repeated as they are, and a
    /// `ReplayBody` stays what it is.
    #[inline]
    pub fn with_limit<B>(inner: B, limit: usize) -> Self
    where
        B: Body + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        // one that has ended and announces bytes all the same has ended short of them
        if inner.is_end_stream() && inner.size_hint().lower() == 0 {
            return Self::default();
        }
        let mut inner = Some(inner);
        if let Some(full) = taken::<Full<Bytes>>(&mut inner) {
            return content_of(full).into();
        }
        if let Some(text) = taken::<String>(&mut inner) {
            return text.into();
        }
        if let Some(body) = taken::<Self>(&mut inner) {
            return body;
        }
        let Some(inner) = inner else { return Self::default() };
        let recording = Arc::new(Mutex::new(Recording::new(inner, limit)));
        Self { content: Content::Recorded(Reader::new(recording)) }
    }

    /// Whether a clone would get the whole body: nothing of it was read yet, or all that was read is recorded.
    ///
    /// It can become `false` at any time: when the body turns out to be longer than the limit, and when it fails.
    pub fn is_replayable(&self) -> bool {
        match &self.content {
            Content::Whole(_) => true,
            Content::Sent | Content::Lost => false,
            Content::Recorded(reader) => reader.lock().is_ok_and(|recording| recording.is_replayable()),
        }
    }

    /// Whether a clone would get the whole body without a wait: all of it is there, or recorded.
    pub(super) fn is_complete(&self) -> bool {
        match &self.content {
            Content::Whole(_) => true,
            Content::Sent | Content::Lost => false,
            Content::Recorded(reader) => reader.lock().is_ok_and(|recording| recording.is_complete()),
        }
    }

    /// Has this reader, and no clone of it, tell what it waits for, if it may have to wait.
    pub(super) fn sending(&mut self) -> Option<Arc<Sending>> {
        let Content::Recorded(reader) = &mut self.content else { return None };
        Some(Arc::clone(reader.sending.get_or_insert_default()))
    }

    /// Numbers this reader before it is read, so that it can be told from others that read beside it.
    pub(super) fn number(&mut self) -> Option<Ticket> {
        let Content::Recorded(Reader { recording, place, .. }) = &mut self.content else { return None };
        Some(recording.lock().ok()?.ticket(place))
    }

    /// Gives up the reader of this number, in favour of others: it gets an error when it asks next.
    pub(super) fn retire(&self, ticket: Ticket) {
        self.give_up(|recording| recording.retire(ticket));
    }

    /// As [`retire`](Self::retire), for all that have begun.
    pub(super) fn restart(&self) {
        self.give_up(Recording::restart);
    }

    fn give_up(&self, readers: impl FnOnce(&mut Recording<dyn Source>) -> Vec<Waker>) {
        if let Content::Recorded(reader) = &self.content {
            let woken = reader.lock().map(|mut recording| readers(&mut recording));
            woken.into_iter().flatten().for_each(Waker::wake);
        }
    }
}

impl Clone for ReplayBody {
    #[inline]
    fn clone(&self) -> Self {
        let content = match &self.content {
            Content::Whole(bytes) => Content::Whole(bytes.clone()),
            Content::Sent | Content::Lost => Content::Lost,
            Content::Recorded(reader) => {
                let recording = Arc::clone(&reader.recording);
                Content::Recorded(Reader::new(recording))
            }
        };
        Self { content }
    }
}

impl Default for ReplayBody {
    /// An empty body.
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl From<Bytes> for ReplayBody {
    #[inline]
    fn from(bytes: Bytes) -> Self {
        Self { content: Content::Whole(bytes) }
    }
}

impl From<String> for ReplayBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for ReplayBody {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<Vec<u8>> for ReplayBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl fmt::Debug for ReplayBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("ReplayBody");
        match &self.content {
            Content::Whole(bytes) => fields.field("len", &bytes.len()),
            Content::Sent | Content::Lost => fields.field("sent", &true),
            Content::Recorded(reader) => fields.field("place", &reader.place),
        };
        fields.finish_non_exhaustive()
    }
}

// ===== impl Body =====

impl Body for ReplayBody {
    type Data = Bytes;
    type Error = ReplayBodyError;

    #[inline]
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> NextFrame {
        match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => {
                let bytes = mem::take(bytes);
                self.content = Content::Sent;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Content::Sent => Poll::Ready(None),
            Content::Lost => Poll::Ready(Some(Err(Kind::Sent.into()))),
            Content::Recorded(reader) => reader.poll_frame(cx),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Sent => true,
            Content::Lost => false,
            Content::Recorded(reader) => {
                reader.lock().is_ok_and(|recording| recording.is_end_stream(&reader.place))
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Sent => SizeHint::with_exact(0),
            Content::Lost => SizeHint::default(),
            Content::Recorded(reader) => reader
                .lock()
                .map_or_else(|_| SizeHint::default(), |mut recording| recording.size_hint(&reader.place)),
        }
    }
}

// ===== impl Reader =====

impl Reader {
    fn new(recording: Arc<Mutex<Recording<dyn Source>>>) -> Self {
        Self { recording, place: Place::default(), sending: None }
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> NextFrame {
        let waker = self.sending.as_ref().map(|sending| sending.waker(cx.waker()));
        let Ok(mut recording) = self.recording.lock() else {
            return Poll::Ready(Some(Err(Kind::Panicked.into())));
        };
        let next = match &waker {
            Some(waker) => recording.poll_frame(&mut self.place, &mut Context::from_waker(waker)),
            None => recording.poll_frame(&mut self.place, cx),
        };
        if next.is_ready()
            && let Some(woken) = recording.woken(&self.place)
        {
            // the lock first: whoever is woken may ask at once
            drop(recording);
            woken.into_iter().for_each(Waker::wake);
        }
        if let Some(sending) = &self.sending {
            if next.is_pending() { sending.waits_for_body() } else { sending.waits_for_server() }
        }
        match next {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Ok(piece))) => Poll::Ready(Some(Ok(piece.into()))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
        }
    }

    /// Fails when the source has panicked under another reader: nobody knows what is left of it.
    fn lock(&self) -> Result<MutexGuard<'_, Recording<dyn Source>>, ReplayBodyError> {
        self.recording.lock().map_err(|_| Kind::Panicked.into())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(sending) = &self.sending {
            sending.is_over();
        }
    }
}

// ===== bodies that are there already =====

/// The body, if it is a `T`.
#[inline]
fn taken<T: 'static>(body: &mut Option<impl Any>) -> Option<T> {
    (body as &mut dyn Any).downcast_mut::<Option<T>>()?.take()
}

/// A `Full` gives its content in its first frame, at once.
#[inline]
fn content_of(full: Full<Bytes>) -> Bytes {
    match pin!(full).poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        _ => Bytes::new(),
    }
}
