use super::{ContentRange, Fault};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The bytes that a 206 announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// So many of them have come before: a server may begin earlier, at a block of its cache, say.
    pub(crate) skip: u64,
    /// So many are new.
    pub(crate) len: u64,
    /// Length of the whole as the part states it.
    pub(crate) stated: Option<u64>,
    /// Length of the whole, where this response or an earlier one states it.
    pub(crate) complete: Option<u64>,
}

// ===== impl Part =====

impl Part {
    /// By the fields of a 206 that should go on at `offset`, in a whole of `length` bytes where that is known.
    pub(super) fn read(headers: &HeaderMap, offset: u64, length: Option<u64>) -> Result<Self, Fault> {
        let range = one(headers, &header::CONTENT_RANGE)
            .and_then(ContentRange::parse)
            .ok_or_else(|| Fault::contradiction("the rest of the body came without its range"))?;
        let complete = match (length, range.complete) {
            (Some(known), Some(stated)) if known != stated => {
                return Err(Fault::changed("the body has another length than before"));
            }
            (known, stated) => known.or(stated),
        };
        let Some(skip) = offset.checked_sub(range.first) else {
            return Err(Fault::contradiction("the rest of the body begins elsewhere"));
        };
        if complete.is_some_and(|complete| range.last >= complete) {
            return Err(Fault::contradiction("the rest of the body goes beyond its end"));
        }
        let Some(len) = range.len().checked_sub(skip).filter(|len| *len > 0) else {
            return Err(Fault::contradiction("the rest of the body ends before it begins"));
        };
        // Not `Declared`: a chunked part is no contradiction, a wrong length is one.
        let lengths = headers.get_all(header::CONTENT_LENGTH).iter();
        if lengths.into_iter().any(|length| length.as_bytes() != range.len().to_string().as_bytes()) {
            return Err(Fault::contradiction("the rest of the body has another length than its range"));
        }
        Ok(Self { skip, len, stated: range.complete, complete })
    }
}

/// The value of a field that must not occur twice.
pub(super) fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value)
}
