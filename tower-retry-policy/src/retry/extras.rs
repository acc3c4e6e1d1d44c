use super::{before_retry::Hook, handle::Live, hedge::Hedging};
use std::sync::Arc;

/// What a layer has beside its policy. Most have nothing of it, and pay for one look.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    pub(super) hedging: Option<Arc<Hedging>>,
    pub(super) before_retry: Option<Hook>,
    /// The policy that is followed instead of the layer's, once somebody has a handle.
    pub(super) live: Option<Arc<Live>>,
}
