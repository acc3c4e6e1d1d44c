//! The client, against a server that misbehaves first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use first_steps_reqwest::Http;
use first_steps_server::{Answer, Server};

/// The workspace builds reqwest without a TLS provider of its own, so the process brings one.
fn http() -> Http {
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    Http::new().unwrap()
}

#[tokio::test]
async fn the_numbers_come_though_the_first_answers_are_cut_and_reset() {
    let server =
        Server::start([Answer::Cut("[1, 2, 3]"), Answer::Reset], Answer::Whole("[1, 2, 3]")).await.unwrap();
    assert_eq!(http().numbers(&server.url("/numbers")).await.unwrap(), [1, 2, 3]);
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_asked_again() {
    let server = Server::start([Answer::Silence], Answer::Whole("[4]")).await.unwrap();
    assert_eq!(http().numbers(&server.url("/numbers")).await.unwrap(), [4]);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_no_success_is_no_list_of_numbers() {
    let server = Server::start([], Answer::Status(404)).await.unwrap();
    let error = http().numbers(&server.url("/numbers")).await.unwrap_err();
    let error = error.downcast_ref::<reqwest::Error>().unwrap();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn what_reqwest_has_put_together_is_sent_again_as_it_was() {
    let server = Server::start([Answer::Status(503)], Answer::Whole("\"ordered\"")).await.unwrap();
    assert_eq!(http().order(&server.url("/order")).await.unwrap(), "\"ordered\"");
    let received = server.received();
    assert_eq!(received.len(), 2);
    for request in received {
        assert_eq!(request.content, b"[12]");
        assert_eq!(request.field("authorization"), Some("Basic dXNlcjpwYXNz"));
        assert_eq!(request.field("user-agent"), Some("first-steps"));
    }
}

#[tokio::test]
async fn a_last_503_is_reqwests_error_of_a_status() {
    let server = Server::start([], Answer::Status(503)).await.unwrap();
    let error = http().order(&server.url("/order")).await.unwrap_err();
    let error = error.downcast_ref::<reqwest::Error>().unwrap();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
    assert_eq!(server.received().len(), 3);
}
