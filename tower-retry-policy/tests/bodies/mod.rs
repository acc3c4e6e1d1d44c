//! A service whose answers have bodies of several frames, some of which break off.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header::HeaderName};
use http_body::{Body, Frame};
use std::{
    collections::VecDeque,
    future::{Ready, ready},
    io::{Error, ErrorKind},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tower::{BoxError, Service};

/// One answer of the script.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Steps,
}

/// A body that does one step a frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {
    steps: VecDeque<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Data(&'static str),
    Fails(ErrorKind),
}

/// The service: the answers in order, the last one again and again.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<HeaderMap>>>,
}

// ===== impl Answer =====

impl Answer {
    pub(crate) fn ok() -> Self {
        Self::status(200)
    }

    pub(crate) fn status(code: u16) -> Self {
        let status = StatusCode::from_u16(code).unwrap();
        Self { status, headers: HeaderMap::new(), body: Steps::default() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    pub(crate) fn chunk(mut self, data: &'static str) -> Self {
        self.body.steps.push_back(Step::Data(data));
        self
    }

    pub(crate) fn fails(mut self, kind: ErrorKind) -> Self {
        self.body.steps.push_back(Step::Fails(kind));
        self
    }
}

// ===== impl Steps =====

impl Body for Steps {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.steps.pop_front().map(|step| match step {
            Step::Data(data) => Ok(Frame::data(Bytes::from_static(data.as_bytes()))),
            Step::Fails(kind) => Err(kind.into()),
        }))
    }
}

// ===== impl Server =====

impl Server {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), asked: Arc::default() }
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// This field of each request.
    pub(crate) fn asked(&self, name: &str) -> Vec<Option<String>> {
        let value = |headers: &HeaderMap| Some(headers.get(name)?.to_str().unwrap().to_owned());
        self.asked.lock().unwrap().iter().map(value).collect()
    }
}

impl Service<Request<String>> for Server {
    type Response = Response<Steps>;
    type Error = BoxError;
    type Future = Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        self.asked.lock().unwrap().push(request.headers().clone());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let answer = answer.expect("a script has an answer");
        let mut response = Response::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        ready(Ok(response))
    }
}

pub(crate) fn request(method: &str) -> Request<String> {
    Request::builder().method(method).uri("http://test/path").body("hello".to_owned()).unwrap()
}
