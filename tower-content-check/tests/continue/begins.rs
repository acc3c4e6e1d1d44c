//! When the rest is asked for, and what for.

use crate::world::{
    FILE, Patient, Reply, Server, Step, TAG, answer, data, fetch, first, get, open, part, range, read, reset,
    rest,
};
use http::header;
use std::{io, time::Duration};
use tower_content_check::continuation::{BreakKind, Continuations, ContinueLayer};

#[tokio::test(start_paused = true)]
async fn case_01_an_error_is_followed_by_the_rest() {
    let (whole, server) = fetch([first([data("0123"), reset()]), rest(4)]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.ranges(), [None, range(4)]);
    assert_eq!(server.field(&header::IF_RANGE), [None, Some("\"v1\"".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn case_02_wherever_it_breaks() {
    for at in 0..10 {
        // in the middle of what would have been one frame, and behind a frame of each byte
        let bytes: Vec<_> = FILE[..at].split("").filter(|byte| !byte.is_empty()).map(data).collect();
        for steps in [vec![data(&FILE[..at])], bytes] {
            let steps = steps.into_iter().chain([reset()]);
            let second = if at == 0 { first([data(FILE)]) } else { rest(at) };
            let (whole, server) = fetch([first(steps), second]).await;
            assert_eq!(whole.whole(), FILE, "{at}");
            assert_eq!(server.ranges(), [None, range(at).filter(|_| at > 0)]);
            assert_eq!(server.field(&header::IF_RANGE)[1].is_some(), at > 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_03_an_error_behind_the_last_byte_is_the_end() {
    let (whole, server) = fetch([first([data(FILE), reset()])]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.requests(), 1);
    let (whole, server) = fetch([first([data("0"), reset()]), part(1, 9, [data(&FILE[1..]), reset()])]).await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn case_04_a_clean_end_that_is_too_early_is_a_break() {
    let policy = Patient::new(3);
    let server = Server::new([first([data("0123")]), part(4, 9, [data("456")]), rest(7)]);
    let response = open(&ContinueLayer::new(policy.clone()).progress(1), &server, get()).await;
    assert_eq!(read(response.into_body()).await.whole(), FILE);
    assert_eq!(server.ranges(), [None, range(4), range(7)]);
    let heard: Vec<_> = policy.heard().into_iter().map(|heard| (heard.kind, heard.error)).collect();
    assert_eq!(heard, vec![(BreakKind::Body, "the body ended before its end".to_owned()); 2]);
}

#[tokio::test(start_paused = true)]
async fn case_05_a_clean_end_without_a_length_is_the_end() {
    for version in [http::Version::HTTP_10, http::Version::HTTP_11] {
        for chunked in [true, false] {
            let Reply::Answer(mut response) = answer(200, &[TAG], [data("0123")]) else { panic!() };
            *response.version_mut() = version;
            if !chunked {
                response.headers_mut().remove(header::TRANSFER_ENCODING);
            }
            let (whole, server) = fetch([Reply::Answer(response)]).await;
            assert_eq!(whole.whole(), "0123");
            assert_eq!(server.requests(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn case_06_three_breaks() {
    let (whole, server) = fetch([
        first([data("01"), reset()]),
        part(2, 9, [data("23"), data("4"), reset()]),
        part(5, 9, [data("5"), reset()]),
        rest(6),
    ])
    .await;
    assert_eq!(whole.whole(), FILE);
    assert_eq!(server.ranges(), [None, range(2), range(5), range(6)]);
}

#[tokio::test(start_paused = true)]
async fn case_07_silence_is_a_break_whose_cause_names_the_limit() {
    let policy = Patient::new(3);
    let server = Server::new([
        first([
            data("0123"),
            Step::Sleep(Duration::from_secs(5)),
            Step::Fail(io::ErrorKind::TimedOut, "no byte for 5 s"),
        ]),
        rest(4),
    ]);
    let response = open(&ContinueLayer::new(policy.clone()), &server, get()).await;
    let handle = Continuations::of(&response).unwrap().clone();
    assert_eq!(read(response.into_body()).await.whole(), FILE);
    let heard = policy.heard();
    assert_eq!((heard[0].kind, heard[0].offset), (BreakKind::Body, 4));
    assert_eq!(heard[0].error, "no byte for 5 s");
    assert_eq!(handle.last_break().unwrap().cause(), "no byte for 5 s");
}
