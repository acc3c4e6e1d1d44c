//! A stream of HTTP/2 is whole only behind END_STREAM, over a real client, with and without a limit of time in between.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use bytes::Bytes;
use h2::{Reason, SendStream, server};
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use std::{error::Error, io, net::SocketAddr, time::Duration};
use tokio::net::TcpListener;
use tower::{BoxError, Layer, ServiceBuilder, ServiceExt};
use tower_content_check::{ContentCheckError, ContentCheckLayer, check::Length};
use tower_retry_policy::AttemptTimeoutLayer;

/// How the server ends its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// END_STREAM with the head.
    WithHead,
    EndStream,
    Trailers,
    /// RST_STREAM(NO_ERROR) and no END_STREAM.
    Reset,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    method: &'static str,
    status: u16,
    length: Option<u64>,
    data: &'static str,
    then: Then,
}

async fn serve(answer: Answer) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(stream).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        let mut response = Response::builder().status(answer.status);
        if let Some(length) = answer.length {
            response = response.header(header::CONTENT_LENGTH, length);
        }
        let mut stream =
            respond.send_response(response.body(()).unwrap(), answer.then == Then::WithHead).unwrap();
        if answer.then != Then::WithHead {
            stream
                .send_data(Bytes::from_static(answer.data.as_bytes()), answer.then == Then::EndStream)
                .unwrap();
        }
        if answer.then == Then::Trailers {
            stream
                .send_trailers(HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())]))
                .unwrap();
        }
        // What is queued leaves only while the connection is polled.
        for _ in 0..20 {
            tokio::select! {
                biased;
                _ = connection.accept() => break,
                () = tokio::task::yield_now() => {}
            }
        }
        if answer.then == Then::Reset {
            SendStream::send_reset(&mut stream, Reason::NO_ERROR);
        }
        while connection.accept().await.is_some() {}
    });
    address
}

/// The length of the body, or the error, through the layers.
async fn call(answer: Answer, limited: bool, checked: bool) -> Result<usize, BoxError> {
    let address = serve(answer).await;
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let method: Method = answer.method.parse().unwrap();
    let request =
        Request::builder().method(method).uri(format!("http://{address}/")).body(Empty::new()).unwrap();
    let limits = AttemptTimeoutLayer::new().idle(Duration::from_secs(10));
    let check = ContentCheckLayer::new(Length::new());
    let response = match (limited, checked) {
        (false, false) => {
            return Ok(client.request(request).await?.into_body().collect().await?.to_bytes().len());
        }
        (true, false) => {
            let response = limits.layer(client).oneshot(request).await?;
            return Ok(response.into_body().collect().await?.to_bytes().len());
        }
        (false, true) => check.layer(client).oneshot(request).await?.into_body().collect().await?,
        (true, true) => {
            let service = ServiceBuilder::new().layer(check).layer(limits).service(client);
            service.oneshot(request).await?.into_body().collect().await?
        }
    };
    Ok(response.to_bytes().len())
}

#[tokio::test]
async fn a_reset_without_an_error_is_no_end() {
    let get = |length, data, then| Answer { method: "GET", status: 200, length, data, then };
    let head = Answer { method: "HEAD", length: Some(9), ..get(None, "", Then::WithHead) };
    // the answer; whether it is whole
    let cases = [
        (get(None, "[1]", Then::EndStream), true),
        (get(Some(3), "[1]", Then::EndStream), true),
        (get(None, "[1]", Then::Trailers), true),
        (get(None, "", Then::WithHead), true),
        (get(None, "", Then::EndStream), true),
        (head, true),
        (Answer { status: 204, ..get(None, "", Then::WithHead) }, true),
        // all that was declared has come
        (get(Some(3), "[1]", Then::Reset), true),
        (get(None, "[1]", Then::Reset), false),
        (get(Some(9), "[1]", Then::Reset), false),
        // not judged, and handed on: the reader sees it
        (Answer { status: 404, ..get(None, "[1]", Then::Reset) }, false),
    ];
    for (answer, whole) in cases {
        for (limited, checked) in [(true, false), (false, true), (true, true)] {
            let result = call(answer, limited, checked).await;
            assert_eq!(result.is_ok(), whole, "{answer:?} limited {limited} checked {checked}: {result:?}");
            let Err(error) = result else { continue };
            let checked = error.downcast_ref::<ContentCheckError>();
            assert!(checked.is_none_or(ContentCheckError::is_body), "{answer:?}");
            let error = checked.and_then(Error::source).unwrap_or(&*error);
            let kind = error.downcast_ref::<io::Error>().unwrap().kind();
            assert_eq!(kind, io::ErrorKind::UnexpectedEof, "{answer:?}");
        }
    }
    // what it is about: hyper itself shows such a body as whole
    assert_eq!(call(get(None, "[1]", Then::Reset), false, false).await.unwrap(), 3);
}
