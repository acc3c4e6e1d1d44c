//! A client that cannot be copied for the next attempt.

use http::{Request, Response};
use std::{
    future::Ready,
    task::{Context, Poll},
};
use tower::{BoxError, Service, ServiceBuilder};
use tower_retry_policy::{RetryLayer, RetryPolicy};

struct MyClient;

impl Service<Request<String>> for MyClient {
    type Response = Response<String>;
    type Error = BoxError;
    type Future = Ready<Result<Response<String>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        std::future::ready(Ok(Response::default()))
    }
}

fn send(_: impl Service<Request<String>>) {}

fn main() {
    send(ServiceBuilder::new().layer(RetryLayer::new(RetryPolicy::standard())).service(MyClient));
}
