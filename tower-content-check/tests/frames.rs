//! However the network cuts a body, the verdict is the same and the frames come out as they went in.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use proptest::prelude::*;
use support::{Script, Step, call, response};
use tower_content_check::{
    Check, ContentCheckError, ContentCheckLayer,
    check::{BoxCheck, Length, MaxSize, NotEmpty},
};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Cuts `content` at the given places, with waits between the frames.
fn cut(content: &[u8], places: &[prop::sample::Index]) -> Vec<Bytes> {
    let mut places: Vec<usize> = places.iter().map(|place| place.index(content.len() + 1)).collect();
    places.sort_unstable();
    let mut frames = Vec::new();
    let mut from = 0;
    for place in places.into_iter().chain([content.len()]) {
        frames.push(Bytes::copy_from_slice(&content[from..place]));
        from = place;
    }
    frames
}

fn steps(frames: &[Bytes]) -> Vec<Step> {
    frames.iter().flat_map(|frame| [Step::Wait, Step::Data(frame.clone())]).collect()
}

async fn frames_of<B>(body: B) -> (Vec<Bytes>, Option<HeaderMap>)
where
    B: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let mut body = std::pin::pin!(body);
    let (mut data, mut trailers) = (Vec::new(), None);
    let mut left = body.size_hint().exact().expect("exact while everything is here");
    while let Some(frame) = body.frame().await {
        match frame.unwrap().into_data().map_err(Frame::into_trailers) {
            Ok(frame) => {
                left -= frame.len() as u64;
                assert_eq!(body.size_hint().exact(), Some(left));
                data.push(frame);
            }
            Err(Ok(found)) => trailers = Some(found),
            Err(Err(_)) => unreachable!("neither data nor trailers"),
        }
    }
    assert!(body.is_end_stream());
    (data, trailers)
}

proptest! {
    #[test]
    fn frames_out_are_frames_in(
        content in prop::collection::vec(any::<u8>(), 0..200),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        trailer in prop::option::of("[a-z]{1,8}"),
    ) {
        let frames = cut(&content, &places);
        let mut script = steps(&frames);
        let trailers = trailer.map(|value| HeaderMap::from_iter([("x-sum".parse().unwrap(), value.parse().unwrap())]));
        script.extend(trailers.clone().map(Step::Trailers));
        let response = run(call(ContentCheckLayer::new(Length::new()), response(200, &[], Script::new(script)))).unwrap();
        let body = response.into_body();
        prop_assert_eq!(body.is_end_stream(), false, "at least one frame is there");
        prop_assert_eq!(body.trailers(), trailers.as_ref());
        let (data, after) = run(frames_of(body));
        prop_assert!(data.iter().zip(&frames).all(|(a, b)| a.as_ptr() == b.as_ptr()), "not copied");
        prop_assert_eq!((data, after), (frames, trailers));
    }

    #[test]
    fn the_verdict_does_not_depend_on_the_cutting(
        content in "[\\[\\]{}0-9,:\" a-e]{0,12}",
        declared in prop::option::of(0_u64..14),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let of = |check: &BoxCheck, frames: &[Bytes]| {
            let mut response = response(200, &[], Script::new(steps(frames)));
            if let Some(declared) = declared {
                response.headers_mut().clear();
                response.headers_mut().insert("content-length", declared.into());
            }
            match run(call(ContentCheckLayer::new(check.clone()), response)) {
                Ok(response) => Ok(run(response.into_body().into_bytes()).unwrap()),
                Err(error) => {
                    let error = error.downcast::<ContentCheckError>().unwrap();
                    Err((error.is_body(), error.is_permanent()))
                }
            }
        };
        let whole = [Bytes::copy_from_slice(content.as_bytes())];
        let parts = cut(content.as_bytes(), &places);
        let checks = [
            BoxCheck::new(Length::new()),
            BoxCheck::new(NotEmpty),
            BoxCheck::new(MaxSize::new(10)),
            #[cfg(feature = "json")]
            BoxCheck::new(tower_content_check::check::Json::new()),
        ];
        for check in &checks {
            prop_assert_eq!(of(check, &parts), of(check, &whole));
        }
        // Where several reject, which of them is the first to notice depends on what has arrived.
        let all = checks.into_iter().reduce(|a, b| BoxCheck::new(a.and(b))).unwrap();
        prop_assert_eq!(of(&all, &parts).ok(), of(&all, &whole).ok());
    }
}

#[test]
fn joins_only_when_asked() {
    run(async {
        let frame = Bytes::from(vec![b'1'; 5000]);
        let body = Script::new([Step::Data(frame.clone())]);
        let response = call(ContentCheckLayer::new(NotEmpty), response(200, &[], body)).await.unwrap();
        assert_eq!(response.into_body().into_bytes().await.unwrap().as_ptr(), frame.as_ptr());
    });
}

#[test]
fn data_behind_trailers_is_a_broken_body() {
    run(async {
        let body =
            Script::new([support::data("a"), support::trailers(&[("x-sum", "1")]), support::data("b")]);
        let error = support::error(call(ContentCheckLayer::new(NotEmpty), response(200, &[], body)).await);
        assert!(error.is_body());
        assert_eq!(error.reason(), Some("data came behind the trailers"));
    });
}

#[test]
fn trailers_that_come_in_two_frames_are_one_set() {
    run(async {
        let body = Script::new([
            support::data("a"),
            support::trailers(&[("x-sum", "1")]),
            support::trailers(&[("x-count", "2")]),
        ]);
        let response = call(ContentCheckLayer::new(NotEmpty), response(200, &[], body)).await.unwrap();
        let (data, trailers) = frames_of(response.into_body()).await;
        assert_eq!((data.len(), trailers.unwrap().len()), (1, 2));
    });
}

#[test]
fn compact_frames_are_copies_with_the_same_cuts() {
    run(async {
        let frames = [Bytes::from_static(b"[1,"), Bytes::new(), Bytes::from_static(b" 2]")];
        let layer = ContentCheckLayer::new(NotEmpty).compact();
        let response = call(layer, response(200, &[], Script::new(steps(&frames)))).await.unwrap();
        let (data, _) = frames_of(response.into_body()).await;
        assert_eq!(data, frames);
        assert_ne!(data[0].as_ptr(), frames[0].as_ptr());
    });
}
