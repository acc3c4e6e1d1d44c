//! A server that plays what each call's script says and notes what came; and a hook that does the same.
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::HeaderName, request::Parts};
use http_body_util::Full;
use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tower::{BoxError, Service};
use tower_retry_policy::{
    Phase, PhasedError,
    budget::{FailureKind, RequestEnd, RetryBudget},
    retry::FailedAttempt,
};

pub(crate) const ID: HeaderName = HeaderName::from_static("x-call");
pub(crate) const MARK: HeaderName = HeaderName::from_static("x-hook");
pub(crate) const GOES: HeaderName = HeaderName::from_static("x-goes");

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    Status(u16),
    Fails(Phase),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Does {
    Mark,
    Drop,
    Retarget,
    Nothing,
    Fail,
    Panic,
    Hang,
    Method,
    Key,
    Length,
}

impl Does {
    pub(crate) fn ends_the_call(self) -> bool {
        matches!(self, Self::Fail | Self::Method | Self::Key | Self::Length)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) attempts: Vec<(Outcome, u64)>,
    pub(crate) hooks: Vec<(Does, u64)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: u64,
    pub(crate) until: Option<u64>,
    pub(crate) method: Method,
    pub(crate) mark: Option<String>,
    pub(crate) goes: bool,
    pub(crate) path: String,
    pub(crate) body_right: bool,
    pub(crate) extension_right: bool,
}

/// What a call's server and hook have seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) sent: Vec<Sent>,
    pub(crate) hooked: Vec<(u32, Phase, Option<u16>, u64)>,
    /// what the next attempt has to look like
    pub(crate) expected: (Option<String>, bool, String),
    pub(crate) foreign: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) began: Instant,
    pub(crate) scripts: Arc<HashMap<u32, Script>>,
    pub(crate) seen: Arc<Mutex<HashMap<u32, Seen>>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CallId(pub(crate) u32);

impl World {
    pub(crate) fn new(scripts: HashMap<u32, Script>) -> Self {
        let seen = scripts
            .keys()
            .map(|id| (*id, Seen { expected: (None, true, "/".into()), ..Seen::default() }))
            .collect();
        Self { began: Instant::now(), scripts: Arc::new(scripts), seen: Arc::new(Mutex::new(seen)) }
    }

    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    pub(crate) fn request(id: u32, method: &Method) -> Request<Full<Bytes>> {
        Request::builder()
            .method(method)
            .uri("http://host.example/")
            .header(ID, id)
            .header(GOES, "1")
            .extension(CallId(id))
            .body(Full::from(format!("body {id}")))
            .unwrap()
    }

    pub(crate) fn hook(
        &self,
        failed: FailedAttempt,
        mut next: Parts,
    ) -> impl Future<Output = Result<Parts, BoxError>> + Send + use<> {
        let world = self.clone();
        async move {
            let id: u32 = next.headers[&ID].to_str()?.parse()?;
            let number = {
                let mut seen = world.seen.lock().unwrap();
                let seen = seen.get_mut(&id).unwrap();
                seen.hooked.push((
                    failed.number(),
                    failed.phase(),
                    failed.status().map(|s| s.as_u16()),
                    world.now(),
                ));
                if next.extensions.get::<CallId>() != Some(&CallId(id)) {
                    seen.foreign += 1;
                }
                seen.hooked.len() - 1
            };
            let (does, takes) = world.scripts[&id].hooks.get(number).copied().unwrap_or((Does::Nothing, 0));
            if takes > 0 {
                sleep(Duration::from_millis(takes)).await;
            }
            match does {
                Does::Mark => drop(next.headers.insert(MARK, HeaderValue::from_str(&number.to_string())?)),
                Does::Drop => drop(next.headers.remove(&GOES)),
                Does::Retarget => next.uri = format!("http://other.example/{number}").parse()?,
                Does::Nothing => {}
                Does::Fail => return Err("the hook fails".into()),
                Does::Panic => panic!("the hook panics"),
                Does::Hang => std::future::pending().await,
                Does::Method => next.method = Method::DELETE,
                Does::Key => {
                    drop(next.headers.insert("idempotency-key", HeaderValue::from_static("\"new\"")));
                }
                Does::Length => drop(next.headers.insert("content-length", HeaderValue::from_static("3"))),
            }
            if !does.ends_the_call() {
                let mut seen = world.seen.lock().unwrap();
                let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
                seen.get_mut(&id).unwrap().expected = (
                    next.headers.get(&MARK).map(text),
                    next.headers.contains_key(&GOES),
                    next.uri.path().to_owned(),
                );
            }
            Ok(next)
        }
    }
}

