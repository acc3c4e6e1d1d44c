//! A body whose beginning is in a file.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    fs::File,
    io::{AsyncRead, ReadBuf},
};
use tower::BoxError;

/// What is in the file, and then the body.
pub(crate) struct Spliced<B> {
    beginning: Option<(File, u64)>,
    then: B,
}

// ===== impl Spliced =====

impl<B> Spliced<B> {
    pub(crate) fn whole(body: B) -> Self {
        Self { beginning: None, then: body }
    }

    /// So many bytes of the file, from where it stands, and then the body.
    pub(crate) fn new(file: File, length: u64, then: B) -> Self {
        Self { beginning: Some((file, length)), then }
    }
}

impl<B> Body for Spliced<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let Some((file, left)) = &mut this.beginning else {
            return Pin::new(&mut this.then).poll_frame(cx).map_err(Into::into);
        };
        let mut data = vec![0; usize::try_from(*left).map_or(PIECE, |left| left.min(PIECE))];
        let mut buffer = ReadBuf::new(&mut data);
        ready!(Pin::new(file).poll_read(cx, &mut buffer))?;
        let came = buffer.filled().len();
        if came == 0 {
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())));
        }
        data.truncate(came);
        *left -= came as u64;
        if *left == 0 {
            this.beginning = None;
        }
        Poll::Ready(Some(Ok(Frame::data(data.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.beginning.is_none() && self.then.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.beginning.as_ref().map_or(0, |(_, left)| *left);
        match self.then.size_hint().exact() {
            Some(rest) => SizeHint::with_exact(left + rest),
            None => SizeHint::default(),
        }
    }
}

/// Read at once; tokio reads files on threads of its own, and each hand-over costs.
const PIECE: usize = 64 * 1024;
