use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Response, response::Parts};
use http_body::Body;

use crate::{BoxError, CheckedBody, frames::Frames};

/// One response that is not judged and no success, while its short body is read to the end.
///
/// A connection of HTTP/1 can only serve the next request when the response has been read; a caller that
/// retries drops it instead. Nothing here changes the outcome: a body that fails fails for the caller too, at
/// the same byte.
#[derive(Debug)]
pub(crate) struct Draining<B> {
    parts: Parts,
    // On the heap because the rest of a longer body is handed on after it was polled.
    body: Pin<Box<B>>,
    frames: Frames,
    max_bytes: u64,
}

// ===== impl Draining =====

impl<B> Draining<B> {
    pub(crate) fn new(parts: Parts, body: B, max_bytes: u64) -> Self {
        Self { parts, body: Box::pin(body), frames: Frames::default(), max_bytes }
    }

    /// Reads on until the end or the limit. `this` is emptied then.
    pub(crate) fn poll(this: &mut Option<Self>, cx: &mut Context<'_>) -> Poll<Response<CheckedBody<B>>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        loop {
            let draining = this.as_mut().expect("polled after the end");
            let frame = ready!(draining.body.as_mut().poll_frame(cx));
            match frame {
                Some(Ok(frame)) => {
                    draining.frames.push_frame(frame);
                    if draining.frames.len() <= draining.max_bytes {
                        continue;
                    }
                    let Self { parts, body, frames, .. } = this.take().expect("present a moment ago");
                    return Poll::Ready(Response::from_parts(parts, CheckedBody::begun(frames, body)));
                }
                Some(Err(error)) => {
                    let Self { parts, frames, .. } = this.take().expect("present a moment ago");
                    let body = CheckedBody::failed(frames, error.into());
                    return Poll::Ready(Response::from_parts(parts, body));
                }
                None => {
                    let Self { parts, frames, .. } = this.take().expect("present a moment ago");
                    return Poll::Ready(Response::from_parts(parts, CheckedBody::kept(frames)));
                }
            }
        }
    }
}
