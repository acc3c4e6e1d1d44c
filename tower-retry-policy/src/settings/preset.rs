use crate::RetryPolicy;

/// What a policy begins with; the other settings change it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// [`RetryPolicy::standard`].
    #[default]
    Standard,
    /// [`RetryPolicy::urllib3`] with three retries, as urllib3's own `Retry.DEFAULT` has them.
    Urllib3,
    /// [`RetryPolicy::never`].
    Never,
}

pub(super) const PRESETS: [(&str, Preset); 3] =
    [("standard", Preset::Standard), ("urllib3", Preset::Urllib3), ("never", Preset::Never)];

// ===== impl Preset =====

impl Preset {
    /// A policy of this preset; if it has a budget, a new one.
    pub fn policy(self) -> RetryPolicy {
        match self {
            Self::Standard => RetryPolicy::standard(),
            Self::Urllib3 => RetryPolicy::urllib3(3),
            Self::Never => RetryPolicy::never(),
        }
    }
}
