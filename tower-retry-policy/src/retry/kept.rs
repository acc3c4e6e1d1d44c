use super::packed_head::PackedHead;
use crate::budget::RequestHead;
use http::{Request, header::HOST};
use std::mem;

/// What a call keeps of its request.
pub(super) enum Kept<B> {
    /// All of it, until an attempt has failed: most calls need no more.
    Packed(PackedHead, B),
    /// All of it, for another attempt or for whoever is shown the head.
    Whole(Request<B>),
    /// No attempt can follow: method, target and `Host`, for the story of the call.
    Line(Request<()>),
}

/// What is shown of a request when an attempt has ended.
pub(super) struct Shown<'a, B> {
    pub(super) head: RequestHead<'a>,
    /// Where it can be sent again at all.
    pub(super) body: Option<&'a B>,
}

// ===== impl Kept =====

impl<B: Clone> Kept<B> {
    #[inline]
    pub(super) fn of(request: &Request<B>, whole: bool) -> Self {
        if whole {
            Self::Packed(PackedHead::of(request), request.body().clone())
        } else {
            Self::Line(line_of(request))
        }
    }

    /// The request of a further attempt: a copy, or what was kept if it need not be kept any longer.
    pub(super) fn next(&mut self, keep: bool) -> Option<Request<B>> {
        self.unpack();
        let Self::Whole(request) = self else { return None };
        if keep {
            return Some(request.clone());
        }
        let line = Self::Line(line_of(request));
        match mem::replace(self, line) {
            Self::Whole(request) => Some(request),
            Self::Packed(..) | Self::Line(_) => None,
        }
    }
}

impl<B> Kept<B> {
    /// What an attempt has ended for, or another is to begin with: from here on the request is looked at.
    pub(super) fn shown(&mut self) -> Shown<'_, B> {
        self.unpack();
        match self {
            Self::Whole(request) => Shown::of(request),
            Self::Line(request) => Shown { head: RequestHead::new(request), body: None },
            Self::Packed(..) => unreachable!("unpacked a line above"),
        }
    }

    fn unpack(&mut self) {
        if let Self::Packed(..) = self
            && let Self::Packed(head, body) = mem::replace(self, Self::Line(Request::new(())))
        {
            *self = Self::Whole(head.unpack(body));
        }
    }
}

// ===== impl Shown =====

impl<'a, B> Shown<'a, B> {
    pub(super) fn of(request: &'a Request<B>) -> Self {
        Self { head: RequestHead::new(request), body: Some(request.body()) }
    }
}

impl<B> Clone for Shown<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Shown<'_, B> {}

fn line_of<B>(request: &Request<B>) -> Request<()> {
    let mut line = Request::new(());
    line.method_mut().clone_from(request.method());
    line.uri_mut().clone_from(request.uri());
    if request.uri().authority().is_none()
        && let Some(host) = request.headers().get(HOST)
    {
        line.headers_mut().insert(HOST, host.clone());
    }
    line
}
