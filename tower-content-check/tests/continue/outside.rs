//! What is not continued, and what a request for the rest leaves out.

use crate::world::{
    FILE, LENGTH, Patient, Read, Reply, Server, TAG, answer, at_once, chain, data, first, get, open, range,
    read, reset, rest,
};
use http::{HeaderName, HeaderValue, Method, Request, header};
use std::io;
use tower_content_check::continuation::{Continuations, ContinueLayer, DoNotContinue};

async fn fetch_once(request: Request<()>, reply: Reply) -> Read {
    let server = Server::new([reply]);
    let policy = Patient::new(3);
    let response = open(&ContinueLayer::new(policy.clone()), &server, request).await;
    assert!(Continuations::of(&response).is_none());
    let read = read(response.into_body()).await;
    assert_eq!(server.requests(), 1);
    assert!(policy.heard().is_empty() && policy.ends.lock().unwrap().is_empty(), "the policy is not asked");
    read
}

/// The client's own error, and nothing around it.
#[track_caller]
fn assert_own(read: &Read) {
    let error = read.error.as_ref().unwrap();
    assert!(error.is::<io::Error>(), "{error:?}");
    assert_eq!(chain(&**error), ["reset by peer"]);
    assert_eq!(read.content, "0123");
}

fn with(name: &'static str, value: &str) -> Request<()> {
    let mut request = get();
    request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::try_from(value).unwrap());
    request
}

#[tokio::test(start_paused = true)]
async fn case_30_without_a_validator_the_first_error_stands() {
    let dated = ("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT");
    let tables: [&[(&str, &str)]; 7] = [
        &[LENGTH],
        &[LENGTH, ("etag", "W/\"v1\"")],
        &[LENGTH, ("etag", "v1")],
        &[LENGTH, TAG, TAG],
        &[LENGTH, TAG, ("accept-ranges", "none")],
        &[LENGTH, dated, ("date", "Tue, 24 Nov 2026 18:00:00 GMT")],
        &[("content-length", "ten"), TAG],
    ];
    for fields in tables {
        let broken = answer(200, fields, [data("0123"), reset()]);
        assert_own(&fetch_once(get(), broken).await);
    }
}

#[tokio::test(start_paused = true)]
async fn case_31_other_requests_and_answers_are_untouched() {
    let broken = || first([data("0123"), reset()]);
    for method in [Method::HEAD, Method::POST, Method::PUT] {
        let mut request = get();
        *request.method_mut() = method;
        assert_own(&fetch_once(request, broken()).await);
    }
    assert_own(&fetch_once(with("range", "bytes=0-"), broken()).await);
    assert_own(&fetch_once(with("if-range", "\"v1\""), broken()).await);
    for status in [201, 203, 206, 404, 500] {
        let broken = answer(status, &[TAG, LENGTH], [data("0123"), reset()]);
        assert_own(&fetch_once(get(), broken).await);
    }
    // a switch, for one request
    let mut request = get();
    request.extensions_mut().insert(DoNotContinue);
    assert_own(&fetch_once(request, broken()).await);
}

#[tokio::test(start_paused = true)]
async fn case_32_own_conditions_are_left_out() {
    let mut request = with("if-none-match", "\"v0\"");
    let fields = [
        ("if-modified-since", "Mon, 23 Nov 2026 18:00:00 GMT"),
        ("authorization", "Bearer x"),
        ("x-twice", "1"),
        ("accept-language", "en"),
    ];
    for (name, value) in fields {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request.headers_mut().append("x-twice", HeaderValue::from_static("2"));
    for at in [0, 4] {
        let second = if at == 0 { first([data(FILE)]) } else { rest(at) };
        let server = Server::new([first([data(&FILE[..at]), reset()]), second]);
        let response = open(&ContinueLayer::new(at_once(1)), &server, request.clone()).await;
        assert_eq!(read(response.into_body()).await.whole(), FILE);
        let field = |name: HeaderName| server.field(&name);
        assert_eq!(field(header::IF_NONE_MATCH), [Some("\"v0\"".to_owned()), None]);
        assert_eq!(field(header::IF_MODIFIED_SINCE)[1], None);
        for name in ["authorization", "x-twice", "accept-language"] {
            let sent = field(HeaderName::from_static(name));
            assert!(sent[0].is_some() && sent[0] == sent[1], "{sent:?}");
        }
        let seen = server.seen.lock().unwrap();
        assert_eq!((seen[1].uri(), seen[1].method()), (request.uri(), request.method()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_request_accepts_stays_and_plain_content_is_asked_for_plainly() {
    for (accepts, sent) in [(None, Some("identity")), (Some("gzip"), Some("gzip")), (Some(""), Some(""))] {
        let request = accepts.map_or_else(get, |accepts| with("accept-encoding", accepts));
        let server = Server::new([first([data("0123"), reset()]), rest(4)]);
        let response = open(&ContinueLayer::new(at_once(1)), &server, request).await;
        assert_eq!(read(response.into_body()).await.whole(), FILE);
        let fields = server.field(&header::ACCEPT_ENCODING);
        assert_eq!(fields, [accepts.map(str::to_owned), sent.map(str::to_owned)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_date_will_do_where_that_is_allowed_and_it_is_strong() {
    const MODIFIED: (&str, &str) = ("last-modified", "Mon, 23 Nov 2026 18:00:00 GMT");
    let begin = |fields: &[(&str, &str)]| {
        let fields: Vec<_> = [LENGTH].iter().chain(fields).copied().collect();
        answer(200, &fields, [data("0123"), reset()])
    };
    let part = |fields: &[(&str, &str)]| {
        let fields: Vec<_> = [("content-range", "bytes 4-9/10")].iter().chain(fields).copied().collect();
        answer(206, &fields, [data("456789")])
    };
    let layer = ContinueLayer::new(at_once(3)).allow_last_modified();
    let dated = [MODIFIED, ("date", "Mon, 23 Nov 2026 18:01:00 GMT")];
    let server =
        Server::new([begin(&dated), part(&[]), part(&[MODIFIED, ("etag", "\"v1\"")]), part(&[MODIFIED])]);
    let response = open(&layer, &server, get()).await;
    assert_eq!(read(response.into_body()).await.whole(), FILE);
    assert_eq!(server.ranges(), [None, range(4), range(4), range(4)]);
    assert_eq!(server.field(&header::IF_RANGE)[1].as_deref(), Some(MODIFIED.1));

    for other in ["Mon, 23 Nov 2026 18:00:01 GMT", "Mon, 23 Nov 2026 17:59:59 GMT"] {
        let server = Server::new([begin(&dated), part(&[("last-modified", other)])]);
        let response = open(&layer, &server, get()).await;
        assert!(read(response.into_body()).await.error().is_changed());
    }
    for weak in [
        &[MODIFIED, ("date", "Mon, 23 Nov 2026 18:00:59 GMT")][..],
        &[MODIFIED],
        &[MODIFIED, ("date", "yesterday")],
        &[MODIFIED, ("date", "Mon, 23 Nov 2026 18:01:00 GMT"), ("etag", "W/\"v1\"")],
    ] {
        let server = Server::new([begin(weak)]);
        let response = open(&layer, &server, get()).await;
        assert_own(&read(response.into_body()).await);
    }
}
