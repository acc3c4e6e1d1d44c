use std::{fmt, time::Duration};

/// A duration as a person reads it: `12.4 s`, `80 ms`.
pub(super) struct Seconds(pub(super) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis < 1000 {
            return write!(f, "{millis} ms");
        }
        // in integers, rounded to a tenth: a float would print 12.4 as 12.399999
        let tenths = (millis + 50) / 100;
        write!(f, "{}.{} s", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_person_writes_them() {
        let table = [
            (0, "0 ms"),
            (80, "80 ms"),
            (999, "999 ms"),
            (1000, "1.0 s"),
            (1249, "1.2 s"),
            (12_360, "12.4 s"),
            (3_600_000, "3600.0 s"),
        ];
        for (millis, expected) in table {
            assert_eq!(Seconds(Duration::from_millis(millis)).to_string(), expected);
        }
    }
}
