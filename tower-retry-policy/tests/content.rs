//! The content check inside the retry, in each loop of attempts: a body that breaks off and one that is wrong are
//! failed attempts like any other, and one that broke off is continued where there is a `ResumeLayer`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bodies;
mod loops;

use self::{
    bodies::{Answer, Server, request},
    loops::{Loop, over_each_loop},
};
use http::Response;
use std::{error::Error as _, io::ErrorKind, time::Duration};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_content_check::{
    Check, CheckedBody, ContentCheckError, ContentCheckLayer, End, Rejection,
    check::{Length, check_fn},
    resume::{Resumable, ResumableLayer, ResumeBody, ResumeLayer, Resumed},
};
use tower_retry_policy::{History, Phase, RetryError, RetryPolicy, StopReason};

const WAIT: Duration = Duration::from_millis(100);

/// Four attempts, so that three failures can differ.
fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(3).backoff(Backoff::constant(WAIT))
}

fn ok(body: &'static str) -> Answer {
    Answer::ok().header("transfer-encoding", "chunked").chunk(body)
}

/// Whole by its length, so that it is known again although JSON ends at its first byte.
fn page(body: &'static str, length: &'static str) -> Answer {
    Answer::ok().header("content-length", length).chunk(body)
}

/// Ten bytes were declared, four come, and then the connection is gone.
fn cut() -> Answer {
    Answer::ok().header("content-length", "10").chunk("[1,2").fails(ErrorKind::ConnectionReset)
}

/// The same without an error: the body ends where it should not.
fn short() -> Answer {
    Answer::ok().header("content-length", "10").chunk("[1,2")
}

async fn call<C: Check + Clone>(
    which: Loop,
    policy: RetryPolicy,
    check: ContentCheckLayer<C>,
    server: &Server,
    method: &str,
) -> Result<Response<CheckedBody<bodies::Steps>>, BoxError> {
    ServiceBuilder::new()
        .layer(which.retry(policy))
        .layer(check)
        .service(server.clone())
        .oneshot(request(method))
        .await
}

fn retry_error(error: &BoxError) -> &RetryError {
    RetryError::find(&**error).expect("the final error tells the story")
}

/// The attempts' phases and why there was no further one.
fn outcome<B>(result: &Result<Response<B>, BoxError>) -> (Vec<Option<Phase>>, Option<StopReason>) {
    let history = match result {
        Ok(response) => History::of(response),
        Err(error) => Some(retry_error(error).history()),
    };
    let phases = history.map_or_else(Vec::new, |history| {
        history.attempts().iter().map(tower_retry_policy::AttemptRecord::phase).collect()
    });
    (phases, history.and_then(History::stop_reason))
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    what_each_body_is_to_the_policy,
    what_a_check_calls_permanent_is_not_asked_for_again,
    the_story_tells_where_the_body_was_cut,
    without_a_check_the_policy_does_not_see_the_body,
    a_body_that_broke_off_is_continued_by_the_next_attempt,
    resumption_is_bounded_by_the_policys_counters,
    what_cannot_be_continued_starts_over_or_ends,
    refused_ranges_are_not_the_same_content_again,
    calls_do_not_share_what_has_come,
);

