//! Which responses are judged, drained or passed on, and what is left of their bodies.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use http::{Method, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use support::{Fields, Script, Step, call, call_with, data, error, request, response, trailers};
use tower_content_check::{
    ContentCheckLayer, End, Rejection,
    check::{CheckFn, NotEmpty, check_fn},
};

/// Rejects whatever it is asked about.
fn asked() -> CheckFn<impl FnMut(&mut End<'_>) -> Result<(), Rejection> + Clone> {
    check_fn(|_| Err(Rejection::transient("asked")))
}

#[tokio::test]
async fn by_default_successes_that_have_a_body() {
    let cases = [
        (Method::GET, 200, true),
        (Method::POST, 201, true),
        (Method::GET, 206, true),
        (Method::GET, 299, true),
        (Method::HEAD, 200, false),
        (Method::CONNECT, 200, false),
        (Method::GET, 101, false),
        (Method::GET, 204, false),
        (Method::GET, 205, false),
        (Method::GET, 304, false),
        (Method::GET, 302, false),
        (Method::GET, 404, false),
        (Method::GET, 503, false),
    ];
    for (method, status, judged) in cases {
        let context = format!("{method} {status}");
        let outcome = call_with(
            ContentCheckLayer::new(asked()),
            request(method, &[]),
            response(status, &[], Script::of("x")),
        );
        assert_eq!(outcome.await.is_err(), judged, "{context}");
    }
}

#[tokio::test]
async fn a_closure_decides_otherwise_but_never_about_responses_without_body() {
    let layer = ContentCheckLayer::new(asked()).judge_when(|head| head.status() != StatusCode::OK);
    for (method, status, judged) in [
        (Method::GET, 200, false),
        (Method::GET, 503, true),
        (Method::GET, 204, false),
        (Method::HEAD, 503, false),
    ] {
        let outcome =
            call_with(layer.clone(), request(method.clone(), &[]), response(status, &[], Script::of("x")));
        assert_eq!(outcome.await.is_err(), judged, "{method} {status}");
    }
}

#[tokio::test]
async fn a_success_that_is_not_judged_passes_through_unread() {
    let body = Script::new([data("a"), Step::Wait, data("b"), trailers(&[("x-sum", "2")])]);
    let watch = body.watch.clone();
    let layer = ContentCheckLayer::new(asked()).judge_when(|_| false);
    let body = call(layer, response(200, &[], body)).await.unwrap().into_body();
    assert_eq!(watch.polls(), 0);
    assert!(!body.is_complete());
    assert_eq!(body.into_text().await.unwrap(), "ab");
}

#[tokio::test]
async fn a_short_failed_response_is_read_to_its_end_and_handed_on() {
    let body = Script::new([data("bu"), Step::Wait, data("sy"), trailers(&[("x-sum", "4")])]);
    let watch = body.watch.clone();
    let response = call(ContentCheckLayer::new(asked()), response(503, &[], body)).await.unwrap();
    assert_eq!(watch.drops(), 1, "read and released with the head");
    let body = response.into_body();
    assert!(body.is_complete());
    assert_eq!(body.size_hint().exact(), Some(4));
    let body = body.collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-sum"], "4");
    assert_eq!(body.to_bytes(), "busy");
}

#[tokio::test]
async fn a_longer_failed_response_is_handed_on_where_reading_stopped() {
    let body = Script::new([data("12"), data("34"), data("56"), data("78"), trailers(&[("x-sum", "8")])]);
    let watch = body.watch.clone();
    let layer = ContentCheckLayer::new(asked()).drain_bytes(3);
    let body = call(layer, response(503, &[], body)).await.unwrap().into_body();
    assert_eq!((watch.polls(), watch.drops()), (2, 0));
    assert_eq!(body.size_hint().lower(), 4);
    let body = body.collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-sum"], "8");
    assert_eq!(body.to_bytes(), "12345678");
}

#[tokio::test]
async fn a_failed_response_is_not_read_when_it_is_declared_longer_or_draining_is_off() {
    for (bytes, length) in [(3, "4"), (0, "4"), (0, "0")] {
        let body = Script::of("1234");
        let watch = body.watch.clone();
        let layer = ContentCheckLayer::new(asked()).drain_bytes(bytes);
        let outcome = call(layer, response(503, &[("content-length", length)], body)).await.unwrap();
        assert_eq!(watch.polls(), 0, "{bytes} {length}");
        drop(outcome);
    }
}

