//! The JSON validator against the corpus and against serde_json, wherever the content is cut.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(feature = "json")]

use proptest::prelude::*;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use tower_content_check::json::{JsonFault, JsonValidator};

const CORPUS: &str = include_str!("json_corpus.txt");

struct Case {
    verdict: char,
    category: &'static str,
    content: Vec<u8>,
}

fn corpus() -> impl Iterator<Item = Case> {
    CORPUS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (verdict, rest) = line.split_once(' ').unwrap();
        let (category, content) = rest.split_once(" |").unwrap();
        let content = content.strip_suffix('|').unwrap();
        let content = if category == "depth" { repeated(content) } else { unescaped(content) };
        Case { verdict: verdict.parse().unwrap(), category, content }
    })
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chars = text.bytes();
    while let Some(byte) = chars.next() {
        bytes.push(match byte {
            b'\\' => match chars.next().unwrap() {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'\\' => b'\\',
                b'x' => {
                    let digits = [chars.next().unwrap(), chars.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => panic!("no escape: {}", char::from(other)),
            },
            byte => byte,
        });
    }
    bytes
}

fn repeated(text: &str) -> Vec<u8> {
    let repeat = |word: &str| match word.rsplit_once('*') {
        Some((word, times)) => word.repeat(times.parse().unwrap()),
        None => word.to_owned(),
    };
    text.split(' ').map(repeat).collect::<String>().into_bytes()
}

fn judge<'a>(json: &JsonValidator, frames: impl IntoIterator<Item = &'a [u8]>) -> Result<(), JsonFault> {
    let mut json = json.clone();
    frames.into_iter().try_for_each(|frame| json.push(frame))?;
    json.finish()
}

fn unlimited() -> JsonValidator {
    JsonValidator::new().max_depth(u32::MAX)
}

fn serde(content: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(content).is_ok()
}

/// Everything that must hold of one content.
fn check(content: &[u8]) {
    let shown = String::from_utf8_lossy(&content[..content.len().min(60)]);
    let whole = judge(&unlimited(), [content]);
    assert_eq!(whole.is_ok(), serde(content), "{shown}: {whole:?}");
    let limited = judge(&JsonValidator::new(), [content]);
    if let Err(fault) = &whole {
        assert!(fault.offset() <= content.len() as u64, "{shown}: {fault:?}");
        let before = &content[..fault.offset() as usize];
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        assert_eq!(fault.line(), line as u64 + 1, "{shown}: {fault:?}");
        assert_eq!(fault.column(), (before.len() - line_start) as u64 + 1, "{shown}: {fault:?}");
    }
    // The long ones are one thing many times over.
    let places = (0..=content.len()).take(if content.len() < 2000 { 300 } else { 5 });
    for place in places {
        let (a, b) = content.split_at(place);
        assert_eq!(judge(&unlimited(), [a, b]), whole, "{shown}: cut at {place}");
        assert_eq!(judge(&JsonValidator::new(), [a, b]), limited, "{shown}: cut at {place}");
    }
    for len in 1..=3 {
        assert_eq!(judge(&unlimited(), content.chunks(len)), whole, "{shown}: frames of {len}");
    }
}

#[test]
fn the_corpus_is_judged_as_it_says() {
    let mut counts = BTreeMap::<_, usize>::new();
    for Case { verdict, category, content } in corpus() {
        *counts.entry((verdict, category)).or_default() += 1;
        let outcome = judge(&JsonValidator::new(), [&content[..]]);
        let shown = String::from_utf8_lossy(&content[..content.len().min(60)]);
        match verdict {
            'y' => assert_eq!(outcome, Ok(()), "{category}: {shown}"),
            'n' => assert!(outcome.is_err(), "{category}: {shown}"),
            // Numbers of any size and lone surrogates are JSON; depth is limited.
            'i' => assert_eq!(outcome.is_ok(), category != "depth", "{category}: {shown}"),
            other => panic!("no verdict: {other}"),
        }
    }
    let total: usize = counts.values().sum();
    assert!(total >= 300, "{total} cases: {counts:?}");
    for category in
        ["structure", "numbers", "strings", "escapes", "surrogates", "utf8", "white-space", "depth", "bom"]
    {
        assert!(counts.keys().any(|(_, found)| *found == category), "{category}");
    }
}

