use super::Hint;
use http::HeaderMap;
use std::time::Duration;

/// The gRPC status codes that ask for a retry, a bit each: 17 are defined, 0 is success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GrpcCodes(u32);

impl GrpcCodes {
    pub(crate) fn new(codes: impl IntoIterator<Item = u8>) -> Self {
        // codes above 31 do not exist; a shift by them would be none
        Self(codes.into_iter().filter(|code| *code < 32).fold(0, |bits, code| bits | 1 << code))
    }

    /// The codes, in the order of their numbers.
    #[cfg(feature = "serde")]
    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        (0..32).filter(move |code| self.0 & (1 << code) != 0)
    }

    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a response without a body ("trailers-only") carries one of them.
    pub(crate) fn contains(self, headers: &HeaderMap) -> bool {
        self.0 != 0 && status(headers).is_some_and(|code| code < 32 && self.0 & (1 << code) != 0)
    }
}

pub(crate) fn status(headers: &HeaderMap) -> Option<u32> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

/// gRPC A6: a number of milliseconds is the exact wait; a negative number, anything else, or several fields mean
/// "do not retry".
pub(super) fn pushback(headers: &HeaderMap) -> Option<Hint> {
    let mut fields = headers.get_all("grpc-retry-pushback-ms").iter();
    let field = fields.next()?;
    let millis = field.to_str().ok().and_then(|text| text.parse().ok());
    Some(match (millis, fields.next()) {
        (Some(millis), None) => Hint::Exactly(Duration::from_millis(millis)),
        _ => Hint::Never,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushback_is_exact_or_a_no() {
        let wait = |millis| Some(Hint::Exactly(Duration::from_millis(millis)));
        let table: [(&[&str], _); 8] = [
            (&[], None),
            (&["0"], wait(0)),
            (&["5000"], wait(5000)),
            (&["-1"], Some(Hint::Never)),
            (&["soon"], Some(Hint::Never)),
            (&[""], Some(Hint::Never)),
            (&["99999999999999999999"], Some(Hint::Never)),
            (&["1", "1"], Some(Hint::Never)),
        ];
        for (fields, expected) in table {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append("grpc-retry-pushback-ms", field.parse().unwrap());
            }
            assert_eq!(pushback(&headers), expected, "{fields:?}");
        }
    }

    #[test]
    fn only_listed_codes_ask() {
        let codes = GrpcCodes::new([14, 8, 200]);
        for (value, expected) in [
            ("14", true),
            ("8", true),
            ("0", false),
            ("13", false),
            ("46", false),
            ("x", false),
            ("-1", false),
        ] {
            let headers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), value.parse().unwrap())]);
            assert_eq!(codes.contains(&headers), expected, "{value}");
        }
        assert!(!GrpcCodes::default().contains(&HeaderMap::new()));
    }
}
