//! A body that broke off is continued, and nothing else is taken for its rest.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use proptest::prelude::*;
use support::{Fields, Script, Step, data, headers, request, response, trailers};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::{
    BoxError, CheckedBody, ContentCheckError, ContentCheckLayer, End, Rejection,
    check::{Length, check_fn},
    resume::{Resumable, ResumableLayer, ResumeBody, ResumeLayer, Resumed},
};

type Answer = Response<CheckedBody<ResumeBody<Script>>>;

/// Sends the request as often as a retry would, with the given answers, until one is accepted.
struct Call {
    requests: Vec<HeaderMap>,
    errors: Vec<ContentCheckError>,
    answer: Option<Answer>,
}

impl Call {
    async fn content(self) -> Bytes {
        self.answer.expect("an attempt was accepted").into_body().into_bytes().await.unwrap()
    }

    /// The `Range` of each attempt.
    fn ranges(&self) -> Vec<Option<&str>> {
        self.requests
            .iter()
            .map(|headers| headers.get(header::RANGE).map(|value| value.to_str().unwrap()))
            .collect()
    }
}

async fn send(request: Request<()>, layer: ResumeLayer, answers: Vec<Response<Script>>) -> Call {
    send_checked(request, layer, ContentCheckLayer::new(Length::new()), answers).await
}

async fn send_checked<C>(
    request: Request<()>,
    layer: ResumeLayer,
    check: ContentCheckLayer<C>,
    answers: Vec<Response<Script>>,
) -> Call
where
    C: tower_content_check::Check + Clone,
{
    let count = answers.len();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    let client = service_fn({
        let requests = requests.clone();
        move |request: Request<()>| {
            requests.lock().unwrap().push(request.headers().clone());
            let answer = answers.lock().unwrap().next().unwrap();
            async { Ok::<_, Infallible>(answer) }
        }
    });
    let service = ServiceBuilder::new().layer(check).layer(layer).service(client);
    let mut errors = Vec::new();
    let mut answer = None;
    for _ in 0..count {
        match service.clone().oneshot(request.clone()).await {
            Ok(response) => {
                answer = Some(response);
                break;
            }
            Err(error) => errors.push(*error.downcast::<ContentCheckError>().unwrap()),
        }
    }
    let requests = std::mem::take(&mut *requests.lock().unwrap());
    Call { requests, errors, answer }
}

fn get() -> Request<()> {
    let mut request = request(Method::GET, &[]);
    request.extensions_mut().insert(Resumable::new());
    request
}

const ETAG: (&str, &str) = ("etag", "\"v1\"");

/// Ten bytes, of which four come.
fn cut() -> Response<Script> {
    response(200, &[ETAG, ("content-length", "10")], Script::new([data("01"), data("23"), Step::Fail]))
}

fn rest() -> Response<Script> {
    response(
        206,
        &[ETAG, ("content-range", "bytes 4-9/10"), ("content-length", "6")],
        Script::new([data("456"), Step::Wait, data("789")]),
    )
}

fn whole() -> Response<Script> {
    response(200, &[ETAG, ("content-length", "10")], Script::of("0123456789"))
}

