use base64::{Engine as _, engine::general_purpose::STANDARD};
use smallvec::SmallVec;

/// A hash as a field states it; none that is known here is longer than 64 bytes.
pub(crate) type Hash = SmallVec<[u8; 64]>;

/// Reads base64 that is written in the one way in which it usually is: padded, nothing else in it, no bits left over.
///
/// Other ways of writing may be as good, and are left to who reads all of them.
pub(super) fn usual(text: &[u8]) -> Option<Hash> {
    // The decoder asks for room by the letters, whatever they turn out to be.
    let mut bytes = [0; 66];
    let len = STANDARD.decode_slice(text, &mut bytes).ok()?;
    Some(Hash::from_slice(bytes.get(..len)?))
}
