//! A body that broke off is continued, and nothing else is taken for its rest.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod continued;
mod support;

use bytes::Bytes;
use continued::{ETAG, cut, get, rest, send, send_checked, whole};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::BodyExt;
use proptest::prelude::*;
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};
use support::{Fields, Script, Step, data, headers, request, response, trailers};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::{
    BoxError, ContentCheckError, ContentCheckLayer, End, Rejection,
    check::{Length, check_fn},
    resume::{Resumable, ResumableLayer, ResumeLayer, Resumed},
};

#[tokio::test]
async fn the_next_attempt_asks_for_the_rest_and_the_answer_is_one_whole() {
    let call = send(get(), ResumeLayer::new(), vec![cut(), rest()]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-9")]);
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
    assert_eq!(call.ranges(), [None, Some("bytes=4-9"), Some("bytes=7-9"), Some("bytes=9-9")]);
    assert!(call.errors.iter().all(ContentCheckError::is_body));
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn what_comes_again_is_dropped() {
    for (range, frames) in [
        ("bytes 3-9/10", vec![data("3456789")]),
        ("bytes 0-9/10", vec![data("01"), data("2"), data("345"), data("6789")]),
        ("bytes 0-9/10", vec![data("0123456789")]),
    ] {
        let part = response(206, &[ETAG, ("content-range", range)], Script::new(frames));
        let call = send(get(), ResumeLayer::new(), vec![cut(), part]).await;
        assert_eq!(call.content().await, "0123456789", "{range}");
    }
    // It may break off there.
    let part =
        response(206, &[ETAG, ("content-range", "bytes 0-9/10")], Script::new([data("01"), Step::Fail]));
    let call = send(get(), ResumeLayer::new(), vec![cut(), part, rest()]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-9"), Some("bytes=4-9")]);
    assert_eq!(call.content().await, "0123456789");
}

#[tokio::test]
async fn a_whole_answer_starts_over() {
    let changed = response(200, &[("etag", "\"v2\""), ("content-length", "3")], Script::of("new"));
    let call = send(get(), ResumeLayer::new(), vec![cut(), changed]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-9")]);
    assert!(call.answer.as_ref().unwrap().extensions().get::<Resumed>().is_none());
    assert_eq!(call.content().await, "new");

    let changed =
        response(200, &[("etag", "\"v2\""), ("content-length", "3")], Script::new([data("n"), Step::Fail]));
    let rest = response(206, &[("etag", "\"v2\""), ("content-range", "bytes 1-2/3")], Script::of("ew"));
    let call = send(get(), ResumeLayer::new(), vec![cut(), changed, rest]).await;
    assert_eq!(call.ranges(), [None, Some("bytes=4-9"), Some("bytes=1-2")]);
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
    // A part need not repeat it if the same length of the whole proves it. Plain content has another length.
    let call = send(get(), ResumeLayer::new(), vec![first(), rest()]).await;
    assert_eq!(call.content().await, "0123456789");
    for range in ["bytes 4-9/*", "bytes 4-9/10"] {
        let mut first = first();
        if range.ends_with("10") {
            first.headers_mut().remove(header::CONTENT_LENGTH);
            first.headers_mut().insert(header::TRANSFER_ENCODING, "chunked".parse().unwrap());
        }
        let silent = response(206, &[ETAG, ("content-range", range)], Script::of("456789"));
        let call = send(get(), ResumeLayer::new(), vec![first, silent, whole()]).await;
        let reason = std::error::Error::source(&call.errors[1]).unwrap().to_string();
        assert_eq!(reason, "the rest of the body is encoded in another way");
        assert_eq!(call.ranges()[2], None, "{range}");
    }
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
    assert_eq!(call.ranges(), [None, Some("bytes=4-9"), None]);
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
    assert_eq!(call.ranges(), [None, Some("bytes=4-9"), None]);
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
    assert_eq!(call.ranges(), [None, Some("bytes=4-9"), None], "damaged content is not built upon");
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

#[tokio::test]
async fn the_end_of_a_body_without_length_is_told_by_the_body_itself() {
    // HTTP/2 bodies that end without END_STREAM say so by `is_end_stream`, and this one never says that it ended.
    let chunked = response(200, &[ETAG], Script::of("0123456789"));
    for (answer, ended) in [(whole(), true), (chunked, false)] {
        let mut answer = Some(answer);
        let mut service = ResumeLayer::new().layer(service_fn(move |_: Request<()>| {
            std::future::ready(Ok::<_, Infallible>(answer.take().unwrap()))
        }));
        let mut body = service.call(get()).await.unwrap().into_body();
        assert!(!body.is_end_stream());
        while let Some(frame) = body.frame().await {
            frame.unwrap();
        }
        assert_eq!(body.is_end_stream(), ended);
        assert!(body.frame().await.is_none());
    }
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
        assert_eq!(
            ranges,
            [None, Some("bytes=40-99".parse().unwrap()), Some("bytes=80-99".parse().unwrap())]
        );
    }
}

/// The first byte that is asked for.
fn first_of(range: &str) -> usize {
    range.strip_prefix("bytes=").unwrap().split_once('-').unwrap().0.parse().unwrap()
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
    let from = range.map_or(0, first_of);
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
                        Some(range) => first_of(range.to_str().unwrap()),
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
