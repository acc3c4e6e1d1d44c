use super::{Expired, Watch, timer};
use pin_project_lite::pin_project;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, Sleep, sleep_until};

pin_project! {
    /// The waits of one body, which share a timer.
    #[derive(Debug)]
    pub(super) struct Wait {
        // none while no frame is awaited: the consumer's time is not the server's
        since: Option<Instant>,
        call_end: Option<Instant>,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl Wait {
    /// Before the first wait, which begins when it is polled.
    pub(super) fn new(watch: &mut Watch) -> Self {
        let now = Instant::now();
        Self { since: Some(now), call_end: watch.call_end(now), timer: None }
    }

    /// Ends the wait: the frame is there.
    pub(super) fn end(self: Pin<&mut Self>) {
        *self.project().since = None;
    }

    pub(super) fn poll(self: Pin<&mut Self>, watch: &Watch, cx: &mut Context<'_>) -> Poll<Expired> {
        let mut this = self.project();
        let since = *this.since.get_or_insert_with(Instant::now);
        let Some(end) = watch.frame_end(since, *this.call_end) else { return Poll::Pending };
        // a limit of zero, or one that passed while the consumer was away, needs no timer
        if end > since {
            ready!(poll_passed(this.timer.as_mut(), end, cx));
        }
        Poll::Ready(watch.frame_expired(since, *this.call_end))
    }
}

/// Whether `end` has passed.
///
/// The timer never stands later than that, because each wait begins after the one before. Where it stands earlier it is
/// left alone until it fires: most waits are over long before, so that most frames cost no change of the timer at all.
fn poll_passed(mut timer: Pin<&mut Option<Sleep>>, end: Instant, cx: &mut Context<'_>) -> Poll<()> {
    if timer.is_none() {
        timer.set(Some(sleep_until(end)));
        timer.as_mut().as_pin_mut().map(timer::register);
    }
    let Some(mut sleep) = timer.as_pin_mut() else { return Poll::Pending };
    loop {
        ready!(timer::poll_fired(sleep.as_mut(), cx));
        if sleep.deadline() >= end {
            return Poll::Ready(());
        }
        sleep.as_mut().reset(end);
    }
}
