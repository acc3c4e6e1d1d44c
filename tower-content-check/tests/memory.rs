//! What a checked body holds: its frames once, in little more memory than they carry, and no more content than the limit.
//!
//! The measurements share one allocator, so they are one test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use peak_alloc::PeakAlloc;
use std::{
    convert::Infallible,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
};
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
    for (chunk, compact) in [None, Some(100), Some(1400), Some(16 * 1024)]
        .into_iter()
        .flat_map(|chunk| [(chunk, false), (chunk, true)])
    {
        let before = ALLOCATOR.current_usage();
        let bodies = downloaded(BODIES, chunk, compact).await;
        let held = ALLOCATOR.current_usage() - before;
        let sum: usize = bodies.iter().flat_map(CheckedBody::frames).map(Bytes::len).sum();
        assert_eq!(sum, BODIES * CONTENT.len());
        println!("{:.3} of {sum} bytes in chunks of {chunk:?}, compact: {compact}", held as f64 / sum as f64);
        assert!(held <= sum + sum / 10, "{held} of {sum} bytes in chunks of {chunk:?}, compact: {compact}");
    }

    // Single bytes, each of which comes in a buffer of its own, and rows that come beside a download.
    for (rows, len, beside) in [(20_000, 1, false), (20_000, 50, true)] {
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let (body, connection) = rows_over_http2(rows, len, beside).await;
        let peak = ALLOCATOR.peak_usage() - before;
        drop(connection);
        // The client's task ends and gives its own buffers back.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        let held = ALLOCATOR.current_usage() - before;
        let sum = rows * len;
        println!("{held} held, {peak} at the most, of {sum} bytes in frames of {len}");
        assert_eq!(body.frames().map(Bytes::len).sum::<usize>(), sum);
        assert!(held <= sum + sum / 10 + 16 * 1024, "{held} of {sum} bytes in frames of {len}");
    }
    let before = ALLOCATOR.current_usage();
    let body = dripped(5_000).await;
    let held = ALLOCATOR.current_usage() - before;
    println!("{held} held of 5000 single bytes over HTTP/1.1");
    assert_eq!(body.frames().map(Bytes::len).sum::<usize>(), 5_000);
    assert!(held <= 64 * 1024, "{held} of 5000 single bytes");
}

static CONTENT: [u8; 1_000_000] = [b'x'; 1_000_000];

/// So many bodies from a server on loopback, all at once.
async fn downloaded(count: usize, chunk: Option<usize>, compact: bool) -> Vec<CheckedBody<Incoming>> {
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
    let layer = ContentCheckLayer::new(Length::new());
    let service = if compact { layer.compact() } else { layer }.layer(client);
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

/// A body of so many frames over HTTP/2, with frames of 16 KiB of another stream between them where there is one.
async fn rows_over_http2(rows: usize, len: usize, beside: bool) -> (CheckedBody<Incoming>, impl Sized) {
    static ROW: [u8; 50] = [b'x'; 50];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let mut streams = Vec::new();
        for _ in 0..1 + usize::from(beside) {
            let (_, mut respond) = connection.accept().await.unwrap().unwrap();
            streams.push(respond.send_response(Response::new(()), false).unwrap());
        }
        let mut download = streams.split_off(1);
        let mut of_rows = streams.remove(0);
        tokio::spawn(async move {
            for row in 0..rows {
                of_rows.send_data(Bytes::from_static(&ROW[..len]), false).unwrap();
                if let Some(download) = download.first_mut()
                    && row % 10 == 0
                {
                    download.send_data(Bytes::from_static(&CONTENT[..16 * 1024]), false).unwrap();
                }
                tokio::task::yield_now().await;
            }
            of_rows.send_data(Bytes::new(), true).unwrap();
            download.iter_mut().for_each(|download| download.send_data(Bytes::new(), true).unwrap());
        });
        while connection.accept().await.is_some() {}
    });
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let request = || Request::get(format!("http://{address}/")).body(Empty::new()).unwrap();
    let rows = ContentCheckLayer::new(Length::new()).layer(client.clone()).oneshot(request());
    let body = if beside {
        let download = async {
            let mut body = client.request(request()).await.unwrap().into_body();
            while let Some(frame) = http_body_util::BodyExt::frame(&mut body).await {
                drop(frame.unwrap());
            }
        };
        tokio::join!(rows, download).0
    } else {
        rows.await
    };
    server.abort();
    let _ = server.await;
    (body.unwrap().into_body(), client)
}

/// A body of single bytes over HTTP/1.1, each sent when the one before was read.
async fn dripped(count: usize) -> CheckedBody<Incoming> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head).await.unwrap();
        for _ in 0..count {
            stream.write_all(b"1\r\nx\r\n").await.unwrap();
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
    });
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::get(format!("http://{address}/")).body(Empty::new()).unwrap();
    let body =
        ContentCheckLayer::new(Length::new()).layer(client).oneshot(request).await.unwrap().into_body();
    server.await.unwrap();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    body
}
