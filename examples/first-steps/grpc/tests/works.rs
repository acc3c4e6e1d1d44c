//! The client, against a gRPC server that is not available at first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use bytes::{BufMut, Bytes, BytesMut};
use first_steps_grpc::{client, forecast, report};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::TcpListener;
use tonic::{Code, transport::Channel};

const OK: u8 = 0;
const UNAVAILABLE: u8 = 14;

/// A server whose calls end with these codes in their trailers, and from then on well; and how many there were.
async fn server(codes: &'static [u8]) -> (Channel, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let calls = Arc::clone(&counted);
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let calls = Arc::clone(&calls);
                async move {
                    let message = request.into_body().collect().await.unwrap().to_bytes();
                    let call = calls.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, Infallible>(answer(&message[5..], codes.get(call).copied().unwrap_or(OK)))
                }
            });
            let connection = TokioIo::new(connection);
            tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(connection, service));
        }
    });
    (Channel::from_shared(url).unwrap().connect_lazy(), calls)
}

/// The message comes back: five bytes of frame (not compressed, its length), its text, and the trailers.
fn answer(
    text: &[u8],
    code: u8,
) -> Response<impl hyper::body::Body<Data = Bytes, Error = Infallible> + use<>> {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(text.len() as u32);
    frame.extend_from_slice(text);
    let trailers =
        HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from(u16::from(code)))]);
    let body = Full::new(frame.freeze()).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(body);
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}

#[tokio::test]
async fn a_call_that_changes_nothing_is_made_again() {
    let (channel, calls) = server(&[UNAVAILABLE, UNAVAILABLE]).await;
    assert_eq!(forecast(&client(channel), "Praha").await.unwrap(), "Praha");
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_call_that_changes_something_is_made_once() {
    let (channel, calls) = server(&[UNAVAILABLE]).await;
    let status = report(&client(channel), "hail").await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_server_that_stays_unavailable_is_told_with_the_story_of_the_call() {
    let (channel, calls) = server(&[UNAVAILABLE; 10]).await;
    let status = forecast(&client(channel), "Praha").await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().starts_with("3 attempts in "), "{status}");
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}
