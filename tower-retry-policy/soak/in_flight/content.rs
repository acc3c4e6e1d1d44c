//! What is sent in either direction for a call, known to both sides by its number.

use crate::draw::{Purpose, draw};
use bytes::Bytes;

pub(crate) fn answer(seed: u64, id: u64) -> Bytes {
    let text = "x".repeat(draw(seed, Purpose::Content, id, 0).usize(..2_000));
    format!(r#"{{"id":{id},"text":"{text}"}}"#).into()
}

pub(crate) fn upload(seed: u64, id: u64) -> Bytes {
    let length = draw(seed, Purpose::Content, id, 1).usize(..3_000);
    format!("{id};").into_bytes().into_iter().cycle().take(length).collect()
}

/// In two pieces, so that there is a middle.
pub(crate) fn halves(whole: &Bytes) -> [Bytes; 2] {
    let middle = whole.len() / 2;
    [whole.slice(..middle), whole.slice(middle..)]
}
