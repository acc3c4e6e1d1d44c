//! What each check says: tables of head, content and verdict.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use support::{Fields, Script, call, data, error, response, trailers};
use tower_content_check::{
    ContentCheckLayer, End, Head, Rejection, Verdict,
    check::{BoxCheck, ContentType, Length, MaxSize, NotEmpty, check_fn, check_head},
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
