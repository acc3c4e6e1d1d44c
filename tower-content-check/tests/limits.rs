//! The memory limit of the layer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use bytes::Bytes;
use support::{Script, Step, call, error, response};
use tower_content_check::{ContentCheckLayer, check::Length};

fn zeros(len: usize) -> Step {
    Step::Data(Bytes::from(vec![0; len]))
}

#[tokio::test]
async fn a_longer_body_is_refused_for_good_as_soon_as_it_shows() {
    // declared length, frames, polls until the refusal; nothing: accepted
    let cases: &[(Option<&'static str>, &[usize], Option<usize>)] = &[
        (Some("10"), &[10], None),
        (None, &[4, 6], None),
        (None, &[], None),
        (Some("11"), &[11], Some(0)),
        (Some("18446744073709551615"), &[], Some(0)),
        (None, &[11], Some(1)),
        (None, &[4, 6, 1, 9], Some(3)),
    ];
    for (declared, frames, refused) in cases {
        let body = Script::new(frames.iter().map(|len| zeros(*len)));
        let watch = body.watch.clone();
        let mut response = response(200, &[], body);
        if let Some(declared) = declared {
            response.headers_mut().clear();
            response.headers_mut().insert("content-length", declared.parse().unwrap());
        }
        let outcome = call(ContentCheckLayer::new(Length::new()).max_bytes(10), response).await;
        let Some(polls) = refused else {
            assert!(outcome.is_ok(), "{declared:?} {frames:?}");
            continue;
        };
        let error = error(outcome);
        assert!(error.is_rejected() && error.is_permanent());
        assert_eq!(error.reason(), Some("body is longer than the limit of 10 bytes"));
        assert!(error.received() <= 10, "never holds more than the limit");
        assert_eq!((watch.polls(), watch.drops()), (*polls, 1), "{declared:?} {frames:?}");
    }
}

#[tokio::test]
async fn a_body_that_states_its_own_size_is_refused_by_it() {
    let response = response(200, &[], Script::new([zeros(11)]).exact(11));
    assert!(error(call(ContentCheckLayer::new(Length::new()).max_bytes(10), response).await).is_permanent());
}

#[tokio::test]
async fn the_default_is_16_mib() {
    const LIMIT: usize = 16 * 1024 * 1024;
    for (len, accepted) in [(LIMIT, true), (LIMIT + 1, false)] {
        let response = response(200, &[], Script::new([zeros(len)]));
        assert_eq!(call(ContentCheckLayer::new(Length::new()), response).await.is_ok(), accepted, "{len}");
    }
}

#[tokio::test]
async fn frames_of_single_bytes_cannot_hold_many_times_the_limit() {
    let frame = Bytes::from_static(b"x");
    let drip = |count| Script::new(std::iter::repeat_n(Step::Data(frame.clone()), count));
    let layer = ContentCheckLayer::new(()).max_bytes(100_000);
    assert!(call(layer.clone(), response(200, &[], drip(32_768))).await.is_ok());
    let error = error(call(layer, response(200, &[], drip(32_769))).await);
    assert!(error.is_permanent());
    assert_eq!(error.reason(), Some("body came in more than 32768 frames"));
}
