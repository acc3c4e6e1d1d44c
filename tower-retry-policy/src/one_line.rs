//! What somebody else wrote, as a part of one line of ours.

use std::{borrow::Cow, fmt};

/// Shows a text without what could break a log or give a secret away: control and bidirectional characters and line
/// ends are escaped, credentials and queries of URLs are left out, and what is beyond 300 bytes is cut off.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

/// Bytes of one text: a sentence or two.
const LIMIT: usize = 300;

/// Bytes that are looked at: a text of megabytes is not copied to show its beginning.
const LOOKED_AT: usize = 16 * LIMIT;

impl fmt::Debug for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let boundary = (0..=LOOKED_AT.min(self.0.len())).rfind(|&at| self.0.is_char_boundary(at));
        let beginning = &self.0[..boundary.unwrap_or(0)];
        let is_cut = beginning.len() < self.0.len();
        write_escaped(f, &without_secrets(beginning, is_cut), LIMIT)
    }
}

/// Writes so many bytes of a text in one line.
pub(crate) fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str, limit: usize) -> fmt::Result {
    let mut left = limit;
    for char in text.chars() {
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

/// Escapes what is not printable: all controls, format characters such as U+202E, and line separators.
fn shown(char: char) -> impl Iterator<Item = char> {
    // these are escaped in a literal only
    let plain = matches!(char, '\'' | '"' | '\\').then_some(char);
    let escaped = plain.is_none().then(|| char.escape_debug());
    plain.into_iter().chain(escaped.into_iter().flatten())
}

/// What comes before the host of a URL.
const AUTHORITY: &str = "://";

/// Cuts user information and query out of each URL. Of a text that was cut, what may be the beginning of user
/// information is left out.
fn without_secrets(text: &str, is_cut: bool) -> Cow<'_, str> {
    if !text.contains(AUTHORITY) {
        return text.into();
    }
    let mut told = String::with_capacity(text.len());
    let mut words = text.split_inclusive(ends_url).peekable();
    while let Some(word) = words.next() {
        let open = is_cut && words.peek().is_none() && !word.ends_with(ends_url);
        tell_word(&mut told, word, open);
    }
    told.into()
}

/// RFC 3986 appendix C: white space, quotes and angle brackets delimit a URL in a text. Nothing else does: brackets and
/// single quotes may stand in passwords and queries.
fn ends_url(char: char) -> bool {
    char.is_whitespace() || char.is_control() || matches!(char, '"' | '<' | '>')
}

/// One word, which may have URLs in it: `(http://host/path?query):`.
fn tell_word(told: &mut String, word: &str, open: bool) {
    let Some(first) = word.find(AUTHORITY) else { return told.push_str(word) };
    let query = word[first..].find(['?', '#']).map_or(word.len(), |at| first + at);
    let (mut rest, query) = word.split_at(query);
    while let Some(at) = rest.find(AUTHORITY) {
        let (before, url) = rest.split_at(at + AUTHORITY.len());
        told.push_str(before);
        let path = url.find('/');
        let authority = &url[..path.unwrap_or(url.len())];
        if path.is_some() || !query.is_empty() || !open {
            told.push_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        }
        rest = &url[authority.len()..];
    }
    told.push_str(rest);
    // what closes the sentence around it
    let closes =
        |char: char| ends_url(char) || matches!(char, ')' | ']' | '}' | '\'' | '`' | ',' | ';' | ':' | '.');
    told.push_str(&query[query.trim_end_matches(closes).len()..]);
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
            // all of these may stand in a URL
            ("(http://me:p)w@host/a(b)?k=(c)d&e=f): x", "(http://host/a(b)): x"),
            ("'http://a/?b://c/d', 'http://host/e'", "'http://a/', 'http://host/e'"),
            ("http://a/b,http://me:pw@host/c", "http://a/b,http://host/c"),
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
        let password = format!("http://me:{}@host/", "p".repeat(1_000_000));
        assert_eq!(cut(&password), "http://");
    }
}
