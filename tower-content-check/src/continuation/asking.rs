use super::DoNotContinue;
use crate::range::{Accepts, Representation};
use http::{Extensions, HeaderValue, Method, Request, header};

/// What it takes to ask for the rest of a body: the first request, and a service of its own to send it.
pub(super) struct Asking<S, B> {
    pub(super) service: S,
    pub(super) request: Request<()>,
    body: B,
}

// ===== impl Asking =====

impl<S, B> Asking<S, B> {
    /// Nothing for a request whose answer is not continued.
    pub(super) fn of(request: &Request<B>, service: &S) -> Option<Self>
    where
        S: Clone,
        B: Clone,
    {
        let headers = request.headers();
        // What asks for a part knows how to go on itself.
        let is_own_range = headers.contains_key(header::RANGE) || headers.contains_key(header::IF_RANGE);
        if request.method() != Method::GET
            || is_own_range
            || request.extensions().get::<DoNotContinue>().is_some()
        {
            return None;
        }
        let mut copy = Request::new(());
        *copy.uri_mut() = request.uri().clone();
        *copy.version_mut() = request.version();
        *copy.headers_mut() = headers.clone();
        *copy.extensions_mut() = request.extensions().clone();
        Some(Self { service: service.clone(), request: copy, body: request.body().clone() })
    }

    /// What the first request says of codings.
    pub(super) fn first_accepts(&self) -> Accepts {
        Accepts::of(self.request.headers())
    }

    /// What the requests for the rest say of codings.
    pub(super) fn accepts(&self, content: &Representation) -> Accepts {
        match self.first_accepts() {
            Accepts::Unsaid if !content.is_coded() => Accepts::Plain,
            accepts => accepts,
        }
    }

    /// The request for what follows `offset`.
    pub(super) fn request(&self, content: &Representation, offset: u64, extensions: Extensions) -> Request<B>
    where
        B: Clone,
    {
        let mut request = Request::new(self.body.clone());
        *request.uri_mut() = self.request.uri().clone();
        *request.version_mut() = self.request.version();
        *request.extensions_mut() = extensions;
        let mut headers = self.request.headers().clone();
        // They are evaluated before Range: an answer without content would be all that comes (RFC 9110 section 13.2.2).
        headers.remove(header::IF_NONE_MATCH);
        headers.remove(header::IF_MODIFIED_SINCE);
        // Without this field a layer below may ask for a coding, which could not be unpacked from its middle.
        if self.first_accepts() == Accepts::Unsaid && !content.is_coded() {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if offset > 0 {
            headers.insert(header::RANGE, content.range_from(offset));
            headers.insert(header::IF_RANGE, content.validator.value().clone());
        }
        *request.headers_mut() = headers;
        request
    }
}