#[test]
fn the_corpus_is_judged_as_serde_json_does_wherever_it_is_cut() {
    corpus().for_each(|case| check(&case.content));
}

#[test]
fn what_is_accepted_can_be_parsed_unless_a_value_cannot_hold_it() {
    for Case { verdict, category, content } in corpus() {
        let parsed = serde_json::from_slice::<serde_json::Value>(&content);
        match verdict {
            'y' => assert!(parsed.is_ok(), "{category}: {parsed:?}"),
            'n' => assert!(parsed.is_err(), "{category}"),
            _ => {}
        }
    }
}

#[test]
fn the_depth_limit_is_that_of_a_value() {
    for depth in 120..140 {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            let middle = if open == "[" { "" } else { "1" };
            let content = [&open.repeat(depth), middle, &close.repeat(depth)].concat();
            let value = serde_json::from_str::<serde_json::Value>(&content);
            let outcome = judge(&JsonValidator::new(), [content.as_bytes()]);
            assert_eq!(outcome.is_ok(), value.is_ok(), "{open} {depth}: {outcome:?}");
        }
    }
    for limit in [0, 1, 64, 65, 1000] {
        let json = JsonValidator::new().max_depth(limit);
        let of = |depth: usize| judge(&json, [["[".repeat(depth), "]".repeat(depth)].concat().as_bytes()]);
        let limit = limit as usize;
        assert_eq!(of(limit).is_ok(), limit > 0, "{limit}");
        let fault = of(limit + 1).unwrap_err();
        assert_eq!((fault.offset(), fault.expected()), (limit as u64, format!("at most {limit} levels")));
    }
    assert!(judge(&JsonValidator::new().max_depth(0), [&b"1"[..]]).is_ok());
}

#[test]
fn faults_say_where_and_what() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "expected a value and found the end at line 1 column 1 (byte 0)"),
        (b"<html>", "expected a value at line 1 column 1 (byte 0)"),
        (b"[1,\n 2 3]", "expected `,` or `]` at line 2 column 4 (byte 7)"),
        (b"{\"a\": [1, 2", "expected `,` or `]` and found the end at line 1 column 12 (byte 11)"),
        (b"{\"a\": 1", "expected `,` or `}` and found the end at line 1 column 8 (byte 7)"),
        (b"{\"a\" 1}", "expected `:` at line 1 column 6 (byte 5)"),
        (b"{\"a\"", "expected `:` and found the end at line 1 column 5 (byte 4)"),
        (b"{1:1}", "expected a key in quotes or `}` at line 1 column 2 (byte 1)"),
        (b"{\"a\":1,}", "expected a key in quotes at line 1 column 8 (byte 7)"),
        (b"[tru e]", "expected `true` at line 1 column 5 (byte 4)"),
        (b"\r\n\"a\nb\"", "expected an escape in place of a control character at line 2 column 3 (byte 4)"),
        (b"\"ab", "expected the end of the string and found the end at line 1 column 4 (byte 3)"),
        (b"\"\\x\"", "expected one of `\"\\/bfnrtu` at line 1 column 3 (byte 2)"),
        (b"\"\\u00g0\"", "expected a hexadecimal digit at line 1 column 6 (byte 5)"),
        (b"\"caf\xe9\"", "expected UTF-8 at line 1 column 5 (byte 4)"),
        (b"[1.]", "expected a digit at line 1 column 4 (byte 3)"),
        (b"[1]\n\n x", "expected nothing more at line 3 column 2 (byte 6)"),
    ];
    for (content, message) in cases {
        let fault = judge(&JsonValidator::new(), [*content]).unwrap_err();
        assert_eq!(fault.to_string(), *message);
        assert_eq!(fault.is_end(), message.contains("found the end"));
    }
}

