//! What `json()` says of which method, status and framing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Empty, Full};
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_content_check::{BoxError, ContentCheckError, ContentCheckLayer};

#[derive(Debug, PartialEq)]
enum Said {
    Passes,
    Again,
    Never,
}
use Said::{Again, Never, Passes};

struct Sent(Full<Bytes>, bool);

impl Body for Sent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.0).poll_frame(cx).map_err(|never| match never {})
    }

    fn size_hint(&self) -> SizeHint {
        if self.1 { self.0.size_hint() } else { SizeHint::default() }
    }
}

/// `=` a length is declared, `~` chunked, `|` only the end of the connection.
fn answer(status: u16, fields: &str, framed: char, content: &'static str) -> Response<Sent> {
    let mut response = Response::new(Sent(Full::from(content), framed == '='));
    *response.status_mut() = status.try_into().unwrap();
    *response.version_mut() = Version::HTTP_11;
    for field in fields.split("; ").filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once(": ").unwrap();
        let name = name.parse::<HeaderName>().unwrap();
        response.headers_mut().append(name, HeaderValue::try_from(value).unwrap());
    }
    match framed {
        '=' if !response.headers().contains_key("content-length") => {
            response.headers_mut().insert("content-length", content.len().into());
        }
        '~' => {
            response.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
        }
        _ => {}
    }
    response
}

async fn said(
    method: Method,
    range: Option<&'static str>,
    status: u16,
    fields: &'static str,
    framed: char,
    content: &'static str,
) -> Said {
    let server = service_fn(move |_: Request<Empty<Bytes>>| async move {
        Ok::<_, BoxError>(answer(status, fields, framed, content))
    });
    let mut request = Request::new(Empty::new());
    *request.method_mut() = method;
    if let Some(range) = range {
        request.headers_mut().insert("range", HeaderValue::from_static(range));
    }
    match ContentCheckLayer::json().layer(server).oneshot(request).await {
        Ok(response) => {
            assert_eq!(response.status(), status);
            assert_eq!(response.into_body().into_bytes().await.unwrap(), content);
            Passes
        }
        Err(error) if error.downcast_ref::<ContentCheckError>().unwrap().is_permanent() => Never,
        Err(_) => Again,
    }
}

