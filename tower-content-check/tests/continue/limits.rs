//! How often, how long: what the layer tells a policy, and what follows from its answer.

use crate::world::{
    Patient, Reply, Server, Step, TAG, answer, at_once, chain, data, first, get, open, part, read, reset,
};
use http::{Extensions, Request};
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, Sleep};
use tower::{Layer, Service, ServiceExt};
use tower_content_check::{
    BoxError,
    continuation::{Break, ContinueLayer, ContinuePolicy, ContinueStream},
};

/// A file of so many bytes that breaks behind each `step` of them.
fn breaking(length: usize, step: usize) -> (String, Vec<Reply>) {
    let file: String = (0..length).map(|at| char::from(b'a' + (at % 26) as u8)).collect();
    let replies = (0..length)
        .step_by(step)
        .map(|from| {
            let steps = [data(&file[from..(from + step).min(length)]), reset()];
            let (whole, range) = (length.to_string(), format!("bytes {from}-{}/{length}", length - 1));
            match from {
                0 => answer(200, &[TAG, ("content-length", &whole)], steps),
                _ => answer(206, &[TAG, ("content-range", &range)], steps),
            }
        })
        .collect();
    (file, replies)
}

#[tokio::test(start_paused = true)]
async fn case_33_breaks_with_progress_between_them_never_run_out() {
    let (file, replies) = breaking(2000, 20);
    let server = Server::new(replies);
    let policy = Patient::new(2);
    let begun = Instant::now();
    let response = open(&ContinueLayer::new(policy.clone()).progress(20), &server, get()).await;
    assert!(read(response.into_body()).await.whole() == file);
    let heard = policy.heard();
    assert_eq!(heard.len(), 99, "the error behind the last byte is none");
    assert!(heard.iter().all(|heard| heard.in_a_row == 1));
    assert_eq!(begun.elapsed(), Duration::from_secs(99), "each wait is the first wait");
}

