//! Two attempts at once that read the same body.

use crate::{
    reading_server::{ALL, Server, Then, Turn, reads},
    upload::{Gate, Step, Upload, data, trailers},
};
use Then::{Answers, AnswersAndHolds, Fails, ReadsOnAfter, ReadsOnAndAnswers, Silent};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use proptest::prelude::*;
use std::{io::ErrorKind, time::Duration};
use tokio::time::{sleep, timeout};
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{
    History, Phase, ReplayBodyError, ReplayBodyLayer, RetryError, RetryLayer, RetryPolicy, StopReason,
    retry::Hedge,
};

const KIB: usize = 1024;
const ALL_OF_IT: &str = "one two three";

fn policy() -> RetryPolicy {
    RetryPolicy::standard().retries(9).backoff(Backoff::constant(Duration::from_millis(100))).without_budget()
}

/// Another attempt beside those that run, each second.
fn hedged() -> RetryLayer {
    RetryLayer::new(policy()).hedge(Hedge::after(Duration::from_secs(1)).at_once(4))
}

async fn put(limit: usize, upload: Upload, server: &Server) -> Result<Response<()>, BoxError> {
    ServiceBuilder::new()
        .layer(ReplayBodyLayer::new().limit(limit))
        .layer(hedged())
        .service(server.clone())
        .oneshot(Request::put("http://test/").body(upload)?)
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

#[tokio::test(start_paused = true)]
async fn what_each_attempt_gets() {
    let reset = Fails(ErrorKind::ConnectionReset);
    let ends = ALL_OF_IT.len();
    #[rustfmt::skip]
    let table = vec![
        // the body, the server, what it got in the order in which it had it, when each attempt began
        (upload(), vec![reads(ALL, Silent)], vec![ALL_OF_IT; 2], vec![0, 1000]),
        (upload().known(), vec![reads(ALL, Silent)], vec![ALL_OF_IT; 2], vec![0, 1000]),
        (upload(), vec![reads(ALL, Silent); 3], vec![ALL_OF_IT; 4], vec![0, 1000, 2000, 3000]),
        // as a client over HTTP/1 that has sent what was announced and asks for nothing after it
        (upload().known(), vec![reads(ends, Silent)], vec![ALL_OF_IT; 2], vec![0, 1000]),
        (upload().announces(13), vec![reads(ends, Silent)], vec![ALL_OF_IT; 2], vec![0, 1000]),
        // one that stands still in the middle is overtaken, and goes on
        (upload(), vec![reads(ALL, Silent), reads(4, ReadsOnAfter(1500, 200)), reads(ALL, Silent)], vec![ALL_OF_IT; 3], vec![0, 1000, 2000]),
        // a sibling that fails leaves it alone, wherever it stopped
        (upload(), vec![reads(ALL, Silent), reads(4, ReadsOnAfter(1500, 200)), reads(0, reset), reads(4, reset), reads(ALL, Silent)],
            vec![ALL_OF_IT, "", "one ", ALL_OF_IT, ALL_OF_IT], vec![0, 1000, 2000, 2100, 2200]),
        // no attempt beside one that has not read it all: whoever reads slowly is sent to, not doubted
        (upload(), vec![reads(4, ReadsOnAfter(9500, 200))], vec![ALL_OF_IT], vec![0]),
        (upload(), vec![reads(ends, ReadsOnAfter(9500, 200))], vec![ALL_OF_IT], vec![0]),
    ];
    for (upload, turns, got, began) in table {
        let told = format!("{upload:?} {turns:?}");
        let server = Server::new(turns);
        put(64, upload, &server).await.unwrap();
        assert_eq!(
            (texts(&server), server.began()),
            (got.into_iter().map(String::from).collect(), began),
            "{told}"
        );
    }
}

/// A slow uploader is not a slow server.
#[tokio::test(start_paused = true)]
async fn no_attempt_beside_an_upload_that_is_still_coming() {
    let gate = Gate::default();
    let upload = Upload::new([data("one "), Step::Waits(gate.clone()), data("two "), data("three")]);
    tokio::spawn(async move {
        sleep(Duration::from_millis(4500)).await;
        gate.open();
    });
    let server = Server::new([reads(ALL, Silent)]);
    put(64, upload, &server).await.unwrap();
    assert_eq!((texts(&server), server.began()), (vec![ALL_OF_IT.to_owned(); 2], vec![0, 5000]));
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_has_one_attempt_at_a_time() {
    for upload in [upload(), upload().known(), upload().announces(13)] {
        let server = Server::new([reads(ALL, Silent)]);
        timeout(Duration::from_secs(60), put(12, upload, &server)).await.unwrap_err();
        assert_eq!((texts(&server), server.began()), (vec![ALL_OF_IT.to_owned()], vec![0]));
    }
}

/// All data is there and recorded, and the trailers are beyond the limit: the attempt in front goes on, the other one's
/// failure is not the call's, and none starts after it.
#[tokio::test(start_paused = true)]
async fn over_the_limit_the_attempt_in_front_goes_on() {
    let tailed = [data("one "), data("two "), data("three"), trailers("digest", "x")];
    let upload = Upload::new(tailed).known();
    let first = reads(ALL_OF_IT.len(), ReadsOnAfter(1500, 200));
    let front = reads(ALL, ReadsOnAfter(3000, 200));
    let server = Server::new([first, front]);
    let response = put(13, upload, &server).await.unwrap();
    let got = server.got();
    // the one behind ended at 1.5 s, the one in front at 4 s; nothing began when the third second came
    assert_eq!(server.began(), [0, 1000]);
    assert_eq!((got[0].data.as_slice(), got[0].trailers.is_some()), (ALL_OF_IT.as_bytes(), false));
    assert_eq!((got[1].data.as_slice(), got[1].trailers.is_some()), (ALL_OF_IT.as_bytes(), true));
    let history = History::of(&response).unwrap();
    assert_eq!(history.stop_reason(), None);
    let lost = history.attempts().first().unwrap();
    assert_eq!(lost.phase(), Some(Phase::Other));
    assert!(lost.error().unwrap().downcast_ref::<ReplayBodyError>().unwrap().is_not_replayable());
}

/// The same, while an attempt waits for its turn: it does not begin, and the outcome is that of the one that ran.
#[tokio::test(start_paused = true)]
async fn over_the_limit_no_attempt_begins_that_was_awaited() {
    let ends = ALL_OF_IT.len();
    for (first, status, stop) in [
        (ReadsOnAfter(1050, 200), 200, None),
        (ReadsOnAfter(1050, 503), 503, Some(StopReason::BodyNotReplayable)),
        (ReadsOnAndAnswers(1050, 2000, 200), 200, None),
    ] {
        let tailed = [data("one "), data("two "), data("three"), trailers("digest", "x")];
        let server = Server::new([reads(ends, first), reads(0, Answers(503))]);
        let response = put(13, Upload::new(tailed).known(), &server).await.unwrap();
        assert_eq!(server.began(), [0, 1000], "{first:?}");
        let told = History::of(&response).and_then(History::stop_reason);
        assert_eq!((response.status().as_u16(), told), (status, stop), "{first:?}");
    }
}

/// What has ended stops, what runs goes on.
#[tokio::test(start_paused = true)]
async fn only_the_attempt_that_has_failed_is_given_up() {
    let server = Server::new([
        reads(ALL, Silent),
        reads(4, ReadsOnAfter(3000, 200)),
        reads(4, AnswersAndHolds(503)),
        reads(ALL, Silent),
    ]);
    put(64, upload(), &server).await.unwrap();
    assert_eq!(texts(&server), [ALL_OF_IT, "one ", ALL_OF_IT, ALL_OF_IT]);
    assert!(server.held()[0].frame().await.unwrap().unwrap_err().is_superseded());
}

/// While the source is not at its end nobody else may read on, copies that a service below has made included: they
/// would use up the record.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_given_up_does_not_use_up_the_record() {
    let server = Server::new([reads(4, AnswersAndHolds(503))]);
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new().limit(8))
        .layer(RetryLayer::new(policy()))
        // as for a redirect: the copy is what is sent
        .map_request(|request: Request<tower_retry_policy::ReplayBody>| request.clone())
        .service(server.clone());
    let running = server.clone();
    let held = tokio::spawn(async move {
        loop {
            if let Some(body) = running.held().pop() {
                return body.collect().await.map(|_| ());
            }
            tokio::task::yield_now().await;
        }
    });
    service.oneshot(Request::put("http://test/").body(upload()).unwrap()).await.unwrap();
    assert_eq!(texts(&server), ["one ", ALL_OF_IT]);
    assert!(held.await.unwrap().unwrap_err().is_superseded());
}

