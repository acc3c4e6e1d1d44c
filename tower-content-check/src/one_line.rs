use std::borrow::Cow;

/// Enough for a sentence and a quotation; logs and error chains repeat it once an attempt.
const MAX_CHARS: usize = 200;

/// The text as one line of at most 200 characters, whatever a server has put into it.
///
/// Control characters would start further lines or drive a terminal, the separators U+2028 and U+2029 break lines in some
/// viewers, and direction marks show a text in another order than it has (<https://trojansource.codes>): all of them are
/// escaped. What is cut off is marked by an ellipsis.
pub(crate) fn one_line(text: Cow<'static, str>) -> Cow<'static, str> {
    if is_one_line(&text) {
        return text;
    }
    let mut line = String::with_capacity(MAX_CHARS);
    let mut room = MAX_CHARS - 1;
    for char in text.chars() {
        let len = if needs_escape(char) { char.escape_default().len() } else { 1 };
        let Some(left) = room.checked_sub(len) else {
            line.push('\u{2026}');
            break;
        };
        room = left;
        if needs_escape(char) {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
    }
    line.into()
}

/// Whether nothing has to be changed.
pub(crate) fn is_one_line(text: &str) -> bool {
    let short = text.len() < MAX_CHARS || text.chars().count() < MAX_CHARS;
    short && !text.chars().any(needs_escape)
}

fn needs_escape(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_to_line() {
        let cases = [
            ("plain, with \u{e9} and \u{1f600}", "plain, with \u{e9} and \u{1f600}"),
            ("", ""),
            ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("nul \0 del \u{7f} nel \u{85}", "nul \\u{0} del \\u{7f} nel \\u{85}"),
            ("a\u{2028}b\u{2029}c", "a\\u{2028}b\\u{2029}c"),
            ("\u{202e}gpj.exe\u{2069}", "\\u{202e}gpj.exe\\u{2069}"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
        ];
        for (text, expected) in cases {
            assert_eq!(one_line(text.into()), expected, "{text:?}");
        }
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        for len in [199, 200, 201, 100_000] {
            let line = one_line("\u{e9}".repeat(len).into());
            assert!(line.chars().count() <= MAX_CHARS, "{len}");
            assert_eq!(line.ends_with('\u{2026}'), len > 199, "{len}");
        }
        let line = one_line("\n".repeat(1000).into());
        assert!(line.chars().count() <= MAX_CHARS && line.ends_with("\\n\u{2026}"));
    }
}
