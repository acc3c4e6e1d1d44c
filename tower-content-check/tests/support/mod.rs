//! A body that plays a script, and one call through the layer.
#![allow(dead_code, reason = "each test program uses a part of it")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body::{Body, Frame, SizeHint};
use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_content_check::{BoxError, Check, CheckedBody, ContentCheckError, ContentCheckLayer};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    Wait,
    Fail,
}

/// Plays its steps, counts the polls, and reports when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Script {
    steps: VecDeque<Step>,
    exact: Option<u64>,
    pub(crate) watch: Arc<Watch>,
}

#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub polls: AtomicUsize,
    pub drops: AtomicUsize,
}

impl Watch {
    pub(crate) fn polls(&self) -> usize {
        self.polls.load(Ordering::SeqCst)
    }

    pub(crate) fn drops(&self) -> usize {
        self.drops.load(Ordering::SeqCst)
    }
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), exact: None, watch: Arc::default() }
    }

    pub(crate) fn of(content: &'static str) -> Self {
        Self::new((!content.is_empty()).then(|| data(content)))
    }

    pub(crate) fn exact(mut self, exact: u64) -> Self {
        self.exact = Some(exact);
        self
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.watch.polls.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(match self.steps.pop_front() {
            Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
            Some(Step::Fail) => Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset by peer"))),
            Some(Step::Wait) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.exact.map(SizeHint::with_exact).unwrap_or_default()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.watch.drops.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) type Fields = &'static [(&'static str, &'static str)];

pub(crate) fn data(content: &'static str) -> Step {
    Step::Data(Bytes::from_static(content.as_bytes()))
}

pub(crate) fn trailers(fields: &[(&'static str, &'static str)]) -> Step {
    Step::Trailers(headers(fields))
}

pub(crate) fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

/// A response of HTTP/1.1, chunked unless a header states its length.
pub(crate) fn response(
    status: u16,
    fields: &[(&'static str, &'static str)],
    body: Script,
) -> Response<Script> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    *response.version_mut() = Version::HTTP_11;
    *response.headers_mut() = headers(fields);
    if !response.headers().contains_key(header::CONTENT_LENGTH) {
        response.headers_mut().insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    response
}

pub(crate) type Outcome = Result<Response<CheckedBody<Script>>, BoxError>;

/// One GET through the layer.
pub(crate) async fn call<C>(layer: ContentCheckLayer<C>, response: Response<Script>) -> Outcome
where
    C: Check + Clone,
{
    call_with(layer, request(Method::GET, &[]), response).await
}

pub(crate) async fn call_with<C>(
    layer: ContentCheckLayer<C>,
    request: Request<()>,
    response: Response<Script>,
) -> Outcome
where
    C: Check + Clone,
{
    let mut response = Some(response);
    let service = layer.layer(service_fn(move |_: Request<()>| {
        let response = response.take().expect("one call");
        async { Ok::<_, Infallible>(response) }
    }));
    service.oneshot(request).await
}

pub(crate) fn request(method: Method, fields: &[(&'static str, &'static str)]) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.headers_mut() = headers(fields);
    request
}

/// The content check's error of a failed call.
#[track_caller]
pub(crate) fn error(outcome: Outcome) -> ContentCheckError {
    *outcome.expect_err("the call fails").downcast().expect("it is an error of the content check")
}
