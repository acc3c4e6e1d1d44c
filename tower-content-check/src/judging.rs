use crate::{
    BoxError, Check, ContentCheckError, End, Head, Rejection,
    declared::Declared,
    fingerprint::Fingerprint,
    head::Asked,
    kept::Kept,
    settings::{Course, Settings},
    turn::Turn,
};
use bytes::Bytes;
use http::{Version, response::Parts};
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

/// What may be read of the rest has no more frames, unless they are empty.
const MAX_REST_FRAMES: u32 = 64 * 1024;

/// One response while it is read and judged. Its head stands beside it, to be handed on.
#[derive(Debug)]
pub(crate) struct Judging<C> {
    asked: Asked,
    declared: Declared,
    check: C,
    pub(crate) settings: Settings,
    pub(crate) kept: Kept,
    /// Frames that came, however they are kept.
    pub(crate) seen: u32,
    rejected: Option<Rejected>,
}

/// Content that was rejected before its end, while the rest of it is read to know it again.
#[derive(Debug)]
struct Rejected {
    rejection: Rejection,
    /// Bytes that had come when it was rejected.
    received: u64,
    read: u64,
    fingerprint: Fingerprint,
}

// ===== impl Judging =====

impl<C> Judging<C> {
    pub(crate) fn new(asked: Asked, check: C, settings: Settings) -> Self {
        Self {
            asked,
            declared: Declared::Framed,
            check,
            settings,
            kept: Kept::default(),
            seen: 0,
            rejected: None,
        }
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
        let mut turn = Turn::new();
        while self.rejected.is_none() {
            if !turn.goes_on(cx) {
                return Poll::Pending;
            }
            match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Err(rejection) = self.frame(frame) {
                        if !rejection.is_comparable() {
                            return Poll::Ready(Err(self.rejected(rejection, false)));
                        }
                        self.rejected = Some(self.read_on(rejection));
                    }
                }
                Some(Err(error)) => {
                    let (received, expected) = (self.kept.len(), self.declared.length());
                    return Poll::Ready(
                        Err(ContentCheckError::body(error.into(), received, expected).into()),
                    );
                }
                None => {
                    let whole = self.is_whole(self.kept.len(), parts.version, &*body);
                    return Poll::Ready(self.end(parts).map_err(|rejection| self.rejected(rejection, whole)));
                }
            }
        }
        let whole = ready!(self.poll_rest(parts.version, body, turn, cx));
        Poll::Ready(Err(self.rejected_early(whole)))
    }

    /// Reads what is left of rejected content; whether all of it came to a proven end.
    fn poll_rest<B>(
        &mut self,
        version: Version,
        mut body: Pin<&mut B>,
        mut turn: Turn,
        cx: &mut Context<'_>,
    ) -> Poll<bool>
    where
        B: Body<Data = Bytes>,
    {
        while let Some(rejected) = &mut self.rejected {
            // No further word is needed, and the connection is free already.
            if self.declared == Declared::Length(rejected.read)
                || self.declared == Declared::Framed && body.is_end_stream()
            {
                return Poll::Ready(true);
            }
            // Without a length it may be a stream that goes on for ever.
            if self.declared.length().is_none_or(|length| length > self.settings.drain_bytes) {
                break;
            }
            if !turn.goes_on(cx) {
                return Poll::Pending;
            }
            match body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    self.seen += 1;
                    if self.seen >= MAX_REST_FRAMES {
                        break;
                    }
                    if let Ok(data) = frame.into_data() {
                        rejected.read += data.len() as u64;
                        rejected.fingerprint.write(&data);
                    }
                }
                Poll::Ready(Some(Err(_))) => break,
                Poll::Ready(None) => {
                    let read = rejected.read;
                    return Poll::Ready(self.is_whole(read, version, &*body));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(false)
    }

    fn read_on(&mut self, rejection: Rejection) -> Rejected {
        let received = self.kept.len();
        let fingerprint = Fingerprint::of(self.kept.finish().iter());
        self.kept.clear();
        Rejected { rejection, received, read: received, fingerprint }
    }

    /// Whether the end of the body is that of the content: not for what only the end of the connection ends, nor for a
    /// stream of which nobody knows whether END_STREAM came.
    fn is_whole(&self, received: u64, version: Version, body: &impl Body) -> bool {
        match self.declared {
            Declared::Length(length) => received == length,
            Declared::Framed => version < Version::HTTP_2 || body.is_end_stream(),
            Declared::Invalid | Declared::CloseDelimited => false,
        }
    }

    #[inline]
    fn frame(&mut self, frame: Frame<Bytes>) -> Result<(), Rejection> {
        let data = match frame.into_data() {
            Ok(data) => data,
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    self.kept.push_trailers(trailers);
                }
                return Ok(());
            }
        };
        if self.kept.trailers().is_some() {
            return Err(Rejection::cut("data came behind the trailers"));
        }
        let Settings { max_bytes, compact, .. } = self.settings;
        let received = self.kept.len().saturating_add(data.len() as u64);
        within(received, max_bytes)?;
        within_frames(self.seen, max_bytes)?;
        self.seen += 1;
        let data = if compact { Bytes::copy_from_slice(&data) } else { data };
        let verdict = self.check.frame(&data);
        // Kept also if it is rejected, so that the fingerprint covers the frame that led to it.
        self.kept.push(data, self.declared.length().map(|length| length.saturating_sub(received)));
        verdict
    }

    fn end(&mut self, parts: &mut Parts) -> Result<(), Rejection> {
        let Parts { status, version, headers, extensions, .. } = parts;
        let head =
            Head { asked: &self.asked, status: *status, version: *version, headers, declared: self.declared };
        self.check.end(&mut End::new(head, self.kept.finish(), extensions))
    }

    #[cold]
    fn rejected(&mut self, rejection: Rejection, whole: bool) -> BoxError {
        ContentCheckError::rejected(rejection, self.kept.finish(), self.declared.length(), whole).into()
    }

    #[cold]
    fn rejected_early(&mut self, whole: bool) -> BoxError {
        let Rejected { rejection, received, fingerprint, .. } =
            self.rejected.take().expect("it was rejected before the rest was read");
        let fingerprint = (whole && received > 0).then(|| fingerprint.finish());
        ContentCheckError::rejected_with(rejection, received, self.declared.length(), fingerprint).into()
    }
}

