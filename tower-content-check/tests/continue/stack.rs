//! Layers above and below.

use crate::world::{
    FILE, Patient, Server, TAG, answer, at_once, chain, data, first, get, open, part, read, reset, rest,
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Request, header};
use http_body_util::{BodyExt, Empty};
use std::{io::Write, time::Duration};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tower_content_check::{
    ContentCheckLayer,
    check::Length,
    continuation::{Continuations, ContinueLayer},
    resume::{Resumable, ResumableLayer, ResumeLayer},
};
use tower_http::{decompression::DecompressionLayer, follow_redirect::FollowRedirectLayer};

#[tokio::test(start_paused = true)]
async fn case_29_the_original_address_is_asked_again_and_range_survives_the_hop() {
    let to = |address: &'static str| answer(302, &[("location", address), ("content-length", "0")], []);
    let server = Server::new([
        to("http://store/signed-1"),
        first([data("0123"), reset()]),
        to("http://store/signed-2"),
        part(4, 9, [data("45"), reset()]),
        to("http://other/signed-3"),
        rest(6),
    ]);
    let service = ServiceBuilder::new()
        .layer(ContinueLayer::new(at_once(3)))
        .layer(FollowRedirectLayer::new())
        .map_request(|request: Request<Empty<Bytes>>| request.map(|_| ()))
        .service(server.clone());
    let read = read(service.oneshot(get().map(|()| Empty::new())).await.unwrap().into_body()).await;
    assert_eq!(read.whole(), FILE);
    let addresses: Vec<_> =
        server.seen.lock().unwrap().iter().map(|request| request.uri().to_string()).collect();
    let file = "http://test/file";
    assert_eq!(
        addresses,
        [file, "http://store/signed-1", file, "http://store/signed-2", file, "http://other/signed-3"]
    );
    let ranges = server.ranges();
    assert_eq!(ranges[2], ranges[3]);
    assert_eq!(ranges[5].as_deref(), Some("bytes=6-9"));
    assert!(server.field(&header::IF_RANGE)[2..].iter().all(Option::is_some));
}

fn gzip(content: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap().into()
}

