//! What the client is told when the gateway has given up.

use crate::upload::UploadStalled;
use axum::body::Body;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_TYPE, HOST, UPGRADE},
};
use serde_json::json;
use std::error::Error;
use tokio::time::error::Elapsed;
use tower_retry_policy::{
    AttemptRecord, History, Phase, ReplayBodyError, RetryError, StopReason,
    attempt_timeout::AttemptTimeoutError,
};

/// RFC 9209: what a proxy has to say of a response.
const PROXY_STATUS: HeaderName = HeaderName::from_static("proxy-status");

/// The upstream has answered, and its answer is handed on, whatever it is: it knows more than the gateway. If it would
/// have been tried again, a field says why it was not.
pub(crate) fn noted(mut response: Response<Body>) -> Response<Body> {
    if let Some(history) = History::of(&response)
        && let Some(stop) = history.stop_reason()
    {
        let status = response.status().as_u16();
        let attempts = history.attempts_made();
        note(
            &mut response,
            &format!("received-status={status}; details=\"stopped: {stop}, attempts: {attempts}\""),
        );
    }
    response
}

/// There is no answer: one is made up, with the reason (RFC 9457). It names no address and no text of an error; those
/// are for the log.
pub(crate) fn answer(error: &(dyn Error + 'static)) -> Response<Body> {
    let history = RetryError::find(error).map(RetryError::history);
    let stop = history.and_then(History::stop_reason);
    let last = history.and_then(|history| history.attempts().last());
    let phase = last.and_then(AttemptRecord::phase);
    let status = status(error, stop);
    let reason = match stop {
        _ if status == StatusCode::REQUEST_TIMEOUT => "upload stalled".to_owned(),
        Some(stop) => stop.to_string(),
        None if status == StatusCode::GATEWAY_TIMEOUT => "deadline".to_owned(),
        None => "not retryable".to_owned(),
    };
    let problem = json!({
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "stopped": reason,
        "attempts": history.map(History::attempts_made),
        "last_failure": phase.map(Phase::name),
    });
    let mut response = Response::new(Body::from(format!("{problem}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::REQUEST_TIMEOUT {
        // RFC 9110 section 15.5.9
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    note(&mut response, &format!("details=\"stopped: {reason}\""));
    response
}

/// The upstream speaks another protocol from here on, which nobody has asked it for.
pub(crate) fn switched() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    note(&mut response, "error=http_protocol_error");
    response
}

/// What a proxy that hands on requests does not do: a tunnel, an echo of what may hold secrets (RFC 9110 sections 9.3.6 and
/// 9.3.8), and another protocol on the same connection. An offer of HTTP/2 is one that may be passed over (section 7.8).
/// Nor does it guess which host was meant, if not just one is named (RFC 9112 section 3.2).
pub(crate) fn unsupported<B>(request: &Request<B>) -> Option<Response<Body>> {
    let is_offer = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"h2c");
    let hosts = request.headers().get_all(HOST).iter().count();
    let (status, reason) = if hosts > 1 || hosts == 0 && request.version() == Version::HTTP_11 {
        (StatusCode::BAD_REQUEST, "one Host is needed\n")
    } else if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        (StatusCode::NOT_IMPLEMENTED, "CONNECT and TRACE are not supported\n")
    } else if !request.headers().get_all(UPGRADE).iter().all(is_offer) {
        (StatusCode::NOT_IMPLEMENTED, "upgrades are not supported\n")
    } else {
        return None;
    };
    let mut response = Response::new(Body::from(reason));
    *response.status_mut() = status;
    // what comes next may be meant for somebody else
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Some(response)
}

pub(crate) fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn status(error: &(dyn Error + 'static), stop: Option<StopReason>) -> StatusCode {
    if is_in_chain::<UploadStalled>(error) {
        StatusCode::REQUEST_TIMEOUT
    } else if is_in_chain::<ReplayBodyError>(error) {
        // the client's own body broke off
        StatusCode::BAD_REQUEST
    } else if matches!(stop, Some(StopReason::Budget | StopReason::RetryAfterTooLong(_))) {
        // others fail just now as well
        StatusCode::SERVICE_UNAVAILABLE
    } else if stop == Some(StopReason::Deadline)
        || is_in_chain::<AttemptTimeoutError>(error)
        || is_in_chain::<Elapsed>(error)
    {
        StatusCode::GATEWAY_TIMEOUT
    } else {
        StatusCode::BAD_GATEWAY
    }
}

fn is_in_chain<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    error.is::<E>() || error.source().is_some_and(is_in_chain::<E>)
}

fn note(response: &mut Response<Body>, text: &str) {
    if let Ok(value) = HeaderValue::try_from(format!("axum_gateway; {text}")) {
        response.headers_mut().append(PROXY_STATUS, value);
    }
}
