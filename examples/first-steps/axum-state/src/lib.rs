//! A handler that asks an https upstream, through the stack in axum's `State`.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::{io, time::Duration};
use tower::ServiceExt;
use tower_retry_policy::{Standard, StandardLayer};

#[derive(Clone)]
struct App {
    client: Standard<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>,
    upstream: Uri,
}

/// The sum of what the upstream lists, over a connector such as [`https`].
pub fn app(connector: HttpsConnector<HttpConnector>, upstream: Uri) -> Router {
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
    let client = StandardLayer::json().deadline(Duration::from_secs(12)).service(client);
    Router::new().route("/sum", get(sum)).with_state(App { client, upstream })
}

/// The connector of a service that trusts what its machine trusts.
pub fn https() -> io::Result<HttpsConnector<HttpConnector>> {
    Ok(HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build())
}

async fn sum(State(app): State<App>) -> Result<String, StatusCode> {
    let request = Request::get(app.upstream).body(Full::default()).map_err(|_| StatusCode::BAD_REQUEST)?;
    let response = app.client.oneshot(request).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    if !response.status().is_success() {
        return Err(StatusCode::BAD_GATEWAY);
    }
    let numbers: Vec<u64> = response.into_body().into_json().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(numbers.iter().sum::<u64>().to_string())
}
