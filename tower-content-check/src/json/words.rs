//! Eight bytes at a time, in a register: which of them are of a kind.
//!
//! Each function answers with a word in which the *lowest* byte that is not zero stands for the first byte found.
//! Bytes above it may be marked wrongly, because a borrow or a carry went through them.

const LOW: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Bytes in a word.
pub(super) const WIDTH: usize = 8;

/// The word at the start of `bytes`, where they are enough.
#[inline(always)]
pub(super) fn word(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<WIDTH>().map(|chunk| u64::from_le_bytes(*chunk))
}

/// How many bytes stand before the first that is marked.
#[inline(always)]
pub(super) fn before_first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Marks what may not simply be skipped in a string: quote, backslash, control characters.
#[inline(always)]
pub(super) fn ends_of_run(word: u64) -> u64 {
    let quote = word ^ (LOW * b'"' as u64);
    let backslash = word ^ (LOW * b'\\' as u64);
    let below_space = word.wrapping_sub(LOW * b' ' as u64) & !word;
    let is_quote = quote.wrapping_sub(LOW) & !quote;
    let is_backslash = backslash.wrapping_sub(LOW) & !backslash;
    (below_space | is_quote | is_backslash) & HIGH
}

/// Marks what may not simply be skipped in a string of ASCII: what [`ends_of_run`] marks, and bytes that are not ASCII.
#[inline(always)]
pub(super) fn not_plain(word: u64) -> u64 {
    // With the high bits marked there is no need to tell a zero from a byte that had its high bit set before.
    let quote = (word ^ (LOW * b'"' as u64)).wrapping_sub(LOW);
    let backslash = (word ^ (LOW * b'\\' as u64)).wrapping_sub(LOW);
    let below_space = word.wrapping_sub(LOW * b' ' as u64);
    (quote | backslash | below_space | word) & HIGH
}

/// Marks bytes that are no spaces; exact in every byte.
#[inline(always)]
pub(super) fn not_space(word: u64) -> u64 {
    word ^ (LOW * b' ' as u64)
}

/// Marks bytes that are no digits: those outside 0x30..=0x3f, and those that leave it when 6 is added.
#[inline(always)]
pub(super) fn not_digit(word: u64) -> u64 {
    const HIGH_NIBBLES: u64 = LOW * 0xf0;
    const DIGITS: u64 = LOW * b'0' as u64;
    ((word & HIGH_NIBBLES) ^ DIGITS) | ((word.wrapping_add(LOW * 6) & HIGH_NIBBLES) ^ DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first byte of a kind is found at every place, whatever stands around it.
    fn finds(mark: fn(u64) -> u64, is_marked: fn(u8) -> bool) {
        let neutral = (0..=255).find(|byte| !is_marked(*byte)).unwrap();
        for byte in 0..=255 {
            for at in 0..WIDTH {
                for above in [neutral, 0, b'"', b'9', 0x7f, 0x80, 0xff] {
                    let mut bytes = [neutral; WIDTH];
                    bytes[at] = byte;
                    bytes[at + 1..].fill(above);
                    let first = bytes.iter().position(|byte| is_marked(*byte)).unwrap_or(WIDTH);
                    assert_eq!(before_first(mark(u64::from_le_bytes(bytes))), first, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn the_first_byte_of_each_kind_is_found() {
        finds(ends_of_run, |byte| byte < b' ' || byte == b'"' || byte == b'\\');
        finds(not_plain, |byte| !(b' '..0x80).contains(&byte) || byte == b'"' || byte == b'\\');
        finds(not_space, |byte| byte != b' ');
        finds(not_digit, |byte| !byte.is_ascii_digit());
    }

    #[test]
    fn a_word_needs_eight_bytes() {
        assert_eq!(word(&[1; 7]), None);
        assert_eq!(word(&[1; 9]), Some(LOW));
    }
}
