//! What does not fit behind the bytes that came is refused, and how the call goes on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod continued;
mod support;

use continued::{ETAG, assert_refused, cut, get, rest, send, send_checked, whole};
use http::{StatusCode, header};
use support::{Fields, Script, Step, data, headers, response};
use tower_content_check::{
    ContentCheckError, ContentCheckLayer,
    resume::{ResumeLayer, Resumed},
};

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
    const UNPROVEN: &str = "the rest of the body is not known to be of the same version";
    const VERSION: &str = "the rest of the body is of another version";
    // fields of the 206, its content, whether the rest is asked for again, why
    type Case = (Fields, &'static str, bool, &'static str);
    let cases: &[Case] = &[
        (&[ETAG], "456789", true, WITHOUT),
        (&[ETAG, ("content-range", "bytes */10")], "", true, WITHOUT),
        (&[ETAG, ("content-range", "4-9/10")], "456789", true, WITHOUT),
        (&[ETAG, ("content-range", "items 4-9/10")], "456789", true, WITHOUT),
        (&[ETAG, ("content-range", "bytes 9-4/10")], "456789", true, WITHOUT),
        (
            &[ETAG, ("content-range", "bytes 0-3/10")],
            "0123",
            true,
            "the rest of the body ends before it begins",
        ),
        (&[ETAG, ("content-range", "bytes 5-9/10")], "56789", true, ELSEWHERE),
        (
            &[ETAG, ("content-range", "bytes 4-10/*")],
            "456789a",
            true,
            "the rest of the body goes beyond its end",
        ),
        (&[ETAG, ("content-range", "bytes 4-9/11")], "456789", false, LENGTH),
        (&[ETAG, ("content-range", "bytes 4-10/11")], "456789a", false, LENGTH),
        (&[RANGE], "456789", false, UNPROVEN),
        (&[("etag", "\"v2\""), RANGE], "456789", false, VERSION),
        (&[("etag", "W/\"v1\""), RANGE], "456789", false, UNPROVEN),
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
            "the rest of the body is encoded, what came before is not: decompression belongs above the layer that asked for it",
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
        assert_eq!(call.ranges(), [None, Some("bytes=4-9"), again.then_some("bytes=4-9")], "{fields:?}");
        assert_refused(&call.errors[1], reason);
        assert_eq!(call.content().await, "0123456789");
    }
    let mut twice = rest();
    twice.headers_mut().append(header::CONTENT_RANGE, "bytes 4-9/10".parse().unwrap());
    let call = send(get(), ResumeLayer::new(), vec![cut(), twice, rest()]).await;
    assert_refused(&call.errors[1], WITHOUT);
    assert_eq!(call.content().await, "0123456789");
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
    assert_eq!(call.ranges(), [None, Some("bytes=4-9"), Some("bytes=4-9")]);
    assert_eq!(call.content().await, "0123456789");

    // A new byte says that the server can do it, and starting over leaves nothing behind.
    let more =
        || response(206, &[ETAG, ("content-range", "bytes 4-9/10")], Script::new([data("4"), Step::Fail]));
    let last = response(206, &[ETAG, ("content-range", "bytes 5-9/10")], Script::of("56789"));
    let answers =
        vec![cut(), nonsense(), more(), nonsense(), nonsense(), cut(), nonsense(), more(), nonsense(), last];
    let call = send(get(), ResumeLayer::new(), answers).await;
    let asked = [0, 4, 4, 5, 5, 0, 4, 4, 5, 5].map(|first| (first > 0).then(|| format!("bytes={first}-9")));
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
        let asked = Some(if length.is_some() { "bytes=4-9" } else { "bytes=4-" });
        assert_eq!(call.ranges(), [None, asked, asked.filter(|_| *again)], "{fields:?}");
        assert!(call.errors[1].is_body() && call.errors[1].fingerprint().is_none(), "{fields:?}");
        assert_eq!(std::error::Error::source(&call.errors[1]).unwrap().to_string(), *reason, "{fields:?}");
        assert_eq!(call.content().await, "0123456789");
    }
}

#[tokio::test]
async fn a_part_that_does_not_prove_the_end_is_never_the_whole() {
    // What is declared first, the range of the 206 and its content, the range asked for next.
    let cases = [
        (Some("10"), "bytes 4-8/10", "45678", Some("bytes=9-9")),
        (Some("10"), "bytes 4-8/*", "45678", Some("bytes=9-9")),
        (Some("10"), "bytes 4-9/*", "456789", None),
        (None, "bytes 4-8/10", "45678", Some("bytes=9-9")),
        (None, "bytes 4-8/*", "45678", Some("bytes=9-")),
        (None, "bytes 4-9/*", "456789", Some("bytes=10-")),
        (None, "bytes 4-9/10", "456789", None),
        (Some("10"), "bytes 4-9/10", "45", Some("bytes=6-9")),
        (None, "bytes 4-9/10", "45", Some("bytes=6-9")),
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
            Some("bytes=6-" | "bytes=6-9") => {
                response(206, &[ETAG, ("content-range", "bytes 6-9/10")], Script::of("6789"))
            }
            Some("bytes=9-" | "bytes=9-9") => {
                response(206, &[ETAG, ("content-range", "bytes 9-9/10")], Script::of("9"))
            }
            _ => response(416, &[("content-range", "bytes */10")], Script::of("")),
        };
        // Whatever the check: this one accepts everything.
        let answers = vec![first, second, third];
        let call = send_checked(get(), ResumeLayer::new(), ContentCheckLayer::new(()), answers).await;
        let asked = if length.is_some() { "bytes=4-9" } else { "bytes=4-" };
        let expected: Vec<_> = [None, Some(asked)].into_iter().chain(next.map(Some)).collect();
        assert_eq!(call.ranges(), expected, "{length:?} {range} {content}");
        assert!(call.errors.iter().all(ContentCheckError::is_body));
        assert_eq!(call.content().await, "0123456789", "{length:?} {range} {content}");
    }
}

#[tokio::test]
async fn a_rest_that_is_longer_than_its_range_is_refused() {
    let part =
        response(206, &[ETAG, ("content-range", "bytes 4-9/10")], Script::new([data("456789"), data("!")]));
    let call = send(get(), ResumeLayer::new(), vec![cut(), part, whole()]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-9"), None]);
    assert_eq!(call.content().await, "0123456789");
}