/// The attempts of a retry below are no business of the attempt beside it.
#[tokio::test(start_paused = true)]
async fn a_retry_below_leaves_the_readers_beside_it_alone() {
    let server = Server::new([
        reads(ALL, Silent),
        reads(4, ReadsOnAfter(1500, 200)),
        reads(4, Fails(ErrorKind::ConnectionReset)),
        reads(ALL, Silent),
    ]);
    let service = ServiceBuilder::new()
        .layer(ReplayBodyLayer::new())
        .layer(hedged())
        .layer(RetryLayer::new(policy()))
        .service(server.clone());
    service.oneshot(Request::put("http://test/").body(upload()).unwrap()).await.unwrap();
    assert_eq!(texts(&server), [ALL_OF_IT, "one ", ALL_OF_IT, ALL_OF_IT]);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_ends_the_call() {
    let cut = || Upload::new([data("one "), Step::Fails, data("three")]);
    // over HTTP/1 a client reads no further than what was announced, and never meets what is beyond
    let table = [cut(), upload().announces(14), upload().announces(12)];
    for upload in table {
        let told = format!("{upload:?}");
        let server = Server::new([]);
        let result = put(64, upload, &server).await;
        assert_eq!((stop(&result), server.began().len()), (Some(StopReason::NotRetryable), 1), "{told}");
        let error = result.unwrap_err();
        let last = RetryError::find(&*error).unwrap().history().attempts().last().unwrap();
        let body = last.error().unwrap().downcast_ref::<ReplayBodyError>().unwrap();
        assert!(body.is_inner() || body.is_wrong_length(), "{told}");
    }
}

/// All that was announced is there, and two attempts read when one of them meets what is beyond: the error is both's.
#[tokio::test(start_paused = true)]
async fn a_source_that_fails_beyond_its_end_fails_for_both() {
    for beyond in [Step::Fails, data("more")] {
        let steps = [data("one "), data("two "), data("three"), beyond];
        let ends = ALL_OF_IT.len();
        let server =
            Server::new([reads(ends, ReadsOnAfter(1500, 200)), reads(ends, ReadsOnAfter(2500, 200))]);
        let result = put(64, Upload::new(steps).announces(13), &server).await;
        assert_eq!((texts(&server), server.began()), (vec![ALL_OF_IT.to_owned(); 2], vec![0, 1000]));
        assert_eq!(stop(&result), Some(StopReason::NotRetryable));
        let error = result.unwrap_err();
        for attempt in RetryError::find(&*error).unwrap().history().attempts() {
            let body = attempt.error().unwrap().downcast_ref::<ReplayBodyError>().unwrap();
            assert!(body.is_inner() || body.is_wrong_length(), "{body}");
        }
    }
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let reads = prop_oneof![Just(0), Just(1), 1..20 * KIB, Just(ALL), Just(ALL)];
    let then = prop_oneof![
        Just(Fails(ErrorKind::ConnectionReset)),
        Just(Answers(503)),
        Just(AnswersAndHolds(503)),
        (0..6000_u64).prop_map(|millis| ReadsOnAfter(millis, 503)),
        (0..6000_u64).prop_map(|millis| ReadsOnAfter(millis, 200)),
        Just(Silent),
    ];
    prop::collection::vec((reads, then).prop_map(|(reads, then)| Turn { reads, then }), 0..6)
}

/// Frames of the lengths that matter, some of which come late.
fn frames() -> impl Strategy<Value = Vec<(usize, bool)>> {
    let len = prop_oneof![Just(0), Just(1), 2..100_usize, Just(1460), 2047..2050_usize, Just(8 * KIB)];
    prop::collection::vec((len, prop::bool::weighted(0.2)), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn every_attempt_gets_the_same_bytes_and_a_dropped_call_leaves_nothing(
        frames in frames(),
        turns in turns(),
        limit in prop_oneof![1..30 * KIB, Just(64 * KIB), Just(usize::MAX)],
        known: bool,
        tailed: bool,
        dropped_after in prop_oneof![Just(None), (0..9000_u64).prop_map(Some)],
    ) {
        let total: usize = frames.iter().map(|(len, _)| len).sum();
        let content: Bytes = (0..total).map(|at| (at % 251) as u8).collect();
        let mut rest = content.clone();
        let (mut steps, mut gates) = (Vec::new(), Vec::new());
        for (len, late) in frames {
            if late {
                let gate = Gate::default();
                gates.push(gate.clone());
                steps.push(Step::Waits(gate));
            }
            steps.push(Step::Data(rest.split_to(len)));
        }
        if tailed {
            steps.push(trailers("digest", "0123456789"));
        }
        let upload = Upload::new(steps);
        let upload = if known { upload.known() } else { upload };
        let given = upload.given();
        let server = Server::new(turns.iter().copied());

        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let result = runtime.unwrap().block_on(async {
            tokio::spawn(async move {
                for gate in gates {
                    sleep(Duration::from_millis(700)).await;
                    gate.open();
                }
            });
            // one that is silent for ever, over the limit, has to be dropped at last
            let patience = Duration::from_millis(dropped_after.unwrap_or(60_000));
            timeout(patience, put(limit, upload, &server)).await
        });

        let got = server.got();
        for (at, got) in got.iter().enumerate() {
            prop_assert!(content.starts_with(&got.data), "attempt {at} got something else");
            prop_assert!(got.trailers.is_none() || got.data.len() == total, "trailers before the end");
        }
        if matches!(&result, Ok(Ok(response)) if response.status() == 200) {
            // the winner is the last that had it all
            let last = got.last().unwrap();
            prop_assert_eq!(&last.data, &content);
            prop_assert_eq!(last.trailers.is_some(), tailed);
        }
        if let Ok(Err(error)) = &result {
            prop_assert_eq!(RetryError::find(&**error).unwrap().stop_reason(), Some(StopReason::BodyNotReplayable));
        }
        drop(server.held());
        drop(result);
        prop_assert!(!given.is_held() || given.bytes() == 0, "somebody still has the upload");
    }
}
