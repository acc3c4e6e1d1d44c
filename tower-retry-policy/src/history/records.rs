use super::AttemptRecord;

/// The records of the first attempts and of the last ones, so many of each at the most.
#[derive(Clone, Default)]
pub(crate) struct Records {
    kept: Vec<AttemptRecord>,
    made: u32,
}

/// At each end: more than the attempts of nearly every call, and few enough to print.
const AT_EACH_END: usize = 16;

impl Records {
    /// Adds an attempt that has ended. Those that overlap need not end in the order of their numbers.
    pub(crate) fn push(&mut self, record: AttemptRecord) {
        self.made = self.made.saturating_add(1);
        if self.kept.len() == 2 * AT_EACH_END {
            self.kept.remove(AT_EACH_END);
        }
        let at = self.kept.partition_point(|kept| kept.number < record.number);
        self.kept.insert(at, record);
    }

    /// Counts attempts that were left out where they come from.
    #[cfg_attr(
        not(feature = "content-check"),
        expect(dead_code, reason = "only streams have the records of others")
    )]
    pub(crate) fn left_out(&mut self, count: u32) {
        self.made = self.made.saturating_add(count);
    }

    pub(crate) fn kept(&self) -> &[AttemptRecord] {
        &self.kept
    }

    pub(crate) fn made(&self) -> u32 {
        self.made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_first_and_the_last_are_kept_and_the_others_counted() {
        let record = AttemptRecord {
            number: 0,
            phase: None,
            status: None,
            grpc_status: None,
            error: None,
            began: Duration::ZERO,
            took: Duration::ZERO,
            wait: None,
            abandoned: false,
            endpoint: None,
        };
        let mut records = Records::default();
        for made in 1..=1000 {
            records.push(AttemptRecord { number: made, ..record.clone() });
            let numbers: Vec<_> = records.kept().iter().map(AttemptRecord::number).collect();
            let expected: Vec<_> = (1..=made).filter(|number| *number <= 16 || *number + 16 > made).collect();
            assert_eq!((numbers, records.made()), (expected, made));
        }
    }
}
