use super::progress::Begun;
use http::Request;
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::time::Instant;
use tower::BoxError;
use tower_service::Service;

pin_project! {
    /// A further attempt: a clone of the inner service that is polled ready, then called.
    pub(super) struct Running<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B, S::Future>,
        // none when the attempt has ended
        begun: Option<Begun>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B, F> {
        Ready { service: S, request: Option<Request<B>> },
        Called { #[pin] future: F },
        Over,
    }
}

/// How an attempt ended.
pub(super) struct Ended<R> {
    pub(super) begun: Begun,
    pub(super) result: Result<R, BoxError>,
    pub(super) handed: Handed,
}

/// Whether the request was handed to the inner service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handed {
    Over,
    /// The inner service was not ready.
    Unready,
    /// The hook before a retry failed.
    Unprepared,
}

// ===== impl Running =====

impl<S, B> Running<S, B>
where
    S: Service<Request<B>>,
{
    pub(super) fn new(service: S, request: Request<B>, begun: Begun) -> Self {
        Self { state: State::Ready { service, request: Some(request) }, begun: Some(begun) }
    }

    /// When it was sent, or else when it began to wait for readiness.
    pub(super) fn begun(&self) -> Option<&Begun> {
        self.begun.as_ref()
    }

    pub(super) fn is_sent(&self) -> bool {
        matches!(self.state, State::Called { .. })
    }
}

impl<S, B> Running<S, B>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    /// The outcome, once. What the attempt holds goes with it.
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Ended<S::Response>>> {
        let mut this = self.project();
        let (result, handed) = loop {
            match this.state.as_mut().project() {
                StateProj::Ready { service, request } => match ready!(service.poll_ready(cx)) {
                    Ok(()) => {
                        let Some(request) = request.take() else { return Poll::Ready(None) };
                        if let Some(begun) = this.begun {
                            begun.sent_at(Instant::now());
                        }
                        let future = service.call(request);
                        this.state.set(State::Called { future });
                    }
                    Err(error) => break (Err(error.into()), Handed::Unready),
                },
                StateProj::Called { future } => {
                    break (ready!(future.poll(cx)).map_err(Into::into), Handed::Over);
                }
                StateProj::Over => return Poll::Ready(None),
            }
        };
        this.state.set(State::Over);
        Poll::Ready(this.begun.take().map(|begun| Ended { begun, result, handed }))
    }
}
