use std::convert::Infallible;

use http::{HeaderMap, HeaderName};
use sfv::{
    BareItemFromInput, KeyRef, Parser,
    visitor::{DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor},
};

use super::Algorithm;

type Digests = Vec<(Algorithm, Vec<u8>)>;

/// The hashes of known algorithms that a field of RFC 9530 states.
///
/// A field that is no dictionary says nothing, nor does a member that is no byte sequence: whoever sends such a one
/// sends it again, and the content may be right.
pub(crate) fn digests(fields: &HeaderMap, name: &HeaderName) -> Digests {
    let mut values = fields.get_all(name).iter();
    let Some(first) = values.next() else { return Vec::new() };
    let Some(second) = values.next() else { return parse(first.as_bytes()) };
    // Several fields of one name are one list (RFC 9110 section 5.3).
    let mut joined = first.as_bytes().to_vec();
    for value in [second].into_iter().chain(values) {
        joined.extend_from_slice(b", ");
        joined.extend_from_slice(value.as_bytes());
    }
    parse(&joined)
}

fn parse(value: &[u8]) -> Digests {
    Parser::new(value).parse_dictionary_with_visitor(Members(Vec::new())).unwrap_or_default()
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
        Ok(Algorithm::of_key(key.as_str()).map(|algorithm| {
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
            self.digests.push((self.algorithm, hash));
        }
        Ok(Ignored)
    }
}
