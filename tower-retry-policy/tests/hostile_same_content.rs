//! Which repeats of wrong content end a call: only those of whole content, read to a proven end.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod loops;

use self::loops::{Loop, over_each_loop};
use bytes::Bytes;
use http::{Request, Response, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Empty;
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::{
    ContentCheckLayer, End, Rejection,
    check::{BoxCheck, ContentType, ExpectedContent, Json, Length, NotEmpty, PartialContent, check_fn},
};
use tower_retry_policy::{RetryError, RetryPolicy, StopReason};

const ATTEMPTS: usize = 8;

#[derive(Clone, Copy)]
enum Framed {
    Length,
    Chunked,
    Close,
    Stream,
}
use Framed::{Chunked, Close, Length as Long, Stream};

#[derive(Clone, Copy)]
enum Answer {
    Page(Framed, &'static str),
    Cut(Framed, &'static str),
    Short(u64, &'static str),
    Pad(Framed, usize),
    Counted(Framed, &'static str),
    Frames(&'static str),
}
use Answer::{Counted, Cut, Frames, Pad, Page, Short};

struct Scripted {
    frames: Vec<Bytes>,
    fails: bool,
    length: Option<u64>,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(frame) = self.frames.pop() {
            self.length = self.length.map(|length| length - frame.len() as u64);
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        let fails = std::mem::take(&mut self.fails);
        Poll::Ready(fails.then(|| Err("the connection broke".into())))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn response(answer: Answer, number: usize) -> Response<Scripted> {
    let (framed, content, fails) = match answer {
        Page(framed, content) => (framed, content.to_owned(), false),
        Cut(framed, content) => (framed, content.to_owned(), true),
        Short(_, content) => (Long, content.to_owned(), false),
        Pad(framed, length) => (framed, format!("<{}>", "x".repeat(length)), false),
        Counted(framed, content) => (framed, content.replace('#', &number.to_string()), false),
        Frames(content) => (Long, content.to_owned(), false),
    };
    let mut head = Response::builder().header(header::CONTENT_TYPE, "text/html");
    let mut length = None;
    match framed {
        Long => {
            length = Some(match answer {
                Short(length, _) => length,
                _ => content.len() as u64,
            });
            head = head.header(header::CONTENT_LENGTH, length.unwrap());
        }
        Chunked => head = head.header(header::TRANSFER_ENCODING, "chunked"),
        Close => {}
        Stream => head = head.version(Version::HTTP_2),
    }
    let content = Bytes::from(content);
    let size = match answer {
        Frames(_) => number % 5 + 1,
        Pad(..) => 1024,
        _ => content.len().max(1),
    };
    let frames = content.chunks(size).rev().map(Bytes::copy_from_slice).collect();
    head.body(Scripted { frames, fails, length }).unwrap()
}

async fn sent(
    which: Loop,
    policy: RetryPolicy,
    check: &BoxCheck,
    answers: &'static [Answer],
) -> (usize, Option<StopReason>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let server = service_fn(move |_: Request<Empty<Bytes>>| {
        let number = counter.fetch_add(1, Ordering::Relaxed);
        async move { Ok::<_, BoxError>(response(answers[number % answers.len()], number)) }
    });
    let stack = ServiceBuilder::new()
        .layer(which.retry(policy))
        .layer(ContentCheckLayer::new(check.clone()))
        .service(server);
    let error = match stack.oneshot(Request::new(Empty::new())).await {
        Ok(response) => panic!("passed: {:?}", response.headers()),
        Err(error) => error,
    };
    let reason = RetryError::find(&*error).and_then(RetryError::stop_reason);
    (count.load(Ordering::Relaxed), reason)
}

fn json() -> BoxCheck {
    BoxCheck::new((Length::new(), PartialContent::new(), ExpectedContent, Json::new()))
}

fn never(rejection: fn(&'static str) -> Rejection) -> BoxCheck {
    BoxCheck::new(check_fn(move |_: &mut End<'_>| Err(rejection("pending"))))
}

fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(ATTEMPTS as u32 - 1).without_budget()
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    only_whole_content_that_comes_again_ends_a_call,
);

async fn only_whole_content_that_comes_again_ends_a_call(which: Loop) {
    const ONCE: usize = 2;
    const ALL: usize = ATTEMPTS;
    let typed = || BoxCheck::new(ContentType::new("application/json"));
    let prefix = || BoxCheck::new(tower_content_check::check::Prefix::new("%PDF-"));
    let suffix = || BoxCheck::new((NotEmpty, tower_content_check::check::Suffix::new("</html>")));
    let repeated = || never(|reason| Rejection::transient(reason).unless_repeated());
    let rows: &[(&str, BoxCheck, &'static [Answer], usize)] = &[
        ("a page with a length", json(), &[Page(Long, "<html>")], ONCE),
        ("JSON that ends early, chunked", json(), &[Page(Chunked, "[1, 2")], ONCE),
        (
            "JSON that ends early, in a stream that says nothing of its end",
            json(),
            &[Page(Stream, "[1, 2")],
            ALL,
        ),
        ("JSON that ends early, close-delimited", json(), &[Page(Close, "[1, 2")], ALL),
        ("a page, close-delimited", json(), &[Page(Close, "<html>")], ALL),
        ("a page whose end differs", json(), &[Counted(Long, "<html> request #")], ALL),
        ("a page whose begin differs", json(), &[Counted(Long, "#<html>")], ALL),
        ("JSON whose end differs", json(), &[Counted(Chunked, "[1, #")], ALL),
        ("nothing", json(), &[Page(Long, "")], ALL),
        ("nothing, chunked", json(), &[Page(Chunked, "")], ALL),
        ("nothing, in a stream", json(), &[Page(Stream, "")], ALL),
        ("cut at one place", json(), &[Cut(Long, "[1, 2")], ALL),
        ("cut after wrong content", json(), &[Cut(Chunked, "<html>")], ALL),
        ("a cut stream", json(), &[Cut(Stream, "[1, 2")], ALL),
        ("short of its length, wrong before", json(), &[Short(9, "<html>")], ALL),
        ("short of its length", json(), &[Short(9, "[1, 2")], ALL),
        ("in other frames", json(), &[Frames("[1, 2, 3, <html>")], ONCE),
        ("longer than is drained", json(), &[Pad(Long, 70_000)], ALL),
        ("as long as is drained", json(), &[Pad(Long, 65_000)], ONCE),
        (
            "a prefix of what came",
            json(),
            &[Page(Long, "[1"), Page(Long, "[1,"), Page(Long, "[1, 2")],
            ATTEMPTS / 2,
        ),
        ("between cuts", json(), &[Page(Long, "<html>"), Cut(Long, "[")], 3),
        ("with another framing", json(), &[Page(Long, "[1, 2"), Page(Chunked, "[1, 2")], ONCE),
        ("cut, then whole", json(), &[Cut(Chunked, "[1, 2"), Page(Long, "[1, 2"), Cut(Long, "[1, 2")], 5),
        ("of another type", typed(), &[Page(Long, "<html>")], ALL),
        ("of another begin", prefix(), &[Page(Long, "<html>")], ONCE),
        ("of another end", suffix(), &[Page(Chunked, "<html>")], ONCE),
        ("of another end, close-delimited", suffix(), &[Page(Close, "<html>")], ALL),
        ("empty in a tuple", suffix(), &[Page(Long, "")], ALL),
        ("a closure's transient", never(Rejection::transient), &[Page(Long, "[1, 2]")], ALL),
        ("a closure's unless_repeated", repeated(), &[Page(Long, "[1, 2]")], ONCE),
        ("a closure's unless_repeated, empty", repeated(), &[Page(Long, "")], ALL),
        ("a closure's unless_repeated, close", repeated(), &[Page(Close, "[1, 2]")], ALL),
        ("a closure's unless_repeated, differing", repeated(), &[Counted(Long, "[#]")], ALL),
        ("a closure's cut", never(Rejection::cut), &[Page(Long, "[1, 2]")], ALL),
        ("a closure's permanent", never(Rejection::permanent), &[Page(Long, "[1, 2]")], 1),
    ];
    let mut wrong = Vec::new();
    for (name, check, answers, expected) in rows {
        let (count, reason) = sent(which, policy(), check, answers).await;
        let said = match reason {
            Some(StopReason::SameContent) => count < ALL,
            Some(StopReason::Attempts) => count == ALL,
            Some(StopReason::Permanent) => count == 1,
            _ => false,
        };
        if count != *expected || !said {
            wrong.push(format!("{name}: sent {count}, not {expected}, {reason:?}"));
        }
        let (count, reason) = sent(which, policy().retry_same_content(true), check, answers).await;
        if count != ALL && reason != Some(StopReason::Permanent) {
            wrong.push(format!("{name}: sent {count} although the same content may come again, {reason:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
