use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::{Pin, pin},
    slice,
    task::{Context, Poll, Waker},
};
use tower_service::Service;

/// A service that answers at once, with the same frames each time.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    frames: &'a [Bytes],
    headers: &'a HeaderMap,
}

/// A body whose frames are all there.
pub struct Frames<'a> {
    left: slice::Iter<'a, Bytes>,
    bytes: u64,
}

// ===== impl Answer =====

impl<'a> Answer<'a> {
    pub fn new(frames: &'a [Bytes], headers: &'a HeaderMap) -> Self {
        Self { frames, headers }
    }

    /// The content in frames of their own memory, as a connection hands them on.
    pub fn cut(content: &[u8], len: usize) -> Vec<Bytes> {
        content.chunks(len).map(Bytes::copy_from_slice).collect()
    }
}

impl<'a> Service<Request<()>> for Answer<'a> {
    type Response = Response<Frames<'a>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let bytes = self.frames.iter().map(|frame| frame.len() as u64).sum();
        let mut response = Response::new(Frames { left: self.frames.iter(), bytes });
        response.headers_mut().insert("content-length", HeaderValue::from(bytes));
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        ready(Ok(response))
    }
}

// ===== impl Frames =====

impl Body for Frames<'_> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.left.next().map(|frame| {
            self.bytes -= frame.len() as u64;
            Ok(Frame::data(frame.clone()))
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes)
    }
}

/// The output of a future that waits for nothing.
pub fn poll_now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here is waited for"),
    }
}

/// Takes the frames out, as a consumer does, and shows each to `see`.
pub fn drain<B>(body: B, mut see: impl FnMut(&[u8]))
where
    B: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let mut body = pin!(body);
    while let Some(frame) = poll_now(body.as_mut().frame()) {
        if let Ok(data) = frame.expect("it is whole").into_data() {
            see(&data);
        }
    }
}
