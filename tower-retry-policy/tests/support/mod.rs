//! A service that answers as its script says and writes down what it was asked.

#![allow(dead_code, reason = "each test file uses its own part")]

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{Empty, Full};
use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Ready, ready},
    io::{Error, ErrorKind},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;
use tower::{BoxError, Service};
use tower_retry_policy::{Phase, PhasedError};

pub(crate) type Body = Full<Bytes>;

/// One answer of the script.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Status(u16),
    With(u16, &'static str, &'static str),
    /// The status with these fields.
    Fields(u16, &'static [(&'static str, &'static str)]),
    Fails(ErrorKind),
    Unknown,
}

/// What the service was asked, and when.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Duration,
    pub(crate) request: Request<Empty<Infallible>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    last: Answer,
    asked: Arc<Mutex<Vec<Asked>>>,
    started: Instant,
}

impl Script {
    /// The answers in order; when they are used up, the last one again and again.
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: VecDeque<_> = answers.into_iter().collect();
        let last = answers.back().cloned().expect("a script has an answer");
        Self { answers: Arc::new(Mutex::new(answers)), last, asked: Arc::default(), started: Instant::now() }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// When each attempt was sent, in milliseconds from the start.
    pub(crate) fn times(&self) -> Vec<u128> {
        self.asked().iter().map(|asked| asked.at.as_millis()).collect()
    }
}

impl Service<Request<Body>> for Script {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let at = self.started.elapsed();
        let request = request.map(|_| Empty::new());
        self.asked.lock().unwrap().push(Asked { at, request });
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_else(|| self.last.clone());
        ready(match answer {
            Answer::Status(code) => Ok(response(code)),
            Answer::With(code, name, value) => {
                let mut response = response(code);
                response.headers_mut().append(name, value.parse().unwrap());
                Ok(response)
            }
            Answer::Fields(code, fields) => {
                let mut response = response(code);
                for (name, value) in fields {
                    response.headers_mut().append(*name, value.parse().unwrap());
                }
                Ok(response)
            }
            // as a client says it that was connecting; the kind alone proves nothing
            Answer::Fails(kind @ (ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable)) => {
                Err(PhasedError::new(Phase::Connect, Error::from(kind)).into())
            }
            Answer::Fails(kind) => Err(Error::from(kind).into()),
            Answer::Unknown => Err("nobody knows this error".into()),
        })
    }
}

fn response(code: u16) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("answer {code}")));
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

pub(crate) fn request(method: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri("http://test/path")
        .header("accept", "*/*")
        .body(Body::default())
        .unwrap()
}
