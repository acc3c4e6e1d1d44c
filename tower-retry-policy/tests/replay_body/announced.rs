//! Bodies that announce a length and do not keep to it: no attempt may make a whole request of one.

use crate::{
    connections::{Server, Turn, put},
    upload::{Gate, Step, Upload, data, trailers},
};
use http_body::Body;
use http_body_util::BodyExt;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use tower_retry_policy::{History, ReplayBody, ReplayBodyError, StopReason};

/// Announces `len` bytes, whatever it brings.
fn announcing(len: u64, steps: impl IntoIterator<Item = Step>) -> Upload {
    Upload::new(steps).hint(len, Some(len))
}

async fn failure(body: &mut ReplayBody) -> ReplayBodyError {
    loop {
        if let Err(error) = body.frame().await.expect("an error rather than an end") {
            return error;
        }
    }
}

#[tokio::test]
async fn one_that_ends_short_or_long_fails_for_every_reader() {
    let table = [
        (12, vec![data("hello")], "request body ended after 5 of the 12 bytes that it had announced"),
        (12, vec![], "request body ended after 0 of the 12 bytes that it had announced"),
        (
            12,
            vec![data("hello"), trailers("digest", "x")],
            "request body ended after 5 of the 12 bytes that it had announced",
        ),
        (3, vec![data("hello")], "request body is longer than the 3 bytes that it had announced"),
        (
            5,
            vec![data("hello"), data(" "), data("world")],
            "request body is longer than the 5 bytes that it had announced",
        ),
    ];
    for (announced, steps, text) in table {
        let body = ReplayBody::new(announcing(announced, steps));
        let mut before = body.clone();
        assert_eq!(before.size_hint().exact(), Some(announced), "{text}");
        for mut reader in [body.clone(), body.clone(), before.clone(), body.clone().clone()] {
            let error = failure(&mut reader).await;
            assert_eq!(error.to_string(), text);
            assert!(error.is_wrong_length() && !error.is_inner() && !error.is_not_replayable());
            // a reader that will fail does not look like an end, or like a body of a known length
            assert_eq!((reader.is_end_stream(), reader.size_hint().exact()), (false, None), "{text}");
        }
        assert_eq!(failure(&mut before).await.to_string(), text);
        assert!(!body.is_replayable(), "{text}");
    }
}

#[tokio::test]
async fn one_that_keeps_to_its_length_is_whole() {
    for steps in [vec![data("hello"), data("")], vec![data("hel"), data("lo"), trailers("digest", "x")]] {
        let body = ReplayBody::new(announcing(5, steps));
        for _ in 0..3 {
            assert_eq!(body.size_hint().exact(), Some(5));
            assert_eq!(body.clone().collect().await.unwrap().to_bytes(), "hello");
        }
    }
}

/// What was announced at first counts, and not what the source says later.
#[tokio::test]
async fn what_was_announced_at_first_stays_announced() {
    let body = ReplayBody::new(announcing(12, [data("hello"), Step::Waits(Gate::default())]));
    let mut reader = body.clone();
    reader.frame().await.unwrap().unwrap();
    assert_eq!((reader.size_hint().exact(), body.size_hint().exact()), (Some(7), Some(12)));

    // a source that gives its length late has announced it to whoever was told
    let gate = Gate::default();
    let late = Late { inner: Upload::new([data("hello"), Step::Waits(gate.clone())]), rest: None };
    let body = ReplayBody::new(late);
    let mut reader = body.clone();
    assert_eq!(body.size_hint().exact(), None);
    reader.frame().await.unwrap().unwrap();
    assert_eq!((reader.size_hint().exact(), body.size_hint().exact()), (Some(7), Some(12)));
    gate.open();
    assert!(failure(&mut reader).await.is_wrong_length());
}

/// Says after its first frame that seven bytes follow, whatever does.
struct Late {
    inner: Upload,
    rest: Option<u64>,
}

impl Body for Late {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>> {
        self.rest = Some(7);
        std::pin::Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.rest.map_or_else(http_body::SizeHint::default, http_body::SizeHint::with_exact)
    }
}

/// One that says at the same time that it has ended and that bytes follow.
#[tokio::test]
async fn an_empty_body_that_announces_bytes_is_not_empty() {
    let upload = Upload::of(&[]).known().hint(12, Some(12));
    assert!(upload.is_end_stream());
    let mut body = ReplayBody::new(upload);
    assert!(!body.is_end_stream());
    assert!(failure(&mut body).await.is_wrong_length());
}

/// Over real connections, with the source's end before the answer and after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_attempt_arrives_whole() {
    let tables = [
        vec![],
        vec![Turn::AnswersAndDrops],
        vec![Turn::AnswersAndHolds],
        vec![Turn::AnswersAndDrops; 2],
        vec![Turn::Stops(1)],
        vec![Turn::Stops(1), Turn::AnswersAndDrops],
    ];
    for http2 in [false, true] {
        for turns in &tables {
            for after_the_answer in [false, true] {
                for (announced, surplus) in [(12, None), (7, Some(data("world")))] {
                    let told = format!("HTTP/2: {http2}, {turns:?}, {after_the_answer}, {announced}");
                    let server = Server::new(http2, turns.iter().copied()).await;
                    let gate = Gate::default();
                    let steps = [Some(data("hello")), Some(Step::Waits(gate.clone())), surplus];
                    let upload = announcing(announced, steps.into_iter().flatten());
                    let log = Arc::clone(&server.log);
                    let waits = after_the_answer && !turns.is_empty();
                    let opener = tokio::spawn(async move {
                        if waits {
                            log.turned.notified().await;
                            // the answer's way to the client
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                        gate.open();
                    });
                    let outcome = timeout(Duration::from_secs(30), put(http2, 1024, &server, upload)).await;
                    opener.await.unwrap();
                    assert!(server.whole().is_empty(), "{told}");
                    match outcome.expect("an end") {
                        Ok(response) => {
                            assert_eq!(response.status(), 503, "{told}");
                            let stop = History::of(&response).and_then(History::stop_reason);
                            assert_eq!(stop, Some(StopReason::BodyNotReplayable), "{told}");
                        }
                        // hyper's HTTP/2 says no more than that the stream was ended on this side
                        Err(_) if http2 => {}
                        Err(error) => {
                            let mut root: &dyn std::error::Error = &*error;
                            while let Some(cause) = root.source() {
                                root = cause;
                            }
                            assert!(root.to_string().contains("announced"), "{told}: {root}");
                        }
                    }
                }
            }
        }
    }
}
