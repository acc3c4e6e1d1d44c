//! Bytes per tenth of a second, as the talk plots them.

use std::time::Duration;

/// The width of a bin.
pub(super) const BIN: Duration = Duration::from_millis(100);

/// What reached the client, per tenth of a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    probe: Option<Vec<u64>>,
    download: Vec<u64>,
}

impl Traffic {
    pub(super) fn new(end: Duration, probed: bool) -> Self {
        // What happens in the last instant belongs to the bin that ends with it.
        let bins = vec![0; (end.as_nanos().div_ceil(BIN.as_nanos()) as usize).max(1)];
        Self { probe: probed.then(|| bins.clone()), download: bins }
    }

    /// The probe's bytes, if one ran.
    #[must_use]
    pub fn probe(&self) -> Option<&[u64]> {
        self.probe.as_deref()
    }

    /// The download's bytes.
    #[must_use]
    pub fn download(&self) -> &[u64] {
        &self.download
    }

    pub(super) fn add_probe(&mut self, at: Duration, bytes: usize) {
        if let Some(probe) = &mut self.probe {
            add(probe, at, bytes);
        }
    }

    pub(super) fn add_download(&mut self, at: Duration, bytes: usize) {
        add(&mut self.download, at, bytes);
    }
}

fn add(bins: &mut [u64], at: Duration, bytes: usize) {
    let bin = (at.as_nanos() / BIN.as_nanos()) as usize;
    let last = bins.len() - 1;
    bins[bin.min(last)] += bytes as u64;
}

/// How far into its bin, 0..1.
pub(super) fn within_bin(at: Duration) -> f64 {
    (at.as_nanos() % BIN.as_nanos()) as f64 / BIN.as_nanos() as f64
}
