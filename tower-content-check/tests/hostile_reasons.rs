//! What a rejection prints is one line of bounded length, whatever a server sent or a check says of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_content_check::{
    ContentCheckError, ContentCheckLayer, Head, Rejection,
    check::{Check, ContentType, GrpcStatus, Json, check_head},
};

fn nasty() -> Vec<String> {
    let odd =
        ["a\r\nb", "\u{1b}[2J", "\u{202e}x\u{2066}", "\u{2028}\u{2029}\u{85}\u{61c}\u{200f}", "\0\u{7f}\t"];
    odd.into_iter()
        .map(str::to_owned)
        .chain([odd.concat(), "x".repeat(1 << 20), "\u{202e}".repeat(50_000)])
        .collect()
}

#[track_caller]
fn assert_one_line(text: &str) {
    let shown: String = text.chars().take(400).collect();
    let turns = |char| matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(|char: char| char.is_control() || turns(char)), "not one line: {shown:?}");
    assert!(text.len() <= 600, "{} bytes: {shown:?}", text.len());
}

async fn rejected(check: impl Check + Clone + 'static, fields: &[(&'static str, &str)]) -> Option<BoxError> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"{}")));
    for (name, value) in fields {
        // what cannot stand in a field is not sent
        response.headers_mut().insert(*name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let response = std::sync::Mutex::new(Some(response));
    let server = service_fn(move |_: Request<()>| {
        std::future::ready(Ok::<_, BoxError>(response.lock().unwrap().take().unwrap()))
    });
    ServiceBuilder::new()
        .layer(ContentCheckLayer::new(check))
        .service(server)
        .oneshot(Request::new(()))
        .await
        .err()
}

#[track_caller]
fn assert_error(error: &BoxError) {
    assert!(error.is::<ContentCheckError>());
    assert_one_line(&error.to_string());
    assert_one_line(&format!("{error:?}"));
}

#[tokio::test]
async fn a_reason_is_one_bounded_line_whoever_made_it() {
    for text in nasty() {
        let made: [fn(String) -> Rejection; 3] = [
            |text| Rejection::transient(text),
            |text| Rejection::permanent(text),
            |text| Rejection::cut(text),
        ];
        for make in made {
            let rejection = make(text.clone());
            assert_one_line(&rejection.to_string());
            assert_one_line(&format!("{rejection:?}"));
            assert_one_line(rejection.reason());
            let own = text.clone();
            let check = check_head(move |_: &Head<'_>| Err(make(own.clone())));
            assert_error(&rejected(check, &[]).await.unwrap());
        }
    }
}

#[tokio::test]
async fn what_the_ready_made_checks_quote_of_a_head_is_one_bounded_line() {
    let mut sent = 0;
    for text in nasty() {
        let all = [
            rejected(Json::new(), &[("content-encoding", &text)]).await,
            rejected(ContentType::new("application/json"), &[("content-type", &text)]).await,
            rejected(GrpcStatus::new(), &[("grpc-status", "14"), ("grpc-message", &text)]).await,
            rejected(GrpcStatus::new(), &[("grpc-status", &text)]).await,
        ];
        for error in all.iter().flatten() {
            assert_error(error);
            sent += 1;
        }
    }
    assert!(sent >= 12, "{sent}");
}
