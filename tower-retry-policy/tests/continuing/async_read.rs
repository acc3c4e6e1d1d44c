//! A decoder over a body that breaks off: it cannot go back, and need not.

use async_compression::tokio::bufread::GzipDecoder;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty};
use std::{
    convert::Infallible,
    io::{self, Write},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::io::StreamReader;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::{
    check::Length,
    continuation::{ContinueError, ContinueLayer},
};
use tower_retry_policy::{RetryLayer, RetryPolicy};

/// A body of one frame, and perhaps an error.
struct Piece {
    data: Option<Bytes>,
    breaks: bool,
}

impl Body for Piece {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let error = || Err(io::ErrorKind::ConnectionReset.into());
        let breaks = std::mem::take(&mut self.breaks);
        Poll::Ready(match self.data.take() {
            Some(data) => {
                self.breaks = breaks;
                Some(Ok(Frame::data(data)))
            }
            None => breaks.then(error),
        })
    }
}

/// Lines of text, packed in two members, as a log that was put together is.
fn packed(lines: usize) -> Bytes {
    let members = (0..2).map(|member| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        for line in (member * lines / 2)..((member + 1) * lines / 2) {
            writeln!(encoder, "line {line} of {}", line.wrapping_mul(2_654_435_761)).unwrap();
        }
        encoder.finish().unwrap()
    });
    members.collect::<Vec<_>>().concat().into()
}

/// Reads the lines of a file whose connections end after so many bytes, and whose tag changes after so many requests.
async fn lines(content: Bytes, lasts: usize, changes: usize) -> (usize, usize, io::Result<()>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let server = service_fn(move |request: Request<Empty<Bytes>>| {
        let tag = if count.fetch_add(1, Ordering::SeqCst) < changes { "\"1\"" } else { "\"2\"" };
        let headers = request.headers();
        let range =
            headers.get("range").filter(|_| headers.get("if-range").is_some_and(|asked| asked == tag));
        let first: usize =
            range.map_or(0, |range| range.to_str().unwrap()[6..].split('-').next().unwrap().parse().unwrap());
        let part = content.slice(first..);
        let mut response = Response::builder().header("etag", tag).header("content-length", part.len());
        if first > 0 {
            let last = content.len() - 1;
            response = response
                .status(206)
                .header("content-range", format!("bytes {first}-{last}/{}", content.len()));
        }
        let body = Piece { data: Some(part.slice(..part.len().min(lasts))), breaks: part.len() > lasts };
        async move { Ok::<_, Infallible>(response.body(body).unwrap()) }
    });
    let policy = RetryPolicy::standard().without_budget();
    let stack = ServiceBuilder::new()
        .layer(ContinueLayer::new(policy.clone()).progress(1).check(Length::new()))
        .layer(RetryLayer::new(policy))
        .service(server);
    let response =
        stack.oneshot(Request::get("http://example.com/log.gz").body(Empty::new()).unwrap()).await.unwrap();
    let body = response.into_body().map_err(io::Error::other).into_data_stream();
    let mut unpacked = GzipDecoder::new(StreamReader::new(body));
    unpacked.multiple_members(true);
    let reader = pin!(BufReader::new(unpacked));
    let mut lines = reader.lines();
    let mut count = 0;
    loop {
        let line = match lines.next_line().await {
            Ok(Some(line)) => line,
            Ok(None) => return (count, requests.load(Ordering::SeqCst), Ok(())),
            Err(error) => return (count, requests.load(Ordering::SeqCst), Err(error)),
        };
        assert_eq!(line, format!("line {count} of {}", count.wrapping_mul(2_654_435_761)));
        count += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn a_packed_log_is_read_line_by_line_over_connections_that_die() {
    let content = packed(20_000);
    let parts = content.len().div_ceil(10_000);
    assert!(parts > 5);
    let (count, requests, result) = lines(content, 10_000, usize::MAX).await;
    result.unwrap();
    assert_eq!((count, requests), (20_000, parts));
}

#[tokio::test(start_paused = true)]
async fn a_reader_finds_the_bodys_error_in_its_own() {
    let (count, requests, result) = lines(packed(20_000), 10_000, 3).await;
    let error = result.unwrap_err();
    let of_body = error.get_ref().unwrap().downcast_ref::<ContinueError>();
    assert!(of_body.is_some_and(ContinueError::is_changed), "{error}");
    assert!(count < 20_000 && requests == 4, "{count} {requests}");
}
