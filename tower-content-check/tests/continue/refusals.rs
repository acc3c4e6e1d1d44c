//! Answers that are neither 200 nor 206.

use crate::world::{
    FILE, Patient, Reply, Server, TAG, answer, chain, data, fetch, first, get, open, range, read, reset, rest,
};
use http::StatusCode;
use tower_content_check::continuation::{BreakKind, Continuations, ContinueLayer};

fn begin() -> Reply {
    first([data("0123"), reset()])
}

fn unknown() -> Reply {
    answer(200, &[TAG], [data("0123"), reset()])
}

fn unsatisfied(range: &str) -> Reply {
    answer(416, &[("content-range", range)], [data("<html>")])
}

#[tokio::test(start_paused = true)]
async fn case_25_a_range_that_cannot_be_satisfied() {
    // Only the end had not come.
    let server = Server::new([unknown(), unsatisfied("bytes */4")]);
    let response = open(&ContinueLayer::new(Patient::new(3)), &server, get()).await;
    let handle = Continuations::of(&response).unwrap().clone();
    assert_eq!(read(response.into_body()).await.whole(), "0123");
    assert_eq!(handle.length(), Some(4));

    // The server contradicts itself.
    for first in [begin, unknown] {
        let (whole, server) = fetch([first(), unsatisfied("bytes */10"), rest(4)]).await;
        assert_eq!((whole.whole().as_str(), server.requests()), (FILE, 3));
        let (whole, server) =
            fetch([first(), unsatisfied("bytes */10"), unsatisfied("bytes */10"), rest(4)]).await;
        assert_eq!((whole.whole().as_str(), server.requests()), (FILE, 4));
    }
    // Another length, another tag.
    for (first, second) in [
        (begin(), unsatisfied("bytes */4")),
        (begin(), unsatisfied("bytes */12")),
        (unknown(), unsatisfied("bytes */3")),
        (unknown(), answer(416, &[("etag", "\"v2\""), ("content-range", "bytes */4")], [])),
    ] {
        let (failed, server) = fetch([first, second]).await;
        assert!(failed.error().is_changed());
        assert_eq!((failed.content.as_str(), server.requests()), ("0123", 2));
    }
    // Without a word it is asked once more, and again once a byte has come.
    let bare = || answer(416, &[], [data("<html>")]);
    let (whole, server) = fetch([begin(), bare(), rest(4)]).await;
    assert_eq!((whole.whole().as_str(), server.requests()), (FILE, 3));
    let (failed, server) = fetch([begin(), bare(), bare()]).await;
    assert_eq!((failed.content.as_str(), server.requests()), ("0123", 3));
    assert_eq!(
        chain(failed.error())[0],
        "body broke off at 4 of 10 bytes: the server refused the range (break 1 of 2 at byte 4: reset by peer)"
    );
    let more = crate::world::part(4, 9, [data("4"), reset()]);
    let (whole, server) = fetch([begin(), bare(), more, bare(), rest(5)]).await;
    assert_eq!((whole.whole().as_str(), server.requests()), (FILE, 5));
}

#[tokio::test(start_paused = true)]
async fn case_26_answers_that_are_final() {
    for (status, changed, gone) in [
        (412, true, false),
        (304, true, false),
        (404, false, true),
        (410, false, true),
        (401, false, false),
        (403, false, false),
        (400, false, false),
        (302, false, false),
        (204, false, false),
        (451, false, false),
    ] {
        let (failed, server) = fetch([begin(), answer(status, &[TAG], [data("page")])]).await;
        let error = failed.error();
        assert_eq!((failed.content.as_str(), server.requests()), ("0123", 2), "{status}");
        assert_eq!((error.is_changed(), error.is_gone()), (changed, gone), "{status}");
        let expected = StatusCode::from_u16(status).unwrap();
        assert_eq!(error.status(), (!changed).then_some(expected));
        let chain = chain(error);
        assert_eq!(chain[1..], ["reset by peer"]);
        let told = if changed {
            "the server says that the content changed".to_owned()
        } else {
            format!("the rest was answered with {expected}")
        };
        assert_eq!(chain[0], format!("body broke off at 4 of 10 bytes: {told}"));
        let [told] = error.breaks() else { panic!() };
        assert_eq!((told.offset(), told.kind(), told.cause()), (4, BreakKind::Body, "reset by peer"));
    }
}

#[tokio::test(start_paused = true)]
async fn case_27_a_server_that_is_busy_is_asked_again() {
    // The wait that it asks for is that of the policy, which is told of the answer.
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let policy = Patient::new(3);
        let busy = answer(status, &[TAG, ("retry-after", "7")], [data("page")]);
        let server = Server::new([begin(), busy, rest(4)]);
        let response = open(&ContinueLayer::new(policy.clone()), &server, get()).await;
        assert_eq!(read(response.into_body()).await.whole(), FILE);
        assert_eq!(server.ranges(), [None, range(4), range(4)]);
        let heard = policy.heard();
        assert_eq!((heard[1].kind, heard[1].in_a_row), (BreakKind::Status, 2));
        assert_eq!(*policy.answers.lock().unwrap(), [status.to_string(), "206".to_owned()]);
    }
}

#[tokio::test(start_paused = true)]
async fn case_28_a_refused_connection_counts() {
    let policy = Patient::new(2);
    let server = Server::new([begin(), Reply::Refused("refused"), rest(4)]);
    let response = open(&ContinueLayer::new(policy.clone()), &server, get()).await;
    assert_eq!(read(response.into_body()).await.whole(), FILE);
    let heard = policy.heard();
    assert_eq!(
        (heard[1].kind, heard[1].in_a_row, heard[1].error.as_str()),
        (BreakKind::Request, 2, "refused")
    );
    assert_eq!(*policy.answers.lock().unwrap(), ["refused", "206"]);

    let server = Server::new([begin(), Reply::Refused("refused"), Reply::Refused("refused again")]);
    let response = open(&ContinueLayer::new(policy), &server, get()).await;
    let failed = read(response.into_body()).await;
    assert_eq!(failed.content, "0123");
    assert_eq!(
        chain(failed.error()),
        [
            "body broke off at 4 of 10 bytes and is not asked for again: enough (break 1 of 3 at byte 4: reset by \
             peer)",
            "refused again"
        ]
    );
}
