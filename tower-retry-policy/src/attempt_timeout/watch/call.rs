use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::BoxError;

use super::{Expired, Watch, timer};

pin_project! {
    /// A call that is waited for until its first limit passes.
    #[derive(Debug)]
    pub(crate) struct WatchedCall<F> {
        #[pin]
        state: State<F>,
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
            #[pin]
            timer: Option<Sleep>,
        },
        Over {
            expired: Expired,
        },
    }
}

impl<F> WatchedCall<F> {
    pub(crate) fn new(inner: F, watch: Watch) -> Self {
        Self { state: State::Called { inner, watch, timer: None } }
    }

    /// A call that is not made.
    pub(crate) fn refused(expired: Expired) -> Self {
        Self { state: State::Over { expired } }
    }

    /// What the call answers, with the watch that its body is to be read under.
    pub(crate) fn poll_head<T, E, X>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        too_late: impl FnOnce(Expired) -> X,
    ) -> Poll<Result<(T, Watch), BoxError>>
    where
        F: Future<Output = Result<T, E>>,
        E: Into<BoxError>,
        X: Into<BoxError>,
    {
        let mut state = self.project().state;
        let expired = match state.as_mut().project() {
            StateProj::Called { inner, watch, timer } => match inner.poll(cx) {
                Poll::Ready(Ok(answer)) => return Poll::Ready(Ok((answer, *watch))),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => ready!(poll_limits(watch, timer, cx)),
            },
            StateProj::Over { expired } => *expired,
        };
        // the inner future goes now, and its connection with it, not when the caller gets round to it
        state.set(State::Over { expired });
        Poll::Ready(Err(too_late(expired).into()))
    }
}

fn poll_limits(watch: &mut Watch, mut timer: Pin<&mut Option<Sleep>>, cx: &mut Context<'_>) -> Poll<Expired> {
    if timer.is_none() {
        let Some((at, limit, allowed)) = watch.before_head() else { return Poll::Pending };
        if allowed.is_zero() {
            return Poll::Ready(Expired { limit, allowed });
        }
        timer.set(Some(tokio::time::sleep_until(at)));
        timer.as_mut().as_pin_mut().map(timer::register);
    }
    if let Some(sleep) = timer.as_pin_mut() {
        ready!(timer::poll_fired(sleep, cx));
    }
    match watch.before_head() {
        Some((_, limit, allowed)) => Poll::Ready(Expired { limit, allowed }),
        None => Poll::Pending,
    }
}