async fn what_each_body_is_to_the_policy(which: Loop) {
    use Phase::{Body, Content};
    use StopReason::{Attempts, NotRepeatable, PhaseAttempts, SameContent};
    const BODY: Option<Phase> = Some(Body);
    const CONTENT: Option<Phase> = Some(Content);
    let again = || policy().retry_same_content(true);
    #[rustfmt::skip]
    let table = [
        // policy, method, the server's answers (the last again and again), each attempt's phase, reason to stop
        (policy(), "GET", vec![ok("[1]")], vec![], None),
        (policy(), "GET", vec![cut(), ok("[1]")], vec![BODY, None], None),
        (policy(), "GET", vec![short(), ok("[1]")], vec![BODY, None], None),
        (policy(), "GET", vec![ok("<html>"), ok("[1]")], vec![CONTENT, None], None),
        (policy(), "GET", vec![cut(), ok("<html>"), short(), ok("[1]")], vec![BODY, CONTENT, BODY, None], None),
        // each phase has a counter of its own beside the total
        (policy(), "GET", vec![cut()], vec![BODY; 4], Some(Attempts)),
        (policy().retries_after(Body, 1), "GET", vec![cut()], vec![BODY; 2], Some(PhaseAttempts(Body))),
        (policy().retries_after(Body, 1), "GET", vec![cut(), ok("<html>"), cut()], vec![BODY, CONTENT, BODY], Some(PhaseAttempts(Body))),
        (policy().retries_after(Content, 0), "GET", vec![cut(), ok("<html>")], vec![BODY, CONTENT], Some(PhaseAttempts(Content))),
        // the same wrong body twice would come a third time; other ones, cut ones and empty ones may not
        (policy(), "GET", vec![page("<html>", "6")], vec![CONTENT; 2], Some(SameContent)),
        (policy(), "GET", vec![page("<a>", "3"), page("<b>", "3"), page("<a>", "3")], vec![CONTENT; 3], Some(SameContent)),
        (policy(), "GET", vec![page("<a>", "3"), page("<a>!", "4")], vec![CONTENT, CONTENT, CONTENT], Some(SameContent)),
        // whole, and rejected at its end
        (policy(), "GET", vec![ok("[1,")], vec![CONTENT; 2], Some(SameContent)),
        // what only the end of the connection ends, or was rejected before an end was seen, may be another each time
        (policy(), "GET", vec![Answer::ok().chunk("[1,")], vec![CONTENT; 4], Some(Attempts)),
        (policy(), "GET", vec![ok("<html>")], vec![CONTENT; 4], Some(Attempts)),
        (policy(), "GET", vec![ok("<a>"), ok("<b>"), ok("<c>"), ok("<d>")], vec![CONTENT; 4], Some(Attempts)),
        (again(), "GET", vec![ok("<html>")], vec![CONTENT; 4], Some(Attempts)),
        (policy(), "GET", vec![ok("")], vec![CONTENT; 4], Some(Attempts)),
        // the head has come, so the server has acted: what may not be repeated is sent once
        (policy(), "POST", vec![cut(), ok("[1]")], vec![BODY], Some(NotRepeatable)),
        (policy(), "POST", vec![ok("<html>"), ok("[1]")], vec![CONTENT], Some(NotRepeatable)),
        (policy(), "POST", vec![ok(""), ok("[1]")], vec![CONTENT], Some(NotRepeatable)),
        (policy().any_method(), "POST", vec![cut(), ok("[1]")], vec![BODY, None], None),
        (policy(), "PUT", vec![ok("<html>"), ok("[1]")], vec![CONTENT, None], None),
    ];
    for (policy, method, answers, phases, stop) in table {
        let server = Server::new(answers.clone());
        let result = call(which, policy.clone(), ContentCheckLayer::json(), &server, method).await;
        assert_eq!(outcome(&result), (phases.clone(), stop), "{method} {answers:?} {policy:?}");
        assert_eq!(server.count(), phases.len().max(1), "{method} {answers:?} {policy:?}");
    }
}

