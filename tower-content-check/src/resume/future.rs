use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Response, Uri};
use http_body::Body;
use pin_project_lite::pin_project;

use super::{
    answer::{self, Answer},
    body::{ResumeBody, Watch},
    record::Record,
    resumable::{Resumable, Resumed},
};
use crate::{BoxError, ContentCheckError, Rejection, frames::Frames};

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
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) resumable: Resumable,
    pub(super) uri: Uri,
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
    fn answered<B: Body>(self, response: Response<B>) -> Result<Response<ResumeBody<B>>, BoxError> {
        let (mut parts, body) = response.into_parts();
        if let Some(record) = &self.record {
            match answer::judge(record, parts.status, &parts.headers) {
                Ok(Answer::Rest(rest)) => {
                    answer::complete_head(&mut parts, record, rest);
                    return Ok(self.go_on(Response::from_parts(parts, body), rest));
                }
                Ok(Answer::Whole) => self.resumable.forget(),
                Ok(Answer::Other) => return Ok(Response::from_parts(parts, ResumeBody::unwatched(body))),
                Err(rejection) => {
                    self.resumable.forget();
                    return Err(refused(rejection, record));
                }
            }
        }
        let record = answer::begin(&self.uri, &parts, body.size_hint().exact());
        let body = match record {
            Some(record) => self.watch(Frames::default(), body, record, None),
            None => ResumeBody::unwatched(body),
        };
        Ok(Response::from_parts(parts, body))
    }

    /// What came before, followed by the rest.
    fn go_on<B>(mut self, mut response: Response<B>, rest: u64) -> Response<ResumeBody<B>> {
        let Some(mut record) = self.record.take() else { return response.map(ResumeBody::unwatched) };
        // Kept again only if this body breaks off too: when a check rejects the whole, the next attempt starts over.
        self.resumable.forget();
        response.extensions_mut().insert(Resumed { bytes: record.len() });
        record.complete = Some(record.len() + rest);
        let before = record.frames.clone();
        response.map(|body| self.watch(before, body, record, Some(rest)))
    }

    fn watch<B>(self, before: Frames, body: B, record: Record, rest: Option<u64>) -> ResumeBody<B> {
        let room = self.max_bytes.saturating_sub(record.len());
        ResumeBody::watched(
            before,
            body,
            Watch { resumable: self.resumable, record: Some(record), room, rest },
        )
    }
}

fn refused(rejection: Rejection, record: &Record) -> BoxError {
    ContentCheckError::rejected(rejection, &Frames::default(), record.complete, false).into()
}
