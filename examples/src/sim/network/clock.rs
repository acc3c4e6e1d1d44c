//! The two clocks of a run: tokio's, and the TCP stacks', which runs faster.

use smoltcp::time::Instant as StackInstant;
use std::time::Duration;
use tokio::time::Instant;

/// smoltcp's, which cannot be set (RFC 6298, 2.4).
const STACK_LEAST_RTO: Duration = Duration::from_secs(1);

/// Time since the start of the run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    least_rto: Duration,
}

impl Clock {
    /// Starts now; the stacks' clock runs so fast that their least retransmission timeout takes `least_rto`.
    pub(crate) fn start(least_rto: Duration) -> Self {
        Self { start: Instant::now(), least_rto: least_rto.max(Duration::from_micros(1)) }
    }

    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn at(&self, since_start: Duration) -> Instant {
        self.start + since_start
    }

    pub(crate) fn to_stack(self, since_start: Duration) -> StackInstant {
        let micros = since_start.as_micros() * STACK_LEAST_RTO.as_micros() / self.least_rto.as_micros();
        StackInstant::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Rounded up: woken early, a stack would have nothing to do and ask again at once.
    pub(crate) fn since_start(self, instant: StackInstant) -> Duration {
        let micros = u128::try_from(instant.total_micros()).unwrap_or(0) * self.least_rto.as_micros();
        let micros = micros.div_ceil(STACK_LEAST_RTO.as_micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_stacks_clock_runs_ten_times_as_fast() {
        let clock = Clock::start(Duration::from_millis(100));
        tokio::time::advance(Duration::from_millis(1_500)).await;
        assert_eq!(clock.now(), Duration::from_millis(1_500));
        assert_eq!(clock.to_stack(clock.now()), StackInstant::from_secs(15));
        assert_eq!(clock.since_start(StackInstant::from_secs(15)), clock.now());
        assert_eq!(clock.since_start(StackInstant::from_micros(11)), Duration::from_micros(2));
        assert_eq!(clock.since_start(StackInstant::from_micros(-5)), Duration::ZERO);
    }
}
