//! A real client over HTTP/2: a body is whole behind the end of its stream or with its declared length, and otherwise cut.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(all(feature = "json", feature = "digest"))]

use bytes::Bytes;
use h2::{Reason, server};
use http::{HeaderMap, Request, Response, header};
use http_body_util::Empty;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use std::{error::Error, net::SocketAddr};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt};
use tower_content_check::{
    BoxError, CheckedBody, ContentCheckError, ContentCheckLayer,
    check::{Digest, GrpcStatus, Json, Length, NotEmpty},
};

/// What the server does behind its head.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// Data, of which the last has END_STREAM.
    End(&'static [&'static str]),
    /// Data, and then the fields.
    Trailers(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// Data, and then RST_STREAM.
    Reset(&'static [&'static str], Reason),
    /// Data, and then the connection is gone.
    Gone(&'static [&'static str]),
}

async fn serve(length: Option<u64>, then: Then) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(stream).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        let mut response = Response::new(());
        if let Some(length) = length {
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        let mut stream = respond.send_response(response, false).unwrap();
        let (Then::End(data) | Then::Trailers(data, _) | Then::Reset(data, _) | Then::Gone(data)) = then;
        for (at, frame) in data.iter().enumerate() {
            let last = matches!(then, Then::End(_)) && at + 1 == data.len();
            stream.send_data(Bytes::from_static(frame.as_bytes()), last).unwrap();
        }
        if let Then::Trailers(_, fields) = then {
            let fields = fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            stream.send_trailers(HeaderMap::from_iter(fields)).unwrap();
        }
        // What is queued leaves only while the connection is polled.
        for _ in 0..20 {
            tokio::select! {
                biased;
                _ = connection.accept() => break,
                () = tokio::task::yield_now() => {}
            }
        }
        match then {
            Then::Reset(_, reason) => stream.send_reset(reason),
            Then::Gone(_) => return,
            Then::End(_) | Then::Trailers(..) => {}
        }
        while connection.accept().await.is_some() {}
    });
    address
}

async fn call<C>(
    check: C,
    length: Option<u64>,
    then: Then,
) -> Result<Response<CheckedBody<hyper::body::Incoming>>, BoxError>
where
    C: tower_content_check::Check + Clone,
{
    let address = serve(length, then).await;
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let request = Request::get(format!("http://{address}/")).body(Empty::new()).unwrap();
    ContentCheckLayer::new(check).layer(client).oneshot(request).await
}

#[tokio::test]
async fn a_stream_is_whole_behind_its_end_or_its_declared_length() {
    // The strictest of the checks: a stream of HTTP/2 shows its end, whether it has a length or not.
    let check = (Length::new().reject_close_delimited(), NotEmpty, Json::new());
    let cases: &[(Option<u64>, Then, Result<&str, &str>)] = &[
        (Some(3), Then::End(&["[1]"]), Ok("[1]")),
        (None, Then::End(&["[1", ", 2]"]), Ok("[1, 2]")),
        (None, Then::Trailers(&["[1]"], &[("x-sum", "1")]), Ok("[1]")),
        (None, Then::Reset(&["[1]"], Reason::INTERNAL_ERROR), Err("body cut at 3 bytes")),
        (None, Then::Reset(&["[1]"], Reason::CANCEL), Err("body cut at 3 bytes")),
        (Some(3), Then::Reset(&["[1"], Reason::REFUSED_STREAM), Err("body cut at 2 of 3 bytes")),
        // an end without END_STREAM, which hyper reports as one; a length may prove that all is there
        (None, Then::Reset(&["[1]"], Reason::NO_ERROR), Err("body cut at 3 bytes")),
        (Some(20), Then::Reset(&["[1]"], Reason::NO_ERROR), Err("body cut at 3 of 20 bytes")),
        (Some(3), Then::Reset(&["[1]"], Reason::NO_ERROR), Ok("[1]")),
        (None, Then::Gone(&["[1]"]), Err("body cut at 3 bytes")),
        (Some(20), Then::Gone(&["[1]"]), Err("body cut at 3 of 20 bytes")),
    ];
    for (length, then, expected) in cases {
        match (call(check.clone(), *length, *then).await, expected) {
            (Ok(response), Ok(content)) => {
                assert_eq!(response.into_body().into_text().await.unwrap(), *content, "{then:?}");
            }
            (Err(error), Err(message)) => {
                let error = error.downcast::<ContentCheckError>().unwrap();
                assert_eq!(error.to_string(), *message, "{then:?}");
                assert!(error.is_body(), "{then:?}");
                let source = error.source().unwrap();
                let told = matches!(then, Then::Reset(_, Reason::NO_ERROR)) && source.is::<std::io::Error>();
                assert!(told || source.is::<hyper::Error>(), "{then:?}: {source}");
            }
            (outcome, _) => panic!("{then:?}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_stream_that_ends_before_its_length_is_a_cut() {
    // The client compares; how much of the data it hands on before is its own affair.
    let error = call(Length::new(), Some(20), Then::End(&["[1]"])).await.unwrap_err();
    assert!(error.downcast_ref::<ContentCheckError>().is_some_and(ContentCheckError::is_body), "{error:?}");
}

#[tokio::test]
async fn trailers_of_a_stream_are_judged() {
    const HELLO: &[(&str, &str)] =
        &[("content-digest", "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:")];
    let agrees = call(Digest::new().require(), None, Then::Trailers(&["hel", "lo"], HELLO)).await.unwrap();
    assert_eq!(agrees.body().trailers().unwrap().len(), 1);
    let differs = call(Digest::new(), None, Then::Trailers(&["hello!"], HELLO)).await.unwrap_err();
    assert_eq!(differs.to_string(), "content rejected: content does not agree with its Content-Digest");
    let failed =
        call(GrpcStatus::new(), None, Then::Trailers(&["\0\0\0\0\0"], &[("grpc-status", "14")])).await;
    assert_eq!(failed.unwrap_err().to_string(), "content rejected: grpc-status is 14");
}
