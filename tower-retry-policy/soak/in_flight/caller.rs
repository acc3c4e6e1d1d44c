//! One call: what is asked, when it is given up, and whether what came is right.

use crate::{
    body::{End, Frames},
    content,
    draw::{Purpose, draw},
    stack::{Content, Services, Stack},
};
use bytes::Bytes;
use fastrand::Rng;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::atomic::Ordering::Relaxed,
    task::Poll,
    time::Duration,
};
use tokio::time::timeout;
use tower::{BoxError, ServiceExt};
use tower_retry_policy::RetryError;

pub(crate) const CANCELLED: &str = "cancelled";
pub(crate) const GOOD: &str = "200, right";
const EMPTY: &str = "200, empty";

/// Where the caller loses interest.
#[derive(Clone, Copy, Debug)]
enum Patience {
    Endless,
    /// That often the call is polled.
    Polls(u32),
    For(Duration),
}

/// Makes the call with this number and says how it ended.
pub(crate) async fn call(seed: u64, id: u64, stack: &Stack, services: &Services, host: &Uri) -> String {
    let mut draw = draw(seed, Purpose::Call, id, 0);
    let request = request(seed, id, host, &mut draw);
    let may_be_empty = request.method() == Method::PUT;
    let patience = Patience::of(&mut draw);
    let service = if draw.u8(..4) == 0 { &services.hedged } else { &services.plain };
    let sent = service.clone().oneshot(request);
    let Some(result) = patience.with(sent).await else { return CANCELLED.to_owned() };
    let settled = result.as_ref().err().is_none_or(|error| RetryError::find(&**error).is_some());
    stack.outcomes.fetch_add(u64::from(settled), Relaxed);
    outcome(result, &content::answer(seed, id), may_be_empty).await
}

/// A call that nothing is to go wrong with.
pub(crate) async fn good_call(id: u64, stack: &Stack, host: &Uri) {
    let request = Request::get(host).header("x-id", id).body(Frames::none()).unwrap();
    let result = stack.http2.plain.clone().oneshot(request).await;
    let settled = result.as_ref().err().is_none_or(|error| RetryError::find(&**error).is_some());
    stack.outcomes.fetch_add(u64::from(settled), Relaxed);
}

fn request(seed: u64, id: u64, host: &Uri, draw: &mut Rng) -> Request<Frames> {
    let (method, key) = match draw.u8(..20) {
        0..10 => (Method::GET, false),
        10..13 => (Method::PUT, false),
        13..19 => (Method::POST, false),
        _ => (Method::POST, true),
    };
    let mut request = Request::builder().uri(host).header("x-id", id);
    if key {
        request = request.header("idempotency-key", format!("\"{id}\""));
    }
    let body = if method == Method::GET {
        Frames::none()
    } else {
        let upload = content::upload(seed, id);
        // half of them do not say how long they are
        let length = draw.bool().then_some(upload.len());
        Frames::new(content::halves(&upload), End::Whole, length)
    };
    request.method(method).body(body).unwrap()
}

async fn outcome(
    result: Result<Response<Content>, BoxError>,
    expected: &Bytes,
    may_be_empty: bool,
) -> String {
    let response = match result {
        Ok(response) => response,
        Err(error) => {
            return match RetryError::find(&*error).and_then(|error| error.history().stop_reason()) {
                Some(reason) => format!("stopped: {reason}"),
                None => error.to_string(),
            };
        }
    };
    let status = response.status();
    match response.into_body().collect().await {
        Ok(body) if status == StatusCode::OK => {
            let body = body.to_bytes();
            // a `PUT` may be answered by nothing, and here the server says so
            if may_be_empty && body.is_empty() {
                return EMPTY.to_owned();
            }
            assert_eq!(body, expected, "a success brings what was asked for");
            GOOD.to_owned()
        }
        Ok(_) => status.as_u16().to_string(),
        Err(error) => format!("body: {error}"),
    }
}

impl Patience {
    /// One in ten is cancelled: half of these within the first polls, half at some time until every attempt is over.
    fn of(draw: &mut Rng) -> Self {
        match draw.u8(..20) {
            0 => Self::Polls(draw.u32(1..8)),
            1 => Self::For(Duration::from_millis(draw.u64(..6_000))),
            _ => Self::Endless,
        }
    }

    async fn with<F: Future>(self, call: F) -> Option<F::Output> {
        match self {
            Self::Endless => Some(call.await),
            Self::For(time) => timeout(time, call).await.ok(),
            Self::Polls(mut polls) => {
                let mut call = pin!(call);
                poll_fn(|cx| match call.as_mut().poll(cx) {
                    Poll::Ready(output) => Poll::Ready(Some(output)),
                    Poll::Pending => {
                        polls -= 1;
                        if polls == 0 { Poll::Ready(None) } else { Poll::Pending }
                    }
                })
                .await
            }
        }
    }
}
