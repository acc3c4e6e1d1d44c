//! What a body that continues itself holds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use peak_alloc::PeakAlloc;
use std::{
    future::ready,
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tower::{Layer, ServiceExt};
use tower_content_check::{
    check::{Digest, Length},
    continuation::{Break, ContinueLayer},
};

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

const LENGTH: usize = 1 << 30;
const EVERY: usize = 1 << 20;
const FRAME: usize = 16 * 1024;

/// New memory for each frame, as a client's.
struct Fresh {
    from: usize,
    until: usize,
}

impl Body for Fresh {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.from == self.until {
            return Poll::Ready((self.until < LENGTH).then(|| Err(io::ErrorKind::ConnectionReset.into())));
        }
        let frame = vec![7; FRAME.min(self.until - self.from)];
        self.from += frame.len();
        Poll::Ready(Some(Ok(Frame::data(frame.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((LENGTH - self.from) as u64)
    }
}

#[tokio::test(start_paused = true)]
async fn case_45_a_gibibyte_and_a_thousand_breaks_in_constant_memory() {
    let service = tower::service_fn(|request: Request<()>| {
        let range = request.headers().get(header::RANGE).map(|range| range.to_str().unwrap().to_owned());
        let from: usize = range.as_deref().map_or(0, |range| {
            range.strip_prefix("bytes=").unwrap().split_once('-').unwrap().0.parse().unwrap()
        });
        let mut response = Response::new(Fresh { from, until: (from + EVERY).min(LENGTH) });
        response.headers_mut().insert(header::ETAG, "\"v1\"".parse().unwrap());
        if range.is_some() {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {from}-{}/{LENGTH}", LENGTH - 1);
            response.headers_mut().insert(header::CONTENT_RANGE, range.parse().unwrap());
        }
        ready(Ok::<_, io::Error>(response))
    });
    let layer = ContinueLayer::new(|broke: &Break<'_>| (broke.in_a_row() <= 3).then(|| ready(())))
        .check((Length::new(), Digest::new()));
    let response = layer.layer(service).oneshot(Request::get("/").body(()).unwrap()).await.unwrap();
    let mut body = Box::pin(response.into_body());
    let before = PEAK.current_usage();
    PEAK.reset_peak_usage();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame.unwrap().into_data().unwrap().len();
    }
    assert_eq!(bytes, LENGTH);
    let held = PEAK.peak_usage() - before;
    assert!(held < 64 * 1024, "{held} bytes beside what the reader has");
}
