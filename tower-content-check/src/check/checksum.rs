use super::FlowCheck;
use crate::{
    Check, End, Head, Rejection,
    digest::{Algorithm, Comparison, announces, base64},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};

/// Each field states one hash in base64.
const FIELDS: [(&str, HeaderName, Algorithm); 6] = [
    ("Content-MD5", HeaderName::from_static("content-md5"), Algorithm::Md5),
    ("x-amz-checksum-crc32", HeaderName::from_static("x-amz-checksum-crc32"), Algorithm::Crc32),
    ("x-amz-checksum-crc32c", HeaderName::from_static("x-amz-checksum-crc32c"), Algorithm::Crc32c),
    ("x-amz-checksum-crc64nvme", HeaderName::from_static("x-amz-checksum-crc64nvme"), Algorithm::Crc64Nvme),
    ("x-amz-checksum-sha1", HeaderName::from_static("x-amz-checksum-sha1"), Algorithm::Sha1),
    ("x-amz-checksum-sha256", HeaderName::from_static("x-amz-checksum-sha256"), Algorithm::Sha256),
];

/// Accepts content that agrees with its `Content-MD5` and with the `x-amz-checksum-crc32`, `-crc32c`, `-crc64nvme`,
/// `-sha1` and `-sha256` of object stores, in the headers or the trailers.
///
/// They detect damage, not forgery. Like [`Digest`](super::Digest) this check belongs below a decompression layer. The
/// checksums of object stores are of the whole object, and stores send its `Content-MD5` with a part too, so a 206 is not
/// compared. A field says nothing if it is no base64 of the algorithm's length: one that was combined from parts (`...-3`),
/// a hexadecimal one, several different ones.
#[derive(Clone, Debug, Default)]
pub struct Checksum {
    comparison: Comparison,
}

// ===== impl Checksum =====

impl Checksum {
    /// Accepts what agrees with its checksums, and what states none.
    pub fn new() -> Self {
        Self::default()
    }

    fn expect<'a>(
        &mut self,
        status: StatusCode,
        fields: &HeaderMap,
        behind: &(impl Iterator<Item = &'a Bytes> + Clone),
        passed: bool,
    ) {
        if status == StatusCode::PARTIAL_CONTENT {
            return;
        }
        for (field, name, algorithm) in FIELDS {
            let mut values = fields.get_all(name).iter();
            let Some(value) = values.next().filter(|first| values.all(|value| value == first)) else {
                continue;
            };
            // Whoever sends a hexadecimal MD5, which reads as base64 of 24 bytes, sends it again, and the content may be
            // right.
            let hash = base64(value.as_bytes()).filter(|hash| hash.len() == algorithm.hash_len());
            let known = !passed || self.comparison.computes(algorithm);
            if let Some(hash) = hash.filter(|_| known) {
                self.comparison.expect(field, algorithm, hash, behind.clone());
            }
        }
    }
}

impl Check for Checksum {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.expect(head.status(), head.headers(), &std::iter::empty(), false);
        Ok(())
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.comparison.update(data);
        Ok(())
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        if let Some(trailers) = end.trailers() {
            self.expect(end.head().status(), trailers, &end.frames(), end.is_passed());
        }
        self.comparison.finish()
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}

impl FlowCheck for Checksum {
    /// A checksum in the trailers can only be compared if it was computed on the way: it is where `Trailer` announces it.
    fn begin(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        for (_, name, algorithm) in FIELDS {
            if announces(head.headers(), &[name]) {
                self.comparison.compute(algorithm);
            }
        }
        Ok(())
    }
}
