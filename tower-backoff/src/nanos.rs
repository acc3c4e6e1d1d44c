//! Durations as whole nanoseconds, and the draw of one from a range.
//!
//! All arithmetic of this crate is done on a `u128` count of nanoseconds. The longest `Duration` is less
//! than 2^94 of them, so a sum or a product with a `u32` cannot overflow; growth without a bound saturates.

use std::time::Duration;

/// `Duration::MAX`, about 585 billion years.
pub(crate) const LONGEST: u128 = Duration::MAX.as_nanos();

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// Back to a `Duration`; more than the longest becomes the longest.
#[inline]
pub(crate) fn to_duration(nanos: u128) -> Duration {
    // Below 584 years the division by 10^9 is one of 64 bits by a constant, which costs a multiplication;
    // the general one of 128 bits is a call of some 10 ns.
    match u64::try_from(nanos) {
        Ok(nanos) => Duration::from_nanos(nanos),
        Err(_) => {
            let nanos = nanos.min(LONGEST);
            Duration::new((nanos / NANOS_PER_SECOND) as u64, (nanos % NANOS_PER_SECOND) as u32)
        }
    }
}

/// `percent` hundredths of `nanos`, rounded down.
#[inline]
pub(crate) fn percent_of(nanos: u128, percent: u32) -> u128 {
    let product = nanos.min(LONGEST) * u128::from(percent);
    match u64::try_from(product) {
        Ok(product) => u128::from(product / 100),
        Err(_) => product / 100,
    }
}

/// Maps `random` onto `low..=high`: evenly, without ever falling as `random` rises, both ends included.
///
/// The high half of the product `random * width` (Lemire, "Fast Random Integer Generation in an Interval",
/// 2019). Its bias is at most width / 2^64: for a range of a minute less than one part in 10^8.
#[inline]
pub(crate) fn draw(low: u128, high: u128, random: u64) -> u128 {
    let width = high.saturating_sub(low) + 1;
    let random = u128::from(random);
    // One multiplication, and additions of 64 bits, for all ranges that occur in practice.
    if let (Ok(width), Ok(low)) = (u64::try_from(width), u64::try_from(low)) {
        return u128::from(low) + ((random * u128::from(width)) >> 64);
    }
    // `width` may need 94 bits, so the product is made in two halves that each fit.
    let (width_high, width_low) = (width >> 64, u128::from(width as u64));
    low + random * width_high + ((random * width_low) >> 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_are_reached_and_never_passed() {
        let ends = [0, 1, 1_000_000_000, u128::from(u64::MAX) - 1, u128::from(u64::MAX), LONGEST];
        for low in ends {
            for high in ends.into_iter().filter(|high| *high >= low) {
                assert_eq!(draw(low, high, 0), low);
                let top = draw(low, high, u64::MAX);
                assert!(top <= high);
                // A range wider than 2^64 is drawn in steps of width / 2^64: about a second at most.
                assert!(high - top <= (high - low) >> 63, "{low}..={high} ends at {top}");
            }
        }
    }

    #[test]
    fn a_small_range_is_split_evenly() {
        let mut count = [0_u32; 3];
        for part in 0..300_u64 {
            count[draw(0, 2, part * (u64::MAX / 300)) as usize] += 1;
        }
        assert!(count.iter().all(|count| (99..=101).contains(count)), "{count:?}");
    }

    #[test]
    fn durations_survive_the_way_there_and_back() {
        for duration in
            [Duration::ZERO, Duration::from_nanos(u64::MAX), Duration::from_secs(u64::MAX), Duration::MAX]
        {
            assert_eq!(to_duration(duration.as_nanos()), duration);
        }
        assert_eq!(to_duration(u128::MAX), Duration::MAX);
        assert_eq!(percent_of(u128::MAX, u32::MAX), LONGEST * u128::from(u32::MAX) / 100);
    }
}
