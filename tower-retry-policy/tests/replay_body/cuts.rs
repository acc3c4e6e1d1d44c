//! Any body, cut anywhere, whose attempts fail anywhere: the server gets exactly its bytes, or the caller is told.

use crate::{
    reading_server::{ALL, Server, Then, Turn},
    upload::{Step, Upload, trailers},
};
use Then::{Answers, AnswersAndHolds, Fails};
use bytes::Bytes;
use http::Request;
use proptest::prelude::*;
use std::io::ErrorKind;
use tower::{ServiceBuilder, ServiceExt};
use tower_backoff::Backoff;
use tower_retry_policy::{History, ReplayBodyLayer, RetryError, RetryLayer, RetryPolicy, StopReason};

const KIB: usize = 1024;

/// Frames of the lengths that matter: none, a byte, a packet, those around what is copied, a read of hyper's.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    let len = prop_oneof![Just(0), Just(1), 2..100_usize, Just(1460), 2047..2050_usize, Just(8 * KIB)];
    prop::collection::vec(len, 0..12)
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let reads = prop_oneof![Just(0), Just(1), 1..20 * KIB, Just(ALL)];
    let then = prop_oneof![
        Just(Fails(ErrorKind::ConnectionReset)),
        Just(Fails(ErrorKind::ConnectionRefused)),
        Just(Answers(503)),
        Just(AnswersAndHolds(503)),
    ];
    prop::collection::vec((reads, then).prop_map(|(reads, then)| Turn { reads, then }), 0..4)
}

fn limits() -> impl Strategy<Value = usize> {
    prop_oneof![Just(0), Just(1), 1..30 * KIB, Just(64 * KIB), Just(usize::MAX)]
}

proptest! {
    #[test]
    fn the_server_gets_exactly_the_bytes_or_the_caller_is_told(
        cuts in cuts(),
        turns in turns(),
        limit in limits(),
        known: bool,
        tailed: bool,
    ) {
        let total: usize = cuts.iter().sum();
        let content: Bytes = (0..total).map(|at| (at % 251) as u8).collect();
        let mut rest = content.clone();
        let mut steps: Vec<Step> = cuts.iter().map(|len| Step::Data(rest.split_to(*len))).collect();
        if tailed {
            steps.push(trailers("digest", "0123456789"));
        }
        let upload = Upload::new(steps);
        let upload = if known { upload.known() } else { upload };
        let given = upload.given();

        let server = Server::new(turns.iter().copied());
        let policy = RetryPolicy::standard().retries(9).backoff(Backoff::none()).without_budget();
        let service = ServiceBuilder::new()
            .layer(ReplayBodyLayer::new().limit(limit))
            .layer(RetryLayer::new(policy))
            .service(server.clone());
        let request = Request::put("http://test/").body(upload).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let result = runtime.unwrap().block_on(service.oneshot(request));

        let got = server.got();
        for (at, got) in got.iter().enumerate() {
            prop_assert!(content.starts_with(&got.data), "attempt {at} got something else");
            prop_assert!(got.trailers.is_none() || got.data.len() == total, "trailers before the end");
        }
        prop_assert_eq!(given.bytes(), got.iter().map(|got| got.data.len()).max().unwrap(), "read once");
        let stop = match &result {
            Ok(response) => History::of(response).and_then(History::stop_reason),
            Err(error) => RetryError::find(&**error).unwrap().stop_reason(),
        };
        let tail = got.iter().any(|got| got.trailers.is_some());
        let sent = given.bytes() + if tail { "digest0123456789".len() } else { 0 };
        match stop {
            None => {
                prop_assert_eq!(got.len(), turns.len() + 1);
                let last = got.last().unwrap();
                prop_assert_eq!(&last.data, &content);
                prop_assert_eq!(last.trailers.is_some(), tailed);
            }
            Some(StopReason::BodyNotReplayable) => {
                prop_assert!(sent > limit || (known && total > limit && sent > 0), "{sent} of {total}, limit {limit}");
            }
            Some(other) => prop_assert!(false, "{other}"),
        }
    }
}