#[tokio::test]
async fn the_default_drains_64_kib() {
    for (len, drained) in [(64 * 1024, true), (64 * 1024 + 1, false)] {
        let body = Script::new([Step::Data(vec![b'x'; len].into())]);
        let response = call(ContentCheckLayer::new(asked()), response(503, &[], body)).await.unwrap();
        assert_eq!(response.body().is_complete(), drained, "{len}");
        assert_eq!(response.into_body().into_bytes().await.unwrap().len(), len);
    }
}

#[tokio::test]
async fn a_failed_response_that_breaks_off_keeps_its_status_and_fails_for_the_reader() {
    let body = Script::new([data("bu"), Step::Fail, data("never")]);
    let response = call(ContentCheckLayer::new(asked()), response(503, &[], body)).await.unwrap();
    assert_eq!(response.status(), 503);
    let mut body = response.into_body();
    assert!(!body.is_complete());
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "bu");
    assert!(!body.is_end_stream());
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(error.downcast_ref::<std::io::Error>().unwrap().to_string(), "reset by peer");
    assert!(body.frame().await.is_none());
    assert!(body.is_end_stream());
}

#[tokio::test]
async fn an_encoded_body_is_refused_where_its_content_is_read() {
    let cases: &[(&str, bool)] =
        &[("gzip", true), ("identity", false), ("", false), ("identity, br", true), ("GZIP", true)];
    for (coding, refused) in cases {
        let plain = ContentCheckLayer::new(check_fn(|_| Ok(())));
        let outcome = call(plain, response(200, &[("content-encoding", coding)], Script::of("x"))).await;
        assert_eq!(outcome.is_err(), *refused, "{coding}");
        if *refused {
            let error = error(outcome);
            assert!(error.is_permanent());
            assert!(error.reason().unwrap().contains("place a decompression layer below"), "{error}");
        }
        let bytes = ContentCheckLayer::new(NotEmpty);
        let outcome = call(bytes, response(200, &[("content-encoding", coding)], Script::of("x"))).await;
        assert!(outcome.is_ok(), "{coding}: a check of bytes as sent does not mind");
    }
}

#[tokio::test]
async fn streams_without_end_pass_unread_unless_asked_for() {
    let types: [(Fields, bool); 5] = [
        (&[("content-type", "text/event-stream")], false),
        (&[("content-type", "Text/Event-Stream; charset=utf-8")], false),
        (&[("content-type", "multipart/x-mixed-replace; boundary=b")], false),
        (&[("content-type", "application/x-ndjson")], true),
        (&[("content-type", "text/event-streams")], true),
    ];
    for (fields, judged) in types {
        for status in [200, 503] {
            let body = Script::of("data: 1\n\n");
            let watch = body.watch.clone();
            let outcome = call(ContentCheckLayer::new(asked()), response(status, fields, body)).await;
            assert_eq!(outcome.is_err(), judged && status == 200, "{fields:?}");
            assert_eq!(watch.polls() > 0, judged, "not drained either: {fields:?} {status}");
        }
        let layer = ContentCheckLayer::new(asked()).judge_when(|_| true);
        assert!(call(layer, response(200, fields, Script::of("x"))).await.is_err(), "{fields:?}");
    }
}

