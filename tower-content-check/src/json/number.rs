use super::runs::{self, Map};

/// How far a number has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    /// Behind the minus: a digit has to follow.
    Minus,
    /// Behind a zero, which no digit may follow.
    Zero,
    Integer,
    /// Behind the point: a digit has to follow.
    Point,
    Fraction,
    /// Behind `e`: a sign or a digit has to follow.
    E,
    /// Behind the sign of the exponent: a digit has to follow.
    Sign,
    Exponent,
}

/// Why a number was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Here is a byte that does not belong to it, and it is complete.
    Complete(usize),
    /// Here a digit is missing.
    NoDigit(usize),
    /// The frame is used up.
    Starved(Digits),
}

/// Follows a number through `data` from `at`. The stages stand in their order, and each may be where a frame began.
#[inline(always)]
pub(super) fn follow(data: &[u8], mut at: usize, mut digits: Digits, runs: &mut Map<runs::Digits>) -> Left {
    if digits == Digits::Minus {
        digits = match data.get(at) {
            Some(b'1'..=b'9') => Digits::Integer,
            Some(b'0') => Digits::Zero,
            Some(_) => return Left::NoDigit(at),
            None => return Left::Starved(digits),
        };
        at += 1;
    }
    if matches!(digits, Digits::Zero | Digits::Integer) {
        if digits == Digits::Integer {
            at = runs.end(data, at);
        }
        digits = match data.get(at) {
            Some(b'.') => Digits::Point,
            Some(b'e' | b'E') => Digits::E,
            Some(_) => return Left::Complete(at),
            None => return Left::Starved(digits),
        };
        at += 1;
    }
    if digits == Digits::Point {
        digits = match data.get(at) {
            Some(b'0'..=b'9') => Digits::Fraction,
            Some(_) => return Left::NoDigit(at),
            None => return Left::Starved(digits),
        };
        at += 1;
    }
    if digits == Digits::Fraction {
        at = runs.end(data, at);
        digits = match data.get(at) {
            Some(b'e' | b'E') => Digits::E,
            Some(_) => return Left::Complete(at),
            None => return Left::Starved(digits),
        };
        at += 1;
    }
    if digits == Digits::E {
        digits = match data.get(at) {
            Some(b'+' | b'-') => Digits::Sign,
            Some(b'0'..=b'9') => Digits::Exponent,
            Some(_) => return Left::NoDigit(at),
            None => return Left::Starved(digits),
        };
        at += 1;
    }
    if digits == Digits::Sign {
        digits = match data.get(at) {
            Some(b'0'..=b'9') => Digits::Exponent,
            Some(_) => return Left::NoDigit(at),
            None => return Left::Starved(digits),
        };
        at += 1;
    }
    at = runs.end(data, at);
    if at < data.len() { Left::Complete(at) } else { Left::Starved(digits) }
}

// ===== impl Digits =====

impl Digits {
    #[inline(always)]
    pub(super) fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Exponent)
    }
}
