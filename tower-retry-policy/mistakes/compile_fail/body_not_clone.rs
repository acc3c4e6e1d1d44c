//! A request body that can be read only once.

use http::{Request, Response};
use tower::{BoxError, Service, ServiceBuilder, service_fn};
use tower_retry_policy::{RetryLayer, RetryPolicy};

struct Upload;

fn send(_: impl Service<Request<Upload>>) {}

fn main() {
    let client = service_fn(|_: Request<Upload>| async { Ok::<_, BoxError>(Response::new(())) });
    send(ServiceBuilder::new().layer(RetryLayer::new(RetryPolicy::standard())).service(client));
}
