//! Where runs of bytes of one kind end, for 64 bytes at a time.
//!
//! A scan that looks at the bytes where a token begins, to find where it ends, has to wait for that before it can look at
//! the next token: a load, a comparison and a count, one behind the other for each of them. A map of the next 64 bytes is
//! made at once, and the tokens in it are found by shifting and counting alone.

use std::marker::PhantomData;
use wide::i8x16;

const WIDTH: usize = 64;

/// The maps of a frame, as far as they were needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs {
    pub(super) plain: Map<Plain>,
    pub(super) digits: Map<Digits>,
    pub(super) spaces: Map<Spaces>,
}

/// Where the runs of a kind end in the 64 bytes from a place on: a bit for each byte, the first lowest.
#[derive(Debug)]
pub(super) struct Map<K> {
    from: usize,
    ends: u64,
    kind: PhantomData<K>,
}

/// A kind of bytes, and what ends a run of them.
pub(super) trait Kind {
    /// A byte that belongs to a run.
    const INSIDE: u8;

    /// Marks the bytes that do not.
    fn ends(block: i8x16) -> i8x16;
}

/// ASCII that stands in a string as it is.
#[derive(Debug)]
pub(super) struct Plain;

/// What stands in a string as it is, ASCII or not.
#[derive(Debug)]
pub(super) struct Text;

#[derive(Debug)]
pub(super) struct Digits;

#[derive(Debug)]
pub(super) struct Spaces;

// ===== impl Runs =====

impl Runs {
    pub(super) const NONE: Self = Self { plain: Map::NONE, digits: Map::NONE, spaces: Map::NONE };
}

// ===== impl Map =====

impl<K: Kind> Map<K> {
    /// Of nothing yet: no place in a slice is so far.
    pub(super) const NONE: Self = Self { from: usize::MAX / 2 + 1, ends: 0, kind: PhantomData };

    /// Where the run ends that goes on at `at`: the first byte that does not belong to it, or the end of `data`.
    #[inline(always)]
    pub(super) fn end(&mut self, data: &[u8], mut at: usize) -> usize {
        loop {
            let within = at.wrapping_sub(self.from);
            if within < WIDTH {
                let ends = self.ends >> within;
                if ends != 0 {
                    return at + ends.trailing_zeros() as usize;
                }
                at = self.from + WIDTH;
            }
            *self = Self::of(data, at);
        }
    }

    /// Behind the end of `data` everything ends.
    #[inline(always)]
    fn of(data: &[u8], at: usize) -> Self {
        let rest = &data[at..];
        let ends = match rest.first_chunk::<WIDTH>() {
            Some(bytes) => ends::<K>(bytes),
            None => ends_of_tail::<K>(rest),
        };
        Self { from: at, ends, kind: PhantomData }
    }
}

#[inline(always)]
fn ends<K: Kind>(bytes: &[u8; WIDTH]) -> u64 {
    let (blocks, _) = bytes.as_chunks::<16>();
    let bits =
        |block: &[u8; 16]| u64::from(K::ends(i8x16::from(block.map(u8::cast_signed))).to_bitmask() as u16);
    bits(&blocks[0]) | bits(&blocks[1]) << 16 | bits(&blocks[2]) << 32 | bits(&blocks[3]) << 48
}

#[cold]
#[inline(never)]
fn ends_of_tail<K: Kind>(tail: &[u8]) -> u64 {
    let mut bytes = [K::INSIDE; WIDTH];
    bytes[..tail.len()].copy_from_slice(tail);
    ends::<K>(&bytes) | u64::MAX << tail.len()
}

impl<K> Clone for Map<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Map<K> {}

// ===== impl Kind =====

#[inline(always)]
fn splat(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

#[inline(always)]
fn quote_or_backslash(block: i8x16) -> i8x16 {
    block.simd_eq(splat(b'"')) | block.simd_eq(splat(b'\\'))
}

impl Kind for Plain {
    const INSIDE: u8 = b'a';

    #[inline(always)]
    fn ends(block: i8x16) -> i8x16 {
        // As signed numbers the bytes that are not ASCII are below the control characters.
        quote_or_backslash(block) | block.simd_lt(splat(b' '))
    }
}

impl Kind for Text {
    const INSIDE: u8 = b'a';

    #[inline(always)]
    fn ends(block: i8x16) -> i8x16 {
        // With the highest bit turned round the order of signed numbers is that of bytes.
        quote_or_backslash(block) | (block ^ splat(0x80)).simd_lt(splat(b' ' ^ 0x80))
    }
}

impl Kind for Digits {
    const INSIDE: u8 = b'0';

    #[inline(always)]
    fn ends(block: i8x16) -> i8x16 {
        block.simd_lt(splat(b'0')) | block.simd_gt(splat(b'9'))
    }
}

impl Kind for Spaces {
    const INSIDE: u8 = b' ';

    #[inline(always)]
    fn ends(block: i8x16) -> i8x16 {
        !block.simd_eq(splat(b' '))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte at each place of slices up to three maps long, from each place on.
    fn finds<K: Kind>(is_end: fn(u8) -> bool) {
        assert!(!is_end(K::INSIDE));
        for len in [0, 1, 15, 16, 63, 64, 65, 130] {
            for byte in 0..=255 {
                for at in [0, 1, 7, 15, 16, 17, 47, 48, 63, 64, 65, 127, 128] {
                    let mut data = vec![K::INSIDE; len];
                    if let Some(place) = data.get_mut(at) {
                        *place = byte;
                    }
                    let mut map = Map::<K>::NONE;
                    for from in 0..=len {
                        let expected =
                            data[from..].iter().position(|byte| is_end(*byte)).map_or(len, |n| from + n);
                        assert_eq!(
                            { Map::<K>::NONE }.end(&data, from),
                            expected,
                            "{byte} at {at} of {len}, from {from}"
                        );
                        assert_eq!(map.end(&data, from), expected, "{byte} at {at} of {len}, on to {from}");
                    }
                }
            }
        }
    }

    #[test]
    fn runs_end_where_their_kind_does() {
        finds::<Plain>(|byte| !(b' '..0x80).contains(&byte) || byte == b'"' || byte == b'\\');
        finds::<Text>(|byte| byte < b' ' || byte == b'"' || byte == b'\\');
        finds::<Digits>(|byte| !byte.is_ascii_digit());
        finds::<Spaces>(|byte| byte != b' ');
    }
}
