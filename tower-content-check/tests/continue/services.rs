//! Services whose readiness matters, and bodies that are long.

use crate::world::{
    FILE, Patient, Reply, Script, Server, at_once, chain, data, first, get, open, part, read, reset, rest,
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    convert::Infallible,
    error::Error,
    future::{Ready, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tower::{Layer, Service, ServiceExt, buffer::BufferLayer, limit::ConcurrencyLimitLayer};
use tower_content_check::{
    BoxError,
    continuation::{BreakKind, BreakRecord, Continuations, ContinueError, ContinueLayer},
};

/// Fails to become ready from the second call on.
#[derive(Clone)]
struct Gone(Server);

impl Service<Request<()>> for Gone {
    type Response = Response<Script>;
    type Error = io::Error;
    type Future = <Server as Service<Request<()>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0.requests() {
            0 => self.0.poll_ready(cx),
            _ => Poll::Ready(Err(io::Error::other("the pool is closed"))),
        }
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        self.0.call(request)
    }
}

fn breaks() -> [Reply; 4] {
    [
        first([data("0123"), reset()]),
        part(4, 9, [data("4"), reset()]),
        part(5, 9, [data("5"), reset()]),
        rest(6),
    ]
}

#[tokio::test(start_paused = true)]
async fn case_44_readiness_is_waited_for_and_its_error_reaches_the_reader() {
    let layer = ContinueLayer::new(at_once(5));
    let minute = Duration::from_secs(60);
    // One permit, which the head or the body in flight may hold.
    let server = Server::new(breaks());
    let limited = ConcurrencyLimitLayer::new(1).layer(server.clone());
    let call = async { read(layer.layer(limited).oneshot(get()).await.unwrap().into_body()).await };
    assert_eq!(tokio::time::timeout(minute, call).await.expect("no deadlock").whole(), FILE);
    assert_eq!(server.requests(), 4);

    let server = Server::new(breaks());
    let buffered = BufferLayer::new(1).layer(server.clone());
    let call = async { read(layer.layer(buffered).oneshot(get()).await.unwrap().into_body()).await };
    assert_eq!(tokio::time::timeout(minute, call).await.expect("no deadlock").whole(), FILE);

    // Several calls at a time share the permit.
    let server = Server::new([breaks()].into_iter().flatten().take(1).chain([first([data(FILE)]), rest(4)]));
    let shared = layer.layer(ConcurrencyLimitLayer::new(1).layer(server.clone()));
    let mut one = Box::pin(shared.clone().oneshot(get()).await.unwrap().into_body());
    assert_eq!(one.frame().await.unwrap().unwrap().into_data().unwrap(), "0123");
    assert_eq!(read(shared.oneshot(get()).await.unwrap().into_body()).await.whole(), FILE);
    assert_eq!(read(one).await.whole(), "456789");

    let server = Server::new(breaks());
    let response = layer.layer(Gone(server.clone())).oneshot(get()).await.unwrap();
    let failed = read(response.into_body()).await;
    assert_eq!(
        chain(failed.error()),
        ["body broke off at 4 of 10 bytes and the service below takes no request", "the pool is closed"]
    );
    assert_eq!(server.requests(), 1);
}

/// Sends `length` bytes of a buffer that is repeated, and breaks off at each multiple of `every`.
#[derive(Clone)]
struct Endless {
    length: u64,
    every: u64,
    frame: Bytes,
    ranges: Arc<Mutex<Vec<String>>>,
}

struct Endlessly {
    from: u64,
    frame: Bytes,
    until: u64,
    length: u64,
}

impl Body for Endlessly {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let left = self.until - self.from;
        if left == 0 {
            let whole = self.until == self.length;
            return Poll::Ready((!whole).then(|| Err(io::ErrorKind::ConnectionReset.into())));
        }
        let frame = self.frame.slice(..self.frame.len().min(usize::try_from(left).unwrap()));
        self.from += frame.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length - self.from)
    }
}

