use super::error::Kind;
use http_body::SizeHint;

/// The length that a body has announced.
///
/// A client sends an exact length as `Content-Length` and reads no further when that much has come; a shorter one,
/// announced anew by the next attempt, would make a whole request of what was cut. So the first one counts: it is
/// checked against what comes, and what the body says of itself later is not asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Announced {
    whole: Option<u64>,
}

impl Announced {
    /// Takes note of what the body says of its rest when so much of it has passed.
    #[inline]
    pub(super) fn note(&mut self, passed: u64, rest: &SizeHint) {
        if self.whole.is_none() {
            self.whole = rest.exact().and_then(|rest| passed.checked_add(rest));
        }
    }

    #[inline]
    pub(super) const fn whole(self) -> Option<u64> {
        self.whole
    }

    /// Whether the body may end when so much of it has passed.
    #[inline]
    pub(super) fn is_complete(self, passed: u64) -> bool {
        self.whole.is_none_or(|whole| whole == passed)
    }

    /// What is wrong with so many bytes, of which `ended` says whether they are all.
    #[inline]
    pub(super) fn fault(self, passed: u64, ended: bool) -> Option<Kind> {
        match self.whole {
            Some(announced) if passed > announced => Some(Kind::Long { announced }),
            Some(announced) if ended && passed < announced => Some(Kind::Short { announced, came: passed }),
            _ => None,
        }
    }
}
