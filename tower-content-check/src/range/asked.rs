use super::content_range::ContentRange;
use crate::digits::digits;
use http::HeaderValue;

/// One range of bytes as a request asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskedRange {
    From(u64),
    Between(u64, u64),
    /// So many bytes at the end.
    Last(u64),
}

// ===== impl AskedRange =====

impl AskedRange {
    /// Nothing for several ranges, for another unit, and for what is no range.
    pub(crate) fn parse(value: &HeaderValue) -> Option<Self> {
        let (unit, range) = value.to_str().ok()?.split_once('=')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim().split_once('-')?;
        match (first, last) {
            ("", last) => Some(Self::Last(digits(last.as_bytes())?)),
            (first, "") => Some(Self::From(digits(first.as_bytes())?)),
            (first, last) => {
                let (first, last) = (digits(first.as_bytes())?, digits(last.as_bytes())?);
                (first <= last).then_some(Self::Between(first, last))
            }
        }
    }

    /// Whether this is what came: the same beginning, and no other end than the one asked for or that of the whole.
    pub(crate) fn agrees_with(self, came: ContentRange) -> bool {
        let at_end = came.complete.is_none_or(|complete| came.last == complete - 1);
        match self {
            Self::From(first) => came.first == first && at_end,
            Self::Between(first, last) => {
                came.first == first && (came.last == last || came.last < last && at_end)
            }
            Self::Last(count) => match came.complete {
                Some(complete) => came.first == complete.saturating_sub(count) && at_end,
                None => came.len() <= count,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_to_range() {
        let cases = [
            ("bytes=0-", Some(AskedRange::From(0))),
            ("bytes=7-9", Some(AskedRange::Between(7, 9))),
            ("bytes=-5", Some(AskedRange::Last(5))),
            ("bytes=9-7", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=a-", None),
            ("items=0-", None),
            ("bytes 0-", None),
        ];
        for (value, expected) in cases {
            assert_eq!(AskedRange::parse(&HeaderValue::from_static(value)), expected, "{value}");
        }
    }

    #[test]
    fn what_came_agrees_with_what_was_asked_for_or_not() {
        let cases = [
            ("bytes=5-", "bytes 5-9/10", true),
            ("bytes=5-", "bytes 5-9/*", true),
            ("bytes=5-", "bytes 4-9/10", false),
            ("bytes=5-", "bytes 6-9/10", false),
            ("bytes=5-", "bytes 5-8/10", false),
            ("bytes=5-", "bytes 0-9/10", false),
            ("bytes=5-7", "bytes 5-7/10", true),
            ("bytes=5-7", "bytes 5-7/*", true),
            ("bytes=5-20", "bytes 5-9/10", true),
            ("bytes=5-7", "bytes 5-6/10", false),
            ("bytes=5-7", "bytes 5-8/10", false),
            ("bytes=-3", "bytes 7-9/10", true),
            ("bytes=-30", "bytes 0-9/10", true),
            ("bytes=-3", "bytes 6-9/10", false),
            ("bytes=-3", "bytes 7-8/10", false),
            ("bytes=-3", "bytes 7-9/*", true),
            ("bytes=-3", "bytes 6-9/*", false),
        ];
        for (asked, came, expected) in cases {
            let asked_range = AskedRange::parse(&HeaderValue::from_static(asked)).unwrap();
            let came_range = ContentRange::parse(&HeaderValue::from_static(came)).unwrap();
            assert_eq!(asked_range.agrees_with(came_range), expected, "{asked} {came}");
        }
    }
}
