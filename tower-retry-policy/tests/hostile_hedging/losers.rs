//! Attempts that another one has overtaken end at once, and take nothing with them.

use crate::{
    KINDS, call,
    fault::Fault,
    matrix::Meth,
    policy,
    server::{Gone, Server, Version, content},
    stack, with_limits,
};
use http::StatusCode;
use http_body_util::BodyExt;
use std::{pin::pin, time::Duration};
use tower::{Layer, Service, ServiceExt};
use tower_retry_policy::{AttemptTimeoutLayer, RetryLayer, retry::Hedge};

fn hedge() -> RetryLayer {
    RetryLayer::new(policy()).hedge(Hedge::after(Duration::from_millis(30)).at_once(3))
}

/// CANCEL
const fn let_go(version: Version) -> Gone {
    match version {
        Version::Http1 => Gone::Closed,
        Version::Http2 => Gone::Reset(8),
    }
}

#[tokio::test]
async fn a_loser_ends_with_its_connection_or_stream_and_the_winner_s_connection_is_used_again() {
    for (kind, version) in KINDS {
        for fault in [Fault::Silent, Fault::EarlyHints, Fault::SilentBody] {
            for method in [Meth::Get, Meth::Put, Meth::PostWithKey] {
                let case = format!("{kind:?} {version:?} {fault:?} {method:?}");
                let server = Server::start(version, &[fault], Fault::Answers).await;
                // no limit: nothing but the winner ends the loser
                let wire = with_limits(AttemptTimeoutLayer::new(), hedge(), kind.client(version));
                let outcome = call(wire.clone(), method.request(&server)).await.unwrap();
                assert_eq!(outcome.0, StatusCode::OK, "{case}");
                server.board.until(&case, |seen| seen[0].gone == Some(let_go(version))).await;
                let winner = server.board.seen().iter().position(|seen| seen.ended).unwrap();
                call(wire, method.request(&server)).await.unwrap();
                let seen = server.board.seen();
                assert_eq!(seen.last().unwrap().connection, seen[winner].connection, "{case}: {seen:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_hedge_that_loses_to_the_first_attempt_ends_too() {
    for (kind, version) in KINDS {
        let server = Server::start(version, &[Fault::Late], Fault::Silent).await;
        let wire = with_limits(AttemptTimeoutLayer::new(), hedge(), kind.client(version));
        let (status, number, _) = call(wire, Meth::Get.request(&server)).await.unwrap();
        assert_eq!((status, number), (StatusCode::OK, Some(0)), "{kind:?} {version:?}");
        server
            .board
            .until("the hedges let go", |seen| {
                seen[1..].iter().all(|seen| seen.gone == Some(let_go(version)))
            })
            .await;
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_takes_all_its_attempts_along() {
    for (kind, version) in KINDS {
        for fault in [Fault::Silent, Fault::SilentBody] {
            let server = Server::start(version, &[], fault).await;
            let wire = with_limits(AttemptTimeoutLayer::new(), hedge(), kind.client(version));
            let call = tokio::spawn(wire.oneshot(Meth::Get.request(&server)));
            server.board.until("three run", |seen| seen.len() == 3 && seen[2].beside == 2).await;
            call.abort();
            server
                .board
                .until("all let go", |seen| seen.iter().all(|seen| seen.gone == Some(let_go(version))))
                .await;
            assert_eq!(server.board.seen().len(), 3, "{kind:?} {version:?} {fault:?}");
        }
    }
}

/// Without a content check the winner is known by its head, and the losers end while its body is on its way: at once, and
/// not only when the caller lets the future go.
#[tokio::test]
async fn losers_end_at_once_and_do_not_cut_the_body_of_the_winner() {
    for (kind, version) in KINDS {
        let server = Server::start(version, &[Fault::Silent], Fault::SlowBody).await;
        let mut service = hedge().layer(kind.client(version));
        let mut future = pin!(service.ready().await.unwrap().call(Meth::Get.request(&server)));
        let response = future.as_mut().await.unwrap();
        server.board.until("the first let go", |seen| seen[0].gone == Some(let_go(version))).await;
        let number = response.headers()["x-number"].to_str().unwrap().parse().unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, content(number), "{kind:?} {version:?}");
    }
}

/// A hedge that waits for a place on the connection that the first attempt keeps is sent when that is given up.
#[tokio::test]
async fn one_stream_at_a_time_is_enough() {
    for (kind, version) in KINDS.into_iter().filter(|(_, version)| *version == Version::Http2) {
        for fault in [Fault::Silent, Fault::SilentBody] {
            let server = Server::start_narrow(&[Fault::Answers, fault], 1).await;
            let wire = stack(hedge(), kind.client(version));
            // the client learns the limit from the first answer
            for method in [Meth::Get, Meth::Put] {
                let outcome = call(wire.clone(), method.request(&server)).await;
                assert!(matches!(outcome, Ok((StatusCode::OK, ..))), "{kind:?} {fault:?}: {outcome:?}");
            }
            let seen = server.board.seen();
            assert_eq!(seen[1].gone, Some(let_go(version)), "{kind:?} {fault:?}");
            assert!(seen.iter().all(|seen| seen.connection == 0), "{kind:?} {fault:?}");
        }
    }
}