impl Service<Request<Full<Bytes>>> for World {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        use http_body_util::BodyExt;
        let world = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let id: u32 = parts.headers[&ID].to_str()?.parse()?;
            let number = {
                let mut seen = world.seen.lock().unwrap();
                let seen = seen.get_mut(&id).unwrap();
                let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
                seen.sent.push(Sent {
                    at: world.now(),
                    until: None,
                    method: parts.method.clone(),
                    mark: parts.headers.get(&MARK).map(text),
                    goes: parts.headers.contains_key(&GOES),
                    path: parts.uri.path().to_owned(),
                    body_right: body == format!("body {id}"),
                    extension_right: parts.extensions.get::<CallId>() == Some(&CallId(id)),
                });
                let last = seen.sent.last().unwrap();
                let (mark, goes, path) = &seen.expected;
                if (&last.mark, last.goes, &last.path) != (mark, *goes, path) {
                    seen.foreign += 1;
                }
                seen.sent.len() - 1
            };
            let (outcome, takes) =
                world.scripts[&id].attempts.get(number).copied().unwrap_or((Outcome::Status(200), 0));
            if takes > 0 {
                sleep(Duration::from_millis(takes)).await;
            }
            world.seen.lock().unwrap().get_mut(&id).unwrap().sent[number].until = Some(world.now());
            match outcome {
                Outcome::Status(status) => {
                    Ok(Response::builder().status(StatusCode::from_u16(status)?).body(Full::default())?)
                }
                Outcome::Fails(Phase::Other) => Err("unknown".into()),
                Outcome::Fails(phase) => Err(PhasedError::new(phase, "it failed").into()),
            }
        })
    }
}

/// So many retries and no more, and a book of what was asked.
#[derive(Debug, Default)]
pub(crate) struct Tokens(pub(crate) Mutex<Book>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    pub(crate) left: u64,
    pub(crate) withdrawn: u64,
    pub(crate) given_back: u64,
    pub(crate) ended: u64,
    pub(crate) begun: u64,
    pub(crate) over: u64,
    pub(crate) settled: Vec<RequestEnd>,
}

impl Tokens {
    pub(crate) fn new(left: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Book { left, ..Book::default() })))
    }

    pub(crate) fn book(&self) -> Book {
        self.0.lock().unwrap().clone()
    }
}

impl RetryBudget for Tokens {
    fn withdraw(&self, _: FailureKind, _: std::time::Instant) -> bool {
        let mut book = self.0.lock().unwrap();
        let Some(left) = book.left.checked_sub(1) else { return false };
        book.left = left;
        book.withdrawn += 1;
        true
    }
    fn give_back(&self, _: FailureKind, _: std::time::Instant) {
        let mut book = self.0.lock().unwrap();
        book.left += 1;
        book.given_back += 1;
    }
    fn settle(&self, end: RequestEnd, _: std::time::Instant) {
        self.0.lock().unwrap().settled.push(end);
    }
    fn balance(&self) -> u64 {
        self.0.lock().unwrap().left
    }
    fn begin(&self) {
        self.0.lock().unwrap().begun += 1;
    }
    fn end(&self) {
        self.0.lock().unwrap().over += 1;
    }
    fn retry_ended(&self) {
        self.0.lock().unwrap().ended += 1;
    }
    fn tracks_in_flight(&self) -> bool {
        true
    }
}

/// A small generator: the same seed, the same test.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    pub(crate) fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()].clone()
    }

    pub(crate) fn script(&mut self) -> Script {
        let outcomes = [
            Outcome::Status(200),
            Outcome::Status(401),
            Outcome::Status(401),
            Outcome::Status(403),
            Outcome::Status(429),
            Outcome::Status(503),
            Outcome::Status(503),
            Outcome::Fails(Phase::Read),
            Outcome::Fails(Phase::Connect),
            Outcome::Fails(Phase::Unprocessed),
            Outcome::Fails(Phase::Other),
        ];
        let hooks = [
            Does::Mark,
            Does::Mark,
            Does::Mark,
            Does::Drop,
            Does::Retarget,
            Does::Nothing,
            Does::Nothing,
            Does::Fail,
            Does::Panic,
            Does::Hang,
            Does::Method,
            Does::Key,
            Does::Length,
        ];
        let attempts = (0..6).map(|_| (self.of(&outcomes), 10 * self.below(8))).collect();
        let hooks = (0..6).map(|_| (self.of(&hooks), 10 * self.below(4))).collect();
        Script { attempts, hooks }
    }
}
