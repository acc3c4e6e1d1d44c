//! The JSON validator, frame by frame, beside validators of a joined slice and another incremental one.
//!
//! `cargo bench --manifest-path tower-content-check/bench/Cargo.toml --bench json`

use serde_json::value::RawValue;
use tower_content_check::json::JsonValidator;
use tower_content_check_bench::{Contender, compare, material, wanted};

/// The read buffer of a busy connection.
const FRAME: usize = 16 * 1024;

type Make = fn(usize) -> Vec<u8>;

fn main() {
    let kinds: [(&str, Make); 5] = [
        ("records", material::records),
        ("pretty", material::pretty),
        ("texts", material::texts),
        ("foreign", material::foreign),
        ("numbers", material::numbers),
    ];
    for (kind, make) in kinds {
        for bytes in [7_000, 1_000_000] {
            let title = format!("{kind}, {bytes}");
            if !wanted(&title) {
                continue;
            }
            let content = make(bytes);
            compare(
                &title,
                content.len(),
                &mut [
                    Contender::new("serde_json &RawValue, slice", || {
                        serde_json::from_slice::<&RawValue>(&content).is_ok()
                    }),
                    Contender::new("tower-content-check, frames of 16 KiB", || frames(&content, FRAME)),
                    Contender::new("tower-content-check, frames of 1400 bytes", || frames(&content, 1400)),
                    Contender::new("sonic-rs, slice", || {
                        sonic_rs::from_slice::<sonic_rs::LazyValue<'_>>(&content).is_ok()
                    }),
                    Contender::new("simd-json tape, slice copied first", || {
                        simd_json::to_tape(&mut content.clone()).is_ok()
                    }),
                    Contender::new("actson, frames of 16 KiB", || actson(&content)),
                ],
            );
        }
    }
}

fn frames(content: &[u8], len: usize) -> bool {
    let mut json = JsonValidator::new();
    content.chunks(len).all(|frame| json.push(frame).is_ok()) && json.finish().is_ok()
}

fn actson(content: &[u8]) -> bool {
    use actson::{JsonEvent, JsonParser, feeder::PushJsonFeeder};

    let mut parser = JsonParser::new(PushJsonFeeder::new());
    let mut at = 0;
    loop {
        match parser.next_event() {
            Ok(Some(JsonEvent::NeedMoreInput)) => {
                at += parser.feeder.push_bytes(&content[at..]);
                if at == content.len() {
                    parser.feeder.done();
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}
