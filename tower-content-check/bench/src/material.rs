//! JSON of the kinds that APIs answer with, made up and always the same.

use std::fmt::Write;

/// Records of short fields, as list endpoints answer; without white space.
pub fn records(bytes: usize) -> Vec<u8> {
    let mut random = Random(7);
    let mut text = String::from("[");
    while text.len() < bytes {
        if text.len() > 1 {
            text.push(',');
        }
        let id = random.below(1_000_000);
        write!(
            text,
            r#"{{"id":{id},"name":"user-{}","active":{},"score":{}.{:02},"tags":["a{}","beta"],"parent":null,"created_at":"2026-11-23T18:{:02}:07Z"}}"#,
            random.below(100_000),
            random.below(2) == 0,
            random.below(100),
            random.below(100),
            random.below(10),
            random.below(60),
        )
        .expect("a string takes it");
    }
    text.push(']');
    text.into_bytes()
}

/// The same with two spaces for each level.
pub fn pretty(bytes: usize) -> Vec<u8> {
    let value: serde_json::Value = serde_json::from_slice(&records(bytes * 2 / 3)).expect("made as JSON");
    serde_json::to_vec_pretty(&value).expect("a value can be written")
}

/// Long texts with some escapes, as messages and documents are.
pub fn texts(bytes: usize) -> Vec<u8> {
    prose(bytes, &["lorem", "ipsum", "dolor", "sit", "amet,", "consectetur", r#"said \"no\""#, r"and\nthen"])
}

/// Long texts whose letters are not ASCII.
pub fn foreign(bytes: usize) -> Vec<u8> {
    prose(
        bytes,
        &[
            "\u{4e16}\u{754c}",
            "\u{3053}\u{3093}\u{306b}\u{3061}\u{306f}",
            "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}",
            "caf\u{e9}",
        ],
    )
}

/// Pairs of coordinates, as geometry is sent.
pub fn numbers(bytes: usize) -> Vec<u8> {
    let mut random = Random(7);
    let mut text = String::from("{\"coordinates\":[");
    while text.len() < bytes {
        if !text.ends_with('[') {
            text.push(',');
        }
        write!(
            text,
            "[-{}.{:014},{}.{:014}]",
            random.below(180),
            random.below(100_000_000_000_000),
            random.below(90),
            random.below(100_000_000_000_000)
        )
        .expect("a string takes it");
    }
    text.push_str("]}");
    text.into_bytes()
}

fn prose(bytes: usize, words: &[&str]) -> Vec<u8> {
    let mut random = Random(7);
    let mut text = String::from("[");
    while text.len() < bytes {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str("{\"text\":\"");
        for _ in 0..random.below(60) + 5 {
            text.push_str(words[random.below(words.len() as u64) as usize]);
            text.push(' ');
        }
        text.push_str("\"}");
    }
    text.push(']');
    text.into_bytes()
}

/// SplitMix64, so that the material is the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
