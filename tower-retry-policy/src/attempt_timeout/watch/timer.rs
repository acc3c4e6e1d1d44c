use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Instant, Sleep};

/// Registers a fresh timer, so that it fires even if the task's budget never lets it be polled: a sleep registers
/// itself at its first poll only, and tokio refuses that poll to a task whose inner future has used the budget up.
pub(super) fn register(sleep: Pin<&mut Sleep>) {
    let at = sleep.deadline();
    sleep.reset(at);
}

/// Whether the timer has fired; if not, it wakes the task.
pub(super) fn poll_fired(sleep: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    // asked first, for the same reason: this question needs no budget
    if sleep.is_elapsed() { Poll::Ready(()) } else { sleep.poll(cx) }
}

/// Whether `at` has passed, with one timer for a whole body.
///
/// A timer that stands earlier is left alone until it fires: most waits end long before, so that most frames cost no
/// change of the timer at all.
pub(super) fn poll_passed(
    timer: &mut Option<Pin<Box<Sleep>>>,
    at: Instant,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let sleep = match timer {
        Some(sleep) => {
            if at < sleep.deadline() {
                sleep.as_mut().reset(at);
            }
            sleep
        }
        None => {
            let sleep = timer.insert(Box::pin(tokio::time::sleep_until(at)));
            register(sleep.as_mut());
            sleep
        }
    };
    while poll_fired(sleep.as_mut(), cx).is_ready() {
        if sleep.deadline() >= at {
            return Poll::Ready(());
        }
        sleep.as_mut().reset(at);
    }
    Poll::Pending
}