#[cfg(feature = "json")]
#[tokio::test]
async fn json_knows_answers_that_are_no_json() {
    const EMPTY: Fields = &[("content-length", "0")];
    const PART: Fields = &[("content-range", "bytes 0-2/9"), ("content-length", "3")];
    const OTHER_PART: Fields = &[("content-range", "bytes 1-3/9"), ("content-length", "3")];
    const EVENTS: Fields = &[("content-type", "text/event-stream")];
    const LINES: Fields = &[("content-type", "application/x-ndjson")];
    const RANGE: Fields = &[("range", "bytes=0-2")];
    // method, its fields, status, fields, content; the reason of the rejection
    type Case = (&'static str, Fields, u16, Fields, &'static str, Option<&'static str>);
    let cases: &[Case] = &[
        ("GET", &[], 200, &[], "[1]", None),
        ("PUT", &[], 201, EMPTY, "", None),
        ("PUT", &[], 200, EMPTY, "", None),
        ("PUT", &[], 201, &[], "", None),
        ("DELETE", &[], 200, EMPTY, "", None),
        ("PATCH", &[], 204, &[], "", None),
        ("POST", &[], 201, EMPTY, "", None),
        ("POST", &[], 202, EMPTY, "", None),
        ("GET", &[], 202, EMPTY, "", None),
        ("GET", &[], 200, EMPTY, "", Some("body is empty")),
        ("GET", &[], 203, EMPTY, "", Some("body is empty")),
        ("GET", &[], 200, &[], "", Some("body is empty")),
        ("QUERY", &[], 200, EMPTY, "", Some("body is empty")),
        ("POST", &[], 200, EMPTY, "", Some("body is empty")),
        ("PUT", &[], 201, &[], "<html>", Some("content is not JSON")),
        ("GET", RANGE, 206, PART, "[1,", None),
        ("GET", RANGE, 206, OTHER_PART, "1, ", Some("bytes 1-3 are not the range that was asked for")),
        ("GET", &[], 206, PART, "[1,", Some("a part that was not asked for")),
        ("GET", RANGE, 200, &[], "[1", Some("content is not JSON")),
        ("GET", &[], 200, EVENTS, "data: 1\n\n", None),
        ("GET", &[], 200, LINES, "{}\n{}\n", None),
    ];
    for (method, asked, status, fields, content, expected) in cases {
        let request = request(method.parse().unwrap(), asked);
        let outcome =
            call_with(ContentCheckLayer::json(), request, response(*status, fields, Script::of(content)));
        let outcome = outcome.await.err().map(|error| {
            error
                .downcast_ref::<tower_content_check::ContentCheckError>()
                .unwrap()
                .reason()
                .unwrap()
                .to_owned()
        });
        assert_eq!(outcome.as_deref(), *expected, "{method} {asked:?} {status} {fields:?} {content:?}");
    }
}

#[tokio::test]
async fn an_answer_without_content_passes_the_checks_of_content() {
    use tower_content_check::check::{BoxCheck, ContentType, ExpectedContent, Prefix, Suffix};
    let checks = [
        ("type", BoxCheck::new(ContentType::new("a/b")), true),
        ("prefix", BoxCheck::new(Prefix::new("x")), true),
        ("suffix", BoxCheck::new(Suffix::new("x")), true),
        ("expected", BoxCheck::new(ExpectedContent), true),
        ("not empty", BoxCheck::new(NotEmpty), false),
    ];
    for (name, check, passes) in checks {
        for (method, status, passes) in [(Method::PUT, 201, passes), (Method::GET, 200, false)] {
            let empty = response(status, &[("content-length", "0")], Script::of(""));
            let outcome = call_with(ContentCheckLayer::new(check.clone()), request(method, &[]), empty).await;
            assert_eq!(outcome.is_ok(), passes, "{name} {status}");
        }
    }
    // what only the end of the connection ends may have been cut before its first byte
    let mut empty = response(201, &[], Script::of(""));
    empty.headers_mut().clear();
    let layer = ContentCheckLayer::new(Prefix::new("x"));
    assert!(call_with(layer, request(Method::PUT, &[]), empty).await.is_err());
}

/// Polls once, with frames that are always there.
#[tokio::test]
async fn a_body_that_is_always_ready_lets_others_run() {
    for status in [200, 503] {
        let body = Script::new(std::iter::repeat_n(data("x"), 1000));
        let watch = body.watch.clone();
        let mut call = Box::pin(call(ContentCheckLayer::new(()), response(status, &[], body)));
        let first =
            std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx).is_pending())).await;
        assert!(first, "{status}");
        assert!((1..=100).contains(&watch.polls()), "{status}: {}", watch.polls());
        assert_eq!(call.await.unwrap().into_body().into_bytes().await.unwrap().len(), 1000);
    }
}

#[tokio::test]
async fn a_failed_response_of_empty_frames_is_not_drained_for_ever() {
    let body = Script::new(std::iter::repeat_n(data(""), 100_000));
    let watch = body.watch.clone();
    let response = call(ContentCheckLayer::new(()), response(503, &[], body)).await.unwrap();
    assert!(!response.body().is_complete());
    assert!(watch.polls() <= 70_000);
}