#[test]
fn long_content_of_any_kind_takes_no_stack() {
    for part in ["a", "\u{e9}", "\u{e9}\\n", "\\u0041\u{20ac}", "\\\"", "\\\\\u{1f600}x"] {
        let content = format!("[\"{0}\",{{\"{0}\":1}}]", part.repeat(100_000));
        for len in [1, 7, 16 * 1024, content.len()] {
            assert_eq!(judge(&JsonValidator::new(), content.as_bytes().chunks(len)), Ok(()), "{part} {len}");
        }
    }
}

#[test]
fn a_fault_is_final() {
    let mut json = JsonValidator::new();
    let fault = json.push(b"[1 2").unwrap_err();
    assert_eq!(json.push(b"]").unwrap_err(), fault);
    assert_eq!(json.finish().unwrap_err(), fault);
}

/// JSON of any shape, and what a fault on the way makes of it.
fn json_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("0".to_owned()),
        Just("-0.0e+00".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,5})?",
    ];
    let string = "\"([ !#-\\[\\]-~\u{e9}\u{20ac}\u{1f600}]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}){0,20}\"";
    let space = "[ \t\r\n]{0,3}|\n {0,20}";
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        number,
        string.prop_map(String::from),
    ];
    let text = leaf.prop_recursive(6, 60, 5, move |inner| {
        let inner = (space, inner, space).prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::vec((space, string, space, inner), 0..5).prop_map(|members| {
                let members: Vec<_> =
                    members.into_iter().map(|(a, key, b, value)| format!("{a}{key}{b}:{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    (space, text, space).prop_map(|(a, text, b)| format!("{a}{text}{b}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn valid_json_is_accepted(text in json_text()) {
        prop_assert!(serde(text.as_bytes()));
        check(text.as_bytes());
    }

    #[test]
    fn one_changed_byte_is_judged_as_serde_json_does(text in json_text(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut content = text.into_bytes();
        let at = at.index(content.len());
        content[at] = byte;
        check(&content);
    }

    #[test]
    fn one_byte_more_or_less_is_judged_as_serde_json_does(
        text in json_text(),
        at in any::<prop::sample::Index>(),
        byte in prop::option::of(prop::sample::select(b"{}[]:,\"\\ 0e.-\n\x80".to_vec())),
    ) {
        let mut content = text.into_bytes();
        let at = at.index(content.len());
        match byte {
            Some(byte) => content.insert(at, byte),
            None => { content.remove(at); }
        }
        check(&content);
    }

    #[test]
    fn a_cut_is_always_noticed_in_a_container(text in json_text(), at in any::<prop::sample::Index>()) {
        let text = text.trim();
        prop_assume!(text.starts_with(['{', '[', '"']));
        let cut = &text.as_bytes()[..at.index(text.len())];
        let fault = judge(&JsonValidator::new(), [cut]).unwrap_err();
        // An escape or a character that was cut is no fault until more comes, so all of these end at the end.
        prop_assert!(fault.is_end(), "{fault}");
    }

    #[test]
    fn scrambled_tokens_are_judged_as_serde_json_does(
        tokens in prop::collection::vec(
            prop::sample::select(vec!["{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "1", "-", "0", ".", "e", "true", "nul", " ", "\n", "\u{e9}"]),
            0..12,
        ),
    ) {
        check(tokens.concat().as_bytes());
    }

    #[test]
    fn scrambled_bytes_are_judged_as_serde_json_does(bytes in prop::collection::vec(any::<u8>(), 0..40), quoted: bool) {
        let content = if quoted { [b"\"", &bytes[..], b"\""].concat() } else { bytes };
        check(&content);
    }
}
