//! The body under the policy: when it is sent again, and what the caller is told when it is not.

use crate::{
    loops::{Loop, over_each_loop},
    reading_server::{ALL, Server, Then, reads},
    upload::{Step, Upload, data},
};
use Then::{Answers, AnswersAndHolds, Fails};
use http::{Request, Response};
use http_body_util::BodyExt;
use std::io::ErrorKind;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{
    History, Phase, ReplayBodyError, ReplayBodyLayer, RetryError, RetryPolicy, StopReason,
};

async fn call(
    which: Loop,
    limit: usize,
    method: &str,
    upload: Upload,
    server: &Server,
) -> Result<Response<()>, BoxError> {
    let policy = RetryPolicy::standard().retries(3).backoff(Backoff::none());
    ServiceBuilder::new()
        .layer(ReplayBodyLayer::new().limit(limit))
        .layer(which.retry(policy))
        .service(server.clone())
        .oneshot(Request::builder().method(method).uri("http://test/").body(upload)?)
        .await
}

fn stop(result: &Result<Response<()>, BoxError>) -> Option<StopReason> {
    match result {
        Ok(response) => History::of(response)?.stop_reason(),
        Err(error) => RetryError::find(&**error)?.stop_reason(),
    }
}

fn texts(server: &Server) -> Vec<String> {
    server.got().into_iter().map(|got| String::from_utf8(got.data).unwrap()).collect()
}

fn upload() -> Upload {
    Upload::of(&["one ", "two ", "three"])
}

over_each_loop!(
    #[tokio::test(start_paused = true)]
    what_the_server_sees_and_what_the_caller_is_told,
    a_body_that_fails_ends_the_call,
    an_answer_before_the_upload_has_ended,
    an_attempt_that_is_given_up_does_not_use_up_the_record,
);

async fn what_the_server_sees_and_what_the_caller_is_told(which: Loop) {
    let gone = Some(StopReason::BodyNotReplayable);
    let refused = Fails(ErrorKind::ConnectionRefused);
    let reset = Fails(ErrorKind::ConnectionReset);
    let all = "one two three";
    #[rustfmt::skip]
    let table = vec![
        // limit, method, the body, the server, what it got in each attempt, why there was no further one
        (64, "PUT", upload(), vec![reads(0, reset), reads(5, reset), reads(ALL, reset)], vec!["", "one two ", all, all], None),
        (64, "PUT", upload().known(), vec![reads(1, Answers(503))], vec!["one ", all], None),
        (64, "PUT", upload(), vec![reads(ALL, Answers(503)); 4], vec![all; 4], Some(StopReason::Attempts)),
        // a retry before the first byte was read
        (64, "PUT", upload(), vec![reads(0, reset)], vec!["", all], None),
        (64, "POST", upload(), vec![reads(0, refused)], vec!["", all], None),
        // over the limit, with the length unknown and known
        (5, "PUT", upload(), vec![reads(1, reset)], vec!["one ", all], None),
        (5, "PUT", upload(), vec![reads(5, reset)], vec!["one two "], gone),
        (5, "PUT", upload(), vec![reads(ALL, Answers(503))], vec![all], gone),
        (5, "PUT", upload().known(), vec![reads(1, reset)], vec!["one "], gone),
        (5, "PUT", upload().known(), vec![reads(ALL, Answers(200))], vec![all], None),
        (0, "PUT", upload(), vec![reads(1, reset)], vec!["one "], gone),
        // ... and unread: what was never sent may go again
        (5, "PUT", upload().known(), vec![reads(0, reset)], vec!["", all], None),
        (5, "POST", upload().known(), vec![reads(0, refused); 2], vec!["", "", all], None),
        (5, "POST", upload().known(), vec![reads(0, Answers(425))], vec!["", all], None),
        // ... and read, although the server did not process it
        (5, "POST", upload().known(), vec![reads(1, Answers(421))], vec!["one "], gone),
        // what the method forbids is said first
        (5, "POST", upload(), vec![reads(ALL, reset)], vec![all], Some(StopReason::NotRepeatable)),
    ];
    for (limit, method, upload, turns, got, reason) in table {
        let told = format!("{method} {upload:?} {turns:?}");
        let server = Server::new(turns);
        let result = call(which, limit, method, upload, &server).await;
        assert_eq!(
            (texts(&server), stop(&result)),
            (got.iter().map(|text| (*text).to_owned()).collect(), reason),
            "{told}"
        );
    }
}

