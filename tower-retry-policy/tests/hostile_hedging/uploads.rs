//! Uploads that come from a stream, with several readers.

use crate::{
    KINDS, LIMIT, Outcome, call,
    client::{Kind, Wire, boxed},
    fault::Fault,
    policy,
    server::{Gone, Seen, Server, Version},
};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{
    BodyExt,
    channel::{Channel, Sender},
    combinators::UnsyncBoxBody,
};
use std::time::Duration;
use tower::{BoxError, ServiceBuilder};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::{
    AttemptTimeoutLayer, ReplayBody, ReplayBodyLayer, RetryError, RetryLayer, StopReason, retry::Hedge,
};

type Upload = UnsyncBoxBody<Bytes, BoxError>;

fn stack(kind: Kind, version: Version, limit: usize, hedges: u32) -> Wire<Upload> {
    let hedge = Hedge::after(Duration::from_millis(40)).at_once(3).hedges(hedges);
    let service = ServiceBuilder::new()
        .map_response(boxed)
        .layer(ReplayBodyLayer::new().limit(limit))
        .layer(RetryLayer::new(policy()).hedge(hedge))
        .layer(ContentCheckLayer::new(Length::new()))
        .layer(AttemptTimeoutLayer::new().head(2 * LIMIT).idle(LIMIT))
        .service(kind.client::<ReplayBody>(version));
    Wire::new(service)
}

/// A body and what feeds it.
fn upload(server: &Server) -> (Sender<Bytes, BoxError>, Request<Upload>) {
    let (sender, body) = Channel::<Bytes, BoxError>::new(2);
    let request = Request::put(format!("http://{}/", server.address));
    (sender, request.body(body.boxed_unsync()).unwrap())
}

/// Frames of uneven sizes, each byte different from its neighbours at any distance that frames have.
fn content(bytes: u32) -> Vec<u8> {
    (0..bytes).map(|at| u8::try_from((at.wrapping_mul(2_654_435_761) >> 13) % 251).unwrap()).collect()
}

async fn feed(sender: &mut Sender<Bytes, BoxError>, content: &[u8]) {
    let mut rest = content;
    for size in [1, 997, 3_000, 16_384, 7].into_iter().cycle() {
        let (frame, later) = rest.split_at(rest.len().min(size));
        // whoever reads may have gone
        if sender.send_data(Bytes::copy_from_slice(frame)).await.is_err() || later.is_empty() {
            return;
        }
        rest = later;
    }
}

async fn trailers(mut sender: Sender<Bytes, BoxError>) {
    let _ =
        sender.send_trailers(HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())])).await;
}

fn all_whole(seen: &[Seen], content: &[u8], version: Version) {
    for (number, seen) in seen.iter().enumerate() {
        assert!(seen.whole_upload, "{number} is not whole: {:?} {}", seen.fault, seen.upload.len());
        assert!(seen.upload == content, "{number} differs: {} of {}", seen.upload.len(), content.len());
        // hyper sends trailers over HTTP/1 only where they were announced
        assert_eq!(seen.trailers, version == Version::Http2, "{number}");
    }
}

fn is_ok(outcome: &Outcome) -> bool {
    matches!(outcome, Ok((StatusCode::OK, ..)))
}

#[tokio::test]
async fn each_of_three_attempts_sends_the_whole_upload() {
    for (kind, version) in KINDS {
        let server = Server::start(version, &[], Fault::WhenWhole(3)).await;
        let (mut sender, request) = upload(&server);
        let content = content(50_000);
        let feeding = async {
            feed(&mut sender, &content).await;
            trailers(sender).await;
        };
        let (outcome, ()) = tokio::join!(call(stack(kind, version, 1 << 16, 2), request), feeding);
        assert!(is_ok(&outcome), "{kind:?} {version:?} {outcome:?}");
        assert_eq!(server.board.seen().len(), 3);
        all_whole(&server.board.seen(), &content, version);
    }
}

/// The second and the third attempt read the recording in turns, each a little further than the other.
#[tokio::test]
async fn two_readers_that_are_held_up_in_the_middle_each_get_every_byte() {
    for kind in [Kind::Hyper, Kind::Reqwest] {
        let server = Server::start_holding(Fault::WhenWhole(3), 1).await;
        let (mut sender, request) = upload(&server);
        let content = content(150_000);
        let feeding = async {
            feed(&mut sender, &content).await;
            trailers(sender).await;
        };
        let (outcome, ()) = tokio::join!(call(stack(kind, Version::Http2, 1 << 20, 2), request), feeding);
        assert!(is_ok(&outcome), "{kind:?} {outcome:?}");
        assert_eq!(server.board.seen().len(), 3);
        all_whole(&server.board.seen(), &content, Version::Http2);
    }
}

