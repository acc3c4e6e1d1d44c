use super::{Expired, LimitError, LimitedBody, Sending, Watch, timer};
use http::Response;
use pin_project_lite::pin_project;
use std::{
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::time::Sleep;
use tower::BoxError;

pin_project! {
    /// The future of [`AttemptTimeout`](crate::attempt_timeout::AttemptTimeout) and
    /// [`DeadlineService`](crate::deadline::DeadlineService): the response's head within the limits of its call; `E` is the
    /// error that names them.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, E> {
        #[pin]
        state: State<F>,
        error: PhantomData<fn() -> E>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F> {
        Called {
            #[pin]
            inner: F,
            watch: Watch,
            sending: Option<Arc<Sending>>,
            #[pin]
            timer: Option<Sleep>,
        },
        Over {
            expired: Expired,
        },
    }
}

// ===== impl ResponseFuture =====

impl<F, E> ResponseFuture<F, E> {
    #[inline]
    pub(crate) fn new(inner: F, watch: Watch) -> Self {
        Self::sending(inner, watch, None)
    }

    /// A call whose request's body tells how far it is.
    #[inline]
    pub(crate) fn sending(inner: F, watch: Watch, sending: Option<Arc<Sending>>) -> Self {
        Self { state: State::Called { inner, watch, sending, timer: None }, error: PhantomData }
    }

    /// A call that is not made.
    pub(crate) fn refused(expired: Expired) -> Self {
        Self { state: State::Over { expired }, error: PhantomData }
    }

    // apart from the polling of the inner future, so that an answer that is there passes through little code
    #[inline(never)]
    fn poll_limits(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Expired> {
        let mut state = self.project().state;
        let expired = match state.as_mut().project() {
            StateProj::Called { watch, sending, timer, .. } => {
                ready!(poll_timer(watch, sending.as_deref(), timer, cx))
            }
            StateProj::Over { expired } => *expired,
        };
        // the inner future goes now, and its connection with it, not when the caller gets round to it
        state.set(State::Over { expired });
        Poll::Ready(expired)
    }
}

impl<F, B, X, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<Response<B>, X>>,
    X: Into<BoxError>,
    E: LimitError,
{
    type Output = Result<Response<LimitedBody<B, E>>, BoxError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let StateProj::Called { inner, watch, .. } = self.as_mut().project().state.project() {
            match inner.poll(cx) {
                Poll::Ready(Ok(response)) => {
                    let version = response.version();
                    let body = |inner| LimitedBody::new(inner, version, *watch);
                    return Poll::Ready(Ok(response.map(body)));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => {}
            }
        }
        self.poll_limits(cx).map(|expired| Err(E::passed(expired).into()))
    }
}

fn poll_timer(
    watch: &mut Watch,
    sending: Option<&Sending>,
    mut timer: Pin<&mut Option<Sleep>>,
    cx: &mut Context<'_>,
) -> Poll<Expired> {
    if timer.is_none() {
        let Some((end, at_once)) = watch.head_end() else { return Poll::Pending };
        if at_once {
            return Poll::Ready(watch.head_expired());
        }
        timer.set(Some(tokio::time::sleep_until(end)));
        timer.as_mut().as_pin_mut().map(timer::register);
    }
    let Some(mut sleep) = timer.as_pin_mut() else { return Poll::Pending };
    loop {
        ready!(timer::poll_fired(sleep.as_mut(), cx));
        let Some((end, expired)) = sending.and_then(|sending| watch.end_while(sending)) else {
            return Poll::Ready(watch.head_expired());
        };
        if end <= sleep.deadline() {
            return Poll::Ready(expired);
        }
        // too early: an upload that gets on moves the end, and no timer
        sleep.as_mut().reset(end);
    }
}
