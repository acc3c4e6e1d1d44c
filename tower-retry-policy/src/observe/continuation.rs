use crate::{Attempt, RetryWait};
use std::fmt;

/// A body that broke off and is to be read on, as an [`Observer`](super::Observer) sees it.
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct Continuation<'a> {
    pub(crate) number: u32,
    pub(crate) offset: u64,
    pub(crate) length: Option<u64>,
    pub(crate) wait: RetryWait,
    pub(crate) failed: &'a Attempt<'a>,
}

impl<'a> Continuation<'a> {
    /// Which continuation of this body is to come; the first is 1. Requests for the rest that failed are counted too, the
    /// retries of a layer below are not.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Bytes that the reader has, and so where the body goes on.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The length of the whole, where it is known.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The wait before the rest is asked for.
    pub fn wait(&self) -> RetryWait {
        self.wait
    }

    /// What failed, and the first request. Its [number](Attempt::number) counts all requests for this body, those of layers
    /// below included.
    pub fn failed(&self) -> &'a Attempt<'a> {
        self.failed
    }
}

impl fmt::Debug for Continuation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Continuation")
            .field("number", &self.number)
            .field("offset", &self.offset)
            .field("length", &self.length)
            .field("wait", &self.wait)
            .field("failed", &self.failed)
            .finish()
    }
}
