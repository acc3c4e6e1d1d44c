//! The type of the stack can be written down, shared and boxed, over each client.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};
use tower_content_check::CheckedBody;
use tower_retry_policy::{
    ReplayBody, ReqwestService, Standard, StandardLayer,
    standard::{StandardBody, grpc::StandardGrpc},
};

type Body = Full<Bytes>;

#[derive(Clone, Debug)]
#[allow(dead_code, reason = "that it compiles is the test")]
struct State {
    hyper: Standard<Client<HttpConnector, Body>>,
    uploads: Standard<Client<HttpConnector, ReplayBody>>,
    reqwest: Standard<ReqwestService>,
    router: Standard<axum::Router>,
    grpc: StandardGrpc<tonic::transport::Channel>,
    any: Boxed,
}

type Boxed = BoxCloneSyncService<Request<Body>, Response<String>, BoxError>;

fn is_shared<T: Clone + Send + Sync + 'static>() {}

fn serves<S, B, R>()
where
    S: Service<Request<B>, Response = Response<StandardBody<R>>, Error = BoxError, Future: Send> + Clone,
{
}

#[test]
fn the_types_are_services_and_can_be_shared() {
    is_shared::<State>();
    serves::<Standard<Client<HttpConnector, Body>>, Body, hyper::body::Incoming>();
    serves::<Standard<Client<HttpConnector, ReplayBody>>, ReplayBody, hyper::body::Incoming>();
    serves::<Standard<ReqwestService>, Body, reqwest::Body>();
    serves::<Standard<ReqwestService>, ReplayBody, reqwest::Body>();
    serves::<Standard<axum::Router>, Body, axum::body::Body>();
    let _: fn(CheckedBody<Body>) -> _ = CheckedBody::<Body>::into_bytes;
}

#[tokio::test(start_paused = true)]
async fn a_router_behind_the_stack_is_one_box() {
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "[1, 2]" }));
    let stack = StandardLayer::json().service(router);
    let text = async |response: Response<StandardBody<axum::body::Body>>| {
        let (head, body) = response.into_parts();
        Ok(Response::from_parts(head, body.into_text().await?))
    };
    let stack = ServiceBuilder::new().and_then(text).service(stack);
    let boxed: Boxed = BoxCloneSyncService::new(stack);
    // in a task of its own, as a server's handler is
    let request = Request::get("http://example.com/").body(Body::default()).unwrap();
    let text = tokio::spawn(async move { boxed.oneshot(request).await.map(Response::into_body) });
    assert_eq!(text.await.unwrap().unwrap(), "[1, 2]");
}
