use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::Body;

use crate::{BoxError, frames::Frames};

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

/// Reads on until the end or the limit.
pub(crate) fn drain<B>(
    mut body: Pin<&mut B>,
    frames: &mut Frames,
    max_bytes: u64,
    cx: &mut Context<'_>,
) -> Poll<Drained>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    loop {
        match ready!(body.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => {
                frames.push_frame(frame);
                if frames.len() > max_bytes {
                    return Poll::Ready(Drained::Longer);
                }
            }
            Some(Err(error)) => return Poll::Ready(Drained::Failed(error.into())),
            None => return Poll::Ready(Drained::Whole),
        }
    }
}
