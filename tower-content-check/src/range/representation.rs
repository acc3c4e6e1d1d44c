use super::{
    Accepts, Fault, Part, Validator, Version, coding::may_be_unpacked, content_range::unsatisfied, part::one,
};
use crate::declared::Declared;
use http::{HeaderMap, HeaderName, HeaderValue, header, response::Parts};
use smallvec::SmallVec;
use std::fmt;

/// What is known of a representation whose rest may be asked for.
#[derive(Clone)]
pub(crate) struct Representation {
    pub(crate) validator: Validator,
    /// Length of the whole, where it is known.
    pub(crate) length: Option<u64>,
    // One line, if any.
    codings: SmallVec<[HeaderValue; 1]>,
    modified: Option<HeaderValue>,
    media_type: Option<HeaderValue>,
}

// ===== impl Representation =====

impl Representation {
    /// Of a complete response, if its rest could be asked for; `dates` says whether a date will do where there is no tag.
    pub(crate) fn of(headers: &HeaderMap, declared: Declared, accepts: Accepts, dates: bool) -> Option<Self> {
        let validator = Validator::of(headers, dates)?;
        let ranges_refused = headers
            .get(header::ACCEPT_RANGES)
            .is_some_and(|ranges| ranges.as_bytes().eq_ignore_ascii_case(b"none"));
        if ranges_refused || declared == Declared::Invalid || may_be_unpacked(accepts, headers, declared) {
            return None;
        }
        Some(Self {
            validator,
            length: declared.length(),
            codings: headers.get_all(header::CONTENT_ENCODING).iter().cloned().collect(),
            modified: headers.get(header::LAST_MODIFIED).cloned(),
            media_type: headers.get(header::CONTENT_TYPE).cloned(),
        })
    }

    /// Whether the content is encoded.
    pub(crate) fn is_coded(&self) -> bool {
        !self.codings.is_empty()
    }

    /// The range of what is missing behind `offset`: a closed one where that can be, because there are servers that know no
    /// other (<https://github.com/anchore/stereoscope/pull/695>).
    pub(crate) fn range_from(&self, offset: u64) -> HeaderValue {
        let range = match self.length.and_then(|length| length.checked_sub(1)) {
            Some(last) => format!("bytes={offset}-{last}"),
            None => format!("bytes={offset}-"),
        };
        HeaderValue::try_from(range).expect("digits are visible")
    }

    /// Judges the head of a 206 that should go on at `offset`.
    pub(crate) fn part(
        &self,
        offset: u64,
        parts: &Parts,
        accepts: Accepts,
        exact: Option<u64>,
    ) -> Result<Part, Fault> {
        let headers = &parts.headers;
        match self.validator.version_of(headers) {
            Version::Same => {}
            // Only parts with the same strong validator may be combined (RFC 9110 section 15.3.7.3).
            Version::Other => return Err(Fault::changed("the rest of the body is of another version")),
            Version::Unproven => {
                return Err(Fault::unlike("the rest of the body is not known to be of the same version"));
            }
        }
        self.same_fields(headers)?;
        let part = Part::read(headers, offset, self.length)?;
        self.same_coding(headers, part.stated)?;
        // Nothing proves yet that the earlier bytes were those of the server, so these must not be unpacked either.
        let declared = Declared::of(parts.version, headers, exact);
        if self.length.is_none() && !self.is_coded() && may_be_unpacked(accepts, headers, declared) {
            return Err(Fault::changed(
                "the rest of the body may have been unpacked: decompression belongs above the layer that asked for it",
            ));
        }
        Ok(part)
    }

    /// Judges a 416 to a request for what follows `offset`; that nothing does is the one good reason.
    ///
    /// `*/n` states the length of the whole (RFC 9110 section 15.5.17).
    pub(crate) fn unsatisfied(&self, offset: u64, headers: &HeaderMap) -> Result<(), Fault> {
        // The field is optional here; where it is stated it has to be the same.
        let stated = headers.contains_key(header::ETAG) || headers.contains_key(self.validator.name());
        if stated && self.validator.version_of(headers) != Version::Same {
            return Err(Fault::changed("the rest of the body is of another version"));
        }
        let length = one(headers, &header::CONTENT_RANGE).and_then(unsatisfied);
        match (length, self.length) {
            // If-Range makes the server send a changed content whole, so this is the length of the one that came.
            (Some(length), None) if length == offset => Ok(()),
            (Some(length), Some(known)) if length != known => {
                Err(Fault::changed("the body has another length than before"))
            }
            (Some(length), None) if length < offset => Err(Fault::changed("the body is shorter than before")),
            _ => Err(Fault::contradiction("the server refused the range")),
        }
    }

    /// Fields need not be repeated in a part (RFC 9110 section 15.3.7); where they are, another value tells of a tag that does
    /// not say what it should.
    fn same_fields(&self, headers: &HeaderMap) -> Result<(), Fault> {
        let contradicts = |before: &Option<HeaderValue>,
                           name: HeaderName,
                           same: fn(&HeaderValue, &HeaderValue) -> bool| {
            matches!((before, headers.get(name)), (Some(before), Some(now)) if !same(before, now))
        };
        if contradicts(&self.modified, header::LAST_MODIFIED, HeaderValue::eq) {
            return Err(Fault::unlike("the rest of the body was modified at another time"));
        }
        if contradicts(&self.media_type, header::CONTENT_TYPE, same_type) {
            return Err(Fault::contradiction("the rest of the body is of another media type"));
        }
        // Such a body holds its ranges itself, between delimiters (RFC 9110 section 15.3.7.2).
        if self.media_type.is_none() && headers.get(header::CONTENT_TYPE).is_some_and(is_multipart) {
            return Err(Fault::contradiction("the rest of the body came in several parts"));
        }
        Ok(())
    }

    /// `length` is that of the whole as the part states it.
    ///
    /// A sender should leave Content-Encoding out of a part that was asked for with If-Range, so silence is no contradiction.
    /// But caches that pack on their way keep the tag (Apache's `DeflateAlterETag NoChange`), and so may send the rest of
    /// the plain content without a word. What is packed has another length: the same length of the whole, stated twice, is
    /// the proof.
    fn same_coding(&self, headers: &HeaderMap, length: Option<u64>) -> Result<(), Fault> {
        let silent = !headers.contains_key(header::CONTENT_ENCODING);
        let proven = length.is_some() && length == self.length;
        if silent && proven || self.has_coding_of(headers) {
            return Ok(());
        }
        Err(Fault::unlike(match self.is_coded() {
            true => "the rest of the body is encoded in another way",
            false => {
                "the rest of the body is encoded, what came before is not: decompression belongs above the layer that \
                 asked for it"
            }
        }))
    }

    /// Whether a response states the same codings.
    pub(crate) fn has_coding_of(&self, headers: &HeaderMap) -> bool {
        headers.get_all(header::CONTENT_ENCODING).iter().eq(&self.codings)
    }
}

impl fmt::Debug for Representation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Representation").field("length", &self.length).finish_non_exhaustive()
    }
}

/// Parameters are not compared: `charset` is spelled in many ways.
fn same_type(one: &HeaderValue, other: &HeaderValue) -> bool {
    essence(one).eq_ignore_ascii_case(essence(other))
}

fn is_multipart(media_type: &HeaderValue) -> bool {
    essence(media_type).eq_ignore_ascii_case(b"multipart/byteranges")
}

fn essence(media_type: &HeaderValue) -> &[u8] {
    media_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}
