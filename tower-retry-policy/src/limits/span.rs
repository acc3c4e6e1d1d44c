use std::{fmt, time::Duration};

/// From here on nobody cares for parts of a millisecond: what is left until a deadline has them.
const WHOLE_MILLIS: Duration = Duration::from_millis(10);

/// Prints a duration as messages name it: `60 s`, `250 ms`, `1.5 s`.
pub(crate) struct Span(pub(crate) Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = if self.0 < WHOLE_MILLIS { 0 } else { self.0.subsec_nanos() % 1_000_000 };
        let text = format!("{:?}", self.0 - Duration::from_nanos(parts.into()));
        let unit = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit);
        write!(f, "{number} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_printed_as_people_write_them() {
        let table = [
            (Duration::ZERO, "0 ns"),
            (Duration::from_millis(1), "1 ms"),
            (Duration::from_micros(1_500), "1.5 ms"),
            (Duration::from_micros(7), "7 µs"),
            (Duration::from_secs(1), "1 s"),
            (Duration::from_secs(60), "60 s"),
            (Duration::from_nanos(896_719_606), "896 ms"),
            (Duration::MAX, "18446744073709551615.999 s"),
        ];
        for (duration, printed) in table {
            assert_eq!(Span(duration).to_string(), printed);
        }
    }
}
