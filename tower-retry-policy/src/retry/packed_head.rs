//! The head of a request in one block.
//!
//! Most calls are not retried, so what counts is what it costs to keep a head and to let it go. The first copy of a header
//! value that was made for this request (`.header("a", "b")`) allocates, and so do the two tables of a `HeaderMap`: eight
//! fields cost ten allocations. Their bytes side by side cost one; the map is made anew if an attempt has failed.

use crate::Deadline;
use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header::HOST};

#[derive(Default)]
pub(super) struct PackedHead {
    method: Method,
    uri: Uri,
    version: Version,
    extensions: Extensions,
    /// The only extension, if it was that: a copy of the map would allocate three times.
    deadline: Option<Deadline>,
    fields: Fields,
}

/// Header fields, one after the other.
#[derive(Default)]
struct Fields {
    /// Of each field: the length of its name, and of its value with a bit for a sensitive one; then both.
    bytes: Vec<u8>,
    count: usize,
}

const LENGTHS: usize = 8;

/// What a name and a value take as a rule. It is a guess, because to ask each for its length costs half as much as to copy
/// it; the block grows if it was one.
const USUAL: usize = 64;
const SENSITIVE: u32 = 1 << 31;

// ===== impl PackedHead =====

impl PackedHead {
    #[inline]
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let extensions = request.extensions();
        let deadline = if extensions.len() == 1 { extensions.get().copied() } else { None };
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            extensions: if deadline.is_none() { extensions.clone() } else { Extensions::new() },
            deadline,
            fields: Fields::of(request.headers()),
        }
    }

    /// What names a request in the story of its call: method, target and `Host`.
    #[inline]
    pub(super) fn line_of<B>(request: &Request<B>) -> Self {
        let mut fields = Fields::default();
        if request.uri().authority().is_none()
            && let Some(host) = request.headers().get(HOST)
        {
            fields.bytes.reserve_exact(USUAL);
            fields.push(&HOST, host);
        }
        let (method, uri) = (request.method().clone(), request.uri().clone());
        Self { method, uri, fields, ..Self::default() }
    }

    /// The request as it was.
    pub(super) fn unpack<B>(self, body: B) -> Request<B> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.version_mut() = self.version;
        *request.extensions_mut() = self.extensions;
        if let Some(deadline) = self.deadline {
            request.extensions_mut().insert(deadline);
        }
        *request.headers_mut() = self.fields.unpack();
        request
    }
}

// ===== impl Fields =====

impl Fields {
    fn of(headers: &HeaderMap) -> Self {
        let mut fields = Self { bytes: Vec::with_capacity(headers.len() * USUAL), count: 0 };
        headers.iter().for_each(|(name, value)| fields.push(name, value));
        fields
    }

    #[inline]
    fn push(&mut self, name: &HeaderName, value: &HeaderValue) {
        // neither is as long as two gigabytes: a header map holds less than that in all
        let sensitive = if value.is_sensitive() { SENSITIVE } else { 0 };
        let name = name.as_str().as_bytes();
        let lengths = u64::from(name.len() as u32) << 32 | u64::from(value.len() as u32 | sensitive);
        self.bytes.extend_from_slice(&lengths.to_ne_bytes());
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(value.as_bytes());
        self.count += 1;
    }

    fn unpack(self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.count);
        let fields = Bytes::from(self.bytes);
        let mut at = 0;
        while let Some((lengths, _)) = fields[at..].split_first_chunk::<LENGTHS>() {
            let lengths = u64::from_ne_bytes(*lengths);
            let (name_len, value_len) = ((lengths >> 32) as usize, lengths as u32);
            let value_at = at + LENGTHS + name_len;
            let end = value_at + (value_len & !SENSITIVE) as usize;
            let name = HeaderName::from_bytes(&fields[at + LENGTHS..value_at]);
            let value = HeaderValue::from_maybe_shared(fields.slice(value_at..end));
            let mut value = value.expect("it was a header value before");
            value.set_sensitive(value_len & SENSITIVE != 0);
            headers.append(name.expect("it was a header name before"), value);
            at = end;
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn a_head_without_fields_takes_no_memory() {
        let fields = Fields::of(&HeaderMap::new());
        assert_eq!(fields.bytes.capacity(), 0);
        assert!(fields.unpack().is_empty());
    }

    proptest! {
        #[test]
        fn a_head_comes_back_as_it_was(
            fields in proptest::collection::vec(
                ("[a-z][a-zA-Z0-9_!#$%&'*+.^`|~-]{0,40}|accept|host|cookie", "[ -~\\t\u{80}-\u{ff}]{0,60}", any::<bool>()),
                0..20,
            ),
            method in "GET|POST|[A-Z]{1,20}",
            path in "/[a-z0-9?=&]{0,20}",
            extensions in 0_u8..4,
        ) {
            let mut request = Request::builder().method(method.as_str()).uri(path).version(Version::HTTP_2).body(7).unwrap();
            let deadline = Deadline::after(Duration::from_secs(60));
            let deadline = (extensions & 1 > 0).then(|| request.extensions_mut().insert(deadline)).map(|_| deadline);
            let other = (extensions & 2 > 0).then(|| request.extensions_mut().insert("kept")).map(|_| "kept");
            for (name, value, sensitive) in &fields {
                let mut value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                value.set_sensitive(*sensitive);
                request.headers_mut().append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
            }
            let unpacked = PackedHead::of(&request).unpack(7);
            prop_assert_eq!(unpacked.headers(), request.headers());
            for name in request.headers().keys() {
                let sensitive = |request: &Request<i32>| {
                    request.headers().get_all(name).iter().map(HeaderValue::is_sensitive).collect::<Vec<_>>()
                };
                prop_assert_eq!(sensitive(&unpacked), sensitive(&request));
            }
            prop_assert_eq!(unpacked.method(), request.method());
            prop_assert_eq!(unpacked.uri(), request.uri());
            prop_assert_eq!(unpacked.version(), request.version());
            prop_assert_eq!(unpacked.extensions().get::<Deadline>(), deadline.as_ref());
            prop_assert_eq!(unpacked.extensions().get::<&str>(), other.as_ref());
        }
    }
}
