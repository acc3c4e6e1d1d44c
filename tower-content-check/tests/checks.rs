//! What each check says: tables of head, content and verdict.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use http::Method;
use support::{Fields, Script, call, call_with, data, error, request, response, trailers};
use tower_content_check::{
    ContentCheckLayer, End, Head, Rejection, Verdict,
    check::{
        BoxCheck, ContentType, GrpcStatus, Length, MaxSize, NotEmpty, PartialContent, Prefix, Suffix,
        check_fn, check_head,
    },
};

/// What is expected of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expect {
    Accept,
    /// A cut body.
    Cut,
    Transient(&'static str),
    Permanent(&'static str),
}
use Expect::{Accept, Cut, Permanent, Transient};

async fn expect(check: BoxCheck, fields: Fields, frames: &[&'static str], expect: Expect) {
    let body = Script::new(frames.iter().map(|frame| data(frame)));
    let outcome = call(ContentCheckLayer::new(check), response(200, fields, body)).await;
    let context = format!("{fields:?} {frames:?}");
    let (reason, permanent) = match expect {
        Accept => {
            assert!(outcome.is_ok(), "{context}: {:?}", outcome.err());
            return;
        }
        Cut => {
            let error = error(outcome);
            assert!(error.is_body() && !error.is_rejected() && !error.is_permanent(), "{context}: {error}");
            return;
        }
        Transient(reason) => (reason, false),
        Permanent(reason) => (reason, true),
    };
    let error = error(outcome);
    assert!(error.is_rejected() && !error.is_body(), "{context}: {error}");
    assert_eq!((error.reason(), error.is_permanent()), (Some(reason), permanent), "{context}");
}

#[tokio::test]
async fn length() {
    const FIVE: Fields = &[("content-length", "5")];
    let cases: &[(Fields, &[&'static str], Expect)] = &[
        (FIVE, &["12345"], Accept),
        (FIVE, &["12", "", "345"], Accept),
        (FIVE, &["1234"], Cut),
        (FIVE, &[], Cut),
        (FIVE, &["123456"], Transient("body is longer than its declared 5 bytes")),
        (FIVE, &["12345", "6"], Transient("body is longer than its declared 5 bytes")),
        (&[], &["12345"], Accept),
        (&[("content-length", "0")], &[], Accept),
        (&[("content-length", "soon")], &["1"], Transient("content-length is no length")),
    ];
    for (fields, frames, expected) in cases {
        expect(BoxCheck::new(Length::new()), fields, frames, *expected).await;
    }
}

#[tokio::test]
async fn close_delimited_bodies_are_accepted_or_rejected() {
    let close_delimited = || {
        let mut response = response(200, &[], Script::of("12345"));
        response.headers_mut().clear();
        response
    };
    assert!(call(ContentCheckLayer::new(Length::new()), close_delimited()).await.is_ok());

    let strict = ContentCheckLayer::new(Length::new().reject_close_delimited());
    let error = error(call(strict.clone(), close_delimited()).await);
    assert!(error.is_permanent());
    assert_eq!(error.reason(), Some("only the end of the connection ends the body"));
    assert!(call(strict, response(200, &[], Script::of("12345"))).await.is_ok());
}

#[tokio::test]
async fn not_empty() {
    let cases: &[(Fields, &[&'static str], Expect)] = &[
        (&[], &["1"], Accept),
        (&[], &["", "1"], Accept),
        (&[], &[""], Transient("body is empty")),
        (&[], &[], Transient("body is empty")),
        (&[("content-length", "0")], &[], Transient("body is empty")),
    ];
    for (fields, frames, expected) in cases {
        expect(BoxCheck::new(NotEmpty), fields, frames, *expected).await;
    }
}

#[tokio::test]
async fn max_size() {
    const TOO_LONG: Expect = Permanent("body is longer than 5 bytes");
    let cases: &[(Fields, &[&'static str], Expect)] = &[
        (&[], &[], Accept),
        (&[], &["12345"], Accept),
        (&[], &["123456"], TOO_LONG),
        (&[], &["123", "456"], TOO_LONG),
        (&[("content-length", "5")], &["12345"], Accept),
        (&[("content-length", "6")], &[], TOO_LONG),
        (&[("content-length", "16777216")], &[], TOO_LONG),
    ];
    for (fields, frames, expected) in cases {
        expect(BoxCheck::new(MaxSize::new(5)), fields, frames, *expected).await;
    }
}

#[tokio::test]
async fn content_type() {
    let cases: &[(Fields, Expect)] = &[
        (&[("content-type", "application/json")], Accept),
        (&[("content-type", "Application/JSON")], Accept),
        (&[("content-type", "application/json; charset=utf-8")], Accept),
        (&[("content-type", "application/json;charset=utf-8")], Accept),
        (&[("content-type", "application/json ;x=\"a;b\"")], Accept),
        (&[("content-type", "text/json")], Accept),
        (&[("content-type", "application/problem+json")], Accept),
        (&[("content-type", "application/vnd.a+b+JSON; v=1")], Accept),
        (&[("content-type", "application/jsonp")], Transient("content type is application/jsonp")),
        (&[("content-type", "application/json+xml")], Transient("content type is application/json+xml")),
        (&[("content-type", "text/html; charset=utf-8")], Transient("content type is text/html")),
        (&[("content-type", "")], Transient("content type is ")),
        (&[("content-type", "json")], Transient("content type is json")),
        (&[], Transient("content type is missing")),
    ];
    let check = ContentType::new("application/json").or("text/json").or_suffix("json");
    for (fields, expected) in cases {
        expect(BoxCheck::new(check.clone()), fields, &["{}"], *expected).await;
    }
    expect(BoxCheck::new(check.clone().allow_missing()), &[], &["{}"], Accept).await;
    let strict = BoxCheck::new(check.verdict(Verdict::Permanent));
    expect(strict, &[("content-type", "text/html")], &["{}"], Permanent("content type is text/html")).await;
}

#[tokio::test]
async fn content_type_with_parameters() {
    // what is allowed, what is stated, whether that is accepted
    let cases: &[(&'static str, &'static str, bool)] = &[
        ("text/csv; charset=utf-8", "text/csv; charset=utf-8", true),
        ("text/csv; charset=utf-8", "text/csv;charset=UTF-8", true),
        ("text/csv; charset=utf-8", "Text/CSV; header=present; Charset=\"utf-8\"", true),
        ("text/csv; charset=utf-8", "text/csv", false),
        ("text/csv; charset=utf-8", "text/csv; charset=latin1", false),
        ("text/csv; charset=utf-8", "text/html; charset=utf-8", false),
        ("text/csv; charset=utf-8", "text/csv; x=\"charset=utf-8\"", false),
        ("text/csv; charset=utf-8", "text/csv; charset=utf-8; charset=latin1", false),
        ("text/csv; charset=utf-8", "text/csv; charset", false),
        ("text/csv; charset=utf-8", "text/csv; charset=\"utf-8", false),
        ("text/csv; header=present; charset=utf-8", "text/csv; charset=utf-8; header=present", true),
        ("text/csv; header=present; charset=utf-8", "text/csv; charset=utf-8", false),
        // only a charset is known to be compared without regard to case
        ("application/vnd.x; version=2b", "application/vnd.x; version=2B", false),
        ("application/vnd.x; version=\"2b\"", "application/vnd.x; version=2b", true),
        ("text/csv", "text/csv; charset=latin1", true),
        // not a media type, and so nothing is
        ("text/csv; charset", "text/csv; charset", false),
    ];
    for (allowed, stated, accepted) in cases {
        let layer = ContentCheckLayer::new(ContentType::new(*allowed));
        let outcome = call(layer, response(200, &[("content-type", stated)], Script::of("x"))).await;
        assert_eq!(outcome.is_ok(), *accepted, "{allowed} | {stated}");
        if !accepted {
            let reason = format!("content type is {}", stated.escape_default());
            assert!(
                error(outcome).reason().unwrap().starts_with(reason.split(';').next().unwrap()),
                "{stated}"
            );
        }
    }
    let reason = |allowed: &'static str, stated| async move {
        let layer = ContentCheckLayer::new(ContentType::new(allowed));
        let outcome = call(layer, response(200, &[("content-type", stated)], Script::of("x"))).await;
        error(outcome).reason().unwrap().to_owned()
    };
    // The parameters are named where they can be what is wrong.
    assert_eq!(
        reason("text/csv; charset=utf-8", "text/csv; charset=x").await,
        "content type is text/csv; charset=x"
    );
    assert_eq!(reason("text/csv", "text/html; charset=x").await, "content type is text/html");
}

#[cfg(feature = "json")]
#[tokio::test]
async fn json() {
    use tower_content_check::check::Json;

    const NO: Expect = Transient("content is not JSON");
    let cases: &[(&[&'static str], Expect)] = &[
        (&["{}"], Accept),
        (&[" [1, ", "2] ", ""], Accept),
        (&["\"\u{e9}\""], Accept),
        (&["true"], Accept),
        (&["{\"a\": [1, 2"], NO),
        (&["{}", "{}"], NO),
        (&["<html></html>"], NO),
        (&[""], NO),
        (&[], NO),
    ];
    for (frames, expected) in cases {
        expect(BoxCheck::new(Json::new()), &[], frames, *expected).await;
    }
    let strict = BoxCheck::new(Json::new().verdict(Verdict::Permanent));
    expect(strict, &[], &["no"], Permanent("content is not JSON")).await;
}

#[tokio::test]
async fn closures_see_the_head_the_content_and_the_trailers() {
    let whole = check_fn(|end: &mut End<'_>| {
        let expected = end.head().headers().get("x-lines").cloned();
        let counted = end.trailers().and_then(|trailers| trailers.get("x-counted")).cloned();
        assert_eq!(end.frames().map(|frame| frame.len() as u64).sum::<u64>(), end.received());
        match end.bytes() {
            bytes if &bytes[..] == b"one\ntwo\n" && expected == counted => Ok(()),
            _ => Err(Rejection::transient("lines are missing")),
        }
    });
    let head = check_head(|head: &Head<'_>| match head.headers().contains_key("x-lines") {
        true => Ok(()),
        false => Err(Rejection::permanent("not ours")),
    });
    let layer = ContentCheckLayer::new((head, whole));
    let body = |counted| Script::new([data("one\n"), data("two\n"), trailers(&[("x-counted", counted)])]);

    assert!(call(layer.clone(), response(200, &[("x-lines", "2")], body("2"))).await.is_ok());
    let wrong = error(call(layer.clone(), response(200, &[("x-lines", "2")], body("3"))).await);
    assert_eq!(wrong.reason(), Some("lines are missing"));
    let foreign = body("2");
    let watch = foreign.watch.clone();
    let foreign = error(call(layer, response(200, &[], foreign)).await);
    assert_eq!((foreign.reason(), foreign.is_permanent()), (Some("not ours"), true));
    assert_eq!((watch.polls(), watch.drops()), (0, 1), "rejected with the head");
}

#[tokio::test]
async fn checks_combine_and_the_first_rejection_counts() {
    use tower_content_check::Check;

    let no = |reason| check_fn(move |_: &mut End<'_>| Err(Rejection::transient(reason)));
    let of = |check: BoxCheck| async {
        error(call(ContentCheckLayer::new(check), response(200, &[], Script::of("x"))).await)
    };
    assert_eq!(of(BoxCheck::new((NotEmpty, no("a"), no("b")))).await.reason(), Some("a"));
    assert_eq!(of(BoxCheck::new(NotEmpty.and(no("b")).and(no("a")))).await.reason(), Some("b"));
    assert_eq!(of(BoxCheck::new((None::<NotEmpty>, Some(no("c"))))).await.reason(), Some("c"));
    assert_eq!(of(BoxCheck::new(BoxCheck::new(no("d")))).await.reason(), Some("d"));
}

#[tokio::test]
async fn prefix_and_suffix() {
    const BEGIN: Expect = Transient("content does not begin as it must");
    const END: Expect = Transient("content does not end as it must");
    let cases: &[(&[&'static str], Expect, Expect)] = &[
        (&["abcabc"], Accept, Accept),
        (&["abc"], Accept, Accept),
        (&["a", "", "b", "c"], Accept, Accept),
        (&["ab", "c-a", "bc", ""], Accept, Accept),
        (&["abcd"], Accept, END),
        (&["xabc"], BEGIN, Accept),
        (&["ab"], BEGIN, END),
        (&["abd"], BEGIN, END),
        (&["a", "cb"], BEGIN, END),
        (&[""], BEGIN, END),
        (&[], BEGIN, END),
    ];
    for (frames, prefix, suffix) in cases {
        expect(BoxCheck::new(Prefix::new("abc")), &[], frames, *prefix).await;
        expect(BoxCheck::new(Suffix::new("abc")), &[], frames, *suffix).await;
        expect(BoxCheck::new((Prefix::new(""), Suffix::new(""))), &[], frames, Accept).await;
    }
}

#[tokio::test]
async fn a_wrong_prefix_ends_the_download() {
    let body = Script::new([data("a"), data("x"), data("rest")]);
    let watch = body.watch.clone();
    let error = error(call(ContentCheckLayer::new(Prefix::new("abc")), response(200, &[], body)).await);
    assert_eq!((error.received(), watch.polls()), (2, 2));
}

#[cfg(feature = "text")]
#[tokio::test]
async fn utf8() {
    use bytes::Bytes;
    use support::Step;
    use tower_content_check::check::Utf8;

    let cases: &[(&[&'static [u8]], Option<&str>)] = &[
        (&[], None),
        (&[b"plain"], None),
        (&[b"caf\xc3\xa9 \xf0\x9f\x98\x80"], None),
        (&[b"caf\xc3", b"\xa9 \xf0", b"\x9f", b"\x98\x80"], None),
        (&[b"\xef\xbb\xbfmark"], None),
        (&[b"caf\xe9"], Some("content is not UTF-8 at byte 3")),
        (&[b"caf\xc3"], Some("content is not UTF-8 at byte 3")),
        (&[b"ok", b"caf\xc3", b"e"], Some("content is not UTF-8 at byte 5")),
        (&[b"\xff"], Some("content is not UTF-8 at byte 0")),
    ];
    for (frames, reason) in cases {
        let body = Script::new(frames.iter().map(|frame| Step::Data(Bytes::from_static(frame))));
        match (call(ContentCheckLayer::new(Utf8::new()), response(200, &[], body)).await, reason) {
            (Ok(_), None) => {}
            (outcome, Some(reason)) => assert_eq!(error(outcome).reason(), Some(*reason), "{frames:?}"),
            (Err(error), None) => panic!("{frames:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn grpc_status() {
    let cases: &[(Fields, Option<Fields>, Expect)] = &[
        (&[], Some(&[("grpc-status", "0")]), Accept),
        (&[("grpc-status", "0")], None, Accept),
        (&[], Some(&[("grpc-status", "14")]), Transient("grpc-status is 14")),
        (
            &[],
            Some(&[("grpc-status", "14"), ("grpc-message", "try%20later")]),
            Transient("grpc-status is 14: try%20later"),
        ),
        (&[("grpc-status", "14")], None, Transient("grpc-status is 14")),
        (&[], Some(&[("grpc-status", "5"), ("grpc-message", "gone")]), Permanent("grpc-status is 5: gone")),
        (&[], Some(&[("grpc-status", "many")]), Transient("grpc-status is many")),
        (&[], Some(&[("grpc-status", "-1")]), Transient("grpc-status is -1")),
        (&[], Some(&[("x-other", "0")]), Cut),
        (&[], None, Cut),
    ];
    let answer = |head: Fields, tail: Option<Fields>| {
        let steps = [data("\0\0\0\0\0")].into_iter().chain(tail.map(trailers));
        response(200, head, Script::new(steps))
    };
    for (head, tail, expected) in cases {
        let outcome = call(ContentCheckLayer::new(GrpcStatus::new()), answer(head, *tail)).await;
        match expected {
            Accept => assert!(outcome.is_ok(), "{head:?} {tail:?}"),
            Cut => assert!(error(outcome).is_body(), "{head:?} {tail:?}"),
            Transient(reason) | Permanent(reason) => {
                let error = error(outcome);
                assert_eq!(error.reason(), Some(*reason));
                assert_eq!(error.is_permanent(), matches!(expected, Permanent(_)));
            }
        }
    }
    let mine = ContentCheckLayer::new(GrpcStatus::new().transient([5]));
    let five = error(call(mine.clone(), answer(&[], Some(&[("grpc-status", "5")]))).await);
    let fourteen = error(call(mine, answer(&[], Some(&[("grpc-status", "14")]))).await);
    assert!(!five.is_permanent() && fourteen.is_permanent());

    // what a client above understands better is left to it; a cut is not
    let only_transient = ContentCheckLayer::new(GrpcStatus::new().only_transient());
    let cases: &[(Option<Fields>, Option<&str>)] = &[
        (Some(&[("grpc-status", "0")]), None),
        (Some(&[("grpc-status", "5")]), None),
        (Some(&[("grpc-status", "14")]), Some("grpc-status is 14")),
        (Some(&[("grpc-status", "many")]), Some("grpc-status is many")),
        (None, Some("response ended without a grpc-status")),
    ];
    for (tail, reason) in cases {
        let outcome = call(only_transient.clone(), answer(&[], *tail)).await;
        match reason {
            None => assert!(outcome.is_ok(), "{tail:?}"),
            Some(reason) => {
                let error = error(outcome);
                assert_eq!((error.reason(), error.is_permanent()), (Some(*reason), false), "{tail:?}");
            }
        }
    }
}

#[tokio::test]
async fn partial_content() {
    const NOT_ASKED: Expect = Transient("a part that was not asked for");
    const NO_RANGE: Expect = Transient("a part without its range");
    // asked, status, content-range, content
    type Case = (Option<&'static str>, u16, Option<&'static str>, &'static str, Expect);
    let cases: &[Case] = &[
        (None, 200, None, "0123456789", Accept),
        (Some("bytes=5-"), 200, None, "0123456789", Accept),
        (Some("bytes=5-"), 206, Some("bytes 5-9/10"), "56789", Accept),
        (Some("bytes=5-"), 206, Some("bytes 5-9/10"), "567", Cut),
        (Some("bytes=5-"), 206, Some("bytes 5-9/10"), "56789!", Transient("part is longer than its range")),
        (
            Some("bytes=5-"),
            206,
            Some("bytes 4-9/10"),
            "456789",
            Transient("bytes 4-9 are not the range that was asked for"),
        ),
        (None, 206, Some("bytes 0-9/10"), "0123456789", NOT_ASKED),
        (Some("bytes=5-"), 206, None, "56789", NO_RANGE),
        (Some("bytes=5-"), 206, Some("bytes */10"), "56789", NO_RANGE),
        (Some("bytes=5-"), 206, Some("five to nine"), "56789", NO_RANGE),
        (Some("bytes=0-1,5-6"), 206, None, "--part", Accept),
        (Some("lines=5-"), 206, Some("lines 5-9/10"), "56789", Accept),
    ];
    for (asked, status, came, content, expected) in cases {
        let context = format!("{asked:?} {status} {came:?} {content}");
        let mut request = request(Method::GET, &[]);
        if let Some(asked) = asked {
            request.headers_mut().insert("range", asked.parse().unwrap());
        }
        let mut response = response(*status, &[], Script::of(content));
        if let Some(came) = came {
            response.headers_mut().insert("content-range", came.parse().unwrap());
        }
        let outcome = call_with(ContentCheckLayer::new(PartialContent::new()), request, response).await;
        match expected {
            Accept => assert!(outcome.is_ok(), "{context}"),
            Cut => assert!(error(outcome).is_body(), "{context}"),
            Transient(reason) | Permanent(reason) => {
                assert_eq!(error(outcome).reason(), Some(*reason), "{context}");
            }
        }
    }
}
