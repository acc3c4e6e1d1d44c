use crate::{
    budget::RequestHead,
    replay_body::{self, Ticket},
};
use http::{Request, header::HOST};
use std::mem;

/// What a call keeps of its request.
pub(super) enum Kept<B> {
    /// All of it, for another attempt or for whoever is shown the head; and the number of the first attempt's body, if
    /// that is recorded.
    Whole(Request<B>, Option<Ticket>),
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
        if whole {
            Self::Whole(request.clone(), replay_body::number(request.body_mut()))
        } else {
            Self::Line(line_of(request))
        }
    }

    /// The request of a further attempt: a copy, or what was kept if it need not be kept any longer.
    pub(super) fn next(&mut self, keep: bool) -> Option<Request<B>> {
        let Self::Whole(request, _) = self else { return None };
        if keep {
            return Some(request.clone());
        }
        let line = Self::Line(line_of(request));
        match mem::replace(self, line) {
            Self::Whole(request, _) => Some(request),
            Self::Line(_) => None,
        }
    }
}

impl<B> Kept<B> {
    /// The number of the first attempt's body.
    pub(super) fn first_reader(&self) -> Option<Ticket> {
        if let Self::Whole(_, reader) = self { *reader } else { None }
    }

    pub(super) fn shown(&self) -> Shown<'_, B> {
        match self {
            Self::Whole(request, _) => Shown::of(request),
            Self::Line(request) => Shown { head: RequestHead::new(request), body: None },
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
