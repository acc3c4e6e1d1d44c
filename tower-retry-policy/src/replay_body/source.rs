use super::error::{Kind, ReplayBodyError};
use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use std::{
    any::Any,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tower::BoxError;

pub(super) type Next = Poll<Option<Result<Piece, ReplayBodyError>>>;

/// A frame, smaller by two thirds: it is moved several times on its way.
#[derive(Debug)]
pub(super) enum Piece {
    Data(Bytes),
    /// Trailers, or a kind of frame that http-body does not have yet.
    Other(Box<Frame<Bytes>>),
}

/// The body that is recorded, without its type: a client then has one type of request bodies, whatever is sent.
pub(super) trait Source: Send {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Next;

    fn is_end_stream(&self) -> bool;

    fn size_hint(&self) -> SizeHint;
}

impl<B> Source for B
where
    B: Body + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Next {
        match Pin::new(self).poll_frame(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(Piece::of(frame)))),
            Poll::Ready(Some(Err(error))) => {
                Poll::Ready(Some(Err(Kind::Inner(Arc::from(error.into())).into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        Body::is_end_stream(self)
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(self)
    }
}

impl Piece {
    #[inline]
    fn of(frame: Frame<impl Buf + 'static>) -> Self {
        match frame.into_data() {
            Ok(data) => Self::Data(bytes(data)),
            Err(other) => Self::Other(Box::new(other.map_data(bytes))),
        }
    }
}

impl From<Piece> for Frame<Bytes> {
    #[inline]
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Data(data) => Self::data(data),
            Piece::Other(frame) => *frame,
        }
    }
}

/// What is `Bytes` already is moved. `copy_to_bytes` would not copy it either, but is not inlined.
#[inline]
fn bytes<D: Buf + 'static>(mut data: D) -> Bytes {
    match (&mut data as &mut dyn Any).downcast_mut::<Bytes>() {
        Some(bytes) => mem::take(bytes),
        None => data.copy_to_bytes(data.remaining()),
    }
}
