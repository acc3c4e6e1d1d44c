//! The price, from a shop that misbehaves first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use first_steps_server::{Answer, Server};
use first_steps_typed_json::{price, shop};
use tower_retry_policy::RetryError;

#[tokio::test]
async fn another_shape_and_a_cut_are_failed_attempts() {
    let first = [Answer::Whole(r#"{"cents": "12"}"#), Answer::Cut(r#"{"cents": 12}"#)];
    let server = Server::start(first, Answer::Whole(r#"{"cents": 12}"#)).await.unwrap();
    assert_eq!(price(&shop(), &server.url("/apple")).await.unwrap(), 12);
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_shape_that_stays_wrong_is_an_error_that_says_where() {
    let server = Server::start([], Answer::Whole(r#"{"cents": "12"}"#)).await.unwrap();
    let error = price(&shop(), &server.url("/apple")).await.unwrap_err();
    let story = RetryError::find(&*error).unwrap().history().to_string();
    assert!(story.contains("invalid type: string \"12\", expected u32 at line 1 column 14"), "{story}");
    // the same wrong content twice is not asked for a third time
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn an_article_that_is_not_there_is_not_asked_for_again() {
    let server = Server::start([], Answer::Status(404)).await.unwrap();
    assert_eq!(price(&shop(), &server.url("/pear")).await.unwrap_err().to_string(), "404 Not Found");
    assert_eq!(server.received().len(), 1);
}
