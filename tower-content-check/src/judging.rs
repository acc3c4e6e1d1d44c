use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::response::Parts;
use http_body::{Body, Frame, SizeHint};

use crate::{
    BoxError, Check, ContentCheckError, End, Head, Rejection,
    declared::Declared,
    frames::Frames,
    head::Asked,
    settings::{Course, Settings},
};

/// One response while it is read and judged. Its head stands beside it, to be handed on.
#[derive(Debug)]
pub(crate) struct Judging<C> {
    asked: Asked,
    declared: Declared,
    check: C,
    pub(crate) settings: Settings,
    pub(crate) frames: Frames,
}

// ===== impl Judging =====

impl<C> Judging<C> {
    pub(crate) fn new(asked: Asked, check: C, settings: Settings) -> Self {
        Self { asked, declared: Declared::Framed, check, settings, frames: Frames::default() }
    }
}

impl<C: Check> Judging<C> {
    /// What becomes of the response; the head of one that is to be judged is judged here. `size` is what the body itself
    /// states.
    pub(crate) fn begin(&mut self, parts: &Parts, size: &SizeHint) -> Result<Course, BoxError> {
        self.declared = Declared::of(parts.version, &parts.headers, size.exact());
        let head = head(&self.asked, parts, self.declared);
        let course = self.settings.course(&head);
        if course == Course::Judge {
            within(head.declared_length().unwrap_or(size.lower()), self.settings.max_bytes)
                .and_then(|()| readable(&self.check, &head))
                .and_then(|()| self.check.head(&head))
                .map_err(|rejection| self.rejected(rejection, false))?;
        }
        Ok(course)
    }

    /// Reads on until the verdict stands.
    pub(crate) fn poll<B>(
        &mut self,
        parts: &mut Parts,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), BoxError>>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        loop {
            match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Err(rejection) = self.frame(frame) {
                        return Poll::Ready(Err(self.rejected(rejection, false)));
                    }
                }
                Some(Err(error)) => {
                    let (received, expected) = (self.frames.len(), self.declared.length());
                    return Poll::Ready(
                        Err(ContentCheckError::body(error.into(), received, expected).into()),
                    );
                }
                None => {
                    return Poll::Ready(self.end(parts).map_err(|rejection| self.rejected(rejection, true)));
                }
            }
        }
    }

    #[inline]
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
        let Settings { max_bytes, compact, .. } = self.settings;
        within(self.frames.len().saturating_add(data.len() as u64), max_bytes)?;
        within_bookkeeping(self.frames.count(), max_bytes)?;
        let data = if compact { Bytes::copy_from_slice(&data) } else { data };
        // Kept first, so that the fingerprint of a rejection covers the frame that led to it.
        let data = self.frames.push(data);
        self.check.frame(data)
    }

    fn end(&mut self, parts: &mut Parts) -> Result<(), Rejection> {
        let Parts { status, version, headers, extensions, .. } = parts;
        let head =
            Head { asked: &self.asked, status: *status, version: *version, headers, declared: self.declared };
        self.check.end(&mut End::new(head, &self.frames, extensions))
    }

    #[cold]
    fn rejected(&self, rejection: Rejection, at_end: bool) -> BoxError {
        ContentCheckError::rejected(rejection, &self.frames, self.declared.length(), at_end).into()
    }
}

fn head<'a>(asked: &'a Asked, parts: &'a Parts, declared: Declared) -> Head<'a> {
    Head { asked, status: parts.status, version: parts.version, headers: &parts.headers, declared }
}

#[inline]
fn within(bytes: u64, max_bytes: u64) -> Result<(), Rejection> {
    if bytes <= max_bytes { Ok(()) } else { Err(too_long(max_bytes)) }
}

/// A frame costs a handle however small it is, so a body of single bytes would hold 32 times its size: the
/// handles have to keep to the limit as well. The floor lets small limits be used up byte by byte.
#[inline]
fn within_bookkeeping(frames: usize, max_bytes: u64) -> Result<(), Rejection> {
    const FLOOR: u64 = 1024 * 1024;
    const HANDLE: u64 = size_of::<Bytes>() as u64;
    let held = (frames as u64).saturating_mul(HANDLE);
    if held < max_bytes.max(FLOOR) { Ok(()) } else { Err(too_many(frames)) }
}

// The messages stand apart, so that the way of a good frame stays short.

#[cold]
fn too_long(max_bytes: u64) -> Rejection {
    Rejection::permanent(format!("body is longer than the limit of {max_bytes} bytes"))
}

#[cold]
fn too_many(frames: usize) -> Rejection {
    Rejection::permanent(format!("body came in more than {frames} frames"))
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
