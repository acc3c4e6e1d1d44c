use http::{HeaderMap, HeaderName};
use sfv::{BareItem, Dictionary, Item, ListEntry, Parser};

use super::Algorithm;

/// The hashes of known algorithms that a field of RFC 9530 states.
///
/// A field that is no dictionary says nothing, nor does a member that is no byte sequence: whoever sends such a one
/// sends it again, and the content may be right.
pub(crate) fn digests(fields: &HeaderMap, name: &HeaderName) -> Vec<(Algorithm, Vec<u8>)> {
    let mut values = fields.get_all(name).iter();
    let Some(first) = values.next() else { return Vec::new() };
    // Several fields of one name are one list (RFC 9110 section 5.3).
    let mut joined = first.as_bytes().to_vec();
    for value in values {
        joined.extend_from_slice(b", ");
        joined.extend_from_slice(value.as_bytes());
    }
    let Ok(dictionary) = Parser::new(&joined).parse::<Dictionary>() else { return Vec::new() };
    dictionary
        .into_iter()
        .filter_map(|(key, entry)| match (Algorithm::of_key(key.as_str())?, entry) {
            (algorithm, ListEntry::Item(Item { bare_item: BareItem::ByteSequence(hash), .. })) => {
                Some((algorithm, hash))
            }
            _ => None,
        })
        .collect()
}