#[tokio::test(start_paused = true)]
async fn case_51_decompression_stands_above() {
    let content: Vec<u8> = (0..2000_u32).flat_map(u32::to_be_bytes).collect();
    let packed = gzip(&content);
    let (all, half) = (packed.len(), packed.len() / 2);
    let length = all.to_string();
    let range = format!("bytes {half}-{}/{all}", all - 1);
    let step = |data: Bytes| crate::world::Step::Data(data);
    let coded = ("content-encoding", "gzip");
    let begin =
        || answer(200, &[TAG, coded, ("content-length", &length)], [step(packed.slice(..half)), reset()]);
    for repeats in [true, false] {
        let fields: Vec<_> =
            [TAG, ("content-range", range.as_str())].into_iter().chain(repeats.then_some(coded)).collect();
        let server = Server::new([begin(), answer(206, &fields, [step(packed.slice(half..))])]);
        let above = ServiceBuilder::new()
            .layer(DecompressionLayer::new())
            .layer(ContinueLayer::new(at_once(1)))
            .service(server.clone());
        let response = above.oneshot(get()).await.unwrap();
        assert!(Continuations::of(&response).is_some());
        let read = response.into_body().collect().await.map_err(|error| error.to_string()).unwrap();
        assert!(read.to_bytes() == content);
        assert_eq!(server.ranges()[1], Some(format!("bytes={half}-{}", all - 1)));
    }
    // Below, the missing length tells of it: it is not continued.
    let server = Server::new([begin()]);
    let below = ServiceBuilder::new()
        .layer(ContinueLayer::new(at_once(1)))
        .layer(DecompressionLayer::new())
        .service(server.clone());
    let response = below.oneshot(get()).await.unwrap();
    assert!(Continuations::of(&response).is_none());
    assert!(response.into_body().collect().await.is_err());
    assert_eq!(server.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn case_52_the_other_layers_of_this_crate_do_not_continue_it_too() {
    // A request that has a Range is none of ResumeLayer's.
    for at in [0, 4] {
        let second = if at == 0 { first([data(FILE)]) } else { rest(at) };
        let server = Server::new([first([data(&FILE[..at]), reset()]), second]);
        let service = ServiceBuilder::new()
            .layer(ResumableLayer::new())
            .layer(ContinueLayer::new(at_once(3)))
            .layer(ResumeLayer::new())
            .service(server.clone());
        let read = read(service.oneshot(get()).await.unwrap().into_body()).await;
        assert_eq!(read.whole(), FILE);
        assert_eq!(server.ranges(), [None, crate::world::range(at).filter(|_| at > 0)]);
    }
    // What a content check below holds cannot break off.
    let server = Server::new([first([data("0123"), reset()]), rest(4)]);
    let checked = ServiceBuilder::new()
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(ResumeLayer::new())
        .service(server.clone());
    // a retry, once
    let retried = tower::service_fn(move |request: Request<()>| {
        let mut checked = checked.clone();
        async move {
            if let Ok(response) = checked.ready().await?.call(request.clone()).await {
                return Ok(response);
            }
            checked.ready().await?.call(request).await
        }
    });
    let mut request = get();
    request.extensions_mut().insert(Resumable::new());
    let policy = Patient::new(3);
    let response = ContinueLayer::new(policy.clone()).layer(retried).oneshot(request).await.unwrap();
    assert_eq!(read(response.into_body()).await.whole(), FILE);
    assert_eq!(server.requests(), 2);
    assert!(policy.heard().is_empty());
}

#[tokio::test(start_paused = true)]
async fn case_53_handle_policy_and_story_agree_with_the_requests() {
    let replies = || {
        [
            first([data("0123"), reset()]),
            answer(503, &[TAG], []),
            crate::world::Reply::Refused("refused"),
            part(4, 9, [data("45"), reset()]),
        ]
    };
    let layer = |policy: &Patient| ContinueLayer::new(policy.clone()).progress(1);
    let policy = Patient::new(3);
    let server = Server::new(replies().into_iter().chain([rest(6)]));
    let response = open(&layer(&policy), &server, get()).await;
    let handle = Continuations::of(&response).unwrap().clone();
    assert_eq!((handle.delivered(), handle.length(), handle.count()), (0, Some(10), 0));
    assert_eq!((handle.waited(), handle.last_break()), (Duration::ZERO, None));
    let mut body = Box::pin(response.into_body());
    body.frame().await.unwrap().unwrap();
    assert_eq!((handle.delivered(), handle.count()), (4, 0));
    body.frame().await.unwrap().unwrap();
    assert_eq!((handle.delivered(), handle.count()), (6, 3));
    assert_eq!(handle.waited(), Duration::from_secs(1 + 2 + 3));
    assert_eq!(handle.last_break().unwrap().to_string(), "at byte 4: refused");
    assert_eq!(read(body).await.whole(), "6789");
    assert_eq!((handle.delivered(), handle.count()), (10, 4));
    assert_eq!(handle.count() as usize, server.requests() - 1);
    assert_eq!(policy.heard().iter().map(|heard| heard.offset).collect::<Vec<_>>(), [4, 4, 4, 6]);
    assert_eq!(*policy.answers.lock().unwrap(), ["503", "refused", "206", "206"]);
    assert_eq!(*policy.ends.lock().unwrap(), ["whole"]);
    let waits: Vec<_> =
        server.times.lock().unwrap().windows(2).map(|two| (two[1] - two[0]).as_secs()).collect();
    assert_eq!(waits, [1, 2, 3, 1]);

    let policy = Patient::new(3);
    let server = Server::new(replies().into_iter().chain([answer(403, &[], [])]));
    let response = open(&layer(&policy), &server, get()).await;
    let failed = read(response.into_body()).await;
    let error = failed.error();
    let told: Vec<_> = error.breaks().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "at byte 4: reset by peer",
            "at byte 4: the rest was answered with 503 Service Unavailable",
            "at byte 4: refused",
            "at byte 6: reset by peer"
        ]
    );
    assert_eq!(
        chain(error),
        [
            "body broke off at 6 of 10 bytes: the rest was answered with 403 Forbidden (break 1 of 4 at byte 4: reset by \
             peer)",
            "reset by peer"
        ]
    );
    assert_eq!(policy.ends.lock().unwrap().len(), 1);
    assert!(format!("{error:?}").contains("403"));
}
