//! One call over a client that answers by a script, tried again until an answer is accepted.
#![allow(dead_code, reason = "each test file uses some of it")]

use crate::support::{Script, Step, data, request, response};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::{
    CheckedBody, ContentCheckError, ContentCheckLayer,
    check::Length,
    resume::{Resumable, ResumeBody, ResumeLayer},
};

type Answer = Response<CheckedBody<ResumeBody<Script>>>;

/// Sends the request as often as a retry would, with the given answers, until one is accepted.
pub(crate) struct Call {
    pub(crate) requests: Vec<HeaderMap>,
    pub(crate) errors: Vec<ContentCheckError>,
    pub(crate) answer: Option<Answer>,
}

impl Call {
    pub(crate) async fn content(self) -> Bytes {
        self.answer.expect("an attempt was accepted").into_body().into_bytes().await.unwrap()
    }

    /// The `Range` of each attempt.
    pub(crate) fn ranges(&self) -> Vec<Option<&str>> {
        self.requests
            .iter()
            .map(|headers| headers.get(header::RANGE).map(|value| value.to_str().unwrap()))
            .collect()
    }
}

pub(crate) async fn send(request: Request<()>, layer: ResumeLayer, answers: Vec<Response<Script>>) -> Call {
    send_checked(request, layer, ContentCheckLayer::new(Length::new()), answers).await
}

pub(crate) async fn send_checked<C>(
    request: Request<()>,
    layer: ResumeLayer,
    check: ContentCheckLayer<C>,
    answers: Vec<Response<Script>>,
) -> Call
where
    C: tower_content_check::Check + Clone,
{
    let count = answers.len();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    let client = service_fn({
        let requests = requests.clone();
        move |request: Request<()>| {
            requests.lock().unwrap().push(request.headers().clone());
            let answer = answers.lock().unwrap().next().unwrap();
            async { Ok::<_, Infallible>(answer) }
        }
    });
    let service = ServiceBuilder::new().layer(check).layer(layer).service(client);
    let mut errors = Vec::new();
    let mut answer = None;
    for _ in 0..count {
        match service.clone().oneshot(request.clone()).await {
            Ok(response) => {
                answer = Some(response);
                break;
            }
            Err(error) => errors.push(*error.downcast::<ContentCheckError>().unwrap()),
        }
    }
    let requests = std::mem::take(&mut *requests.lock().unwrap());
    Call { requests, errors, answer }
}

pub(crate) fn get() -> Request<()> {
    let mut request = request(Method::GET, &[]);
    request.extensions_mut().insert(Resumable::new());
    request
}

pub(crate) const ETAG: (&str, &str) = ("etag", "\"v1\"");

/// Ten bytes, of which four come.
pub(crate) fn cut() -> Response<Script> {
    response(200, &[ETAG, ("content-length", "10")], Script::new([data("01"), data("23"), Step::Fail]))
}

pub(crate) fn rest() -> Response<Script> {
    response(
        206,
        &[ETAG, ("content-range", "bytes 4-9/10"), ("content-length", "6")],
        Script::new([data("456"), Step::Wait, data("789")]),
    )
}

pub(crate) fn whole() -> Response<Script> {
    response(200, &[ETAG, ("content-length", "10")], Script::of("0123456789"))
}

/// A failed transfer, as far as it had come before, which is no evidence that the server means it.
#[track_caller]
pub(crate) fn assert_refused(error: &ContentCheckError, reason: &str) {
    assert!(error.is_body() && !error.is_permanent(), "{reason}");
    assert_eq!((error.fingerprint(), error.received(), error.expected()), (None, 4, Some(10)), "{reason}");
    assert_eq!(error.to_string(), "body cut at 4 of 10 bytes");
    assert_eq!(std::error::Error::source(error).unwrap().to_string(), reason);
}
