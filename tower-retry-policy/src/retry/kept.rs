use super::packed_head::PackedHead;
use crate::{
    budget::RequestHead,
    replay_body::{self, Ticket},
};
use http::{Request, header::HOST};
use std::mem;

/// What a call keeps of its request.
pub(super) struct Kept<B> {
    content: Content<B>,
    /// The number of the first attempt's body, if that is recorded.
    first_reader: Option<Ticket>,
}

enum Content<B> {
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

impl<B: Clone + 'static> Kept<B> {
    #[inline]
    pub(super) fn of(request: &mut Request<B>, whole: bool) -> Self {
        if !whole {
            return Self { content: Content::Line(line_of(request)), first_reader: None };
        }
        let content = Content::Packed(PackedHead::of(request), request.body().clone());
        Self { content, first_reader: replay_body::number(request.body_mut()) }
    }

    /// The request of a further attempt: a copy, or what was kept if it need not be kept any longer.
    pub(super) fn next(&mut self, keep: bool) -> Option<Request<B>> {
        self.content.unpack();
        let Content::Whole(request) = &self.content else { return None };
        if keep {
            return Some(request.clone());
        }
        let line = Content::Line(line_of(request));
        match mem::replace(&mut self.content, line) {
            Content::Whole(request) => Some(request),
            Content::Packed(..) | Content::Line(_) => None,
        }
    }
}

impl<B> Kept<B> {
    /// The number of the first attempt's body.
    pub(super) fn first_reader(&self) -> Option<Ticket> {
        self.first_reader
    }

    /// What an attempt has ended for, or another is to begin with: from here on the request is looked at.
    pub(super) fn shown(&mut self) -> Shown<'_, B> {
        self.content.unpack();
        match &self.content {
            Content::Whole(request) => Shown::of(request),
            Content::Line(request) => Shown { head: RequestHead::new(request), body: None },
            Content::Packed(..) => unreachable!("unpacked a line above"),
        }
    }
}

// ===== impl Content =====

impl<B> Content<B> {
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
