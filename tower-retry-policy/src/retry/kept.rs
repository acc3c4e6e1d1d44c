use super::packed_head::PackedHead;
use crate::{
    budget::RequestHead,
    replay_body::{self, Ticket},
};
use http::{Request, request::Parts};
use std::mem;

/// What a call keeps of its request.
pub(super) struct Kept<B> {
    content: Content<B>,
    /// The number of the first attempt's body, if that is recorded.
    first_reader: Option<Ticket>,
}

/// The body is there as long as another attempt may follow; without it the head is that of the story of the call.
enum Content<B> {
    /// Until an attempt has failed: most calls need no more.
    Packed(PackedHead, Option<B>),
    /// Boxed, because this is moved about with the future of every call.
    Whole(Box<Request<Option<B>>>),
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
            return Self { content: Content::Packed(PackedHead::line_of(request), None), first_reader: None };
        }
        let content = Content::Packed(PackedHead::of(request), Some(request.body().clone()));
        Self { content, first_reader: replay_body::number(request.body_mut()) }
    }

    /// The request of a further attempt: a copy, or what was kept if it need not be kept any longer.
    pub(super) fn next(&mut self, keep: bool) -> Option<Request<B>> {
        let request = self.content.whole();
        let (head, body) = if keep {
            request.clone().into_parts()
        } else {
            let line = PackedHead::line_of(request).unpack(None);
            mem::replace(request, line).into_parts()
        };
        Some(Request::from_parts(head, body?))
    }
}

impl<B> Kept<B> {
    /// The number of the first attempt's body.
    pub(super) fn first_reader(&self) -> Option<Ticket> {
        self.first_reader
    }

    /// The head of the next attempt, for the hook before it.
    pub(super) fn head(&mut self) -> Parts {
        let request = self.content.whole();
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        *head.version_mut() = request.version();
        *head.headers_mut() = request.headers().clone();
        *head.extensions_mut() = request.extensions().clone();
        head.into_parts().0
    }

    /// What the hook has made of it, for all further attempts.
    pub(super) fn set_head(&mut self, head: Parts) {
        let request = self.content.whole();
        let body = request.body_mut().take();
        *request = Request::from_parts(head, body);
    }

    /// What an attempt has ended for, or another is to begin with: from here on the request is looked at.
    pub(super) fn shown(&mut self) -> Shown<'_, B> {
        let request = &*self.content.whole();
        Shown { head: RequestHead::new(request), body: request.body().as_ref() }
    }
}

// ===== impl Content =====

impl<B> Content<B> {
    fn whole(&mut self) -> &mut Request<Option<B>> {
        if let Self::Packed(head, body) = self {
            *self = Self::Whole(Box::new(mem::take(head).unpack(body.take())));
        }
        match self {
            Self::Whole(request) => request,
            Self::Packed(..) => unreachable!("unpacked a line above"),
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
