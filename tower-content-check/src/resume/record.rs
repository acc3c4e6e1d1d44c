use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use super::etag;
use crate::{declared::Declared, frames::Frames};

/// What describes the content of one message rather than the representation: it is true of the first response and
/// not of a part.
pub(super) const OF_THE_MESSAGE: [HeaderName; 2] =
    [HeaderName::from_static("content-digest"), HeaderName::from_static("content-md5")];

/// What has come of a representation, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) uri: Uri,
    pub(super) etag: HeaderValue,
    /// Length of the whole, where it was declared.
    pub(super) complete: Option<u64>,
    pub(super) coding: Option<HeaderValue>,
    /// The fields of the first response that a part must not replace.
    pub(super) of_the_message: HeaderMap,
    pub(super) frames: Frames,
}

// ===== impl Record =====

impl Record {
    /// Begins with a complete response, if what comes of it could be continued.
    pub(super) fn begin(uri: Uri, headers: &HeaderMap, declared: Declared) -> Option<Self> {
        let ranges_refused = headers
            .get(header::ACCEPT_RANGES)
            .is_some_and(|ranges| ranges.as_bytes().eq_ignore_ascii_case(b"none"));
        if ranges_refused || declared == Declared::Invalid {
            return None;
        }
        let mut of_the_message = HeaderMap::new();
        for name in OF_THE_MESSAGE {
            for value in headers.get_all(&name) {
                of_the_message.append(name.clone(), value.clone());
            }
        }
        Some(Self {
            uri,
            etag: etag::strong(headers)?.clone(),
            complete: declared.length(),
            coding: headers.get(header::CONTENT_ENCODING).cloned(),
            of_the_message,
            frames: Frames::default(),
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
}
