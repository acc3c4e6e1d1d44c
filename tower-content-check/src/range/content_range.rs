use crate::digits::digits;
use http::HeaderValue;

/// A `Content-Range` of bytes: the first and the last, and the length of the whole where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) complete: Option<u64>,
}

// ===== impl ContentRange =====

impl ContentRange {
    /// Nothing for another unit, for an unsatisfied range (`bytes */5`), and for a range that contradicts itself.
    pub(crate) fn parse(value: &HeaderValue) -> Option<Self> {
        let (unit, range) = value.to_str().ok()?.split_once(' ')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (range, complete) = range.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let complete = match complete {
            "*" => None,
            length => Some(digits(length.as_bytes())?),
        };
        let range = Self { first: digits(first.as_bytes())?, last: digits(last.as_bytes())?, complete };
        let within = complete.is_none_or(|complete| range.last < complete);
        (range.first <= range.last && range.last < u64::MAX && within).then_some(range)
    }

    /// Bytes in the range.
    pub(crate) fn len(self) -> u64 {
        self.last - self.first + 1
    }
}

/// The length of the whole in the `Content-Range` of a range that is not satisfiable: `bytes */5`.
pub(crate) fn unsatisfied(value: &HeaderValue) -> Option<u64> {
    let (unit, range) = value.to_str().ok()?.split_once(' ')?;
    let length = range.trim().strip_prefix("*/")?;
    if unit.eq_ignore_ascii_case("bytes") { digits(length.as_bytes()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_to_range() {
        let range = |first, last, complete| Some(ContentRange { first, last, complete });
        let cases = [
            ("bytes 0-4/5", range(0, 4, Some(5))),
            ("bytes 10-18/19", range(10, 18, Some(19))),
            ("bytes 0-4/*", range(0, 4, None)),
            ("Bytes 0-0/1", range(0, 0, Some(1))),
            ("bytes 0-5/5", None),
            ("bytes 4-3/5", None),
            ("bytes */5", None),
            ("bytes 0-4", None),
            ("bytes 0-/5", None),
            ("bytes -4/5", None),
            ("bytes=0-4/5", None),
            ("bytes 0-4/5x", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes 0-18446744073709551616/*", None),
            ("items 0-4/5", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(ContentRange::parse(&HeaderValue::from_static(value)), expected, "{value}");
        }
    }

    #[test]
    fn field_of_an_unsatisfied_range_to_length() {
        let cases = [
            ("bytes */5", Some(5)),
            ("Bytes */0", Some(0)),
            ("bytes */18446744073709551615", Some(u64::MAX)),
            ("bytes */18446744073709551616", None),
            ("bytes */*", None),
            ("bytes */", None),
            ("bytes 0-4/5", None),
            ("items */5", None),
            ("*/5", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(unsatisfied(&HeaderValue::from_static(value)), expected, "{value}");
        }
    }
}
