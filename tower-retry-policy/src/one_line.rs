//! What somebody else wrote, as a part of one line of ours.

use std::{borrow::Cow, fmt};

/// Shows a text without what could break a log or give a secret away: control and bidirectional characters and line
/// ends are escaped, credentials and queries of URLs are left out, and what is beyond 300 bytes is cut off.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

/// Bytes of one text: a sentence or two.
const LIMIT: usize = 300;

/// Bytes that are looked at: a text of megabytes is not copied to show its beginning.
const LOOKED_AT: usize = 16 * LIMIT;

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beginning = &self.0[..self.0.floor_char_boundary(LOOKED_AT)];
        let mut left = LIMIT;
        for char in without_secrets(beginning).chars() {
            let length: usize = shown(char).map(char::len_utf8).sum();
            if length > left {
                return f.write_str("...");
            }
            left -= length;
            for char in shown(char) {
                fmt::Write::write_char(f, char)?;
            }
        }
        Ok(())
    }
}

/// Escapes what is not printable: all controls, format characters such as U+202E, and line separators.
fn shown(char: char) -> impl Iterator<Item = char> {
    // these are escaped in a literal only
    let plain = matches!(char, '\'' | '"' | '\\').then_some(char);
    let escaped = plain.is_none().then(|| char.escape_debug());
    plain.into_iter().chain(escaped.into_iter().flatten())
}

/// Cuts user information and query out of each URL.
fn without_secrets(text: &str) -> Cow<'_, str> {
    const AUTHORITY: &str = "://";
    if !text.contains(AUTHORITY) {
        return text.into();
    }
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(AUTHORITY) {
        let (before, url) = rest.split_at(at + AUTHORITY.len());
        told.push_str(before);
        let (url, behind) = url.split_at(url.find(ends_url).unwrap_or(url.len()));
        let (authority, path) = url.split_at(url.find(['/', '?', '#']).unwrap_or(url.len()));
        told.push_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        told.push_str(&path[..path.find(['?', '#']).unwrap_or(path.len())]);
        rest = behind;
    }
    told.push_str(rest);
    told.into()
}

/// RFC 3986 appendix C: white space, quotes and angle brackets delimit a URL in a text; clients put theirs into
/// parentheses.
fn ends_url(char: char) -> bool {
    char.is_whitespace() || char.is_control() || matches!(char, '"' | '<' | '>' | ')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_in_one_line_and_keep_secrets() {
        let table = [
            ("connection refused", "connection refused"),
            ("it's \"quoted\" \\ here, é and 日本", "it's \"quoted\" \\ here, é and 日本"),
            ("a\r\nb\tc\0", "a\\r\\nb\\tc\\0"),
            ("\u{1b}[31mred\u{7f}\u{85}", "\\u{1b}[31mred\\u{7f}\\u{85}"),
            ("a\u{202e}b\u{2066}c\u{200f}", "a\\u{202e}b\\u{2066}c\\u{200f}"),
            ("a\u{2028}b\u{2029}c\u{feff}", "a\\u{2028}b\\u{2029}c\\u{feff}"),
            ("error for url (http://me:pw@host:80/a?key=c#d): x?", "error for url (http://host:80/a): x?"),
            ("https://me@host and ws://a:b@c?d", "https://host and ws://c"),
            ("\"http://host?q\" :// ://", "\"http://host\" :// ://"),
        ];
        for (text, expected) in table {
            assert_eq!(OneLine(text).to_string(), expected, "{text:?}");
        }
    }

    #[test]
    fn texts_are_cut() {
        let cut = |text: &str| OneLine(text).to_string();
        assert_eq!(cut(&"a".repeat(300)), "a".repeat(300));
        assert_eq!(cut(&"a".repeat(301)), "a".repeat(300) + "...");
        assert_eq!(cut(&"é".repeat(1_000_000)), "é".repeat(150) + "...");
        assert!(cut(&"\u{202e}".repeat(1_000_000)).len() <= 303);
        let query = format!("http://host/?{}", "q".repeat(1_000_000));
        assert_eq!(cut(&query), "http://host/");
    }
}
