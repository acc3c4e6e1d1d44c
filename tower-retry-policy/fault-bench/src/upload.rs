use crate::fault::Sends;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

/// The body of a request.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    rest: Option<Bytes>,
    announced: u64,
    fails: bool,
}

// ===== impl Upload =====

impl Upload {
    pub(crate) fn nothing() -> Self {
        Self { rest: None, announced: 0, fails: false }
    }

    pub(crate) fn new(sends: Sends) -> Self {
        let (rest, announced, fails) = match sends {
            Sends::Little => (Bytes::from_static(b"[1]"), 3, false),
            // more than the buffers of loopback take
            Sends::Much => (Bytes::from(vec![b' '; 8 << 20]), 8 << 20, false),
            Sends::LessThanAnnounced => (Bytes::from_static(b"[1"), 3, true),
        };
        Self { rest: Some(rest), announced, fails }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.rest.take() {
            self.announced -= bytes.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        Poll::Ready(self.fails.then(|| Err(io::Error::other("the upload's source has failed"))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && !self.fails
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
