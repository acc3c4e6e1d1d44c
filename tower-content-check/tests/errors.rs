//! What the errors say, and that nothing of the cause is lost.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use std::{error::Error, io};
use support::{Fields, Script, Step, call, data, error, response};
use tower::{Layer, ServiceExt, service_fn};
use tower_content_check::{
    BoxError, ContentCheckError, ContentCheckLayer, End, Rejection, Verdict,
    check::{BoxCheck, CheckFn, ContentType, Length, NotEmpty, PartialContent, Prefix, check_fn},
};

#[tokio::test]
async fn a_body_that_fails_is_transient_and_its_error_is_the_source() {
    let cases: [(support::Fields, &str, Option<u64>); 2] = [
        (&[("content-length", "7012")], "body cut at 4 of 7012 bytes", Some(7012)),
        (&[], "body cut at 4 bytes", None),
    ];
    for (fields, message, expected) in cases {
        let body = Script::new([data("1234"), Step::Wait, Step::Fail]);
        let watch = body.watch.clone();
        let error = error(call(ContentCheckLayer::new(Length::new()), response(200, fields, body)).await);
        assert!(error.is_body() && !error.is_rejected() && !error.is_permanent());
        assert_eq!(error.to_string(), message);
        assert_eq!((error.received(), error.expected()), (4, expected));
        assert_eq!((error.reason(), error.fingerprint()), (None, None));
        let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(watch.drops(), 1);
    }
}

#[tokio::test]
async fn a_body_that_ends_short_is_a_cut_too() {
    let short = response(200, &[("content-length", "20")], Script::of("123"));
    let error = error(call(ContentCheckLayer::new(Length::new()), short).await);
    assert_eq!(error.to_string(), "body cut at 3 of 20 bytes");
    assert!(error.is_body() && error.source().is_none());
    assert_eq!(error.reason(), Some("body ended before its declared length"));
    assert_eq!(error.fingerprint(), None);
}

#[tokio::test]
async fn a_rejection_ends_the_download_at_once() {
    #[derive(Clone)]
    struct NoX;
    impl tower_content_check::Check for NoX {
        fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
            if data.contains(&b'x') { Err(Rejection::transient("an x")) } else { Ok(()) }
        }
    }
    let body = Script::new([data("aa"), data("bxb"), data("cc")]);
    let watch = body.watch.clone();
    let error = error(call(ContentCheckLayer::new(NoX), response(200, &[], body)).await);
    assert_eq!(error.to_string(), "content rejected: an x");
    assert_eq!(error.received(), 5);
    assert_eq!((watch.polls(), watch.drops()), (2, 1));
}

#[tokio::test]
async fn a_rejection_keeps_its_source() {
    let check = check_fn(|end: &mut End<'_>| match std::str::from_utf8(&end.bytes()) {
        Ok(_) => Ok(()),
        Err(error) => Err(Rejection::permanent("not text").with_source(error)),
    });
    let body = Script::new([Step::Data(Bytes::from_static(b"\xff"))]);
    let error = error(call(ContentCheckLayer::new(check), response(200, &[], body)).await);
    assert!(error.is_permanent());
    assert!(error.source().unwrap().is::<std::str::Utf8Error>());
}

#[tokio::test]
async fn errors_before_the_head_pass_through_as_they_are() {
    let layer = ContentCheckLayer::new(NotEmpty);
    let inner = service_fn(|_: Request<()>| async {
        Err::<Response<Full<Bytes>>, _>(io::Error::new(io::ErrorKind::ConnectionRefused, "refused"))
    });
    let error = layer.layer(inner).oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::ConnectionRefused);

    let inner = service_fn(|_: Request<()>| async { Err::<Response<Full<Bytes>>, BoxError>("own".into()) });
    let error = layer.layer(inner).oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(error.to_string(), "own");
    assert!(error.downcast_ref::<ContentCheckError>().is_none());
}

