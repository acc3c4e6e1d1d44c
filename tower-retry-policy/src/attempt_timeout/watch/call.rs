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

    /// What the call answers, made into `U` together with the watch that its body is to be read under.
    #[inline]
    pub(crate) fn poll_head<T, E, U, X>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        in_time: impl FnOnce(T, Watch) -> U,
        too_late: impl FnOnce(Expired) -> X,
    ) -> Poll<Result<U, BoxError>>
    where
        F: Future<Output = Result<T, E>>,
        E: Into<BoxError>,
        X: Into<BoxError>,
    {
        if let StateProj::Called { inner, watch, .. } = self.as_mut().project().state.project() {
            match inner.poll(cx) {
                Poll::Ready(Ok(answer)) => return Poll::Ready(Ok(in_time(answer, *watch))),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => {}
            }
        }
        self.poll_limits(cx).map(|expired| Err(too_late(expired).into()))
    }

    // apart from the polling of the inner future, so that an answer that is there passes through little code
    #[inline(never)]
    fn poll_limits(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Expired> {
        let mut state = self.project().state;
        let expired = match state.as_mut().project() {
            StateProj::Called { watch, timer, .. } => ready!(poll_timer(watch, timer, cx)),
            StateProj::Over { expired } => *expired,
        };
        // the inner future goes now, and its connection with it, not when the caller gets round to it
        state.set(State::Over { expired });
        Poll::Ready(expired)
    }
}

fn poll_timer(watch: &mut Watch, mut timer: Pin<&mut Option<Sleep>>, cx: &mut Context<'_>) -> Poll<Expired> {
    if timer.is_none() {
        let Some((end, at_once)) = watch.head_end() else { return Poll::Pending };
        if at_once {
            return Poll::Ready(watch.head_expired());
        }
        timer.set(Some(tokio::time::sleep_until(end)));
        timer.as_mut().as_pin_mut().map(timer::register);
    }
    let Some(sleep) = timer.as_pin_mut() else { return Poll::Pending };
    ready!(timer::poll_fired(sleep, cx));
    Poll::Ready(watch.head_expired())
}
