//! The library as its user has it, against a server that misbehaves first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use first_steps_library::Weather;
use first_steps_server::{Answer, Server};
use http::StatusCode;
use tower_retry_policy::{RetryError, RetryPatch};

fn weather(server: &Server) -> Weather {
    Weather::new(server.url(""))
}

#[tokio::test]
async fn the_author_makes_two_attempts() {
    let server = Server::start([Answer::Cut("\"rain\"")], Answer::Whole("\"rain\"")).await.unwrap();
    assert_eq!(weather(&server).forecast("praha", None).await.unwrap(), "\"rain\"");
    assert_eq!(server.received().len(), 2);

    let server = Server::start([Answer::Reset, Answer::Reset], Answer::Whole("\"rain\"")).await.unwrap();
    assert!(weather(&server).forecast("praha", None).await.is_err());
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_city_that_is_not_known_is_not_asked_for_again() {
    let server = Server::start([], Answer::Status(404)).await.unwrap();
    let error = weather(&server).forecast("atlantis", None).await.unwrap_err();
    assert_eq!(error.to_string(), "404 Not Found");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_user_who_wants_more_attempts_keeps_the_authors_error() {
    let more = || Some(RetryPatch::new(|policy| policy.retries(3)));
    let server = Server::start([Answer::Reset; 3], Answer::Whole("\"sun\"")).await.unwrap();
    assert_eq!(weather(&server).forecast("brno", more()).await.unwrap(), "\"sun\"");
    assert_eq!(server.received().len(), 4);

    let server = Server::start([], Answer::Status(503)).await.unwrap();
    let weather = weather(&server);
    let error = weather.forecast("brno", more()).await.unwrap_err();
    assert_eq!(RetryError::find(&*error).unwrap().status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(server.received().len(), 4);

    // and the next call is the author's again
    assert!(weather.forecast("brno", None).await.is_err());
    assert_eq!(server.received().len(), 4 + 2);
}
