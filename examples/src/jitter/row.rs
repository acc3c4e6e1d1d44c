//! The row that everybody wants to write.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A row under optimistic concurrency control: a write succeeds if nobody has written since the row was read.
#[derive(Debug, Clone, Default)]
pub struct Row {
    version: Arc<AtomicU64>,
}

impl Row {
    /// Which version is there.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Writes over this version, unless another is there by now; says whether it did.
    #[must_use]
    pub fn write(&self, read: u64) -> bool {
        let next = read.wrapping_add(1);
        self.version.compare_exchange(read, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Row;

    #[test]
    fn only_the_first_writer_of_a_version_succeeds() {
        let row = Row::default();
        let read = row.read();
        assert!(row.write(read));
        assert!(!row.write(read));
        assert!(row.write(row.read()));
    }
}
