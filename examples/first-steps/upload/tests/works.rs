//! The upload, to a server that misbehaves first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use bytes::Bytes;
use first_steps_server::{Answer, Server};
use first_steps_upload::{client, upload};
use http::StatusCode;
use http_body_util::channel::Channel;

/// A body of some pieces that can be read once.
fn file() -> Channel<Bytes> {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        for piece in ["a file ", "that is ", "read once"] {
            sender.send_data(Bytes::from(piece)).await.unwrap();
        }
    });
    body
}

#[tokio::test]
async fn the_whole_file_comes_again_under_the_same_key() {
    let server = Server::start([Answer::Status(503), Answer::Reset], Answer::Whole("{}")).await.unwrap();
    assert_eq!(upload(&client(), &server.url("/files"), file()).await.unwrap(), StatusCode::OK);
    let received = server.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        assert_eq!(request.content, b"a file that is read once");
        assert_eq!(request.field("idempotency-key"), received[0].field("idempotency-key"));
    }
    assert!(received[0].field("idempotency-key").is_some_and(|key| key.len() == 38 && key.starts_with('"')));
}

#[tokio::test]
async fn each_upload_has_a_key_of_its_own() {
    let server = Server::start([], Answer::Whole("{}")).await.unwrap();
    let client = client();
    for _ in 0..2 {
        upload(&client, &server.url("/files"), file()).await.unwrap();
    }
    let received = server.received();
    assert_ne!(received[0].field("idempotency-key"), received[1].field("idempotency-key"));
}
