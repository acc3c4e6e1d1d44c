//! How the delay grows with the number of the retry, before jitter and cap.

use std::{sync::Arc, time::Duration};

/// How the delays of a [`Backoff`](crate::Backoff) grow, as [`kind`](crate::Backoff::kind) tells it.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Backoff::constant`](crate::Backoff::constant), and with zero [`Backoff::none`](crate::Backoff::none).
    Constant(Duration),
    /// [`Backoff::linear`](crate::Backoff::linear).
    Linear {
        /// The first delay, and by what each further one is longer.
        step: Duration,
    },
    /// [`Backoff::exponential`](crate::Backoff::exponential).
    Exponential {
        /// The first delay.
        first: Duration,
        /// By what it grows; at least 1.
        factor: u32,
    },
    /// [`Backoff::urllib3`](crate::Backoff::urllib3).
    Urllib3 {
        /// urllib3's `backoff_factor`, half of the second delay.
        factor: Duration,
    },
    /// [`Backoff::schedule`](crate::Backoff::schedule).
    Schedule(Arc<[Duration]>),
}

impl Kind {
    /// Nanoseconds before the given retry; retry 1 is the first. Saturates instead of overflowing.
    #[inline]
    pub(crate) fn nanos(&self, retry: u32) -> u128 {
        let Some(earlier) = retry.checked_sub(1) else { return 0 };
        match self {
            Self::Constant(delay) => delay.as_nanos(),
            Self::Linear { step } => step.as_nanos() * u128::from(retry),
            Self::Exponential { first, factor } => grown(first.as_nanos(), *factor, earlier),
            Self::Urllib3 { .. } if earlier == 0 => 0,
            Self::Urllib3 { factor } => grown(factor.as_nanos(), 2, earlier),
            Self::Schedule(delays) => {
                let last = delays.len().saturating_sub(1);
                let index = usize::try_from(earlier).unwrap_or(last).min(last);
                delays.get(index).map_or(0, Duration::as_nanos)
            }
        }
    }

    /// The delay from which decorrelated jitter starts: the first one that is a wait at all.
    #[inline]
    pub(crate) fn first_nanos(&self) -> u128 {
        match self {
            Self::Urllib3 { .. } => self.nanos(2),
            _ => self.nanos(1),
        }
    }

    /// The longest delay that somebody wrote down; what grows beyond it was computed.
    pub(crate) fn longest_written(&self) -> Duration {
        match self {
            Self::Constant(delay) => *delay,
            Self::Linear { step } => *step,
            Self::Exponential { first, .. } => *first,
            Self::Urllib3 { factor } => *factor,
            Self::Schedule(delays) => delays.iter().copied().max().unwrap_or(Duration::ZERO),
        }
    }
}

/// `start * factor^times`, saturating, in O(log times).
#[inline]
pub(crate) fn grown(start: u128, factor: u32, times: u32) -> u128 {
    if start == 0 {
        return 0;
    }
    if factor == 2 {
        // The common case is a shift; it fits as long as the zeros in front suffice.
        return if times <= start.leading_zeros() { start << times } else { u128::MAX };
    }
    // 64 bits carry the factor 3 for 40 retries, at half the price.
    match u64::from(factor).checked_pow(times) {
        Some(power) => start.saturating_mul(u128::from(power)),
        None => start.saturating_mul(u128::from(factor).saturating_pow(times)),
    }
}

#[cfg(test)]
mod tests {
    use super::grown;

    #[test]
    fn growth_saturates_and_a_shift_is_a_multiplication() {
        assert_eq!(grown(3, 2, 10), 3 * 1024);
        assert_eq!(grown(3, 3, 4), 243);
        assert_eq!(grown(1, 2, 127), 1 << 127);
        assert_eq!(grown(1, 2, 128), u128::MAX);
        assert_eq!(grown(1, 2, u32::MAX), u128::MAX);
        assert_eq!(grown(7, 1, u32::MAX), 7);
        assert_eq!(grown(0, u32::MAX, u32::MAX), 0);
        assert_eq!(grown(1, u32::MAX, u32::MAX), u128::MAX);
        for start in [1_u128, 5, 1 << 93, u128::MAX] {
            for times in [0_u32, 1, 34, 35, 126, 127, 128, 300] {
                let product = start.saturating_mul(2_u128.saturating_pow(times));
                assert_eq!(grown(start, 2, times), product, "{start} << {times}");
            }
        }
    }
}
