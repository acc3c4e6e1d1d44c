//! The same as `error_not_boxed.rs`, by a method: the compiler does not get as far as our texts.

use http::{Request, Response};
use std::convert::Infallible;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_retry_policy::RetryPolicy;

fn main() {
    let client = service_fn(|_: Request<String>| async { Ok::<_, Infallible>(Response::new(())) });
    let service = ServiceBuilder::new().retry(RetryPolicy::standard()).service(client);
    let _ = service.oneshot(Request::new(String::new()));
}
