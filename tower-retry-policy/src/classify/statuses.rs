use http::StatusCode;
use std::fmt;

/// A set of status codes; a bit each, because every response is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Statuses {
    bits: [u64; 16],
}

impl Statuses {
    pub(crate) const NONE: Self = Self { bits: [0; 16] };

    /// Those of a list that the compiler checks: codes outside 100..=999 do not build in a constant.
    pub(crate) const fn of(codes: &[u16]) -> Self {
        let mut set = Self::NONE;
        let mut index = 0;
        while index < codes.len() {
            assert!(codes[index] >= 100 && codes[index] < 1000, "a status code has three digits");
            set.bits[(codes[index] >> 6) as usize] |= 1 << (codes[index] & 63);
            index += 1;
        }
        set
    }

    /// Those of both sets.
    pub(crate) const fn and(mut self, other: Self) -> Self {
        let mut word = 0;
        while word < self.bits.len() {
            self.bits[word] |= other.bits[word];
            word += 1;
        }
        self
    }

    #[inline]
    pub(crate) fn contains(&self, status: StatusCode) -> bool {
        let (word, bit) = place(status);
        self.bits[word] & bit != 0
    }
}

impl FromIterator<StatusCode> for Statuses {
    fn from_iter<I: IntoIterator<Item = StatusCode>>(statuses: I) -> Self {
        let mut set = Self::NONE;
        for status in statuses {
            let (word, bit) = place(status);
            set.bits[word] |= bit;
        }
        set
    }
}

impl fmt::Debug for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries((100..1000).filter(|code| StatusCode::from_u16(*code).is_ok_and(|s| self.contains(s))))
            .finish()
    }
}

/// `StatusCode` holds 100..=999, which fits 1,024 bits.
#[inline]
fn place(status: StatusCode) -> (usize, u64) {
    let code = status.as_u16();
    (usize::from(code >> 6) & 15, 1 << (code & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_exactly_what_was_put_in() {
        for listed in [100, 200, 408, 429, 500, 503, 599, 999] {
            let set: Statuses = [StatusCode::from_u16(listed).unwrap()].into_iter().collect();
            for code in 100..1000 {
                assert_eq!(set.contains(StatusCode::from_u16(code).unwrap()), code == listed, "{code}");
            }
            assert_eq!(format!("{set:?}"), format!("{{{listed}}}"));
        }
    }
}
