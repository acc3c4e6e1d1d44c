use crate::sim::random::{Purpose, Random};
use bytes::Bytes;
use http::HeaderValue;

/// What is downloaded, and the tag of its version.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct File {
    /// Random bytes: none of them can stand for another.
    pub content: Bytes,
    /// A strong entity tag, as resumption needs one.
    pub etag: HeaderValue,
}

impl File {
    /// The file of the run with this seed, so long.
    #[must_use]
    pub fn of(seed: u64, length: usize) -> Self {
        let mut random = Random::new(seed, Purpose::Document);
        let mut content = Vec::with_capacity(length + 7);
        while content.len() < length {
            content.extend(random.next_u64().to_le_bytes());
        }
        content.truncate(length);
        let tag = format!("\"{:016x}\"", random.next_u64());
        // Hexadecimal digits in quotes are always a field's value.
        let etag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"0\""));
        Self { content: content.into(), etag }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_one_length_and_differ_by_seed_as_their_tags_do() {
        for seed in 0..20 {
            let (file, other) = (File::of(seed, 999), File::of(seed + 1, 999));
            assert_eq!(file.content.len(), 999);
            let again = File::of(seed, 999);
            assert_eq!((&file.content, &file.etag), (&again.content, &again.etag));
            assert_ne!(file.content, other.content);
            assert_ne!(file.etag, other.etag);
        }
    }
}
