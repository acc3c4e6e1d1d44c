//! The client's own error below tower's own retry, and nothing that boxes it.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use std::convert::Infallible;
use tower::{Service, ServiceBuilder, service_fn};
use tower_retry_policy::RetryPolicy;

type Body = Full<Bytes>;

fn send(_: impl Service<Request<Body>>) {}

fn main() {
    let client = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::default())) });
    send(ServiceBuilder::new().retry(RetryPolicy::standard()).service(client));
}
