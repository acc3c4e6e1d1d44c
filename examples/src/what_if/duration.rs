//! Durations as people type them.

use std::time::Duration;

/// Reads `5s`, `200ms`, `1.5s`, `2m 30s`.
pub(crate) fn read(text: &str) -> Result<Duration, String> {
    // More would say nothing, and a run's clock must be able to add it up.
    const LONGEST: Duration = Duration::from_secs(365 * 86_400);
    match humantime::parse_duration(text.trim()) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        Ok(_) => Err("expected at most a year".into()),
        Err(_) => Err("expected a duration with its unit, such as 5s, 200ms or 1.5s".into()),
    }
}

/// The shortest of the forms that [`read`] takes.
pub(crate) fn show(duration: Duration) -> String {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    let short = if seconds > 0 || nanos == 0 {
        format!("{}s", duration.as_secs_f64())
    } else {
        format!("{}ms", nanos / 1_000_000)
    };
    // humantime does not read every fraction back (2.548271s is an error to it).
    if read(&short) == Ok(duration) { short } else { humantime::format_duration(duration).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_read_and_shown() {
        for (text, millis, shown) in [
            ("5s", 5_000, "5s"),
            ("200ms", 200, "200ms"),
            ("1.5s", 1_500, "1.5s"),
            ("2m", 120_000, "120s"),
            (" 1m 30s ", 90_000, "90s"),
            ("1h", 3_600_000, "3600s"),
            ("0s", 0, "0s"),
        ] {
            let duration = Duration::from_millis(millis);
            assert_eq!(read(text), Ok(duration), "{text}");
            assert_eq!(show(duration), shown);
            assert_eq!(read(shown), Ok(duration), "{shown}");
        }
        for (micros, shown) in [(1_500, "1ms 500us"), (2_548_271, "2s 548ms 271us")] {
            assert_eq!(show(Duration::from_micros(micros)), shown);
            assert_eq!(read(shown), Ok(Duration::from_micros(micros)));
        }
    }

    #[test]
    fn what_is_no_duration_is_told_what_would_be() {
        for text in ["", "5", "s", "five seconds", "-5s", "5 parsecs", "1e400s", "NaN"] {
            assert!(read(text).unwrap_err().contains("such as 5s"), "{text}");
        }
        assert_eq!(read("10000y").unwrap_err(), "expected at most a year");
    }
}
