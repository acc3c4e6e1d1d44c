use crate::{Check, End, Head, Rejection, check::FlowCheck, declared::Declared, frames::Frames, head::Asked};
use bytes::Bytes;
use http::{Extensions, HeaderMap, StatusCode, Version, response::Parts};

/// A check and what it has to be told at the end.
pub(super) struct Judging<C> {
    check: C,
    asked: Asked,
    status: StatusCode,
    version: Version,
    headers: HeaderMap,
    declared: Declared,
}

// ===== impl Judging =====

impl<C: FlowCheck + Clone> Judging<C> {
    /// Judges the head; nothing if there is nothing to judge.
    pub(super) fn begin(
        prototype: &C,
        asked: &Asked,
        parts: &Parts,
        declared: Declared,
    ) -> Result<Option<Self>, Rejection> {
        if prototype.accepts_everything() {
            return Ok(None);
        }
        let (status, version) = (parts.status, parts.version);
        let head = Head { asked, status, version, headers: &parts.headers, declared };
        if !(status.is_success() && head.has_body()) {
            return Ok(None);
        }
        let mut check = prototype.clone();
        readable(&check, &head)?;
        check.head(&head)?;
        check.begin(&head)?;
        let headers = parts.headers.clone();
        Ok(Some(Self { check, asked: asked.clone(), status, version, headers, declared }))
    }
}

impl<C: Check> Judging<C> {
    pub(super) fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.check.frame(data)
    }

    /// Gives the trailers back.
    pub(super) fn end(
        &mut self,
        received: u64,
        trailers: Option<Box<HeaderMap>>,
    ) -> Result<Option<Box<HeaderMap>>, Rejection> {
        let Self { check, asked, status, version, headers, declared } = self;
        let head = Head { asked, status: *status, version: *version, headers, declared: *declared };
        let frames = Frames::of_trailers(trailers);
        // Those of the response are with the caller.
        let mut extensions = Extensions::new();
        check.end(&mut End::of_passed(head, received, &frames, &mut extensions))?;
        Ok(frames.into_trailers())
    }
}

fn readable<C: Check>(check: &C, head: &Head<'_>) -> Result<(), Rejection> {
    if !check.needs_plain_content() || head.declared_length() == Some(0) {
        return Ok(());
    }
    match head.content_codings().last() {
        None => Ok(()),
        Some(coding) => Err(Rejection::permanent(format!(
            "body is encoded ({}) and a check needs plain content: ask for it with `Accept-Encoding: identity`",
            String::from_utf8_lossy(coding)
        ))),
    }
}
