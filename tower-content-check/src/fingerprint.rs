use bytes::Bytes;

/// FNV-1a, 64 bits: a byte at a time, so that the value cannot depend on how the content was cut.
///
/// It is computed only for content that was rejected, never on the way of a good response, and nobody gains
/// by a collision: the worst that follows is one attempt less.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fingerprint(u64);

// ===== impl Fingerprint =====

impl Fingerprint {
    /// Offset basis of <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Of what has come so far.
    pub(crate) fn of<'a>(frames: impl Iterator<Item = &'a Bytes>) -> Self {
        let mut fingerprint = Self::new();
        frames.for_each(|frame| fingerprint.write(frame));
        fingerprint
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
        let of = |frames: &[&'static [u8]]| {
            let frames: Vec<_> = frames.iter().map(|frame| Bytes::from_static(frame)).collect();
            Fingerprint::of(frames.iter()).finish()
        };
        assert_eq!(of(&[b"<html>busy</html>"]), of(&[b"<ht", b"", b"ml>busy</html>"]));
        assert_ne!(of(&[b"<html>busy</html>"]), of(&[b"<html>busi</html>"]));
    }
}
