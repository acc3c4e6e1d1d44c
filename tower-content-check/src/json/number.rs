use super::words;

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

/// Follows a number through `data` from `at`.
#[inline(always)]
pub(super) fn follow(data: &[u8], mut at: usize, mut digits: Digits) -> Left {
    loop {
        if matches!(digits, Digits::Integer | Digits::Fraction | Digits::Exponent) {
            at = skip_digits(data, at);
        }
        let Some(byte) = data.get(at) else { return Left::Starved(digits) };
        digits = match (digits, byte) {
            (Digits::Minus, b'0') => Digits::Zero,
            (Digits::Minus, b'1'..=b'9') => Digits::Integer,
            (Digits::Zero | Digits::Integer, b'.') => Digits::Point,
            (Digits::Zero | Digits::Integer | Digits::Fraction, b'e' | b'E') => Digits::E,
            (Digits::Point, b'0'..=b'9') => Digits::Fraction,
            (Digits::E, b'+' | b'-') => Digits::Sign,
            (Digits::E | Digits::Sign, b'0'..=b'9') => Digits::Exponent,
            (digits, _) if digits.may_end() => return Left::Complete(at),
            _ => return Left::NoDigit(at),
        };
        at += 1;
    }
}

#[inline(always)]
fn skip_digits(data: &[u8], mut at: usize) -> usize {
    while let Some(word) = words::word(&data[at..]) {
        let marks = words::not_digit(word);
        if marks != 0 {
            return at + words::before_first(marks);
        }
        at += words::WIDTH;
    }
    while data.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

// ===== impl Digits =====

impl Digits {
    #[inline(always)]
    pub(super) fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Integer | Self::Fraction | Self::Exponent)
    }
}
