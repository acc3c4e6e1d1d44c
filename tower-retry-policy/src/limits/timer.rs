use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::Sleep;

/// Registers a fresh timer, so that it fires even if the task's budget never lets it be polled: a sleep registers
/// itself at its first poll only, and tokio refuses that poll to a task whose inner future has used the budget up.
pub(crate) fn register(sleep: Pin<&mut Sleep>) {
    let at = sleep.deadline();
    sleep.reset(at);
}

/// Whether the timer has fired; if not, it wakes the task.
pub(crate) fn poll_fired(sleep: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    // asked first, for the same reason: this question needs no budget
    if sleep.is_elapsed() { Poll::Ready(()) } else { sleep.poll(cx) }
}
