use super::place::Ticket;
use std::{
    sync::Arc,
    task::{Wake, Waker},
};

/// The readers that wait for the next frame.
///
/// A body wakes only the last one that asked it. Two attempts can be alive at once, and the last one to ask may be
/// the one that is never heard of again: so whoever asks while another waits does so in the name of both.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    wakers: Vec<(Ticket, Waker)>,
}

struct All(Vec<Waker>);

impl Waiting {
    /// The waker to ask with, where another waits beside this reader.
    #[inline]
    pub(super) fn together_with(&self, ticket: Ticket, own: &Waker) -> Option<Waker> {
        if self.is_alone(Some(ticket)) {
            return None;
        }
        let others = self.wakers.iter().filter(|(other, _)| *other != ticket).map(|(_, waker)| waker);
        Some(Arc::new(All(others.chain([own]).cloned().collect())).into())
    }

    pub(super) fn enter(&mut self, ticket: Ticket, waker: &Waker) {
        match self.wakers.iter_mut().find(|(reader, _)| *reader == ticket) {
            Some((_, earlier)) => earlier.clone_from(waker),
            None => self.wakers.push((ticket, waker.clone())),
        }
    }

    /// Whether nobody waits but this reader, which keeps its place when it gets something.
    #[inline]
    pub(super) fn is_alone(&self, ticket: Option<Ticket>) -> bool {
        match self.wakers.as_slice() {
            [] => true,
            [(reader, _)] => Some(*reader) == ticket,
            _ => false,
        }
    }

    /// Everybody who waits, to be woken.
    pub(super) fn all(&mut self) -> Vec<Waker> {
        self.wakers.drain(..).map(|(_, waker)| waker).collect()
    }
}

impl Wake for All {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.iter().for_each(Waker::wake_by_ref);
    }
}