/// A check of one's own that rejects at the end.
fn wrong() -> CheckFn<impl FnMut(&mut End<'_>) -> Result<(), Rejection> + Clone> {
    check_fn(|_| Err(Rejection::transient("no").unless_repeated()))
}

#[tokio::test]
async fn equal_wrong_content_has_an_equal_fingerprint() {
    let of = |steps: Vec<Step>| async {
        error(call(ContentCheckLayer::new(wrong()), response(200, &[], Script::new(steps))).await)
    };
    let whole = of(vec![data("<html>busy</html>")]).await.fingerprint();
    let cut = of(vec![data("<html>"), Step::Wait, data(""), data("busy</html>")]).await.fingerprint();
    let other = of(vec![data("<html>busi</html>")]).await.fingerprint();
    assert!(whole.is_some());
    assert_eq!(whole, cut);
    assert_ne!(whole, other);
    assert_eq!(of(vec![]).await.fingerprint(), None, "an empty body proves nothing");

    let empty = response(200, &[("content-length", "0")], Script::of(""));
    assert_eq!(error(call(ContentCheckLayer::new(NotEmpty), empty).await).fingerprint(), None);
}

/// What stands in the head of an answer with content of 17 bytes.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
    Http2,
    Close,
}

#[tokio::test]
async fn only_whole_content_can_be_compared() {
    use Framing::{Chunked, Close, Http2, Length as Declared};
    let page = || vec![data("<html>"), Step::Wait, data("busy</html>")];
    let end = || BoxCheck::new(wrong());
    let early = || BoxCheck::new(Prefix::new("[1"));
    let own = |rejection: fn() -> Rejection| BoxCheck::new(check_fn(move |_| Err(rejection())));
    #[rustfmt::skip]
    let cases: Vec<(&str, BoxCheck, Framing, Vec<Step>, bool)> = vec![
        ("rejected at a proven end", end(), Declared, page(), true),
        ("the last chunk", end(), Chunked, page(), true),
        ("a stream of a body that does not say whether it has ended", end(), Http2, page(), false),
        ("the end of the connection", end(), Close, page(), false),
        ("rejected early and read on", early(), Declared, page(), true),
        ("read on in another cut", early(), Declared, vec![data("<"), data("html>busy</html>")], true),
        ("the rest breaks off", early(), Declared, vec![data("<html>"), Step::Fail], false),
        ("the rest ends short", early(), Declared, vec![data("<html>")], false),
        ("early, and nobody knows how long it is", early(), Chunked, page(), false),
        ("early, without an end", early(), Close, page(), false),
        ("by the head", BoxCheck::new(ContentType::new("text/csv")), Declared, page(), false),
        ("transient", own(|| Rejection::transient("not yet")), Declared, page(), false),
        ("of a verdict", own(|| Rejection::new(Verdict::Transient, "not yet")), Declared, page(), false),
        ("a cut", own(|| Rejection::cut("torn").unless_repeated()), Declared, page(), false),
        ("empty in a tuple", BoxCheck::new((Length::new(), Prefix::new("a"), wrong())), Chunked, vec![], false),
        ("a part", BoxCheck::new((PartialContent::new(), wrong())), Chunked, page(), true),
    ];
    let mut seen = None;
    for (name, check, framing, steps, compared) in cases {
        let fields: support::Fields =
            if matches!(framing, Declared) { &[("content-length", "17")] } else { &[] };
        let mut answer = response(200, fields, Script::new(steps));
        match framing {
            Declared | Chunked => {}
            Close => answer.headers_mut().clear(),
            Http2 => {
                answer.headers_mut().clear();
                *answer.version_mut() = http::Version::HTTP_2;
            }
        }
        let error = error(call(ContentCheckLayer::new(check), answer).await);
        assert_eq!(error.fingerprint().is_some(), compared, "{name} ({framing:?})");
        if compared {
            assert_eq!(
                *seen.get_or_insert(error.fingerprint()),
                error.fingerprint(),
                "all bytes, and nothing else: {name}"
            );
        }
    }
}

