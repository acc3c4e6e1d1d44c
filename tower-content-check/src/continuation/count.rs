/// Counts breaks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) breaks: u32,
    pub(super) in_a_row: u32,
    /// Where the reader was when it was last counted anew.
    base: u64,
    /// Whether that was since the last break.
    pub(super) progressed: bool,
}

// ===== impl Count =====

impl Count {
    /// Takes note of how far the reader is; whether enough came since it was last counted anew.
    ///
    /// What falls short of it adds up from break to break: so many breaks for so many bytes are what is allowed.
    pub(super) fn reached(&mut self, delivered: u64, progress: u64) -> bool {
        let enough = delivered > self.base && delivered - self.base >= progress;
        if enough {
            self.base = delivered;
            self.in_a_row = 0;
            self.progressed = true;
        }
        enough
    }

    /// One more; whether it is the first since enough came.
    pub(super) fn broke(&mut self, delivered: u64, progress: u64) -> bool {
        self.reached(delivered, progress);
        self.breaks = self.breaks.saturating_add(1);
        self.in_a_row = self.in_a_row.saturating_add(1);
        std::mem::take(&mut self.progressed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_count_anew_once_enough_has_come() {
        let mut count = Count::default();
        let mut broke = |delivered| (count.broke(delivered, 10), count.in_a_row, count.breaks);
        assert_eq!(broke(0), (false, 1, 1));
        assert_eq!(broke(4), (false, 2, 2));
        assert_eq!(broke(9), (false, 3, 3));
        assert_eq!(broke(10), (true, 1, 4));
        assert_eq!(broke(19), (false, 2, 5));
        assert_eq!(broke(30), (true, 1, 6));
        assert_eq!(broke(30), (false, 2, 7));
        let mut all = Count::default();
        assert!(!all.broke(0, 0) && all.broke(1, 0) && !all.broke(1, 0));
    }
}
