use super::{
    body::ResumeBody,
    future::{Attempt, ResponseFuture},
    resumable::Resumable,
};
use crate::{BoxError, range::Accepts};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body::Body;
use std::task::{Context, Poll};
use tower_service::Service;

/// Continues bodies that broke off, see [the module](super).
#[derive(Clone, Debug)]
pub struct Resume<S> {
    pub(super) inner: S,
    pub(super) max_bytes: u64,
}

// ===== impl Resume =====

impl<S> Resume<S> {
    /// The service below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service below, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the service below back.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Asks for the rest where there is something to continue.
    fn prepare<B>(&self, request: &mut Request<B>) -> Option<Attempt> {
        let resumable = request.extensions().get::<Resumable>()?.clone();
        let asks_for_a_range =
            request.headers().contains_key(header::RANGE) || request.headers().contains_key(header::IF_RANGE);
        if request.method() != Method::GET || asks_for_a_range {
            return None;
        }
        let uri = request.uri().clone();
        let mut accepts = Accepts::of(request.headers());
        let record = resumable.partial(&uri).filter(|record| record.len() <= self.max_bytes);
        if let Some(record) = &record {
            request.headers_mut().insert(header::RANGE, record.content.range_from(record.len()));
            request.headers_mut().insert(header::IF_RANGE, record.content.validator.value().clone());
            // The rest of plain content is plain. Without this field a layer below may ask for a coding, which could not
            // be unpacked from its middle.
            if accepts == Accepts::Unsaid && !record.content.is_coded() {
                request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
                accepts = Accepts::Plain;
            }
        }
        Some(Attempt { resumable, uri, accepts, record, max_bytes: self.max_bytes })
    }
}

impl<S, ReqBody, B> Service<Request<ReqBody>> for Resume<S>
where
    S: Service<Request<ReqBody>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes>,
{
    type Response = Response<ResumeBody<B>>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let attempt = self.prepare(&mut request);
        ResponseFuture::new(self.inner.call(request), attempt)
    }
}
