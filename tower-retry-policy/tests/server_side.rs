//! The layers within an axum router, as the guide's page "server side" recommends and warns.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use axum::{
    BoxError, Extension, Router,
    body::{Body, Bytes},
    error_handling::HandleErrorLayer,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http_body_util::{BodyExt, channel::Channel};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tower::{ServiceBuilder, ServiceExt};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::{AttemptTimeoutLayer, Deadline, ReplayBodyLayer, RetryLayer, RetryPolicy};

const SECOND: Duration = Duration::from_secs(1);

async fn told(error: BoxError) -> (StatusCode, String) {
    (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}

fn request(path: &str) -> Request {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn text(response: Response) -> Result<String, axum::Error> {
    Ok(String::from_utf8(response.into_body().collect().await?.to_bytes().to_vec()).unwrap())
}

/// Two pieces, one after the other; the second may be late.
fn stalling(wait: Duration) -> Response {
    let (mut sender, body) = Channel::<Bytes>::new(1);
    tokio::spawn(async move {
        let _ = sender.send_data("one ".into()).await;
        sleep(wait).await;
        let _ = sender.send_data("two".into()).await;
    });
    Body::new(body).into_response()
}

fn limited() -> Router {
    let limits = AttemptTimeoutLayer::new().head(5 * SECOND).idle(2 * SECOND);
    Router::new()
        .route("/soon", get(|| async { "done" }))
        .route("/late", get(|| async { sleep(6 * SECOND).await }))
        .route("/stream", get(|| async { stalling(SECOND) }))
        .route("/stall", get(|| async { stalling(60 * SECOND) }))
        .route("/upload", post(|body: Bytes| async move { body.len().to_string() }))
        .layer(ServiceBuilder::new().layer(HandleErrorLayer::new(told)).layer(limits))
}

#[tokio::test(start_paused = true)]
async fn a_request_has_a_limit() {
    for (path, status, content) in [
        ("/soon", 200, Some("done")),
        ("/stream", 200, Some("one two")),
        ("/late", 503, Some("no response head within 5 s")),
        ("/stall", 200, None),
    ] {
        let began = Instant::now();
        let response = limited().oneshot(request(path)).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(text(response).await.ok().as_deref(), content, "{path}");
        assert!(began.elapsed() <= 5 * SECOND, "{path}");
    }
    // an upload that does not come is waited for no longer than that
    let (_sender, body) = Channel::<Bytes>::new(1);
    let upload = Request::post("/upload").body(Body::new(body)).unwrap();
    assert_eq!(limited().oneshot(upload).await.unwrap().status(), 503);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_caller_holds_for_the_handler() {
    let handler = |Extension(deadline): Extension<Deadline>| async move {
        sleep(SECOND).await;
        format!("{:?} left", deadline.remaining())
    };
    let grant = |mut request: Request| {
        let asked = request.headers().get("request-timeout").map_or("30000", |value| value.to_str().unwrap());
        let granted = Duration::from_millis(asked.parse().unwrap()).min(30 * SECOND);
        request.extensions_mut().insert(Deadline::after(granted));
        request
    };
    let layers = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(told))
        .map_request(grant)
        .layer(AttemptTimeoutLayer::new());
    let router = Router::new().route("/", get(handler)).layer(layers);
    for (asked, status, content) in [
        ("500", 503, "no response head within the 500 ms left until the deadline"),
        ("1500", 200, "500ms left"),
        ("99999999", 200, "29s left"),
    ] {
        let mut request = request("/");
        request.headers_mut().insert("request-timeout", asked.parse().unwrap());
        let response = router.clone().oneshot(request).await.unwrap();
        let answer = (response.status().as_u16(), text(response).await.unwrap());
        assert!(answer.0 == status && answer.1.starts_with(content), "{asked}: {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_answer_of_a_nested_service_does_not_leave() {
    let reports = Router::new()
        .route("/good", get(|| async { r#"{"total": 3}"# }))
        .route("/cut", get(|| async { r#"{"total": 3"# }))
        .route("/long", get(|| async { "1".repeat(2000) }));
    let checked = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(|error: BoxError| async move {
            (StatusCode::BAD_GATEWAY, error.to_string())
        }))
        .layer(ContentCheckLayer::json().max_bytes(1000))
        .service(reports);
    let router = Router::new().nest_service("/reports", checked);
    for (path, status) in
        [("/reports/good", 200), ("/reports/cut", 502), ("/reports/long", 502), ("/reports/x", 404)]
    {
        let response = router.clone().oneshot(request(path)).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
}

/// What the page warns of: the handler that is overloaded is called three times for one call.
#[tokio::test(start_paused = true)]
async fn a_retry_around_a_handler_multiplies_its_overload() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let overloaded = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        async { StatusCode::SERVICE_UNAVAILABLE }
    };
    let handlers = Router::new().route("/", get(overloaded.clone()).post(overloaded));
    let retried = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(told))
        .layer(ReplayBodyLayer::new())
        .layer(RetryLayer::new(RetryPolicy::standard()))
        .map_err(BoxError::from)
        .service(handlers);
    let router = Router::new().nest_service("/x", retried);
    for (method, expected) in [("GET", 3), ("POST", 1)] {
        let request = Request::builder().method(method).uri("/x/").body(Body::empty()).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), 503);
        assert_eq!(calls.swap(0, Ordering::SeqCst), expected, "{method}");
    }
}