#[tokio::test]
async fn what_each_answer_says_by_itself_decides() {
    let get = Method::GET;
    let rows = [
        (&get, None, 200, "", "=~|", "[1]", Passes),
        (&get, None, 200, "", "=~|", " {\"a\": 1e999} \n", Passes),
        (&get, None, 200, "", "=~|", "\"\\ud800\"", Passes),
        (&get, None, 200, "", "=~|", "", Again),
        (&get, None, 203, "", "=~|", "", Again),
        (&get, None, 200, "", "=~|", "  \n", Again),
        (&get, None, 200, "", "=~|", "[1]x", Again),
        (&get, None, 200, "", "=~|", "[1", Again),
        (&get, None, 200, "", "=~|", "<html>", Again),
        (&get, None, 202, "", "=~", "", Passes),
        (&get, None, 202, "", "|", "", Again),
        (&get, None, 200, "content-length: 5", "=", "[1]", Again),
        (&get, None, 200, "content-length: 2", "=", "[1]", Again),
        (&get, None, 204, "", "=|", "", Passes),
        (&get, None, 205, "", "=~", "", Passes),
        (&get, None, 304, "content-length: 9", "|", "", Passes),
        (&get, None, 404, "", "=~|", "<html>", Passes),
        (&get, None, 500, "", "=~|", "", Passes),
        (&get, None, 302, "", "=~|", "", Passes),
        (&Method::HEAD, None, 200, "content-length: 9", "|", "", Passes),
        (&Method::HEAD, None, 200, "content-encoding: gzip", "|", "", Passes),
        (&Method::HEAD, None, 206, "content-range: bytes 3-5/9", "|", "", Passes),
        (&Method::CONNECT, None, 200, "", "|", "", Passes),
        (&Method::PUT, None, 201, "", "=~", "", Passes),
        (&Method::PUT, None, 201, "", "|", "", Again),
        (&Method::PUT, None, 200, "", "=~", "", Passes),
        (&Method::PUT, None, 204, "", "|", "", Passes),
        (&Method::PUT, None, 201, "content-type: application/json", "=", "", Passes),
        (&Method::PUT, None, 200, "", "=~|", "<html>", Again),
        (&Method::PUT, None, 201, "content-length: 5", "=", "", Again),
        (&Method::PATCH, None, 200, "", "=~", "", Passes),
        (&Method::DELETE, None, 200, "", "=~", "", Passes),
        (&Method::OPTIONS, None, 200, "", "=~", "", Passes),
        (&Method::POST, None, 200, "", "=~|", "", Again),
        (&Method::POST, None, 201, "", "=~", "", Passes),
        (&Method::POST, None, 202, "", "=~", "", Passes),
        (&get, None, 200, "content-type: text/event-stream", "=~|", "data: 1\n\n", Passes),
        (&get, None, 200, "content-type: Text/Event-Stream;charset=utf-8", "~|", "data: 1\n\n", Passes),
        (&get, None, 200, "content-type: text/event-stream", "~|", "", Passes),
        (&get, None, 200, "content-type: multipart/x-mixed-replace;boundary=b", "~|", "--b", Passes),
        (&get, None, 200, "content-type: application/x-ndjson", "=~|", "[1]\n[2]\n", Passes),
        (&get, None, 200, "content-type: application/jsonl", "=~|", "[1]\n[2]\n", Passes),
        (&get, None, 200, "content-type: application/json-seq", "=~|", "\x1e[1]\n", Passes),
        (&get, None, 200, "content-type: application/json", "=~|", "[1]\n[2]\n", Again),
        (&get, None, 200, "content-type: text/html", "=~|", "[1]", Passes),
        (&get, None, 200, "content-encoding: gzip", "=~|", "[1]", Never),
        (&get, None, 200, "content-encoding: identity", "=~|", "[1]", Passes),
        (&get, None, 404, "content-encoding: gzip", "=~|", "<html>", Passes),
        (&Method::PUT, None, 201, "content-encoding: gzip", "=", "", Passes),
        (&get, None, 200, "content-encoding: gzip", "=", "", Again),
        (&get, Some("bytes=0-2"), 206, "content-range: bytes 0-2/9", "=~|", "[1,", Passes),
        (&get, Some("bytes=0-2"), 206, "content-range: bytes 0-2/*", "=~|", "[1,", Passes),
        (&get, Some("bytes=0-2"), 206, "content-range: Bytes 0-2/9", "=~|", "[1,", Passes),
        (&get, Some("Bytes=0-2"), 206, "content-range: bytes 0-2/9", "=~|", "[1,", Passes),
        (&get, Some("bytes=-3"), 206, "content-range: bytes 6-8/9", "=~|", ",9]", Passes),
        (&get, Some("bytes=-3"), 206, "content-range: bytes 0-2/9", "=~|", "[1,", Again),
        (&get, Some("bytes=-20"), 206, "content-range: bytes 0-2/3", "=~|", "[1]", Passes),
        (&get, Some("bytes=7-20"), 206, "content-range: bytes 7-8/9", "=~|", "9]", Passes),
        (&get, Some("bytes=7-"), 206, "content-range: bytes 7-8/9", "=~|", "9]", Passes),
        (&get, Some("bytes=7-"), 206, "content-range: bytes 0-8/9", "=~|", "[1,2,3,4]", Again),
        (&get, Some("bytes=0-2"), 206, "content-range: bytes 3-5/9", "=~|", "2,3", Again),
        (&get, Some("bytes=0-2"), 206, "content-range: bytes 0-2/9", "=~|", "[1", Again),
        (&get, Some("bytes=0-2"), 206, "content-range: bytes 0-2/9", "=~|", "[1,2", Again),
        (&get, Some("bytes=0-2"), 206, "", "=~|", "[1,", Again),
        (&get, Some("bytes=0-2"), 206, "content-range: bytes 0-2/2", "=~|", "[1,", Again),
        (&get, Some("bytes=0-2"), 206, "content-range: bytes 2-0/9", "=~|", "[1,", Again),
        (&get, Some("bytes=0-2"), 200, "", "=~|", "[1,2]", Passes),
        (&get, Some("bytes=0-2"), 416, "content-range: bytes */0", "=~|", "", Passes),
        (
            &get,
            Some("bytes=0-0,-1"),
            206,
            "content-type: multipart/byteranges;boundary=b",
            "=~|",
            "--b\r\nContent-Range: bytes 0-0/9\r\n\r\n[\r\n--b--",
            Passes,
        ),
    ];
    let mut wrong = Vec::new();
    for (method, range, status, fields, framings, content, expected) in rows {
        for framed in framings.chars() {
            let said = said(method.clone(), range, status, fields, framed, content).await;
            if said != expected {
                wrong.push(format!("{method} {range:?} {status} {fields:?} {framed} {content:?}: {said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
