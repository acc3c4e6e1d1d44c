/// Why an answer to a request for the rest cannot be put behind what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: &'static str,
    pub(crate) says: Says,
}

/// What the answer says of the content that it should be the rest of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// It is another one now: what came before is of no use.
    Changed,
    /// It is not known to be the same. One server of several may be alone in sending it so.
    Unlike,
    /// Nothing: the answer contradicts itself or what was asked for. Wrong ranges come from single nodes of a cache
    /// (<https://github.com/aria2/aria2/pull/2222>), so asking again helps.
    Nothing,
}

// ===== impl Fault =====

impl Fault {
    pub(crate) fn changed(reason: &'static str) -> Self {
        Self { reason, says: Says::Changed }
    }

    pub(crate) fn unlike(reason: &'static str) -> Self {
        Self { reason, says: Says::Unlike }
    }

    pub(crate) fn contradiction(reason: &'static str) -> Self {
        Self { reason, says: Says::Nothing }
    }
}