async fn a_body_that_fails_ends_the_call(which: Loop) {
    // the first attempt gets no as an answer without having read so far, the second one meets the failure
    for (turns, sent) in [(vec![], 1), (vec![reads(4, Answers(503))], 2)] {
        let server = Server::new(turns);
        let upload = Upload::new([data("one "), Step::Fails, data("three")]);
        let result = call(which, 64, "PUT", upload, &server).await;
        // its cause is the reset of another connection, and says nothing about this one
        assert_eq!((stop(&result), server.got().len()), (Some(StopReason::NotRetryable), sent));
        let error = result.unwrap_err();
        let last = RetryError::find(&*error).unwrap().history().attempts().last().unwrap();
        assert_eq!(last.phase(), Some(Phase::Other));
        assert!(last.error().unwrap().downcast_ref::<ReplayBodyError>().unwrap().is_inner());
    }
    // a server that answers all the same: the answer counts, and is not asked for again
    let server = Server::new([reads(4, Answers(503)), reads(4, AnswersAndHolds(200))]);
    let upload = Upload::new([data("one "), Step::Fails, data("three")]);
    call(which, 64, "PUT", upload, &server).await.unwrap();
    assert_eq!(texts(&server), ["one ", "one "]);
    assert!(server.held()[0].frame().await.unwrap().unwrap_err().is_inner());
}

async fn an_answer_before_the_upload_has_ended(which: Loop) {
    // a final one: the upload goes on
    let server = Server::new([reads(4, AnswersAndHolds(200))]);
    call(which, 64, "PUT", upload(), &server).await.unwrap();
    let held = server.held().remove(0);
    assert_eq!(held.collect().await.unwrap().to_bytes(), "two three");

    // one that is tried again: the next attempt has the body, the earlier ones stop
    let server = Server::new([reads(4, AnswersAndHolds(503)), reads(0, AnswersAndHolds(503))]);
    call(which, 64, "PUT", upload(), &server).await.unwrap();
    assert_eq!(texts(&server), ["one ", "", "one two three"]);
    let [mut first, mut second] = <[_; 2]>::try_from(server.held()).unwrap();
    assert!(first.frame().await.unwrap().unwrap_err().is_superseded());
    // it had not begun to read: tower's loop does not know whose body it is, and it gets the record
    match second.frame().await.unwrap() {
        Ok(frame) if which == Loop::Towers => assert_eq!(frame.into_data().unwrap(), "one "),
        result => assert!(result.unwrap_err().is_superseded()),
    }

    // an answer that is not tried again leaves the upload alone, although it failed
    let server = Server::new([reads(4, AnswersAndHolds(404))]);
    call(which, 64, "PUT", upload(), &server).await.unwrap();
    assert_eq!(server.held().remove(0).collect().await.unwrap().to_bytes(), "two three");
}

async fn an_attempt_that_is_given_up_does_not_use_up_the_record(which: Loop) {
    // the upload of the failed attempt goes on during the wait, over the limit
    let server = Server::new([reads(4, AnswersAndHolds(503))]);
    let running = server.clone();
    let on = tokio::spawn(async move {
        loop {
            if let Some(body) = running.held().pop() {
                return body.collect().await.map(|_| ());
            }
            tokio::task::yield_now().await;
        }
    });
    let policy = RetryPolicy::standard().backoff(Backoff::constant(std::time::Duration::from_secs(1)));
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new().limit(8))
        .layer(which.retry(policy))
        .service(server.clone());
    service.oneshot(Request::put("http://test/").body(upload()).unwrap()).await.unwrap();
    assert_eq!(texts(&server), ["one ", "one two three"]);
    assert!(on.await.unwrap().unwrap_err().is_superseded());
}
