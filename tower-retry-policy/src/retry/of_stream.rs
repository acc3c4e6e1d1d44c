use super::progress::Progress;
use crate::Phase;
use std::time::Duration;

/// Request extension: the call asks for the rest of a body that broke off, and goes on with the count of that stream. What
/// broke has waited and paid for the first attempt, and the budget was told of the request when its first call ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfStream {
    retries: u32,
    retries_by_phase: [u32; Phase::ALL.len()],
    failures_in_a_row: u32,
    previous_wait: Duration,
    connection_broke: bool,
}

impl From<&Progress> for OfStream {
    fn from(progress: &Progress) -> Self {
        Self {
            retries: progress.retries,
            retries_by_phase: progress.retries_by_phase,
            failures_in_a_row: progress.failures_in_a_row,
            previous_wait: progress.previous_wait,
            connection_broke: progress.connection_broke,
        }
    }
}

impl From<OfStream> for Progress {
    fn from(stream: OfStream) -> Self {
        Self {
            retries: stream.retries,
            retries_by_phase: stream.retries_by_phase,
            failures_in_a_row: stream.failures_in_a_row,
            previous_wait: stream.previous_wait,
            connection_broke: stream.connection_broke,
            of_stream: true,
            ..Self::default()
        }
    }
}
