use http::Request;
use pin_project_lite::pin_project;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tower::util::Oneshot;
use tower_service::Service;

pin_project! {
    /// The future of a [`FreshConnection`](super::FreshConnection): the answer, over whichever connection.
    pub struct ResponseFuture<T, F, B>
    where
        F: Service<Request<B>>,
    {
        #[pin]
        way: Way<T, F, B>,
    }
}

pin_project! {
    #[project = WayProj]
    enum Way<T, F, B>
    where
        F: Service<Request<B>>,
    {
        Usual {
            #[pin]
            call: T,
        },
        Fresh {
            #[pin]
            call: Oneshot<F, Request<B>>,
        },
    }
}

impl<T, F, B> ResponseFuture<T, F, B>
where
    F: Service<Request<B>>,
{
    pub(super) fn usual(call: T) -> Self {
        Self { way: Way::Usual { call } }
    }

    pub(super) fn fresh(service: F, request: Request<B>) -> Self {
        Self { way: Way::Fresh { call: Oneshot::new(service, request) } }
    }
}

impl<T, F, B> Future for ResponseFuture<T, F, B>
where
    F: Service<Request<B>>,
    T: Future<Output = Result<F::Response, F::Error>>,
{
    type Output = Result<F::Response, F::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProj::Usual { call } => call.poll(cx),
            WayProj::Fresh { call } => call.poll(cx),
        }
    }
}

impl<T, F, B> fmt::Debug for ResponseFuture<T, F, B>
where
    F: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("fresh", &matches!(self.way, Way::Fresh { .. }))
            .finish_non_exhaustive()
    }
}
