use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Response, response::Parts};
use http_body::{Body, Frame};

use crate::{
    BoxError, Check, CheckedBody, ContentCheckError, End, Head, Rejection, declared::Declared,
    frames::Frames, head::Asked, settings::Settings,
};

/// One response while it is read and judged.
#[derive(Debug)]
pub(crate) struct Judging<C> {
    asked: Asked,
    parts: Parts,
    declared: Declared,
    check: C,
    max_bytes: u64,
    compact: bool,
    frames: Frames,
}

// ===== impl Judging =====

impl<C: Check> Judging<C> {
    pub(crate) fn new(asked: Asked, parts: Parts, declared: Declared, check: C, settings: &Settings) -> Self {
        let Settings { max_bytes, compact, .. } = *settings;
        Self { asked, parts, declared, check, max_bytes, compact, frames: Frames::default() }
    }

    /// Judges the head; `at_least` is what the body itself states of its size.
    pub(crate) fn head(&mut self, at_least: u64) -> Result<(), ContentCheckError> {
        let head = head(&self.asked, &self.parts, self.declared);
        let judgement = within(head.declared_length().unwrap_or(at_least), self.max_bytes)
            .and_then(|()| readable(&self.check, &head))
            .and_then(|()| self.check.head(&head));
        judgement.map_err(|rejection| self.rejected(rejection, false))
    }

    /// Reads on until the verdict stands. `this` is emptied when it does.
    pub(crate) fn poll<B>(
        this: &mut Option<Self>,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<CheckedBody<B>>, BoxError>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        loop {
            let frame = ready!(body.as_mut().poll_frame(cx));
            let judging = this.as_mut().expect("polled after the verdict");
            match frame {
                Some(Ok(frame)) => {
                    if let Err(rejection) = judging.frame(frame) {
                        return Poll::Ready(Err(judging.rejected(rejection, false).into()));
                    }
                }
                Some(Err(error)) => {
                    let received = judging.frames.len();
                    let expected = judging.declared.length();
                    return Poll::Ready(
                        Err(ContentCheckError::body(error.into(), received, expected).into()),
                    );
                }
                None => {
                    let judgement = judging.end();
                    let mut judging = this.take().expect("present a moment ago");
                    return Poll::Ready(match judgement {
                        Ok(()) => Ok(Response::from_parts(judging.parts, CheckedBody::kept(judging.frames))),
                        Err(rejection) => Err(judging.rejected(rejection, true).into()),
                    });
                }
            }
        }
    }

    fn frame(&mut self, frame: Frame<Bytes>) -> Result<(), Rejection> {
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    self.frames.push_trailers(trailers);
                }
                return Ok(());
            }
        };
        if self.frames.trailers().is_some() {
            return Err(Rejection::cut("data came behind the trailers"));
        }
        within(self.frames.len().saturating_add(data.len() as u64), self.max_bytes)?;
        within_bookkeeping(self.frames.count(), self.max_bytes)?;
        let data = if self.compact { Bytes::copy_from_slice(&data) } else { data };
        // Kept first, so that the fingerprint of a rejection covers the frame that led to it.
        let data = self.frames.push(data);
        self.check.frame(data)
    }

    fn end(&mut self) -> Result<(), Rejection> {
        let Parts { status, version, headers, extensions, .. } = &mut self.parts;
        let head =
            Head { asked: &self.asked, status: *status, version: *version, headers, declared: self.declared };
        self.check.end(&mut End::new(head, &self.frames, extensions))
    }

    fn rejected(&mut self, rejection: Rejection, at_end: bool) -> ContentCheckError {
        ContentCheckError::rejected(rejection, &self.frames, self.declared.length(), at_end)
    }
}

fn head<'a>(asked: &'a Asked, parts: &'a Parts, declared: Declared) -> Head<'a> {
    Head { asked, status: parts.status, version: parts.version, headers: &parts.headers, declared }
}

fn within(bytes: u64, max_bytes: u64) -> Result<(), Rejection> {
    if bytes <= max_bytes {
        return Ok(());
    }
    Err(Rejection::permanent(format!("body is longer than the limit of {max_bytes} bytes")))
}

/// A frame costs a handle however small it is, so a body of single bytes would hold 32 times its size: the
/// handles have to keep to the limit as well. The floor lets small limits be used up byte by byte.
fn within_bookkeeping(frames: usize, max_bytes: u64) -> Result<(), Rejection> {
    const FLOOR: u64 = 1024 * 1024;
    let held = (frames as u64).saturating_mul(size_of::<Bytes>() as u64);
    if held < max_bytes.max(FLOOR) {
        return Ok(());
    }
    Err(Rejection::permanent(format!("body came in more than {frames} frames")))
}

fn readable<C: Check>(check: &C, head: &Head<'_>) -> Result<(), Rejection> {
    if !check.needs_plain_content() {
        return Ok(());
    }
    match head.content_codings().last() {
        None => Ok(()),
        Some(coding) => Err(Rejection::permanent(format!(
            "body is still encoded ({}): place a decompression layer below the content check",
            String::from_utf8_lossy(coding)
        ))),
    }
}
