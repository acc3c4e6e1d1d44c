//! What the errors say, and that nothing of the cause is lost.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use std::{error::Error, io};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use support::{Script, Step, call, data, error, response};
use tower::{Layer, ServiceExt, service_fn};
use tower_content_check::{
    BoxError, ContentCheckError, ContentCheckLayer, End, Rejection,
    check::{Length, NotEmpty, check_fn},
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

#[tokio::test]
async fn equal_wrong_content_has_an_equal_fingerprint() {
    let reject = || ContentCheckLayer::new(check_fn(|_| Err(Rejection::transient("no"))));
    let of = |steps: Vec<Step>| async { error(call(reject(), response(200, &[], Script::new(steps))).await) };
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
