use crate::declared::Declared;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use std::fmt;

/// What is known about a response before its body: the view that checks and predicates are given.
///
/// Facts may be added; a check is not broken by that.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) declared: Declared,
}

/// Fields by their names alone: values may be cookies and tokens.
pub(crate) struct FieldNames<'a>(pub(crate) &'a HeaderMap);

/// What is remembered of the request: cheap to keep, unlike its headers.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) range: Option<HeaderValue>,
}

// ===== impl Head =====

impl<'a> Head<'a> {
    /// The method of the request.
    pub fn method(&self) -> &'a Method {
        &self.asked.method
    }

    /// The `Range` header of the request, where it had one.
    pub fn range(&self) -> Option<&'a HeaderValue> {
        self.asked.range.as_ref()
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The HTTP version of the response.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The headers of the response.
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The length of the body in bytes, as declared by `Content-Length` or stated by the body itself.
    pub fn declared_length(&self) -> Option<u64> {
        self.declared.length()
    }

    /// Whether only the end of the connection ends the body: such a body may be cut without anybody knowing.
    ///
    /// Behind a layer that removes `Content-Length`, as decompression does, every HTTP/1 body looks so.
    pub fn is_close_delimited(&self) -> bool {
        self.declared == Declared::CloseDelimited
    }

    /// Whether a response to this request with this status has a body at all.
    ///
    /// RFC 9110 section 6.4.1: none to HEAD, none with 1xx, 204 and 304, none to CONNECT with 2xx; section
    /// 15.3.6: none with 205.
    pub fn has_body(&self) -> bool {
        let status = self.status;
        !(self.method() == Method::HEAD
            || status.is_informational()
            || matches!(
                status,
                StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
            )
            || self.method() == Method::CONNECT && status.is_success())
    }

    /// Whether the answer is nothing without content: one with 200 or 203 to GET, QUERY or POST.
    ///
    /// RFC 9110 section 15.3.1: the content of a 200 is the resource for GET, and the result of the action for POST. The
    /// other methods and successes report what was done, and the status says enough.
    pub fn expects_content(&self) -> bool {
        matches!(self.method().as_str(), "GET" | "QUERY" | "POST")
            && matches!(self.status, StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION)
    }

    /// Whether there is no content, by the answer's own word, and none is expected.
    pub(crate) fn has_no_content(&self) -> bool {
        self.declared_length() == Some(0) && !self.expects_content()
    }

    /// Whether the content is all of the representation, so that a check of its form can judge it.
    pub(crate) fn has_whole_content(&self) -> bool {
        self.status != StatusCode::PARTIAL_CONTENT && !self.has_no_content()
    }

    /// The media type without its parameters, as it is written; nothing where the field is missing.
    pub(crate) fn media_type(&self) -> Option<&'a [u8]> {
        let value = self.headers.get(header::CONTENT_TYPE)?.as_bytes();
        Some(value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii())
    }

    /// The content codings that are still on the body, outermost last, `identity` left out.
    pub(crate) fn content_codings(&self) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .get_all(header::CONTENT_ENCODING)
            .into_iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
    }
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", self.method())
            .field("status", &self.status)
            .field("version", &self.version)
            .field("headers", &FieldNames(self.headers))
            .field("declared", &self.declared)
            .finish()
    }
}

// ===== impl FieldNames =====

impl fmt::Debug for FieldNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(http::HeaderName::as_str)).finish()
    }
}

// ===== impl Asked =====

impl Asked {
    pub(crate) fn of<B>(request: &http::Request<B>) -> Self {
        Self { method: request.method().clone(), range: request.headers().get(header::RANGE).cloned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_responses_have_a_body() {
        let cases = [
            (Method::GET, 200, true),
            (Method::GET, 206, true),
            (Method::GET, 404, true),
            (Method::POST, 503, true),
            (Method::HEAD, 200, false),
            (Method::HEAD, 503, false),
            (Method::GET, 100, false),
            (Method::GET, 101, false),
            (Method::GET, 204, false),
            (Method::GET, 205, false),
            (Method::GET, 304, false),
            (Method::CONNECT, 200, false),
            (Method::CONNECT, 407, true),
        ];
        for (method, status, expected) in cases {
            let asked = Asked { method, range: None };
            let headers = HeaderMap::new();
            let head = Head {
                asked: &asked,
                status: StatusCode::from_u16(status).unwrap(),
                version: Version::HTTP_11,
                headers: &headers,
                declared: Declared::Framed,
            };
            assert_eq!(head.has_body(), expected, "{} {status}", head.method());
        }
    }
}
