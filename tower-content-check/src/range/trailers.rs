use http::{HeaderMap, HeaderName};

/// What describes the content of one message: it is not true of the whole where the message is a part.
///
/// Object stores state the checksum of a part when the range is one of the parts that were uploaded.
const OF_A_PART: [HeaderName; 7] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("x-amz-checksum-crc32"),
    HeaderName::from_static("x-amz-checksum-crc32c"),
    HeaderName::from_static("x-amz-checksum-crc64nvme"),
    HeaderName::from_static("x-amz-checksum-sha1"),
    HeaderName::from_static("x-amz-checksum-sha256"),
];

/// Leaves those trailers of a part that are true of the whole.
pub(crate) fn trailers_of_the_whole(mut trailers: HeaderMap) -> HeaderMap {
    for name in &OF_A_PART {
        trailers.remove(name);
    }
    trailers
}
