//! Settings from a TOML file.

use super::setting::Setting;
use std::{fs::File, io::Read, sync::Arc};
use toml::de::{DeTable, DeValue};

/// What a file sets: each setting with its text, in the order of [`Setting::all`].
pub(super) type Assignments = Arc<[(&'static Setting, String)]>;

/// In bytes: a hundred times what all settings take with a comment each.
const LONGEST: u64 = 1_000_000;

/// Reads a file of settings.
///
/// # Errors
/// One line that names the file, the line in it, the key, and what would be right.
pub(super) fn read(path: &str) -> Result<Assignments, String> {
    let unreadable = |error| format!("cannot be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    // One more, which tells a file that is too long from one that just fits. Neither a length nor an end is asked of the system:
    // devices and pipes have none.
    let (mut text, most) = (String::new(), LONGEST + 1);
    let length = file.take(most).read_to_string(&mut text);
    match length.map_err(unreadable)? as u64 {
        length if length == most => {
            Err(format!("is longer than {} kB, which no file of settings is", LONGEST / 1_000))
        }
        _ => parse(&text),
    }
}

fn parse(text: &str) -> Result<Assignments, String> {
    let line =
        |at: usize| text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let line = line(error.span().map_or(0, |span| span.start));
        format!("line {line}: {}", error.message().replace('\n', ", "))
    })?;
    let mut assignments = Vec::new();
    // The first wrong line is told, whatever the order of the keys.
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let (name, line) = (key.get_ref(), line(key.span().start));
        let setting =
            Setting::named(name).map_err(|wanted| format!("line {line}: unknown key `{name}`; {wanted}"))?;
        let text = written(value.get_ref()).ok_or_else(|| {
            format!(
                "line {line}: `{name}` is no text, number or truth value; such as {name} = \"{}\"",
                example(setting)
            )
        })?;
        setting.check(&text).map_err(|wanted| format!("line {line}: `{name}` is `{text}`; {wanted}"))?;
        assignments.push((setting, text));
    }
    assignments.sort_by_key(|(setting, _)| Setting::all().position(|known| known.name == setting.name));
    Ok(assignments.into())
}

/// The value as it would be typed on the command line.
fn written(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(false) => Some("off".into()),
        // A loss: its four numbers.
        DeValue::Array(values) if !values.is_empty() => {
            let parts: Option<Vec<String>> = values.iter().map(|value| written(value.get_ref())).collect();
            Some(parts?.join(","))
        }
        DeValue::Boolean(true) | DeValue::Array(_) | DeValue::Table(_) | DeValue::Datetime(_) => None,
    }
}

fn example(setting: &Setting) -> String {
    setting.get(&super::Settings::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::Settings;
    use proptest::prelude::*;

    fn settings(text: &str) -> Result<Settings, String> {
        let mut settings = Settings::default();
        for (setting, text) in parse(text)?.iter() {
            setting.set(&mut settings, text)?;
        }
        Ok(settings)
    }

    #[test]
    fn all_forms_of_values_are_read() {
        let read = settings(
            "# my network\nloss = [10, 50.5]\np = 20\nlies = 0.5\ndelay = '20ms'\nprobe = false\nhead = \"2s\"\nsize = 20_000\n",
        )
        .unwrap();
        assert_eq!(read.network.loss.to_string(), "20,50.5,100,0", "p is applied after loss");
        assert_eq!((read.network.probe, read.network.size), (None, 20_000));
        assert_eq!(settings("").unwrap(), Settings::default());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([a-z1-]{1,8}( = )?[ -~]{0,10}\n){0,3}", junk in ".{0,30}") {
            for text in [text, junk] {
                if let Err(line) = parse(&text) {
                    prop_assert!(line.starts_with("line ") && !line.contains('\n'), "{line}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_line_is_named_with_what_would_be_right() {
        for (text, said) in [
            ("head = '2s'\nhed = '2s'", "line 2: unknown key `hed`; did you mean `head`?"),
            ("[network]\nloss = 1", "line 1: unknown key `network`; the settings are loss, p"),
            ("\n\nhead = 5", "line 3: `head` is `5`; expected a duration with its unit"),
            ("attempts = 0", "line 1: `attempts` is `0`; expected 1..1000 attempts"),
            ("loss = [50, 120]", "line 1: `loss` is `50,120`; R of loss `50,120` is `120`, outside 0..100"),
            ("head = true", "line 1: `head` is no text, number or truth value; such as head = \"14s\""),
            ("head = []", "line 1: `head` is no text"),
            ("head = 1979-05-27", "line 1: `head` is no text"),
            ("head.limit = 5", "line 1: `head` is no text"),
            ("lies = nan", "line 1: `lies` is `nan`; expected a percentage"),
            ("head = 5s", "line 1: "),
            ("head = '5s'\nhead = '6s'", "line 2: duplicate key"),
            ("= 3", "line 1: "),
        ] {
            let line = parse(text).unwrap_err();
            assert!(line.contains(said), "{text}: {line}");
            assert!(!line.contains('\n'), "{line}");
        }
        assert!(read("no/such/file.toml").unwrap_err().contains("cannot be read"));
    }
}
