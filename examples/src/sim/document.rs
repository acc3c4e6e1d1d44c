//! What the server serves: random JSON, about 7 kB of it as in the talk.

use crate::sim::random::{Purpose, Random};
use bytes::Bytes;
use serde_json::{Value, json};

/// The talk's document, in bytes.
pub const SIZE: usize = 7_000;

/// The document of the run with this seed: of so many bytes at least, and less than a record of 75 more.
#[must_use]
pub fn document(seed: u64, size: usize) -> Bytes {
    let mut random = Random::new(seed, Purpose::Document);
    let mut records: Vec<Value> = Vec::new();
    let mut length = 2;
    while length < size {
        let record = json!({
            "id": records.len(),
            "name": format!("{:016x}", random.next_u64()),
            "size": random.below(1_000_000),
            "ready": random.chance(0.5),
        });
        length += record.to_string().len() + 1;
        records.push(record);
    }
    Bytes::from(Value::Array(records).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_json_of_seven_kilobytes_and_differ_by_seed() {
        for seed in 0..20 {
            let text = document(seed, SIZE);
            assert!((7_000..7_200).contains(&text.len()), "{}", text.len());
            assert!(serde_json::from_slice::<Value>(&text).unwrap().is_array());
            assert_eq!(text, document(seed, SIZE));
            assert_ne!(text, document(seed + 1, SIZE));
        }
    }

    #[test]
    fn documents_are_as_long_as_was_asked() {
        for size in [0, 1, 2, 3, 100, 7_000, 100_000] {
            let text = document(1, size);
            assert!((size.max(2)..size + 75).contains(&text.len()), "{size}: {}", text.len());
            assert!(serde_json::from_slice::<Value>(&text).unwrap().is_array());
        }
    }
}
