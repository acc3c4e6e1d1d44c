use http::{HeaderName, HeaderValue};
use std::time::Duration;

/// How a header tells the server what is left until the deadline.
///
/// Parts of a unit are rounded up, and at least one unit is sent: zero is read as "no limit" by some servers
/// (Envoy's `x-envoy-upstream-rq-timeout-ms`, for one), and the client ends the call at its deadline in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeadlineFormat {
    /// A number of at most eight digits and a unit, such as `1500m` for 1.5 seconds, as in gRPC over HTTP/2
    /// (`Timeout → "grpc-timeout" TimeoutValue TimeoutUnit`). The unit is the millisecond as long as eight digits
    /// hold the number, then the second, the minute and the hour.
    Grpc,
    /// Whole milliseconds.
    Milliseconds,
    /// Whole seconds.
    Seconds,
}

impl DeadlineFormat {
    /// The header that gRPC uses, for [`Grpc`](Self::Grpc).
    pub const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

    pub(super) fn value(self, left: Duration) -> HeaderValue {
        match self {
            Self::Grpc => grpc(left),
            Self::Milliseconds => HeaderValue::from(units(left, MILLISECOND)),
            Self::Seconds => HeaderValue::from(units(left, SECOND)),
        }
    }
}

const MILLISECOND: u128 = 1_000_000;
const SECOND: u128 = 1_000 * MILLISECOND;
const GRPC_LARGEST: u64 = 99_999_999;
const GRPC_UNITS: [(u128, char); 4] =
    [(MILLISECOND, 'm'), (SECOND, 'S'), (60 * SECOND, 'M'), (3_600 * SECOND, 'H')];

fn units(left: Duration, nanoseconds: u128) -> u64 {
    let units = left.as_nanos().div_ceil(nanoseconds).max(1);
    u64::try_from(units).unwrap_or(u64::MAX)
}

fn grpc(left: Duration) -> HeaderValue {
    let fitting = GRPC_UNITS.iter().map(|&(length, unit)| (units(left, length), unit));
    let (number, unit) =
        fitting.clone().find(|&(number, _)| number <= GRPC_LARGEST).unwrap_or((GRPC_LARGEST, 'H'));
    // digits and a letter are a header value; were they not, the number alone would tell the server nothing false
    HeaderValue::try_from(format!("{number}{unit}")).unwrap_or_else(|_| HeaderValue::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printed(format: DeadlineFormat, left: Duration) -> String {
        format.value(left).to_str().expect("ASCII").to_owned()
    }

    #[test]
    fn times_that_people_type_are_printed_exactly() {
        use DeadlineFormat::{Grpc, Milliseconds, Seconds};
        let table = [
            (Duration::ZERO, "1m", "1", "1"),
            (Duration::from_nanos(1), "1m", "1", "1"),
            (Duration::from_millis(1), "1m", "1", "1"),
            (Duration::from_micros(1_001), "2m", "2", "1"),
            (Duration::from_millis(1_500), "1500m", "1500", "2"),
            (Duration::from_secs(1), "1000m", "1000", "1"),
            (Duration::from_secs(60), "60000m", "60000", "60"),
            (Duration::from_millis(99_999_999), "99999999m", "99999999", "100000"),
            (Duration::from_millis(100_000_000), "100000S", "100000000", "100000"),
            (Duration::from_secs(99_999_999), "99999999S", "99999999000", "99999999"),
            (Duration::from_secs(100_000_000), "1666667M", "100000000000", "100000000"),
            (Duration::from_secs(60 * 100_000_000), "1666667H", "6000000000000", "6000000000"),
            (Duration::MAX, "99999999H", "18446744073709551615", "18446744073709551615"),
        ];
        for (left, grpc, milliseconds, seconds) in table {
            assert_eq!(printed(Grpc, left), grpc, "{left:?}");
            assert_eq!(printed(Milliseconds, left), milliseconds, "{left:?}");
            assert_eq!(printed(Seconds, left), seconds, "{left:?}");
        }
    }

    proptest! {
        #[test]
        fn grpc_timeouts_are_well_formed_and_never_too_short(nanoseconds in any::<u64>()) {
            let left = Duration::from_nanos(nanoseconds);
            let text = printed(DeadlineFormat::Grpc, left);
            let (number, unit) = text.split_at(text.len() - 1);
            prop_assert!((1..=8).contains(&number.len()));
            let number: u128 = number.parse().expect("digits");
            let length = GRPC_UNITS.iter().find(|(_, name)| unit == name.to_string()).expect("a unit").0;
            let told = number * length;
            prop_assert!(told >= left.as_nanos());
            prop_assert!(told - left.as_nanos() < length || number == 1);
        }
    }
}