#[tokio::test(start_paused = true)]
async fn case_34_without_a_byte_the_limit_ends_it() {
    let nothing = || part(4, 9, [reset()]);
    let server = Server::new([first([data("0123"), reset()]), nothing(), nothing(), nothing()]);
    let policy = Patient::new(3);
    let response = open(&ContinueLayer::new(policy.clone()).progress(1), &server, get()).await;
    let failed = read(response.into_body()).await;
    assert!(failed.error().is_refused_by_policy());
    assert_eq!(failed.error().policy_error().unwrap().to_string(), "enough");
    assert_eq!((failed.content.as_str(), failed.error().count()), ("0123", 4));
    assert_eq!(policy.heard().iter().map(|heard| heard.in_a_row).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(server.requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn case_35_one_byte_for_each_connection() {
    let (file, replies) = breaking(200_000, 1);
    let server = Server::new(replies);
    let response = open(&ContinueLayer::new(at_once(5)), &server, get()).await;
    let failed = read(response.into_body()).await;
    assert_eq!(failed.content, file[..6]);
    assert!(failed.error().is_refused_by_policy());
    assert_eq!(server.requests(), 6);
    // Honest parts of a byte are no better.
    let parts = (1..20).map(|from| {
        let range = format!("bytes {from}-{from}/200000");
        answer(206, &[TAG, ("content-range", &range)], [data("x")])
    });
    let begin = answer(200, &[TAG, ("content-length", "200000")], [data("x"), reset()]);
    let server = Server::new([begin].into_iter().chain(parts));
    let response = open(&ContinueLayer::new(at_once(5)), &server, get()).await;
    assert!(read(response.into_body()).await.error().is_refused_by_policy());
    assert_eq!(server.requests(), 6);
    // By default 64 KiB are enough, in however many breaks they came.
    let (file, replies) = breaking(400_000, 20_000);
    let server = Server::new(replies);
    let response = open(&ContinueLayer::new(at_once(4)), &server, get()).await;
    assert!(read(response.into_body()).await.whole() == file);
}

/// Attempts that a policy and the retry below share.
#[derive(Clone)]
struct Attempts(u32);

#[derive(Clone)]
struct Used(Arc<AtomicU32>);

struct Shared {
    attempts: u32,
    used: Used,
}

impl ContinuePolicy for Attempts {
    type Stream = Shared;

    fn begin(&self, _: &Request<()>, _: &http::response::Parts) -> Shared {
        // the first request
        Shared { attempts: self.0, used: Used(Arc::new(AtomicU32::new(1))) }
    }
}

impl ContinueStream for Shared {
    type Wait = std::future::Ready<()>;

    fn broke(&mut self, _: &Break<'_>) -> Result<Self::Wait, BoxError> {
        match self.used.0.load(Ordering::SeqCst) < self.attempts {
            true => Ok(std::future::ready(())),
            false => Err("no attempt is left".into()),
        }
    }

    fn prepare(&mut self, extensions: &mut Extensions) {
        extensions.insert(self.used.clone());
    }
}

#[tokio::test(start_paused = true)]
async fn case_36_one_count_for_the_retry_below_and_the_continuations() {
    let refused = || Reply::Refused("refused");
    let server = Server::new([first([data("0123"), reset()]), refused(), refused(), refused(), refused()]);
    // Sends again until four attempts are used up.
    let below = tower::service_fn({
        let server = server.clone();
        move |request: Request<()>| {
            let mut server = server.clone();
            let used = request.extensions().get::<Used>().cloned();
            async move {
                loop {
                    let outcome = server.ready().await?.call(request.clone()).await;
                    let Some(Used(used)) = &used else { return outcome };
                    if outcome.is_ok() || used.fetch_add(1, Ordering::SeqCst) + 1 >= 4 {
                        return outcome;
                    }
                }
            }
        }
    });
    let response = ContinueLayer::new(Attempts(4)).layer(below).oneshot(get()).await.unwrap();
    let failed = read(response.into_body()).await;
    assert_eq!(failed.error().policy_error().unwrap().to_string(), "no attempt is left");
    assert_eq!(server.requests(), 4, "not four for each break");
}

/// Tokens that are given back when the body is dropped.
#[derive(Clone)]
struct Tokens(Arc<AtomicU32>);

struct TokenStream(Tokens, u32);

impl ContinuePolicy for Tokens {
    type Stream = TokenStream;

    fn begin(&self, _: &Request<()>, _: &http::response::Parts) -> TokenStream {
        TokenStream(self.clone(), 0)
    }
}

impl ContinueStream for TokenStream {
    type Wait = Sleep;

    fn broke(&mut self, _: &Break<'_>) -> Result<Sleep, BoxError> {
        let Self(Tokens(left), taken) = self;
        if left.load(Ordering::SeqCst) == 0 {
            return Err("the budget is empty".into());
        }
        left.fetch_sub(1, Ordering::SeqCst);
        *taken += 1;
        Ok(tokio::time::sleep(Duration::from_secs(1)))
    }
}

impl Drop for TokenStream {
    fn drop(&mut self) {
        self.0.0.fetch_add(self.1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn case_37_an_empty_budget_is_named_and_tokens_come_back() {
    let tokens = Tokens(Arc::new(AtomicU32::new(2)));
    let layer = ContinueLayer::new(tokens.clone());
    let nothing = || part(4, 9, [reset()]);
    let server = Server::new([first([data("0123"), reset()]), nothing(), nothing()]);
    let failed = read(open(&layer, &server, get()).await.into_body()).await;
    assert_eq!(
        chain(failed.error())[0],
        "body broke off at 4 of 10 bytes and is not asked for again: the budget is empty (break 1 of 3 at byte 4: reset \
         by peer)"
    );
    assert_eq!(tokens.0.load(Ordering::SeqCst), 2);

    // A reader that goes away in the wait gives its token back.
    let server = Server::new([first([reset()])]);
    let mut body = Box::pin(open(&layer, &server, get()).await.into_body());
    let frame = http_body_util::BodyExt::frame(&mut body);
    tokio::time::timeout(Duration::from_millis(500), frame).await.unwrap_err();
    assert_eq!(tokens.0.load(Ordering::SeqCst), 1);
    drop(body);
    assert_eq!(tokens.0.load(Ordering::SeqCst), 2);
    assert_eq!(server.requests(), 1);
}

/// An instant that stands in the extensions, waits of ten seconds.
#[derive(Clone, Copy)]
struct Until(Instant);

#[derive(Clone)]
struct Tens;

struct TensUntil(Option<Until>);

impl ContinuePolicy for Tens {
    type Stream = TensUntil;

    fn begin(&self, request: &Request<()>, _: &http::response::Parts) -> TensUntil {
        TensUntil(request.extensions().get().copied())
    }
}

impl ContinueStream for TensUntil {
    type Wait = Sleep;

    fn broke(&mut self, _: &Break<'_>) -> Result<Sleep, BoxError> {
        let again = Instant::now() + Duration::from_secs(10);
        match self.0 {
            Some(Until(end)) if again >= end => Err("the deadline comes first".into()),
            _ => Ok(tokio::time::sleep_until(again)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_38_a_deadline_in_the_wait_before_the_head_and_in_the_body() {
    // Below stands a limit that reads the extension, above one that ends the body.
    let begin = || first([data("0123"), reset()]);
    let hangs = || part(4, 9, [data("4"), Step::Hang]);
    for (seconds, replies, ends_after, content, cause) in [
        (5, vec![begin()], 0, "0123", "reset by peer"),
        (15, vec![begin(), Reply::Never], 15, "0123", "no head before the deadline"),
        (15, vec![begin(), hangs()], 15, "01234", ""),
    ] {
        let server = Server::new(replies);
        let below = tower::service_fn({
            let server = server.clone();
            move |request: Request<()>| {
                let Until(end) = *request.extensions().get().expect("it reaches every request");
                let call = server.clone().oneshot(request);
                async move {
                    let late = || io::Error::new(io::ErrorKind::TimedOut, "no head before the deadline");
                    tokio::time::timeout_at(end, call).await.unwrap_or_else(|_| Err(late()))
                }
            }
        });
        let begun = Instant::now();
        let end = begun + Duration::from_secs(seconds);
        let mut request = get();
        request.extensions_mut().insert(Until(end));
        let response = ContinueLayer::new(Tens).layer(below).oneshot(request).await.unwrap();
        let got = Arc::new(Mutex::new(String::new()));
        let mut body = Box::pin(response.into_body());
        let reading = async {
            while let Some(frame) = http_body_util::BodyExt::frame(&mut body).await {
                got.lock().unwrap().push_str(str::from_utf8(&frame?.into_data().unwrap()).unwrap());
            }
            Ok::<_, BoxError>(())
        };
        match tokio::time::timeout_at(end + Duration::from_millis(1), reading).await {
            Ok(outcome) => {
                let chain = chain(&*outcome.unwrap_err());
                assert!(chain[0].contains("is not asked for again: the deadline comes first"), "{chain:?}");
                assert_eq!(chain[1], cause);
                assert_eq!(begun.elapsed().as_secs(), ends_after, "{cause}");
            }
            Err(_) => assert_eq!(cause, "", "the limit above ends it"),
        }
        assert_eq!(*got.lock().unwrap(), content);
        drop(body);
        assert!(server.is_let_go() || cause.is_empty());
    }
}
