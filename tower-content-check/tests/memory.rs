//! What a checked body holds: its frames once, and never more than the limit.
//!
//! The measurements share one allocator, so they are one test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

use std::{
    convert::Infallible,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use peak_alloc::PeakAlloc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::{Layer, ServiceExt, service_fn};
use tower_content_check::{
    CheckedBody, ContentCheckError, ContentCheckLayer,
    check::{Length, NotEmpty},
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Frames of its own memory each, with a pause behind each, so that all bodies grow together.
struct Slow {
    frames: usize,
    len: usize,
    paused: bool,
}

static MADE: AtomicUsize = AtomicUsize::new(0);

impl Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.paused = !self.paused;
        if self.paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(match self.frames.checked_sub(1) {
            None => None,
            Some(left) => {
                self.frames = left;
                MADE.fetch_add(self.len, Ordering::SeqCst);
                Some(Ok(Frame::data(Bytes::from(vec![b'x'; self.len]))))
            }
        })
    }
}

async fn call(
    frames: usize,
    len: usize,
    max_bytes: u64,
) -> Result<Response<impl Body<Data = Bytes>>, ContentCheckError> {
    let service = ContentCheckLayer::new((Length::new(), NotEmpty)).max_bytes(max_bytes).layer(service_fn(
        move |_: Request<()>| async move {
            Ok::<_, Infallible>(Response::new(Slow { frames, len, paused: false }))
        },
    ));
    service.oneshot(Request::new(())).await.map_err(|error| *error.downcast().unwrap())
}

/// The most that was held while the future ran, above what was held before.
async fn held<T>(future: impl Future<Output = T>) -> (usize, T) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let output = future.await;
    (ALLOCATOR.peak_usage() - before, output)
}

#[tokio::test]
async fn frames_are_held_once_and_never_more_than_the_limit() {
    // A tenth of the bodies' sum is the allowance at 1 MB each; these are of 64 KiB, where the rest weighs more.
    const CALLS: usize = 1000;
    const FRAMES: usize = 4;
    const LEN: usize = 16 * 1024;
    let (held_by_all, responses) = held(async {
        let mut calls = JoinSet::new();
        (0..CALLS).for_each(|_| {
            calls.spawn(call(FRAMES, LEN, 1024 * 1024));
        });
        calls.join_all().await
    })
    .await;
    let sum = CALLS * FRAMES * LEN;
    assert_eq!(MADE.load(Ordering::SeqCst), sum);
    assert!(held_by_all >= sum, "all are held at once: {held_by_all}");
    assert!(held_by_all <= sum + sum / 10, "{held_by_all} of {sum} bytes");
    drop(responses);

    // A body without end.
    const LIMIT: usize = 1024 * 1024;
    let (held_by_one, outcome) = held(call(usize::MAX, LEN, LIMIT as u64)).await;
    let error = outcome.err().unwrap();
    assert!(error.is_permanent());
    assert_eq!(error.received(), LIMIT as u64);
    let allowance = LEN + 64 * 1024;
    assert!(
        held_by_one <= LIMIT + allowance,
        "{held_by_one}: the limit, the frame too many and the call itself"
    );

    // And one that comes in single bytes, which cost a handle and an allocation each.
    let (held_by_one, outcome) = held(call(usize::MAX, 1, LIMIT as u64)).await;
    assert!(outcome.err().unwrap().is_permanent());
    assert!(held_by_one <= 4 * LIMIT, "{held_by_one}");

    // With a real client a frame keeps the buffer alive in which it arrived, unless it is copied.
    const BODIES: usize = 100;
    for chunk in [None, Some(100), Some(16 * 1024)] {
        let before = ALLOCATOR.current_usage();
        let bodies = downloaded(BODIES, chunk).await;
        let held = ALLOCATOR.current_usage() - before;
        let sum: usize = bodies.iter().flat_map(CheckedBody::frames).map(Bytes::len).sum();
        assert_eq!(sum, BODIES * CONTENT.len());
        // Frames of 100 bytes cost a third of themselves in handles, at double the space while the list grows.
        let allowance = if chunk == Some(100) { sum } else { sum / 10 };
        assert!(held <= sum + allowance, "{held} of {sum} bytes in chunks of {chunk:?}");
    }
}

static CONTENT: [u8; 1_000_000] = [b'x'; 1_000_000];

/// So many bodies from a server on loopback, all at once, compact.
async fn downloaded(count: usize, chunk: Option<usize>) -> Vec<CheckedBody<Incoming>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 1024]).await;
                answer(stream, chunk).await
            });
        }
    });
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let service = ContentCheckLayer::new(Length::new()).compact().layer(client);
    let mut calls = JoinSet::new();
    for _ in 0..count {
        let request = Request::get(format!("http://{address}/")).body(Empty::new()).unwrap();
        calls.spawn(service.clone().oneshot(request));
    }
    let bodies = calls.join_all().await.into_iter().map(|outcome| outcome.unwrap().into_body()).collect();
    server.abort();
    // The connections close and give their own buffers back.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    bodies
}

async fn answer(mut stream: TcpStream, chunk: Option<usize>) -> std::io::Result<()> {
    let Some(chunk) = chunk else {
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1000000\r\n\r\n").await?;
        return stream.write_all(&CONTENT).await;
    };
    let mut wire = b"HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for data in CONTENT.chunks(chunk) {
        wire.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
        wire.extend_from_slice(data);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n\r\n");
    stream.write_all(&wire).await
}
