use super::{
    answer::{self, Answer},
    body::ResumeBody,
    fields::make_whole,
    record::Record,
    resumable::{Resumable, Resumed},
    watch::{Expected, Watch},
};
use crate::{
    BoxError,
    declared::Declared,
    frames::Frames,
    range::{Accepts, Part, Representation, Says},
};
use bytes::Bytes;
use http::{Response, StatusCode, Uri, response::Parts};
use http_body::Body;
use pin_project_lite::pin_project;
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

pin_project! {
    /// The response future of [`Resume`](super::Resume): ready with the head.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        future: F,
        attempt: Option<Attempt>,
    }
}

/// One attempt of a call that can be resumed.
pub(super) struct Attempt {
    pub(super) resumable: Resumable,
    pub(super) uri: Uri,
    /// What the request says about codings as it leaves this layer.
    pub(super) accepts: Accepts,
    /// What the attempt asked for the rest of.
    pub(super) record: Option<Record>,
    pub(super) max_bytes: u64,
}

// ===== impl ResponseFuture =====

impl<F> ResponseFuture<F> {
    pub(super) fn new(future: F, attempt: Option<Attempt>) -> Self {
        Self { future, attempt }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body<Data = Bytes>,
{
    type Output = Result<Response<ResumeBody<B>>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.future.poll(cx)).map_err(Into::into)?;
        Poll::Ready(match this.attempt.take() {
            Some(attempt) => attempt.answered(response),
            None => Ok(response.map(ResumeBody::unwatched)),
        })
    }
}

// ===== impl Attempt =====

impl Attempt {
    fn answered<B: Body>(mut self, response: Response<B>) -> Result<Response<ResumeBody<B>>, BoxError> {
        let (parts, body) = response.into_parts();
        let exact = body.size_hint().exact();
        if let Some(record) = self.record.take() {
            match answer::judge(&record, &parts, self.accepts, exact) {
                Ok(Answer::Part(part)) => return Ok(self.go_on(record, parts, body, part)),
                Ok(Answer::Complete) => return Ok(self.complete(record, parts)),
                Ok(Answer::Whole) => self.resumable.forget(),
                Ok(Answer::Other) => return Ok(Response::from_parts(parts, ResumeBody::unwatched(body))),
                Err(fault) => {
                    match fault.says {
                        Says::Nothing => self.resumable.refused(&record),
                        Says::Changed | Says::Unlike => self.resumable.discard(&record),
                    }
                    return Err(record.error(fault));
                }
            }
        }
        let body = match self.begin(&parts, exact) {
            Some(record) => {
                let expected = Expected::whole(record.content.length);
                self.watch(Frames::default(), body, record, expected)
            }
            None => ResumeBody::unwatched(body),
        };
        Ok(Response::from_parts(parts, body))
    }

    /// A record of what a complete response brings, where it can be continued.
    fn begin(&self, parts: &Parts, exact: Option<u64>) -> Option<Record> {
        if parts.status != StatusCode::OK {
            return None;
        }
        let declared = Declared::of(parts.version, &parts.headers, exact);
        let content = Representation::of(&parts.headers, declared, self.accepts, false)?;
        Some(Record::begin(self.uri.clone(), content, parts.headers.clone()))
    }

    /// What came before, followed by the rest.
    fn go_on<B>(self, mut record: Record, mut parts: Parts, body: B, part: Part) -> Response<ResumeBody<B>> {
        // Kept again only if this body breaks off too: when a check rejects the whole, the next attempt starts over.
        self.resumable.forget();
        let expected = Expected::part(&record, part);
        record.content.length = part.complete;
        record.refused = false;
        make_whole(&mut parts, &record);
        parts.extensions.insert(Resumed { bytes: record.len() });
        let before = record.frames.clone();
        Response::from_parts(parts, self.watch(before, body, record, expected))
    }

    /// What came before: it was the whole, and only its end was missing. The body of this answer is no part of it.
    fn complete<B>(self, mut record: Record, mut parts: Parts) -> Response<ResumeBody<B>> {
        self.resumable.forget();
        record.content.length = Some(record.len());
        // What this answer says is about itself, a digest included.
        parts.headers.clear();
        make_whole(&mut parts, &record);
        parts.extensions.insert(Resumed { bytes: record.len() });
        Response::from_parts(parts, ResumeBody::complete(record.frames))
    }

    fn watch<B>(self, before: Frames, body: B, record: Record, expected: Expected) -> ResumeBody<B> {
        let room = self.max_bytes.saturating_sub(record.len());
        ResumeBody::watched(before, body, Watch::new(self.resumable, record, room, expected))
    }
}

impl fmt::Debug for Attempt {
    /// Shows no address: its query may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("resumable", &self.resumable)
            .field("record", &self.record)
            .finish_non_exhaustive()
    }
}
