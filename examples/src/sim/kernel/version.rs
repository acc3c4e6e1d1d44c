//! Which kernel it is.

use std::fs;

/// The release of this machine's kernel, where it tells.
#[must_use]
pub fn version() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease");
    release.map_or_else(|_| "of unknown release".into(), |text| text.trim().into())
}
