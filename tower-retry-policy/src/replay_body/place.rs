use std::num::NonZeroU32;

/// The order in which readers began or were numbered; later ones are greater.
pub(crate) type Ticket = NonZeroU32;

/// How far a reader has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// Drawn when it first asks, or when its attempt begins; without one it has not begun.
    pub(super) ticket: Option<Ticket>,
    pub(super) bytes: u64,
    /// Past the trailers, which come after all data.
    pub(super) past_trailers: bool,
}
