use super::{Algorithm, Hash, hash};
use http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{
    BareItemFromInput, KeyRef, Parser,
    visitor::{DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor},
};
use smallvec::{SmallVec, smallvec};
use std::convert::Infallible;

type Digests = SmallVec<[(Algorithm, Hash); 1]>;

/// The hashes of known algorithms that a field of RFC 9530 states.
///
/// A field that is no dictionary says nothing, nor does a member that is no byte sequence: whoever sends such a one
/// sends it again, and the content may be right.
pub(crate) fn digests(fields: &HeaderMap, name: &HeaderName) -> Digests {
    let mut values = fields.get_all(name).iter().map(HeaderValue::as_bytes);
    let Some(first) = values.next() else { return Digests::new() };
    let Some(second) = values.next() else { return one(first).unwrap_or_else(|| parse(first)) };
    // Several fields of one name are one list (RFC 9110 section 5.3).
    let mut joined = first.to_vec();
    for value in [second].into_iter().chain(values) {
        joined.extend_from_slice(b", ");
        joined.extend_from_slice(value);
    }
    parse(&joined)
}

/// Reads what nearly every such field is, one digest to the letter, in a tenth of the time. Nothing for anything else,
/// right or wrong.
fn one(value: &[u8]) -> Option<Digests> {
    let (key, rest) = value.split_at_checked("sha-xxx".len())?;
    let text = rest.strip_prefix(b"=:")?.strip_suffix(b":")?;
    let algorithm = Algorithm::of_key(key)?;
    Some(smallvec![(algorithm, hash::usual(text)?)])
}

fn parse(value: &[u8]) -> Digests {
    Parser::new(value).parse_dictionary_with_visitor(Members(Digests::new())).unwrap_or_default()
}

/// Collects members with a known key.
struct Members(Digests);

/// Takes the value of one of them.
struct Member<'a> {
    digests: &'a mut Digests,
    algorithm: Algorithm,
}

// ===== impl Members =====

impl<'de> DictionaryVisitor<'de> for Members {
    type Out = Digests;
    type Error = Infallible;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Infallible> {
        Ok(Algorithm::of_key(key.as_str().as_bytes()).map(|algorithm| {
            // Of several members with one key the last counts (RFC 9651 section 4.2.2), whatever its type.
            self.0.retain(|(known, _)| *known != algorithm);
            Member { digests: &mut self.0, algorithm }
        }))
    }

    fn finish(self) -> Result<Digests, Infallible> {
        Ok(self.0)
    }
}

// ===== impl Member =====

impl<'de> EntryVisitor<'de> for Member<'_> {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
        Ok(Ignored)
    }
}

impl<'de> ItemVisitor<'de> for Member<'_> {
    type Out = ();
    type Error = Infallible;

    fn bare_item(
        self,
        item: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = ()>, Infallible> {
        if let BareItemFromInput::ByteSequence(hash) = item {
            self.digests.push((self.algorithm, Hash::from_vec(hash)));
        }
        Ok(Ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHA256: &str = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";
    const SHA512: &str =
        "sha-512=:m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==:";

    #[test]
    fn the_usual_field_is_read_without_the_parser() {
        for (field, len) in [(SHA256, 32), (SHA512, 64), ("sha-256=::", 0), ("sha-512=:AAAA:", 3)] {
            assert_eq!(one(field.as_bytes()).unwrap()[0].1.len(), len, "{field}");
        }
        let unusual = [
            "",
            " sha-256=:AAAA:",
            "sha-256=:AAAA:;a",
            "sha-256=:AAAA:, sha-512=:AAAA:",
            "sha-256=:AAA:",
            "sha-256=:AAAB",
            "sha-256=:AAB=:",
            "sha-256 =:AAAA:",
            "sha-256=:",
            "SHA-256=:AAAA:",
            "unixsum=:AAAA:",
            "md5=:AAAA:",
            &format!("sha-512=:{}:", "AAAA".repeat(100)),
        ];
        for field in unusual {
            assert!(one(field.as_bytes()).is_none(), "{field}");
        }
    }

    /// A field that was written as they are, with up to three bytes of it changed, lost or added.
    fn field() -> impl Strategy<Value = Vec<u8>> {
        let bytes = prop::sample::select(b"=:, ;-+/AZaz09_?*\"\t".to_vec());
        let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, bytes), 0..4);
        let fields = prop::sample::select(vec![SHA256, SHA512, "sha-256=:AAAA:", "sha-512=::"]);
        (fields, edits).prop_map(|(field, edits)| {
            let mut field = field.as_bytes().to_vec();
            for (at, edit, byte) in edits {
                let at = at.index(field.len());
                match edit {
                    0 => field[at] = byte,
                    1 => field.insert(at, byte),
                    _ => {
                        field.remove(at);
                    }
                }
            }
            field
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_is_read_without_the_parser_is_what_the_parser_reads(field in field()) {
            if let Some(digests) = one(&field) {
                prop_assert_eq!(&digests, &parse(&field), "{}", field.escape_ascii());
            }
        }
    }
}
