//! The troubles of gRPC: how a call ends stands in `grpc-status`, in the trailers, or in the head of an answer that has
//! nothing else.

use crate::Body;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use http_body_util::{BodyExt, Full};

pub(crate) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// The gRPC status codes in use here.
const OK: u32 = 0;
const UNIMPLEMENTED: u32 = 12;
const NOT_FOUND: u32 = 5;
const UNAVAILABLE: u32 = 14;

/// Every method answers with the same text.
pub(crate) fn answer(method: &str, troubled: bool) -> Response<Body> {
    match method {
        "Missing" => head_alone(NOT_FOUND, "no such city", None),
        "Good" | "Busy" | "Late" | "Overloaded" if !troubled || method == "Good" => whole(OK, ""),
        "Busy" => head_alone(UNAVAILABLE, "busy", Some("50")),
        "Late" => whole(UNAVAILABLE, "half of it is missing"),
        // a pushback that is no number of milliseconds is a no (gRPC A6)
        "Overloaded" => head_alone(UNAVAILABLE, "overloaded", Some("-1")),
        _ => head_alone(UNIMPLEMENTED, "no such method", None),
    }
}

fn head_alone(status: u32, message: &'static str, pushback: Option<&'static str>) -> Response<Body> {
    let mut response = Response::new(Full::default().map_err(Into::into).boxed_unsync());
    response.headers_mut().extend(end_of_call(status, message));
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    if let Some(pushback) = pushback {
        response.headers_mut().insert(PUSHBACK, HeaderValue::from_static(pushback));
    }
    response
}

/// A message of five bytes of frame (not compressed, its length) and its text, and the trailers.
fn whole(status: u32, message: &'static str) -> Response<Body> {
    const TEXT: &[u8] = b"Praha: 21 degrees";
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(TEXT.len() as u32);
    frame.extend_from_slice(TEXT);
    let body = Full::new(Bytes::from(frame))
        .map_err(Into::into)
        .with_trailers(async move { Some(Ok(end_of_call(status, message))) });
    let mut response = Response::new(body.boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    response
}

fn end_of_call(status: u32, message: &'static str) -> HeaderMap {
    HeaderMap::from_iter([
        (HeaderName::from_static("grpc-status"), HeaderValue::from(status)),
        (HeaderName::from_static("grpc-message"), HeaderValue::from_static(message)),
    ])
}
