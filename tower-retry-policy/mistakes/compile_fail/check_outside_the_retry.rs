//! The content check outside the retry: it boxes errors where nobody needs it, and below the policy nothing does.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use std::convert::Infallible;
use tower::{Service, ServiceBuilder, service_fn};
use tower_content_check::ContentCheckLayer;
use tower_retry_policy::RetryPolicy;

type Body = Full<Bytes>;

fn send(_: impl Service<Request<Body>>) {}

fn main() {
    let client = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::default())) });
    let stack = ServiceBuilder::new().layer(ContentCheckLayer::json()).retry(RetryPolicy::standard());
    send(stack.service(client));
}
