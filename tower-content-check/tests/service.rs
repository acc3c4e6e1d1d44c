//! The manners of the service: readiness, cancellation, no work before it is polled.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]

mod support;

use http::{Request, Response};
use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};
use support::{Script, Step, data, response};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_content_check::{
    BoxError, Check, CheckedBody, ContentCheck, ContentCheckLayer,
    check::{Length, NotEmpty},
};

/// Panics when it is called without having been readied, as some middleware does.
#[derive(Default)]
struct Strict {
    ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<()>> for Strict {
    type Response = Response<Script>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Script>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        ready(Ok(response(200, &[], Script::of("x"))))
    }
}

#[tokio::test]
async fn the_instance_that_was_readied_is_called() {
    let mut service = ContentCheckLayer::new(NotEmpty).layer(Strict::default());
    for _ in 0..3 {
        let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
        assert_eq!(response.into_body().into_text().await.unwrap(), "x");
    }
}

#[tokio::test]
async fn dropping_the_future_drops_the_body() {
    let body = Script::new([data("x"), Step::Wait, data("y")]);
    let watch = body.watch.clone();
    let cell = Cell::new(Some(response(200, &[], body)));
    let service = ContentCheckLayer::new(NotEmpty)
        .layer(service_fn(move |_: Request<()>| ready(Ok::<_, Infallible>(cell.take().unwrap()))));
    let mut call = task(service.oneshot(Request::new(())));
    assert!(call.poll_once().is_pending());
    assert_eq!((watch.polls(), watch.drops()), (2, 0));
    drop(call);
    assert_eq!(watch.drops(), 1);
}

#[tokio::test]
async fn each_response_is_judged_from_the_start() {
    // A length of one response must not be counted on with the next.
    let service = ContentCheckLayer::new(Length::new()).layer(service_fn(|_: Request<()>| {
        ready(Ok::<_, Infallible>(response(200, &[("content-length", "1")], Script::of("x"))))
    }));
    for _ in 0..2 {
        assert!(service.clone().oneshot(Request::new(())).await.is_ok());
    }
}

#[test]
fn types_are_what_stacks_need() {
    fn is_send<T: Send>(_: &T) {}
    fn is_layered<S>(_: &S)
    where
        S: Service<Request<()>, Response = Response<CheckedBody<Script>>, Error = BoxError> + Clone + Send,
    {
    }
    let service: ContentCheck<Strict, _> =
        ContentCheckLayer::new((Length::new(), NotEmpty)).layer(Strict::default());
    is_layered(&service);
    is_send(&service.clone().oneshot(Request::new(())));
    let check: Box<dyn Check> = Box::new(NotEmpty);
    is_send(&check);
}

struct Task<F> {
    future: std::pin::Pin<Box<F>>,
}

fn task<F: Future>(future: F) -> Task<F> {
    Task { future: Box::pin(future) }
}

impl<F: Future> Task<F> {
    fn poll_once(&mut self) -> Poll<F::Output> {
        self.future.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()))
    }
}
