//! Each attempt sends the request that the caller made.

use crate::{
    random::{Random, seed},
    script::error,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Version};
use http_body_util::{BodyExt, Full};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::sleep;
use tower::{BoxError, Layer, ServiceExt, service_fn};
use tower_backoff::Backoff;
use tower_retry_policy::{AttemptNumber, Idempotent, Phase, RetryLayer, RetryPolicy, retry::Hedge};

#[derive(Debug, Clone, PartialEq)]
struct Mark(u64);

/// A request as the server sees it.
#[derive(Debug, PartialEq)]
struct Sight {
    method: Method,
    uri: String,
    version: Version,
    headers: HeaderMap,
    sensitive: Vec<bool>,
    mark: Option<Mark>,
    permission: Option<Idempotent>,
    body: Bytes,
}

async fn sight(request: Request<Full<Bytes>>) -> Sight {
    let (head, body) = request.into_parts();
    Sight {
        method: head.method,
        uri: head.uri.to_string(),
        version: head.version,
        sensitive: head.headers.values().map(HeaderValue::is_sensitive).collect(),
        headers: head.headers,
        mark: head.extensions.get().cloned(),
        permission: head.extensions.get().cloned(),
        body: body.collect().await.unwrap_or_else(|never| match never {}).to_bytes(),
    }
}

/// Names that are known and unknown, values of many kinds, several of one name.
fn draw(random: &mut Random) -> Request<Full<Bytes>> {
    let names = [
        "accept",
        "x-a",
        "x-b",
        "cookie",
        "authorization",
        "a-name-that-nobody-has-ever-heard-of",
        "host",
        "via",
    ];
    let values: [&[u8]; 6] =
        [b"", b"a", b"\xFF\x80 bytes", b"text/html, */*;q=0.8", b" spaced\t", &[b'x'; 9_000]];
    let method = random.pick(&["GET", "PUT", "POST", "PROPFIND"]).parse().unwrap();
    let body = Bytes::from(vec![7; usize::try_from(random.below(50)).unwrap()]);
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() =
        random.pick(&["/", "http://example.com/a?b=%20", "*", "http://user@[::1]:81/"]).parse().unwrap();
    *request.version_mut() = random.pick(&[Version::HTTP_10, Version::HTTP_11, Version::HTTP_2]);
    for _ in 0..random.below(30) {
        let mut value = HeaderValue::from_bytes(random.pick(&values).trim_ascii()).unwrap();
        value.set_sensitive(random.one_in(3));
        request.headers_mut().append(random.pick(&names), value);
    }
    request.extensions_mut().insert(Idempotent);
    request.extensions_mut().insert(Mark(random.number()));
    request
}

/// Counts its copies.
#[derive(Debug)]
struct Counted(Arc<AtomicU32>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Relaxed);
        Self(Arc::clone(&self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_copied_only_where_another_attempt_may_follow() {
    let policy = || RetryPolicy::standard().backoff(Backoff::none()).without_budget();
    let sent_only = policy().retries_after(Phase::Connect, 0).retries_after(Phase::Unprocessed, 0);
    let table = [
        // policy, method, hedged, attempts, copies: one less than what is sent
        (policy().retries(3), Method::GET, false, 4, 3),
        (policy().retries(3), Method::GET, true, 4, 3),
        (policy().retries(1), Method::GET, true, 2, 1),
        (policy().retries(0), Method::GET, true, 1, 0),
        (sent_only, Method::POST, true, 1, 0),
    ];
    for (policy, method, hedged, attempts, copies) in table {
        let (context, sent) = (format!("{policy:?} {method} {hedged}"), Arc::new(AtomicU32::new(0)));
        let sends = Arc::clone(&sent);
        let server = service_fn(move |request: Request<Counted>| {
            sends.fetch_add(1, Relaxed);
            async move {
                sleep(Duration::from_millis(30)).await;
                Err::<Response<()>, BoxError>(error(Phase::Read, AttemptNumber::of(&request)))
            }
        });
        let layer = RetryLayer::new(policy);
        let layer = if hedged { layer.hedge(Hedge::after(Duration::from_millis(10))) } else { layer };
        let copied = Arc::new(AtomicU32::new(0));
        let request = Request::builder().method(method).uri("/").body(Counted(Arc::clone(&copied))).unwrap();
        assert!(layer.layer(server).oneshot(request).await.is_err());
        assert_eq!((sent.load(Relaxed), copied.load(Relaxed)), (attempts, copies), "{context}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_attempt_hedged_or_not_sends_the_callers_request() {
    let first = seed();
    for index in 0..500 {
        let request = draw(&mut Random::new(first.wrapping_add(index)));
        let expected = sight(request.clone()).await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sights = Arc::clone(&seen);
        let server = service_fn(move |request: Request<Full<Bytes>>| {
            let sights = Arc::clone(&sights);
            async move {
                let number = AttemptNumber::of(&request);
                let sight = sight(request).await;
                sights.lock().unwrap().push(sight);
                // the second is a hedge of the first, the third follows when that has failed, the fourth is the last
                sleep(Duration::from_millis(if number == 1 { 500 } else { 30 })).await;
                Err::<Response<()>, BoxError>(error(Phase::Read, number))
            }
        });
        let policy = RetryPolicy::standard().retries(3).backoff(Backoff::none()).without_budget();
        let service = RetryLayer::new(policy).hedge(Hedge::after(Duration::from_millis(10))).layer(server);
        assert!(service.oneshot(request).await.is_err());
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 4);
        for (at, seen) in seen.iter().enumerate() {
            assert_eq!(seen, &expected, "HOSTILE_SEED={first}, request {index}, attempt {}", at + 1);
        }
    }
}
