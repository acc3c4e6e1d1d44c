//! The same as `body_not_clone.rs`, by a method: the compiler does not get as far as our texts.

use http::{Request, Response};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::{RetryLayer, RetryPolicy};

struct Upload;

fn main() {
    let client = service_fn(|_: Request<Upload>| async { Ok::<_, BoxError>(Response::new(())) });
    let service = ServiceBuilder::new().layer(RetryLayer::new(RetryPolicy::standard())).service(client);
    let _ = service.oneshot(Request::new(Upload));
}