fn head<'a>(asked: &'a Asked, parts: &'a Parts, declared: Declared) -> Head<'a> {
    Head { asked, status: parts.status, version: parts.version, headers: &parts.headers, declared }
}

#[inline]
fn within(bytes: u64, max_bytes: u64) -> Result<(), Rejection> {
    if bytes <= max_bytes { Ok(()) } else { Err(too_long(max_bytes)) }
}

/// A frame costs time however small it is, and an empty one brings a body no nearer to its limit of bytes. The floor lets
/// small limits be used up byte by byte; the default allows half a million frames, 32 bytes each on average where a body
/// is as long as its limit.
#[inline]
fn within_frames(frames: u32, max_bytes: u64) -> Result<(), Rejection> {
    const FLOOR: u64 = 1024 * 1024;
    const SHARE: u64 = 32;
    let max_frames = max_bytes.max(FLOOR).div_ceil(SHARE);
    if u64::from(frames) < max_frames && frames < u32::MAX { Ok(()) } else { Err(too_many(frames)) }
}

// The messages stand apart, so that the way of a good frame stays short.

#[cold]
fn too_long(max_bytes: u64) -> Rejection {
    Rejection::permanent(format!("body is longer than the limit of {max_bytes} bytes"))
}

#[cold]
fn too_many(frames: u32) -> Rejection {
    Rejection::permanent(format!("body came in more than {frames} frames"))
}

fn readable<C: Check>(check: &C, head: &Head<'_>) -> Result<(), Rejection> {
    // Nothing is plain content, whatever a server's compression says of it.
    if !check.needs_plain_content() || head.declared_length() == Some(0) {
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