impl Service<Request<()>> for Endless {
    type Response = Response<Endlessly>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let range = request.headers().get(header::RANGE).map(|range| range.to_str().unwrap().to_owned());
        let from: u64 = range.as_deref().map_or(0, |range| {
            range.strip_prefix("bytes=").unwrap().split_once('-').unwrap().0.parse().unwrap()
        });
        let (length, frame) = (self.length, self.frame.clone());
        let until = (from + 1).next_multiple_of(self.every).min(length);
        let mut response = Response::new(Endlessly { from, frame, until, length });
        response.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"v1\""));
        if let Some(range) = range {
            self.ranges.lock().unwrap().push(range);
            *response.status_mut() = http::StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {from}-{}/{length}", length - 1);
            response.headers_mut().insert(header::CONTENT_RANGE, range.parse().unwrap());
        }
        ready(Ok(response))
    }
}

async fn count<B: Body<Data = Bytes, Error = BoxError>>(body: B) -> (u64, Option<BoxError>) {
    let mut body = std::pin::pin!(body);
    let mut bytes = 0;
    let length = body.size_hint().exact().unwrap();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes += frame.into_data().unwrap().len() as u64,
            Err(error) => return (bytes, Some(error)),
        }
        assert_eq!(body.size_hint().exact(), Some(length - bytes));
    }
    (bytes, None)
}

#[tokio::test(start_paused = true)]
async fn case_45_a_thousand_breaks_are_told_in_ten() {
    // `continue_memory.rs` measures a gibibyte; here it is the story that is bounded.
    let server = Endless {
        length: 1 << 30,
        every: 1 << 20,
        frame: Bytes::from(vec![7; 1 << 16]),
        ranges: Arc::default(),
    };
    let layer = ContinueLayer::new(at_once(1));
    let response = layer.layer(server.clone()).oneshot(get()).await.unwrap();
    let handle = Continuations::of(&response).unwrap().clone();
    let (bytes, error) = count(response.into_body()).await;
    assert_eq!((bytes, error.is_none()), (1 << 30, true));
    assert_eq!((handle.count(), handle.delivered()), (1023, 1 << 30));
    assert_eq!(handle.last_break().unwrap().number(), 1023);

    // ... and one that does not get through
    let layer = ContinueLayer::new(|broke: &tower_content_check::continuation::Break<'_>| {
        (broke.number() < 1000).then(|| ready(()))
    });
    let response = layer.layer(server).oneshot(get()).await.unwrap();
    let (bytes, error) = count(response.into_body()).await;
    assert_eq!(bytes, 1000 << 20);
    let error = error.unwrap();
    let error: &ContinueError = error.downcast_ref().unwrap();
    assert_eq!(error.count(), 1000);
    let numbers: Vec<_> = error.breaks().iter().map(BreakRecord::number).collect();
    assert_eq!(numbers, [1, 992, 993, 994, 995, 996, 997, 998, 999, 1000]);
    assert_eq!(error.breaks()[0].offset(), 1 << 20);
    assert_eq!(error.breaks()[9].kind(), BreakKind::Body);
    assert!((error as &dyn Error).to_string().len() < 300);
}

#[tokio::test(start_paused = true)]
async fn case_49_offsets_beyond_four_gigabytes() {
    let length = (1 << 32) + (1 << 29) + 12_345;
    let every = (1 << 32) + 77;
    let server = Endless { length, every, frame: Bytes::from(vec![0; 1 << 24]), ranges: Arc::default() };
    let response = ContinueLayer::new(at_once(1)).layer(server.clone()).oneshot(get()).await.unwrap();
    let handle = Continuations::of(&response).unwrap().clone();
    let (bytes, error) = count(response.into_body()).await;
    assert!(error.is_none());
    assert_eq!((bytes, handle.delivered(), handle.length()), (length, length, Some(length)));
    assert_eq!(*server.ranges.lock().unwrap(), [format!("bytes={every}-{}", length - 1)]);
}

#[tokio::test(start_paused = true)]
async fn the_extensions_of_the_first_request_and_what_the_policy_adds_reach_each_continuation() {
    let server = Server::new(breaks());
    let mut request = get();
    request.extensions_mut().insert(7_u8);
    let response = open(&ContinueLayer::new(Patient::new(5)), &server, request).await;
    assert_eq!(read(response.into_body()).await.whole(), FILE);
    let seen = server.seen.lock().unwrap();
    let of = |request: &Request<()>| {
        (request.extensions().get::<u8>().copied(), request.extensions().get::<&str>().copied())
    };
    let all: Vec<_> = seen.iter().map(of).collect();
    assert_eq!(all[0], (Some(7), None));
    assert_eq!(all[1..], [(Some(7), Some("prepared")); 3]);
}
