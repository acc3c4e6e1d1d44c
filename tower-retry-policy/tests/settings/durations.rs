//! The durations that people type.

use std::time::Duration;
use tower_retry_policy::settings::{OrOff, StandardSettings};

fn read(text: &str) -> Option<Duration> {
    let settings: StandardSettings = serde_json::from_value(serde_json::json!({ "deadline": text })).ok()?;
    settings.deadline.and_then(OrOff::on)
}

#[test]
fn one_number_and_one_unit() {
    let nanos = Duration::from_nanos;
    let table = [
        ("1s", Some(nanos(1_000_000_000))),
        ("1.5s", Some(nanos(1_500_000_000))),
        (".5s", Some(nanos(500_000_000))),
        ("0.5s", Some(nanos(500_000_000))),
        ("100ms", Some(nanos(100_000_000))),
        ("100 ms", Some(nanos(100_000_000))),
        (" 1s ", Some(nanos(1_000_000_000))),
        ("2.5ms", Some(nanos(2_500_000))),
        ("10us", Some(nanos(10_000))),
        ("10µs", Some(nanos(10_000))),
        ("10μs", Some(nanos(10_000))),
        ("7ns", Some(nanos(7))),
        ("2m", Some(Duration::from_secs(120))),
        ("0.1m", Some(Duration::from_secs(6))),
        ("1h", Some(Duration::from_secs(3600))),
        ("1d", Some(Duration::from_secs(86_400))),
        ("365d", Some(Duration::from_secs(365 * 86_400))),
        ("007s", Some(Duration::from_secs(7))),
        ("1.500000000000000s", Some(nanos(1_500_000_000))),
        ("0.000000001s", Some(nanos(1))),
        // finer than a nanosecond
        ("0.0000000001s", None),
        ("1.5ns", None),
        ("0.3333333333333333333333333333333333333333333s", None),
        ("1.s", None),
        (".s", None),
        ("s", None),
        ("1", None),
        ("1.2.3s", None),
        ("1,5s", None),
        ("+1s", None),
        ("1e3s", None),
        ("1_000ms", None),
        ("99999999999999999999999999999999999999999999s", None),
        ("340282366920938463463374607431768211455d", None),
        ("1 s s", None),
        ("１s", None),
    ];
    for (text, expected) in table {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn what_is_written_is_short_and_read_back() {
    let table = [
        (1, "1ns"),
        (1_500, "1.5us"),
        (100_000_000, "100ms"),
        (1_000_000_000, "1s"),
        (1_050_000_001, "1.050000001s"),
        (60_000_000_000, "60s"),
        (90_000_000_000, "90s"),
        (120_000_000_000, "2m"),
        (7_200_000_000_000, "2h"),
        (172_800_000_000_000, "2d"),
    ];
    for (nanos, text) in table {
        let duration = Duration::from_nanos(nanos);
        let mut settings = StandardSettings::default();
        settings.deadline = Some(OrOff::On(duration));
        assert_eq!(settings.to_toml(), format!("deadline = \"{text}\"\n"));
        assert_eq!(read(text), Some(duration));
    }
}
