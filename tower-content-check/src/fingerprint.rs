use bytes::Bytes;

/// FNV-1a, 64 bits: a byte at a time, so that the value cannot depend on how the content was cut.
///
/// It is computed only for content that was rejected, never on the way of a good response, and nobody gains
/// by a collision: the worst that follows is one attempt less.
#[derive(Clone, Copy)]
pub(crate) struct Fingerprint(u64);

// ===== impl Fingerprint =====

impl Fingerprint {
    /// Offset basis of <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub(crate) fn finish(self) -> u64 {
        self.0
    }
}

/// The fingerprint of one rejection: what was said about the content, how long it was to be, and what came.
///
/// Reason and length take part because a response can be rejected before its first byte.
pub(crate) fn of_content<'a>(
    reason: &str,
    expected: Option<u64>,
    frames: impl Iterator<Item = &'a Bytes>,
) -> u64 {
    let mut fingerprint = Fingerprint::new();
    fingerprint.write(reason.as_bytes());
    fingerprint.write(&expected.map_or([0xff; 8], u64::to_le_bytes));
    frames.for_each(|frame| fingerprint.write(frame));
    fingerprint.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_vectors() {
        // draft-eastlake-fnv, 64-bit FNV-1a test vectors
        for (input, expected) in
            [("", 0xcbf2_9ce4_8422_2325_u64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            let mut fingerprint = Fingerprint::new();
            fingerprint.write(input.as_bytes());
            assert_eq!(fingerprint.finish(), expected, "{input:?}");
        }
    }

    #[test]
    fn does_not_depend_on_the_cutting() {
        let whole = [Bytes::from_static(b"<html>busy</html>")];
        let cut = [Bytes::from_static(b"<ht"), Bytes::new(), Bytes::from_static(b"ml>busy</html>")];
        assert_eq!(of_content("no", None, whole.iter()), of_content("no", None, cut.iter()));
        assert_ne!(of_content("no", None, whole.iter()), of_content("no", Some(17), whole.iter()));
        assert_ne!(of_content("no", None, whole.iter()), of_content("not so", None, whole.iter()));
    }
}
