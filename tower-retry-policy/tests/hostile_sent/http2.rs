//! What an HTTP/2 server does to a stream, frame by frame.

use crate::{
    client::{HANG, Kind, came, client, policy},
    loops::{Loop, over_our_loop},
    raw_http2::{Case, Script, Server, answer, go_away, head, reset},
};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use tower::{ServiceBuilder, ServiceExt};
use tower_content_check::{ContentCheckLayer, check::Length};
use tower_retry_policy::ReplayBody;

const REFUSED_STREAM: u32 = 7;

/// How often the server saw the request, and whether the call succeeded.
async fn call(which: Loop, kind: Kind, method: Method, script: Script) -> (usize, bool) {
    let server = Server::start(script).await;
    let service = ServiceBuilder::new()
        .layer(which.retry(policy()))
        .layer(ContentCheckLayer::new(Length::new()))
        .service(client(kind, server.address));
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{}/", server.address))
        .body(ReplayBody::from("upload".to_owned()))
        .unwrap();
    let answer = tokio::time::timeout(HANG, service.oneshot(request)).await.expect("a call hangs");
    let succeeded = match answer {
        Ok(response) => response.status() == StatusCode::OK && response.into_body().collect().await.is_ok(),
        Err(_) => false,
    };
    (server.seen(), succeeded)
}

async fn check(which: Loop, name: &str, post: (usize, bool), put: (usize, bool), script: Script) {
    for kind in Kind::HTTP2 {
        for (method, expected) in [(Method::POST, post), (Method::PUT, put)] {
            let (at, upload) = (&script.case, script.after_upload);
            let seen = call(which, kind, method.clone(), script.clone()).await;
            let right = if method == Method::POST { seen == expected } else { came(which, seen, expected) };
            assert!(
                right,
                "{name}, {at:?}, after the upload: {upload}, {kind:?}, {method}: {seen:?}, not {expected:?}"
            );
        }
    }
}

const ONCE: (usize, bool) = (1, false);
const AGAIN: (usize, bool) = (2, true);
const ANSWERED: (usize, bool) = (1, true);

over_our_loop!(
    #[tokio::test]
    only_a_refused_stream_was_not_processed,
    a_reset_behind_the_head_is_a_broken_body_whatever_its_code,
    no_goaway_proves_that_a_stream_was_not_processed,
    no_second_goaway_proves_it_either,
    a_refused_stream_beside_a_goaway_was_not_processed,
    what_is_answered_counts_whatever_follows,
);

async fn only_a_refused_stream_was_not_processed(which: Loop) {
    for after_upload in [false, true] {
        for code in (0..=13).chain([0xff, u32::MAX]) {
            let script = Script {
                after_upload,
                frames: |id, case| reset(id, case.code),
                case: Case { code, last: 0 },
                then_close: false,
            };
            // a reset without an error before the head is none of an upload that went through, either
            let post = if code == REFUSED_STREAM { AGAIN } else { ONCE };
            check(which, "reset", post, AGAIN, script).await;
        }
    }
}

async fn a_reset_behind_the_head_is_a_broken_body_whatever_its_code(which: Loop) {
    for code in [1, 2, 7, 8, 11] {
        let script = Script {
            after_upload: true,
            frames: |id, case| [head(id), reset(id, case.code)].concat(),
            case: Case { code, last: 0 },
            then_close: false,
        };
        check(which, "head, reset", ONCE, AGAIN, script).await;
    }
}

async fn no_goaway_proves_that_a_stream_was_not_processed(which: Loop) {
    // each takes a new connection for every attempt: what a hedge meets here needs no list of all codes
    let codes = if which.doubts() { vec![0, 7, 11] } else { (0..=13).collect() };
    for after_upload in [false, true] {
        for &code in &codes {
            for last in [0, 1, 3, 0x7fff_ffff] {
                let script = Script {
                    after_upload,
                    frames: |_, case| go_away(case.last, case.code),
                    case: Case { code, last },
                    then_close: true,
                };
                check(which, "goaway", ONCE, AGAIN, script).await;
            }
        }
    }
}

async fn no_second_goaway_proves_it_either(which: Loop) {
    for code in [0, 7, 11] {
        for last in [0, 1] {
            let script = Script {
                after_upload: true,
                frames: |_, case| [go_away(0x7fff_ffff, 0), go_away(case.last, case.code)].concat(),
                case: Case { code, last },
                then_close: true,
            };
            check(which, "goaway twice", ONCE, AGAIN, script).await;
        }
    }
}

async fn a_refused_stream_beside_a_goaway_was_not_processed(which: Loop) {
    let frames: [fn(u32, &Case) -> Vec<u8>; 2] = [
        |id, _| [reset(id, REFUSED_STREAM), go_away(0, 0)].concat(),
        |id, _| [go_away(0x7fff_ffff, 0), reset(id, REFUSED_STREAM), go_away(id, 0)].concat(),
    ];
    for frames in frames {
        let script = Script { after_upload: true, frames, case: Case::default(), then_close: true };
        check(which, "refused and goaway", AGAIN, AGAIN, script).await;
    }
}

async fn what_is_answered_counts_whatever_follows(which: Loop) {
    let frames: [fn(u32, &Case) -> Vec<u8>; 5] = [
        |id, _| [go_away(id, 0), answer(id)].concat(),
        |id, _| [go_away(0x7fff_ffff, 0), go_away(id, 0), answer(id)].concat(),
        |id, _| [answer(id), reset(id, 0), go_away(id, 11)].concat(),
        // RFC 9113 section 8.1: the rest of the upload is not wanted
        |id, _| [answer(id), reset(id, 0)].concat(),
        |id, _| [answer(id), go_away(0, 1)].concat(),
    ];
    for after_upload in [false, true] {
        for frames in frames {
            let script = Script { after_upload, frames, case: Case::default(), then_close: true };
            check(which, "answer", ANSWERED, ANSWERED, script).await;
        }
    }
}