async fn what_a_check_calls_permanent_is_not_asked_for_again(which: Loop) {
    type Says = fn(&'static str) -> Rejection;
    let cases: [(Says, usize, StopReason); 3] = [
        (|reason| Rejection::permanent(reason), 1, StopReason::Permanent),
        (|reason| Rejection::transient(reason).unless_repeated(), 2, StopReason::SameContent),
        (|reason| Rejection::transient(reason), 4, StopReason::Attempts),
    ];
    for (says, sent, stop) in cases {
        let check = check_fn(move |_: &mut End<'_>| Err(says("no such account")));
        let server = Server::new([ok("{}")]);
        let result = call(which, policy(), ContentCheckLayer::new(check), &server, "GET").await;
        assert_eq!(outcome(&result), (vec![Some(Phase::Content); sent], Some(stop)));
        assert_eq!(server.count(), sent);
    }
    // a body over the limit is as long the next time
    let server = Server::new([ok("[1, 2, 3]")]);
    let result = call(which, policy(), ContentCheckLayer::json().max_bytes(4), &server, "GET").await;
    assert_eq!(outcome(&result).1, Some(StopReason::Permanent));
    assert_eq!(server.count(), 1);
}

async fn the_story_tells_where_the_body_was_cut(which: Loop) {
    let server = Server::new([cut(), ok("<html>"), Answer::status(503), short()]);
    let error = call(which, policy(), ContentCheckLayer::json(), &server, "GET").await.unwrap_err();
    assert_eq!(
        retry_error(&error).history().to_string(),
        "4 attempts in 300 ms, stopped: attempts used up; 1: body cut at 4 of 10 bytes: connection reset, waited 100 ms; \
         2: content rejected: content is not JSON: expected a value at line 1 column 1 (byte 0), waited 100 ms; \
         3: 503, waited 100 ms; \
         4: body cut at 4 of 10 bytes"
    );
    let last: &ContentCheckError = retry_error(&error).source().unwrap().downcast_ref().unwrap();
    assert_eq!((last.received(), last.expected(), last.is_body()), (4, Some(10), true));

    // the client's own error is the next link of the chain
    let server = Server::new([cut()]);
    let error = call(which, policy(), ContentCheckLayer::json(), &server, "GET").await.unwrap_err();
    let root = retry_error(&error).source().unwrap().source().unwrap();
    assert_eq!(root.downcast_ref::<std::io::Error>().unwrap().kind(), ErrorKind::ConnectionReset);
}

async fn without_a_check_the_policy_does_not_see_the_body(which: Loop) {
    let server = Server::new([cut()]);
    let response = ServiceBuilder::new()
        .layer(which.retry(policy()))
        .service(server.clone())
        .oneshot(request("GET"))
        .await
        .unwrap();
    assert_eq!((response.status().as_u16(), server.count()), (200, 1));
    assert!(History::of(&response).is_none());
}

// ===== resumption =====

/// Ten bytes with a strong tag, of which four come.
fn resumable() -> Answer {
    Answer::ok()
        .header("etag", "\"v1\"")
        .header("content-length", "10")
        .chunk("0123")
        .fails(ErrorKind::ConnectionReset)
}

fn part(range: &'static str, body: &'static str) -> Answer {
    Answer::status(206).header("etag", "\"v1\"").header("content-range", range).chunk(body)
}

async fn resumed(
    which: Loop,
    policy: RetryPolicy,
    server: &Server,
    method: &str,
) -> Result<Response<CheckedBody<ResumeBody<bodies::Steps>>>, BoxError> {
    ServiceBuilder::new()
        .layer(ResumableLayer::new())
        .layer(which.retry(policy))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(ResumeLayer::new())
        .service(server.clone())
        .oneshot(request(method))
        .await
}

async fn a_body_that_broke_off_is_continued_by_the_next_attempt(which: Loop) {
    let second = part("bytes 4-9/10", "456").fails(ErrorKind::ConnectionReset);
    let server = Server::new([resumable(), Answer::status(503), second, part("bytes 7-9/10", "789")]);
    let response = resumed(which, policy(), &server, "GET").await.unwrap();
    assert_eq!(
        server.asked("range"),
        [None, Some("bytes=4-9".into()), Some("bytes=4-9".into()), Some("bytes=7-9".into())]
    );
    let tag = Some("\"v1\"".to_owned());
    assert_eq!(server.asked("if-range"), [None, tag.clone(), tag.clone(), tag]);

    // every attempt counts, whatever it brought
    let history = History::of(&response).unwrap();
    let phases: Vec<_> = history.attempts().iter().map(tower_retry_policy::AttemptRecord::phase).collect();
    assert_eq!(phases, [Some(Phase::Body), Some(Phase::Status), Some(Phase::Body), None]);
    assert_eq!(history.elapsed(), 3 * WAIT);
    assert_eq!(
        history.to_string(),
        "4 attempts in 300 ms; 1: body cut at 4 of 10 bytes: connection reset, waited 100 ms; 2: 503, waited 100 ms; \
         3: body cut at 7 of 10 bytes: connection reset, waited 100 ms; 4: 200"
    );
    assert_eq!(response.extensions().get::<Resumed>().unwrap().bytes(), 7);
    assert_eq!(response.into_body().into_text().await.unwrap(), "0123456789");
}

async fn resumption_is_bounded_by_the_policys_counters(which: Loop) {
    let server = Server::new([resumable(), part("bytes 4-9/10", "").fails(ErrorKind::ConnectionReset)]);
    let result = resumed(which, policy().retries_after(Phase::Body, 1), &server, "GET").await;
    assert_eq!(outcome(&result), (vec![Some(Phase::Body); 2], Some(StopReason::PhaseAttempts(Phase::Body))));
    assert_eq!(server.count(), 2);
}

async fn what_cannot_be_continued_starts_over_or_ends(which: Loop) {
    // another version: a whole answer, or a part that contradicts itself and fails the attempt
    let whole = Answer::ok().header("etag", "\"v2\"").header("content-length", "3").chunk("new");
    let other = part("bytes 4-9/10", "456789").header("etag", "\"v2\"");
    for (answers, ranges) in [
        (vec![resumable(), whole.clone()], vec![None, Some("bytes=4-9".to_owned())]),
        (vec![resumable(), other, whole], vec![None, Some("bytes=4-9".to_owned()), None]),
    ] {
        let server = Server::new(answers);
        let response = resumed(which, policy(), &server, "GET").await.unwrap();
        assert_eq!(server.asked("range"), ranges);
        assert!(response.extensions().get::<Resumed>().is_none());
        assert_eq!(response.into_body().into_text().await.unwrap(), "new");
    }

    // a POST is neither continued nor sent again
    let server = Server::new([resumable(), part("bytes 4-9/10", "456789")]);
    let result = resumed(which, policy(), &server, "POST").await;
    assert_eq!(outcome(&result), (vec![Some(Phase::Body)], Some(StopReason::NotRepeatable)));
    assert_eq!(server.asked("range"), [None]);
}

async fn refused_ranges_are_not_the_same_content_again(which: Loop) {
    // a part that does not say where it belongs: the first time the rest is asked for again, then the whole
    let refused = Answer::status(206).header("etag", "\"v1\"").chunk("456789");
    let again = [resumable(), refused.clone(), refused.clone()];
    let answers = again.iter().chain(&again).chain(&again).cloned().chain([Answer::ok().chunk("whole")]);
    let server = Server::new(answers.collect::<Vec<_>>());
    let response = resumed(which, policy().retries(9), &server, "GET").await.unwrap();
    let asked = [None, Some("bytes=4-9".to_owned()), Some("bytes=4-9".to_owned())];
    let asked: Vec<_> = asked.iter().cycle().take(10).cloned().collect();
    assert_eq!(server.asked("range"), asked);
    let history = History::of(&response).unwrap();
    assert!(history.attempts()[..9].iter().all(|attempt| attempt.phase() == Some(Phase::Body)));
    assert!(
        history
            .to_string()
            .contains("; 2: body cut at 4 of 10 bytes: the rest of the body came without its range, waited"),
        "{history}"
    );
    assert_eq!(response.into_body().into_text().await.unwrap(), "whole");
}

async fn calls_do_not_share_what_has_come(which: Loop) {
    // one service, two calls: the second begins at the first byte although the first left four
    let server = Server::new([resumable(), resumable(), part("bytes 4-9/10", "456789")]);
    let service = ServiceBuilder::new()
        .layer(ResumableLayer::new())
        .layer(which.retry(policy()))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(ResumeLayer::new())
        .service(server.clone());
    let mut first = request("GET");
    first.extensions_mut().insert(RetryPolicy::never());
    let own = Resumable::new();
    first.extensions_mut().insert(own.clone());
    service.clone().oneshot(first).await.unwrap_err();
    assert_eq!(own.received(), 4, "what the caller gave is used");
    let response = service.oneshot(request("GET")).await.unwrap();
    assert_eq!(response.into_body().into_text().await.unwrap(), "0123456789");
    assert_eq!(server.asked("range"), [None, None, Some("bytes=4-9".into())]);
}