#[tokio::test]
async fn the_next_attempt_asks_for_the_rest_and_the_answer_is_one_whole() {
    let call = send(get(), ResumeLayer::new(), vec![cut(), rest()]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-")]);
    assert_eq!(call.requests[1][header::IF_RANGE], "\"v1\"");
    assert!(call.errors[0].is_body());
    assert_eq!((call.errors[0].received(), call.errors[0].expected()), (4, Some(10)));

    let answer = call.answer.as_ref().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_LENGTH], "10");
    assert!(!answer.headers().contains_key(header::CONTENT_RANGE));
    assert_eq!(answer.extensions().get::<Resumed>().unwrap().bytes(), 4);
    assert_eq!(answer.body().frames().map(Bytes::len).collect::<Vec<_>>(), [2, 2, 3, 3]);
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn a_rest_that_breaks_off_is_continued_as_well() {
    let second =
        response(206, &[ETAG, ("content-range", "bytes 4-9/10")], Script::new([data("456"), Step::Fail]));
    // It ends early and says so nowhere but in its range.
    let third = response(206, &[ETAG, ("content-range", "bytes 7-9/*")], Script::of("78"));
    let fourth = response(206, &[ETAG, ("content-range", "bytes 9-9/10")], Script::of("9"));
    let call = send(get(), ResumeLayer::new(), vec![cut(), second, third, fourth]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-"), Some("bytes=7-"), Some("bytes=9-")]);
    assert!(call.errors.iter().all(ContentCheckError::is_body));
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn a_whole_answer_starts_over() {
    let changed = response(200, &[("etag", "\"v2\""), ("content-length", "3")], Script::of("new"));
    let call = send(get(), ResumeLayer::new(), vec![cut(), changed]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-")]);
    assert!(call.answer.as_ref().unwrap().extensions().get::<Resumed>().is_none());
    assert_eq!(call.content().await, "new");

    let changed =
        response(200, &[("etag", "\"v2\""), ("content-length", "3")], Script::new([data("n"), Step::Fail]));
    let rest = response(206, &[("etag", "\"v2\""), ("content-range", "bytes 1-2/3")], Script::of("ew"));
    let call = send(get(), ResumeLayer::new(), vec![cut(), changed, rest]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-"), Some("bytes=1-")]);
    assert_eq!(call.requests[2][header::IF_RANGE], "\"v2\"");
    assert_eq!(call.content().await, "new");
}

#[tokio::test]
async fn other_answers_leave_what_came_for_the_attempt_after() {
    let client_of = |answers: Vec<Response<Script>>| {
        let answers = Arc::new(Mutex::new(answers.into_iter()));
        ServiceBuilder::new().layer(ContentCheckLayer::new(Length::new())).layer(ResumeLayer::new()).service(
            service_fn(move |_: Request<()>| {
                let answer = answers.lock().unwrap().next().unwrap();
                async { Ok::<_, Infallible>(answer) }
            }),
        )
    };
    let service = client_of(vec![cut(), response(503, &[], Script::of("busy")), rest()]);
    let request = get();
    assert!(service.clone().oneshot(request.clone()).await.is_err());
    let busy = service.clone().oneshot(request.clone()).await.unwrap();
    assert_eq!(busy.status(), 503);
    assert_eq!(request.extensions().get::<Resumable>().unwrap().received(), 4);
    let whole = service.oneshot(request.clone()).await.unwrap();
    assert_eq!(whole.into_body().into_bytes().await.unwrap(), "0123456789");
    assert_eq!(request.extensions().get::<Resumable>().unwrap().received(), 0, "nothing is held any more");
}

const TYPED: &[(&str, &str)] = &[
    ETAG,
    ("content-length", "10"),
    ("content-type", "text/plain; charset=utf-8"),
    ("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT"),
];

#[tokio::test]
async fn a_part_that_does_not_agree_is_a_failed_transfer() {
    const RANGE: (&str, &str) = ("content-range", "bytes 4-9/10");
    const WITHOUT: &str = "the rest of the body came without its range";
    const ELSEWHERE: &str = "the rest of the body begins elsewhere";
    const LENGTH: &str = "the body has another length than before";
    const VERSION: &str = "the rest of the body is of another version";
    // fields of the 206, its content, whether the rest is asked for again, why
    type Case = (Fields, &'static str, bool, &'static str);
    let cases: &[Case] = &[
        (&[ETAG], "456789", true, WITHOUT),
        (&[ETAG, ("content-range", "bytes */10")], "", true, WITHOUT),
        (&[ETAG, ("content-range", "4-9/10")], "456789", true, WITHOUT),
        (&[ETAG, ("content-range", "items 4-9/10")], "456789", true, WITHOUT),
        (&[ETAG, ("content-range", "bytes 9-4/10")], "456789", true, WITHOUT),
        (&[ETAG, ("content-range", "bytes 3-9/10")], "3456789", true, ELSEWHERE),
        (&[ETAG, ("content-range", "bytes 5-9/10")], "56789", true, ELSEWHERE),
        (&[ETAG, ("content-range", "bytes 0-9/10")], "0123456789", true, ELSEWHERE),
        (
            &[ETAG, ("content-range", "bytes 4-10/*")],
            "456789a",
            true,
            "the rest of the body goes beyond its end",
        ),
        (&[ETAG, ("content-range", "bytes 4-9/11")], "456789", false, LENGTH),
        (&[ETAG, ("content-range", "bytes 4-10/11")], "456789a", false, LENGTH),
        (&[RANGE], "456789", false, VERSION),
        (&[("etag", "\"v2\""), RANGE], "456789", false, VERSION),
        (&[("etag", "W/\"v1\""), RANGE], "456789", false, VERSION),
        (
            &[ETAG, RANGE, ("content-length", "5")],
            "45678",
            true,
            "the rest of the body has another length than its range",
        ),
        (
            &[ETAG, RANGE, ("content-encoding", "gzip")],
            "456789",
            false,
            "the rest of the body is encoded, what came before is not: place the resume layer below decompression",
        ),
        (
            &[ETAG, ("content-type", "multipart/byteranges; boundary=x")],
            "456789",
            true,
            "the rest of the body is of another media type",
        ),
        (
            &[ETAG, RANGE, ("last-modified", "Mon, 23 Nov 2026 18:00:01 GMT")],
            "456789",
            false,
            "the rest of the body was modified at another time",
        ),
    ];
    for (fields, content, again, reason) in cases {
        let first = response(200, TYPED, Script::new([data("0123"), Step::Fail]));
        let part = response(206, fields, Script::of(content));
        let call = send(get(), ResumeLayer::new(), vec![first, part, whole()]).await;
        assert_eq!(call.ranges(), [None, Some("bytes=4-"), again.then_some("bytes=4-")], "{fields:?}");
        assert_refused(&call.errors[1], reason);
        assert_eq!(call.content().await, "0123456789");
    }
    let mut twice = rest();
    twice.headers_mut().append(header::CONTENT_RANGE, "bytes 4-9/10".parse().unwrap());
    let call = send(get(), ResumeLayer::new(), vec![cut(), twice, rest()]).await;
    assert_refused(&call.errors[1], WITHOUT);
    assert_eq!(call.content().await, "0123456789");
}

/// A failed transfer, as far as it had come before, which is no evidence that the server means it.
#[track_caller]
fn assert_refused(error: &ContentCheckError, reason: &str) {
    assert!(error.is_body() && !error.is_permanent(), "{reason}");
    assert_eq!((error.fingerprint(), error.received(), error.expected()), (None, 4, Some(10)), "{reason}");
    assert_eq!(error.to_string(), "body cut at 4 of 10 bytes");
    assert_eq!(std::error::Error::source(error).unwrap().to_string(), reason);
}

#[tokio::test]
async fn fields_that_a_part_repeats_in_another_spelling_do_no_harm() {
    let first = response(200, TYPED, Script::new([data("0123"), Step::Fail]));
    let fields = &[
        ETAG,
        ("content-range", "bytes 4-9/10"),
        ("content-type", "Text/Plain;charset=UTF-8"),
        ("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT"),
    ];
    let second = response(206, fields, Script::of("456789"));
    let call = send(get(), ResumeLayer::new(), vec![first, second]).await;
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn the_rest_is_asked_for_once_more_and_then_the_attempt_starts_over() {
    let nonsense = || response(206, &[ETAG], Script::of("456789"));
    let call = send(get(), ResumeLayer::new(), vec![cut(), nonsense(), rest()]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-"), Some("bytes=4-")]);
    assert_eq!(call.content().await, "0123456789");

    // A new byte says that the server can do it, and starting over leaves nothing behind.
    let more =
        || response(206, &[ETAG, ("content-range", "bytes 4-9/10")], Script::new([data("4"), Step::Fail]));
    let last = response(206, &[ETAG, ("content-range", "bytes 5-9/10")], Script::of("56789"));
    let answers =
        vec![cut(), nonsense(), more(), nonsense(), nonsense(), cut(), nonsense(), more(), nonsense(), last];
    let call = send(get(), ResumeLayer::new(), answers).await;
    let asked = [0, 4, 4, 5, 5, 0, 4, 4, 5, 5].map(|first| (first > 0).then(|| format!("bytes={first}-")));
    assert_eq!(call.ranges(), asked.each_ref().map(Option::as_deref));
    assert!(call.errors.iter().all(|error| error.is_body() && error.fingerprint().is_none()));
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn a_range_that_cannot_be_satisfied() {
    const REFUSED: Option<&str> = Some("the server refused the range");
    const LENGTH: Option<&str> = Some("the body has another length than before");
    // the declared length of the 200, fields of the 416, why it is refused, whether the rest is asked for again
    type Case = (Option<&'static str>, Fields, Option<&'static str>, bool);
    let cases: &[Case] = &[
        (None, &[("content-range", "bytes */4")], None, false),
        (None, &[ETAG, ("content-range", "bytes */4")], None, false),
        (
            None,
            &[("etag", "\"v2\""), ("content-range", "bytes */4")],
            Some("the rest of the body is of another version"),
            false,
        ),
        (None, &[("content-range", "bytes */3")], Some("the body is shorter than before"), false),
        (None, &[("content-range", "bytes */10")], REFUSED, true),
        (None, &[("content-range", "bytes */*")], REFUSED, true),
        (None, &[], REFUSED, true),
        (Some("10"), &[("content-range", "bytes */10")], REFUSED, true),
        (Some("10"), &[("content-range", "bytes */4")], LENGTH, false),
        (Some("10"), &[("content-range", "bytes */12")], LENGTH, false),
        (Some("10"), &[], REFUSED, true),
    ];
    for (length, fields, reason, again) in cases {
        let mut first = response(200, &[ETAG, ("x-first", "1")], Script::new([data("0123"), Step::Fail]));
        if let Some(length) = length {
            first.headers_mut().insert(header::CONTENT_LENGTH, length.parse().unwrap());
            first.headers_mut().remove(header::TRANSFER_ENCODING);
        }
        let mut fields = headers(fields);
        fields.insert("repr-digest", "sha-256=:of the page:".parse().unwrap());
        let mut refused = response(416, &[], Script::of("<html>"));
        refused.headers_mut().extend(fields.clone());
        let call = send(get(), ResumeLayer::new(), vec![first, refused, whole()]).await;
        let Some(reason) = reason else {
            let answer = call.answer.as_ref().unwrap();
            assert_eq!((call.requests.len(), answer.status()), (2, StatusCode::OK), "{fields:?}");
            assert_eq!(answer.extensions().get::<Resumed>().unwrap().bytes(), 4);
            assert_eq!(answer.headers(), &headers(&[ETAG, ("x-first", "1"), ("content-length", "4")]));
            assert_eq!(call.content().await, "0123");
            continue;
        };
        assert_eq!(call.ranges(), [None, Some("bytes=4-"), again.then_some("bytes=4-")], "{fields:?}");
        assert!(call.errors[1].is_body() && call.errors[1].fingerprint().is_none(), "{fields:?}");
        assert_eq!(std::error::Error::source(&call.errors[1]).unwrap().to_string(), *reason, "{fields:?}");
        assert_eq!(call.content().await, "0123456789");
    }
}

#[tokio::test]
async fn a_part_that_does_not_prove_the_end_is_never_the_whole() {
    // What is declared first, the range of the 206 and its content, the range asked for next.
    let cases = [
        (Some("10"), "bytes 4-8/10", "45678", Some("bytes=9-")),
        (Some("10"), "bytes 4-8/*", "45678", Some("bytes=9-")),
        (Some("10"), "bytes 4-9/*", "456789", None),
        (None, "bytes 4-8/10", "45678", Some("bytes=9-")),
        (None, "bytes 4-8/*", "45678", Some("bytes=9-")),
        (None, "bytes 4-9/*", "456789", Some("bytes=10-")),
        (None, "bytes 4-9/10", "456789", None),
        (Some("10"), "bytes 4-9/10", "45", Some("bytes=6-")),
        (None, "bytes 4-9/10", "45", Some("bytes=6-")),
        (None, "bytes 4-9/*", "45", Some("bytes=6-")),
    ];
    for (length, range, content, next) in cases {
        let mut first = cut();
        if length.is_none() {
            first.headers_mut().remove(header::CONTENT_LENGTH);
            first.headers_mut().insert(header::TRANSFER_ENCODING, "chunked".parse().unwrap());
        }
        let second = response(206, &[ETAG, ("content-range", range)], Script::of(content));
        let third = match next {
            Some("bytes=6-") => response(206, &[ETAG, ("content-range", "bytes 6-9/10")], Script::of("6789")),
            Some("bytes=9-") => response(206, &[ETAG, ("content-range", "bytes 9-9/10")], Script::of("9")),
            _ => response(416, &[("content-range", "bytes */10")], Script::of("")),
        };
        // Whatever the check: this one accepts everything.
        let answers = vec![first, second, third];
        let call = send_checked(get(), ResumeLayer::new(), ContentCheckLayer::new(()), answers).await;
        let expected: Vec<_> = [None, Some("bytes=4-")].into_iter().chain(next.map(Some)).collect();
        assert_eq!(call.ranges(), expected, "{length:?} {range} {content}");
        assert!(call.errors.iter().all(ContentCheckError::is_body));
        assert_eq!(call.content().await, "0123456789", "{length:?} {range} {content}");
    }
}

#[tokio::test]
async fn plain_content_is_continued_with_a_request_for_plain_content() {
    let cases: &[(Fields, Option<&str>)] = &[
        (&[], Some("identity")),
        (&[("accept-encoding", "gzip")], Some("gzip")),
        (&[("accept-encoding", "")], Some("")),
    ];
    for (fields, expected) in cases {
        let mut request = request(Method::GET, fields);
        request.extensions_mut().insert(Resumable::new());
        let call = send(request, ResumeLayer::new(), vec![cut(), rest()]).await;
        let sent = |attempt: usize| {
            call.requests[attempt].get(header::ACCEPT_ENCODING).map(|value| value.to_str().unwrap())
        };
        assert_eq!(sent(0), fields.first().map(|(_, value)| *value));
        assert_eq!(sent(1), *expected);
        assert_eq!(call.content().await, "0123456789");
    }
    // Encoded content is continued as it is, and only by an answer that says the same.
    let coded = ("content-encoding", "gzip");
    let first =
        || response(200, &[ETAG, coded, ("content-length", "10")], Script::new([data("0123"), Step::Fail]));
    let second = response(206, &[ETAG, coded, ("content-range", "bytes 4-9/10")], Script::of("456789"));
    let call = send(get(), ResumeLayer::new(), vec![first(), second]).await;
    assert!(!call.requests[1].contains_key(header::ACCEPT_ENCODING));
    assert_eq!(call.content().await, "0123456789");
    let call = send(get(), ResumeLayer::new(), vec![first(), rest(), whole()]).await;
    assert_refused(&call.errors[1], "the rest of the body is encoded in another way");
    assert_eq!(call.ranges(), [None, Some("bytes=4-"), None]);
}

#[tokio::test]
async fn nothing_that_is_shown_for_debugging_holds_a_secret() {
    let request = Request::get("/file?token=1234").extension(Resumable::new()).body(()).unwrap();
    let answers = Arc::new(Mutex::new(vec![rest(), cut()]));
    let mut service = ResumeLayer::new().layer(service_fn(move |_: Request<()>| {
        let mut answer = answers.lock().unwrap().pop().unwrap();
        answer.headers_mut().insert("set-cookie", "session=5678".parse().unwrap());
        std::future::ready(Ok::<_, Infallible>(answer))
    }));
    for _ in 0..2 {
        let future = service.call(request.clone());
        assert!(!format!("{future:?}").contains("1234"), "{future:?}");
        let body = future.await.unwrap().into_body();
        let shown = format!("{body:?}");
        assert!(!shown.contains("1234") && !shown.contains("5678"), "{shown}");
        let _ = body.collect().await;
    }
}

#[tokio::test]
async fn a_rest_that_is_longer_than_its_range_is_refused() {
    let part =
        response(206, &[ETAG, ("content-range", "bytes 4-9/10")], Script::new([data("456789"), data("!")]));
    let call = send(get(), ResumeLayer::new(), vec![cut(), part, whole()]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-"), None]);
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn only_what_can_be_continued_is() {
    let broken = |fields| response(200, fields, Script::new([data("0123"), Step::Fail]));
    let cases: &[(Fields, bool)] = &[
        (&[ETAG], true),
        (&[ETAG, ("accept-ranges", "bytes")], true),
        (&[ETAG, ("accept-ranges", "none")], false),
        (&[("etag", "W/\"v1\""), ("content-length", "10")], false),
        (&[("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT"), ("content-length", "10")], false),
        (&[ETAG, ("content-length", "4")], false),
        (&[ETAG, ("content-length", "ten")], false),
        (&[], false),
    ];
    for (fields, continued) in cases {
        let call = send(get(), ResumeLayer::new(), vec![broken(fields), whole()]).await;
        assert_eq!(call.ranges()[1].is_some(), *continued, "{fields:?}");
        assert_eq!(call.content().await, "0123456789");
    }
    let requests: &[(Method, Fields, bool)] = &[
        (Method::GET, &[("accept", "*/*")], true),
        (Method::POST, &[], false),
        (Method::GET, &[("if-range", "\"v1\"")], false),
    ];
    for (method, fields, continued) in requests {
        let mut request = request(method.clone(), fields);
        request.extensions_mut().insert(Resumable::new());
        let call = send(request, ResumeLayer::new(), vec![broken(&[ETAG]), whole()]).await;
        assert_eq!(call.ranges()[1].is_some(), *continued, "{method} {fields:?}");
    }
    let mut own = request(Method::GET, &[("range", "bytes=2-")]);
    own.extensions_mut().insert(Resumable::new());
    let call = send(own, ResumeLayer::new(), vec![broken(&[ETAG]), whole()]).await;
    assert_eq!(call.ranges(), [Some("bytes=2-"), Some("bytes=2-")], "the caller's range stays");

    let call = send(request(Method::GET, &[]), ResumeLayer::new(), vec![broken(&[ETAG]), whole()]).await;
    assert_eq!(call.ranges(), [None, None], "without the extension the layer does nothing");
}

#[tokio::test]
async fn a_body_that_was_rejected_starts_over() {
    let no_nine = check_fn(|end: &mut End<'_>| match end.bytes().ends_with(b"!") {
        true => Err(Rejection::transient("exclaimed")),
        false => Ok(()),
    });
    let wrong = response(206, &[ETAG, ("content-range", "bytes 4-9/10")], Script::of("45678!"));
    let check = ContentCheckLayer::new((Length::new(), no_nine));
    let call = send_checked(get(), ResumeLayer::new(), check, vec![cut(), wrong, whole()]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-"), None]);
    assert_eq!(call.errors[1].reason(), Some("exclaimed"));
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn what_is_held_is_limited() {
    let call = send(get(), ResumeLayer::new().max_bytes(3), vec![cut(), whole()]).await;
    assert_eq!(call.ranges(), [None, None]);

    // What comes behind the limit must leave no hole.
    let second = response(
        206,
        &[ETAG, ("content-range", "bytes 4-9/10")],
        Script::new([data("456"), data("7"), Step::Fail]),
    );
    let call = send(get(), ResumeLayer::new().max_bytes(5), vec![cut(), second, whole()]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-"), None]);
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn another_resource_is_not_continued() {
    let handle = Resumable::new();
    let request = |path: &str| {
        let mut request = Request::get(path).body(()).unwrap();
        request.extensions_mut().insert(handle.clone());
        request
    };
    send(request("/a"), ResumeLayer::new(), vec![cut()]).await;
    assert_eq!(handle.received(), 4);
    let call = send(request("/b"), ResumeLayer::new(), vec![whole()]).await;
    assert_eq!(call.ranges(), [None]);
}

#[tokio::test]
async fn fields_of_a_part_do_not_describe_the_whole() {
    let first = response(
        200,
        &[ETAG, ("content-length", "10"), ("content-digest", "sha-256=:whole:"), ("x-server", "a")],
        Script::new([data("0123"), Step::Fail]),
    );
    let second = response(
        206,
        &[ETAG, ("content-range", "bytes 4-9/10"), ("content-digest", "sha-256=:part:"), ("x-server", "b")],
        Script::new([data("456789"), trailers(&[("content-md5", "part"), ("x-sum", "10")])]),
    );
    let call = send(get(), ResumeLayer::new(), vec![first, second]).await;
    let answer = call.answer.unwrap();
    assert_eq!(answer.headers()["content-digest"], "sha-256=:whole:");
    assert_eq!(answer.headers()["x-server"], "a");
    assert!(!answer.headers().contains_key(header::TRANSFER_ENCODING));
    assert_eq!(answer.body().trailers(), Some(&headers(&[("x-sum", "10")])));
}

#[cfg(feature = "digest")]
#[tokio::test]
async fn a_digest_covers_the_whole() {
    use tower_content_check::check::Digest;

    let digest = ("repr-digest", "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:");
    let check = || ContentCheckLayer::new((Length::new(), Digest::new().require()));
    let part =
        |content| response(206, &[ETAG, digest, ("content-range", "bytes 4-9/10")], Script::of(content));
    let call = send_checked(get(), ResumeLayer::new(), check(), vec![cut(), part("456789")]).await;
    assert!(call.answer.is_some(), "{:?}", call.errors);
    let call =
        send_checked(get(), ResumeLayer::new(), check(), vec![cut(), part("456788"), part("456789")]).await;
    assert_eq!(call.errors[1].reason(), Some("content does not agree with its Repr-Digest"));
    assert_eq!(call.ranges(), [None, Some("bytes=4-"), None], "damaged content is not built upon");
}

#[tokio::test]
async fn the_outer_layer_gives_each_request_a_handle() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let service = ServiceBuilder::new().layer(ResumableLayer::new()).service(service_fn({
        let seen = seen.clone();
        move |request: Request<()>| {
            let handle = request.extensions().get::<Resumable>().unwrap();
            seen.lock().unwrap().push(handle.received());
            async { Ok::<_, BoxError>(()) }
        }
    }));
    service.clone().oneshot(Request::new(())).await.unwrap();
    let request = get();
    let handle = request.extensions().get::<Resumable>().unwrap().clone();
    send(request.clone(), ResumeLayer::new(), vec![cut()]).await;
    assert_eq!(handle.received(), 4);
    service.oneshot(request).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [0, 4], "one that is there stays");
}

/// Retries whatever the content check does not accept, at once.
#[derive(Clone)]
struct Again;

impl<B> tower::retry::Policy<Request<()>, Response<B>, BoxError> for Again {
    type Future = std::future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<()>,
        result: &mut Result<Response<B>, BoxError>,
    ) -> Option<Self::Future> {
        result.is_err().then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<()>) -> Option<Request<()>> {
        Some(request.clone())
    }
}

#[tokio::test]
async fn inside_a_retry_each_call_is_continued_by_itself() {
    let content: Vec<u8> = (0..100).collect();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let client = service_fn({
        let (content, sent) = (content.clone(), sent.clone());
        move |request: Request<()>| {
            sent.lock().unwrap().push(request.headers().get(header::RANGE).cloned());
            let answer = serve(&content, request.headers(), 40, false, 7);
            async { Ok::<_, Infallible>(answer) }
        }
    });
    let service = ServiceBuilder::new()
        .layer(ResumableLayer::new())
        .retry(Again)
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(ResumeLayer::new())
        .service(client);
    for _ in 0..2 {
        let answer = service.clone().oneshot(request(Method::GET, &[])).await.unwrap();
        assert_eq!(answer.into_body().into_bytes().await.unwrap(), content);
        let ranges = std::mem::take(&mut *sent.lock().unwrap());
        assert_eq!(ranges, [None, Some("bytes=40-".parse().unwrap()), Some("bytes=80-".parse().unwrap())]);
    }
}

/// A server of ten to a hundred bytes that answers as the request asks and breaks off where it is told.
fn serve(
    content: &[u8],
    request: &HeaderMap,
    breaks_after: usize,
    chunked: bool,
    frame: usize,
) -> Response<Script> {
    let range = request.get(header::RANGE).map(|value| value.to_str().unwrap());
    let from = range
        .map_or(0, |range| range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap());
    let rest: &[u8] = &content[from..];
    let sent = breaks_after.min(rest.len());
    let mut steps: Vec<_> =
        rest[..sent].chunks(frame).map(|data| Step::Data(Bytes::copy_from_slice(data))).collect();
    if sent < rest.len() {
        steps.push(Step::Fail);
    }
    let mut response = response(if range.is_some() { 206 } else { 200 }, &[ETAG], Script::new(steps));
    if range.is_some() {
        let range = format!("bytes {from}-{}/{}", content.len() - 1, content.len());
        response.headers_mut().insert(header::CONTENT_RANGE, range.parse().unwrap());
    }
    if !chunked {
        response.headers_mut().remove(header::TRANSFER_ENCODING);
        response.headers_mut().insert(header::CONTENT_LENGTH, rest.len().into());
    }
    response
}

proptest! {
    #[test]
    fn every_byte_is_sent_once_however_often_the_body_breaks(
        content in prop::collection::vec(any::<u8>(), 1..100),
        breaks in prop::collection::vec(0_usize..40, 0..6),
        chunked: bool,
        frame in 1_usize..20,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let breaks = Arc::new(Mutex::new(breaks.into_iter()));
            let sent = Arc::new(Mutex::new(0));
            let client = service_fn({
                let (breaks, sent, content) = (breaks.clone(), sent.clone(), content.clone());
                move |request: Request<()>| {
                    let breaks_after = breaks.lock().unwrap().next().unwrap_or(usize::MAX);
                    let answer = serve(&content, request.headers(), breaks_after, chunked, frame);
                    let from = match request.headers().get(header::RANGE) {
                        Some(range) => range.to_str().unwrap()[6..].trim_end_matches('-').parse().unwrap(),
                        None => 0,
                    };
                    *sent.lock().unwrap() += breaks_after.min(content.len() - from);
                    async { Ok::<_, Infallible>(answer) }
                }
            });
            let service = ServiceBuilder::new()
                .layer(ContentCheckLayer::new(Length::new()))
                .layer(ResumeLayer::new())
                .service(client);
            let request = get();
            let answer = loop {
                match service.clone().oneshot(request.clone()).await {
                    Ok(answer) => break answer,
                    Err(error) => assert!(error.downcast_ref::<ContentCheckError>().unwrap().is_body()),
                }
            };
            assert_eq!(answer.into_body().into_bytes().await.unwrap(), content);
            assert_eq!(*sent.lock().unwrap(), content.len());
        });
    }
}
