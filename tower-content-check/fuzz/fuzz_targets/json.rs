//! The JSON validator must agree with serde_json on every input, wherever it is cut, and find the fault at the
//! same place.
//!
//! `cargo +nightly fuzz run json` in the folder `tower-content-check`. Frames are of up to 150 bytes, so that the maps of 64
//! bytes are whole, begun anew and cut short.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use tower_content_check::json::{JsonFault, JsonValidator};

fuzz_target!(|input: (u8, Vec<u8>)| {
    let (seed, content) = input;
    let whole = judge([&content[..]]);
    assert_eq!(whole.is_ok(), serde_json::from_slice::<&RawValue>(&content).is_ok());

    let len = usize::from(seed % 150) + 1;
    assert_eq!(judge(content.chunks(len)), whole, "frames of {len}");
    let (a, b) = content.split_at(usize::from(seed) % (content.len() + 1));
    assert_eq!(judge([a, b]), whole, "cut at {}", a.len());
});

fn judge<'a>(frames: impl IntoIterator<Item = &'a [u8]>) -> Result<(), JsonFault> {
    let mut json = JsonValidator::new().max_depth(u32::MAX);
    frames.into_iter().try_for_each(|frame| json.push(frame))?;
    json.finish()
}