#[tokio::test]
async fn rejected_content_is_read_on_only_if_it_is_short() {
    // declared length, limit of draining; polls
    for (length, limit, polls) in [("9", 9, 3), ("9", 8, 1), ("9", 0, 1), ("3", 0, 1)] {
        let body = Script::new([data("abc"), data("def"), data("ghi")]);
        let watch = body.watch.clone();
        let layer = ContentCheckLayer::new(Prefix::new("x")).drain_bytes(limit);
        let fields: Fields =
            if length == "9" { &[("content-length", "9")] } else { &[("content-length", "3")] };
        let error = error(call(layer, response(200, fields, body)).await);
        assert_eq!(error.received(), 3, "what had come when it was rejected");
        assert_eq!((watch.polls(), watch.drops()), (polls, 1), "{length} {limit}");
        assert_eq!(error.fingerprint().is_some(), polls == 3 || length == "3", "{length} {limit}");
    }
}

#[tokio::test]
async fn texts_are_one_line_whatever_a_server_sent() {
    let evil = "a\r\nb\u{1b}[2J\u{2028}\u{202e}c";
    let of = |check: BoxCheck, body: Script, fields| {
        call(ContentCheckLayer::new(check), response(200, fields, body))
    };
    let own = check_fn(move |_| Err(Rejection::permanent(format!("the answer is: {evil}"))));
    let long = check_fn(|_| Err(Rejection::transient("x".repeat(10_000))));
    let errors = [
        error(of(BoxCheck::new(own), Script::of("x"), &[]).await),
        error(of(BoxCheck::new(long), Script::of("x"), &[]).await),
        error(
            of(BoxCheck::new(ContentType::new("a/b")), Script::of("x"), &[("content-type", "a/\tb")]).await,
        ),
        error(
            of(BoxCheck::new(Length::new()), Script::new([data("x"), data("y")]), &[("content-length", "1")])
                .await,
        ),
    ];
    for error in errors {
        for text in [error.to_string(), error.reason().unwrap().to_owned(), format!("{error:?}")] {
            let broken = text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{202e}'));
            assert!(!broken, "{text:?}");
            assert!(text.chars().count() < 400, "{text:?}");
        }
    }
}

#[tokio::test]
async fn nothing_that_is_handed_out_shows_fields_or_content() {
    const FIELDS: Fields = &[("set-cookie", "sid=secret"), ("authorization", "secret")];
    let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let note = std::sync::Arc::clone(&seen);
    let look = check_fn(move |end: &mut End<'_>| {
        note.lock().unwrap().push_str(&format!("{end:?} {:?}", end.head()));
        Ok(())
    });
    let body = Script::new([data("secret"), support::trailers(&[("x-token", "secret")])]);
    let passed = call(ContentCheckLayer::new(look), response(200, FIELDS, body)).await.unwrap();
    seen.lock().unwrap().push_str(&format!("{:?}", passed.body()));
    let seen = seen.lock().unwrap();
    assert!(!seen.contains("secret") && seen.contains("set-cookie") && seen.contains("x-token"), "{seen}");
}

#[tokio::test]
async fn the_messages_differ() {
    let cut = response(200, &[], Script::new([data("1"), Step::Fail]));
    let short = response(200, &[("content-length", "2")], Script::of("1"));
    let empty = response(200, &[], Script::of(""));
    let layer = ContentCheckLayer::new((Length::new(), NotEmpty));
    let mut messages = Vec::new();
    for response in [cut, short, empty] {
        messages.push(error(call(layer.clone(), response).await).to_string());
    }
    assert_eq!(
        messages,
        ["body cut at 1 bytes", "body cut at 1 of 2 bytes", "content rejected: body is empty"]
    );
}
