use super::{EndpointsOutError, visit::Visit};
use crate::{Phase, PhasedError, classify};
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tower::BoxError;
use tower_service::Service;

pin_project! {
    /// The future of [`EndpointsService`](super::EndpointsService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B, S::Future>,
        // none when the attempt is over
        visit: Option<Visit>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B, F> {
        Ready { service: S, request: Option<Request<B>> },
        Called { #[pin] future: F },
        // the request was not sent; none once that was told
        Failed { error: Option<BoxError> },
    }
}

// ===== impl ResponseFuture =====

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) fn sent(service: S, mut request: Request<B>, visit: Visit) -> Self {
        match visit.address().direct(&mut request) {
            Ok(()) => Self { state: State::Ready { service, request: Some(request) }, visit: Some(visit) },
            // together they are longer than a target may be
            Err(error) => {
                visit.unsent();
                Self { state: State::Failed { error: Some(error.into()) }, visit: None }
            }
        }
    }

    pub(super) fn refused(error: EndpointsOutError) -> Self {
        Self { state: State::Failed { error: Some(error.into()) }, visit: None }
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response<R>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let result = loop {
            match this.state.as_mut().project() {
                StateProj::Ready { service, request } => match ready!(service.poll_ready(cx)) {
                    Ok(()) => {
                        let Some(request) = request.take() else { return Poll::Pending };
                        if let Some(visit) = this.visit {
                            visit.sent();
                        }
                        let future = service.call(request);
                        this.state.set(State::Called { future });
                    }
                    Err(error) => {
                        if let Some(visit) = this.visit.take() {
                            visit.unsent();
                        }
                        break Err(not_ready(error.into()));
                    }
                },
                StateProj::Called { future } => {
                    let result = ready!(future.poll(cx)).map_err(Into::into);
                    if let Some(visit) = this.visit.take() {
                        visit.end(&result);
                    }
                    break result;
                }
                // a future that is polled after its end may do anything but answer
                StateProj::Failed { error } => match error.take() {
                    Some(error) => return Poll::Ready(Err(error)),
                    None => return Poll::Pending,
                },
            }
        };
        this.state.set(State::Failed { error: None });
        Poll::Ready(result)
    }
}

/// The request was not handed over: whatever went wrong, no server has seen it.
fn not_ready(error: BoxError) -> BoxError {
    match classify::failure(&*error).phase {
        Phase::Connect | Phase::Other | Phase::Unprocessed => error,
        _ => PhasedError::new(Phase::Unprocessed, error).into(),
    }
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
