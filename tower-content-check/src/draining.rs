use crate::{BoxError, kept::Kept, turn::Turn};
use bytes::Bytes;
use http_body::{Body, Frame};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// A frame may be empty, and a body of nothing else would never reach a limit of bytes; no client cuts what may be drained
/// into so many.
const MAX_FRAMES: u32 = 64 * 1024;

/// How far the body of a response came that is not judged and no success.
///
/// A connection of HTTP/1 can only serve the next request when the response has been read; a caller that
/// retries drops it instead. Nothing here changes the outcome: a body that fails fails for the caller too, at
/// the same byte.
#[derive(Debug)]
pub(crate) enum Drained {
    /// To its end.
    Whole,
    /// To the limit.
    Longer,
    Failed(BoxError),
}

/// Reads on until the end or the limit; `seen` counts the frames of all turns.
pub(crate) fn drain<B>(
    mut body: Pin<&mut B>,
    kept: &mut Kept,
    seen: &mut u32,
    max_bytes: u64,
    cx: &mut Context<'_>,
) -> Poll<Drained>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let mut turn = Turn::new();
    while turn.goes_on(cx) {
        match ready!(body.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => {
                *seen += 1;
                match frame.into_data().map_err(Frame::into_trailers) {
                    Ok(data) => kept.push(data, None),
                    Err(Ok(trailers)) => kept.push_trailers(trailers),
                    Err(Err(_)) => {}
                }
                if kept.len() > max_bytes || *seen >= MAX_FRAMES {
                    return Poll::Ready(Drained::Longer);
                }
            }
            Some(Err(error)) => return Poll::Ready(Drained::Failed(error.into())),
            None => return Poll::Ready(Drained::Whole),
        }
    }
    Poll::Pending
}