/// The hedge waits for its window, and for nothing else, when the first attempt is answered.
#[tokio::test]
async fn a_loser_in_the_middle_of_its_upload_ends_too() {
    for kind in [Kind::Hyper, Kind::Reqwest] {
        let server = Server::start_holding(Fault::Late, 1).await;
        let (mut sender, request) = upload(&server);
        let content = content(150_000);
        let feeding = async {
            feed(&mut sender, &content).await;
            trailers(sender).await;
        };
        let (outcome, ()) = tokio::join!(call(stack(kind, Version::Http2, 1 << 20, 1), request), feeding);
        assert!(matches!(outcome, Ok((StatusCode::OK, Some(0), _))), "{kind:?} {outcome:?}");
        // CANCEL
        server.board.until("the hedge let go", |seen| seen[1].gone == Some(Gone::Reset(8))).await;
        let seen = server.board.seen();
        assert!(!seen[1].whole_upload && content.starts_with(&seen[1].upload), "{kind:?}");
    }
}

/// The first is reset in the middle of its upload, the second takes over from the source, the third reads beside it.
#[tokio::test]
async fn an_upload_goes_on_where_a_reset_left_it_and_is_whole_in_a_hedge_too() {
    for (kind, version) in KINDS {
        for fault in [Fault::Resets, Fault::Closes] {
            let server = Server::start(version, &[fault], Fault::WhenWhole(2)).await;
            let (mut sender, request) = upload(&server);
            let content = content(50_000);
            let feeding = async {
                feed(&mut sender, &content[..20_000]).await;
                server.board.until("a second attempt", |seen| seen.len() == 2).await;
                feed(&mut sender, &content[20_000..]).await;
                trailers(sender).await;
            };
            let (outcome, ()) = tokio::join!(call(stack(kind, version, 1 << 16, 1), request), feeding);
            assert!(is_ok(&outcome), "{kind:?} {version:?} {fault:?} {outcome:?}");
            assert_eq!(server.board.seen().len(), 3, "{kind:?} {version:?} {fault:?}");
            all_whole(&server.board.seen()[1..], &content, version);
        }
    }
}

#[tokio::test]
async fn a_slow_uploader_is_not_hedged_before_its_end() {
    for (kind, version) in KINDS {
        let server = Server::start(version, &[], Fault::WhenWhole(2)).await;
        let (mut sender, request) = upload(&server);
        let content = content(50_000);
        let feeding = async {
            feed(&mut sender, &content[..20_000]).await;
            server.board.until("the first attempt", |seen| seen.len() == 1).await;
            // three times the delay
            tokio::time::sleep(Duration::from_millis(120)).await;
            assert_eq!(server.board.seen().len(), 1, "{kind:?} {version:?}");
            feed(&mut sender, &content[20_000..]).await;
            trailers(sender).await;
        };
        let (outcome, ()) = tokio::join!(call(stack(kind, version, 1 << 16, 2), request), feeding);
        assert!(is_ok(&outcome), "{kind:?} {version:?} {outcome:?}");
        assert!(server.board.seen().len() >= 2);
    }
}

#[tokio::test]
async fn an_upload_that_outgrows_its_recording_is_sent_once_and_whole() {
    for (kind, version) in KINDS {
        let server = Server::start(version, &[], Fault::Silent).await;
        let (mut sender, request) = upload(&server);
        let content = content(150_000);
        let feeding = async {
            feed(&mut sender, &content).await;
            trailers(sender).await;
        };
        let (outcome, ()) = tokio::join!(call(stack(kind, version, 1 << 16, 2), request), feeding);
        let error = outcome.unwrap_err();
        let stopped = RetryError::find(&*error).unwrap().stop_reason();
        assert_eq!(stopped, Some(StopReason::BodyNotReplayable), "{kind:?} {version:?} {error}");
        server.board.until("let go", |seen| seen.iter().all(|seen| seen.gone.is_some())).await;
        assert_eq!(server.board.seen().len(), 1, "{kind:?} {version:?}");
        all_whole(&server.board.seen(), &content, version);
    }
}

/// A source that fails is no whole body for anybody.
#[tokio::test]
async fn a_source_that_fails_never_looks_like_an_end() {
    for (kind, version) in KINDS {
        let server = Server::start(version, &[Fault::Resets], Fault::Answers).await;
        let (mut sender, request) = upload(&server);
        let content = content(20_000);
        let feeding = async {
            feed(&mut sender, &content).await;
            server.board.until("a second attempt", |seen| seen.len() == 2).await;
            sender.abort("the disk is gone".into());
        };
        let (outcome, ()) = tokio::join!(call(stack(kind, version, 1 << 16, 2), request), feeding);
        assert!(outcome.is_err(), "{kind:?} {version:?}");
        server.board.until("let go", |seen| seen.iter().all(|seen| seen.gone.is_some() || seen.ended)).await;
        let seen = server.board.seen();
        assert!(seen.iter().all(|seen| !seen.whole_upload), "{kind:?} {version:?}");
        assert_eq!(seen.len(), 2, "{kind:?} {version:?}");
    }
}
