use super::{
    coding::{Accepts, may_be_unpacked},
    etag,
};
use crate::{declared::Declared, frames::Frames};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Uri, header};
use std::fmt;

/// What has come of a representation, and what is known of it.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) uri: Uri,
    pub(super) etag: HeaderValue,
    /// Length of the whole, where it is known.
    pub(super) complete: Option<u64>,
    /// The fields of the complete response: they stand for the whole.
    pub(super) head: HeaderMap,
    pub(super) frames: Frames,
    /// Whether a server has refused the rest since the last byte came.
    pub(super) refused: bool,
}

// ===== impl Record =====

impl Record {
    /// Begins with a complete response, if what comes of it could be continued.
    pub(super) fn begin(uri: Uri, headers: &HeaderMap, declared: Declared, accepts: Accepts) -> Option<Self> {
        let etag = etag::strong(headers)?.clone();
        let ranges_refused = headers
            .get(header::ACCEPT_RANGES)
            .is_some_and(|ranges| ranges.as_bytes().eq_ignore_ascii_case(b"none"));
        if ranges_refused || declared == Declared::Invalid || may_be_unpacked(accepts, headers, declared) {
            return None;
        }
        Some(Self {
            uri,
            etag,
            complete: declared.length(),
            head: headers.clone(),
            frames: Frames::default(),
            refused: false,
        })
    }

    pub(super) fn push(&mut self, data: &Bytes) {
        self.frames.push(data.clone());
    }

    /// Bytes that have come.
    pub(super) fn len(&self) -> u64 {
        self.frames.len()
    }

    /// Whether there is something to continue, and something missing.
    pub(super) fn is_partial(&self) -> bool {
        self.len() > 0 && self.complete.is_none_or(|complete| self.len() < complete)
    }

    /// Whether the content is encoded.
    pub(super) fn is_coded(&self) -> bool {
        self.head.contains_key(header::CONTENT_ENCODING)
    }
}

impl fmt::Debug for Record {
    /// Shows neither the address nor the fields: both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("received", &self.len())
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}
