use super::JsonValidator;
use serde_json::{Error, Value};
use std::borrow::Cow;

/// Reads a JSON text as a value, also where a [`Value`] cannot hold all of it exactly.
///
/// RFC 8259 allows numbers of any size (section 6) and escapes of lone surrogates (section 8.2), and a `Value` holds
/// doubles and UTF-8. As section 6 advises to approximate numbers "within the expected precision", `1e999` becomes the
/// largest double; a lone surrogate becomes U+FFFD, as decoders of UTF-16 have it.
pub(crate) fn nearest_value(text: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(text).or_else(|error| {
        let mut json = JsonValidator::new();
        if json.push(text).and_then(|()| json.finish()).is_err() {
            return Err(error);
        }
        serde_json::from_slice(&representable(text))
    })
}

/// The valid JSON text with everything exchanged that a `Value` cannot hold.
fn representable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut rest, mut in_string) = (text, false);
    while let [first, behind @ ..] = rest {
        let len = match (in_string, first) {
            (_, b'"') => {
                in_string = !in_string;
                1
            }
            (true, b'\\') if behind.first() == Some(&b'u') => {
                let len = if is_pair(rest) { 12 } else { 6 };
                if len == 6 && unit(rest).is_some_and(|unit| (0xd800..0xe000).contains(&unit)) {
                    out.extend_from_slice(b"\\ufffd");
                    rest = &rest[6..];
                    continue;
                }
                len
            }
            (true, b'\\') => 2,
            (false, b'-' | b'0'..=b'9') => {
                let is_number = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let len = rest.iter().take_while(|byte| is_number(byte)).count();
                out.extend_from_slice(number(&rest[..len]).as_bytes());
                rest = &rest[len..];
                continue;
            }
            _ => 1,
        };
        let (done, left) = rest.split_at(len.min(rest.len()));
        out.extend_from_slice(done);
        rest = left;
    }
    out
}

/// Whether a surrogate pair is written here.
fn is_pair(text: &[u8]) -> bool {
    let second = text.get(6..).and_then(unit);
    unit(text).is_some_and(|unit| (0xd800..0xdc00).contains(&unit))
        && second.is_some_and(|unit| (0xdc00..0xe000).contains(&unit))
}

/// The UTF-16 code unit that is written here as `\uXXXX`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

fn number(text: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(text);
    match text.parse::<f64>() {
        Ok(number) if number.is_infinite() => format!("{:e}", f64::MAX.copysign(number)).into(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_to_the_nearest_value() {
        let cases = [
            ("1e999", json!(f64::MAX)),
            ("[-1E+400, 1e-999, 2]", json!([-f64::MAX, 0.0, 2])),
            (r#""\ud800""#, json!("\u{fffd}")),
            (r#""\udc00 \\ud800 \" 1e999""#, json!("\u{fffd} \\ud800 \" 1e999")),
            (r#"{"\ud83d\ude00\ud83d": "\ud83d\n"}"#, json!({"\u{1f600}\u{fffd}": "\u{fffd}\n"})),
            (r#"["\ud83d\ud83d\ude00", -0]"#, json!(["\u{fffd}\u{1f600}", -0.0])),
        ];
        for (text, expected) in cases {
            assert_eq!(nearest_value(text.as_bytes()).unwrap(), expected, "{text}");
        }
        assert_eq!(nearest_value("9".repeat(400).as_bytes()).unwrap(), json!(f64::MAX));
    }

    #[test]
    fn what_is_not_json_stays_an_error() {
        for text in ["", "1e", "[1e999", r#""\ud8"#, "NaN", "Infinity", "\"\u{1}\""] {
            assert!(nearest_value(text.as_bytes()).is_err(), "{text}");
        }
    }
}
