//! How long attempts took lately, in fixed memory and without a lock.

use std::{
    fmt,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::Instant;

/// Classes per doubling of the latency.
const PER_OCTAVE: u32 = 16;

/// From 1/8 ms to 8 minutes; what is outside counts as the nearest.
const CLASSES: usize = 22 * PER_OCTAVE as usize;
const SMALLEST_NANOS: u64 = 125_000;

/// Parts of the span: the oldest is forgotten as a whole.
const PARTS: usize = 3;

/// How often the percentile is worked out anew: often beside the span, seldom beside the calls.
const READINGS_PER_SPAN: u64 = 64;

/// Counts of latencies by class, for the last two to three parts of a span.
pub(super) struct Latencies {
    began: Instant,
    part_nanos: u64,
    parts: [Part; PARTS],
    /// The reading that stands, as number of the reading from 1 and nanoseconds; 0 is nothing known.
    read_at: AtomicU64,
    read: AtomicU64,
}

struct Part {
    /// Which part of all time this is, from 1.
    epoch: AtomicU64,
    counts: Box<[AtomicU32]>,
}

// ===== impl Latencies =====

impl Latencies {
    pub(super) fn new(span: Duration, now: Instant) -> Self {
        let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        Self {
            began: now,
            part_nanos: (span / PARTS as u64).max(1_000_000),
            parts: std::array::from_fn(|_| Part {
                epoch: AtomicU64::new(0),
                counts: (0..CLASSES).map(|_| AtomicU32::new(0)).collect(),
            }),
            read_at: AtomicU64::new(0),
            read: AtomicU64::new(0),
        }
    }

    pub(super) fn record(&self, took: Duration, now: Instant) {
        let epoch = self.nanos(now) / self.part_nanos + 1;
        let part = &self.parts[epoch as usize % PARTS];
        let seen = part.epoch.load(Relaxed);
        // whoever comes first clears it; what others count meanwhile may be lost, which a percentile does not feel
        if seen < epoch && part.epoch.compare_exchange(seen, epoch, Relaxed, Relaxed).is_ok() {
            part.counts.iter().for_each(|count| count.store(0, Relaxed));
        }
        part.counts[class(took)].fetch_add(1, Relaxed);
    }

    /// The upper end of the class in which the percentile lies, if so many samples are known.
    pub(super) fn percentile(&self, percent: f64, samples: u32, now: Instant) -> Option<Duration> {
        let reading = self.nanos(now) / (self.part_nanos * PARTS as u64 / READINGS_PER_SPAN).max(1) + 1;
        // once for each: calls that began before it and ask later do not have it worked out anew
        if self.read_at.fetch_max(reading, Relaxed) < reading {
            self.read.store(self.work_out(percent, samples, now), Relaxed);
        }
        let nanos = self.read.load(Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }

    fn work_out(&self, percent: f64, samples: u32, now: Instant) -> u64 {
        let epoch = self.nanos(now) / self.part_nanos + 1;
        let recent = |part: &&Part| part.epoch.load(Relaxed) + PARTS as u64 > epoch;
        let parts: Vec<&Part> = self.parts.iter().filter(recent).collect();
        let count =
            |class: usize| parts.iter().map(|part| u64::from(part.counts[class].load(Relaxed))).sum::<u64>();
        let all: u64 = (0..CLASSES).map(count).sum();
        if all == 0 || all < u64::from(samples) {
            return 0;
        }
        let rank = ((all as f64 * percent / 100.0).ceil() as u64).max(1);
        let mut below = 0;
        for class in 0..CLASSES {
            below += count(class);
            if below >= rank {
                return upper_end(class);
            }
        }
        upper_end(CLASSES - 1)
    }

    fn nanos(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.began).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Integers only: the position of the highest bit, and the four bits behind it.
fn class(took: Duration) -> usize {
    let units = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX) / (SMALLEST_NANOS / u64::from(PER_OCTAVE));
    if units < u64::from(PER_OCTAVE) {
        return 0;
    }
    let octave = units.ilog2() - PER_OCTAVE.ilog2();
    let within = (units >> octave) as u32 - PER_OCTAVE;
    ((octave * PER_OCTAVE + within) as usize).min(CLASSES - 1)
}

fn upper_end(class: usize) -> u64 {
    let (octave, within) = (class as u32 / PER_OCTAVE, class as u32 % PER_OCTAVE);
    (u64::from(PER_OCTAVE + within + 1) << octave) * (SMALLEST_NANOS / u64::from(PER_OCTAVE))
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latencies").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_lies_within_a_sixteenth_below_the_end_of_its_class() {
        for nanos in (0..64).map(|bit| 1_u64 << bit).flat_map(|power| [power - 1, power, power + power / 3]) {
            let end = upper_end(class(Duration::from_nanos(nanos)));
            let (smallest, longest) = (SMALLEST_NANOS, upper_end(CLASSES - 1));
            if nanos < longest {
                assert!(end >= nanos, "{nanos} {end}");
                assert!(nanos < smallest || end - nanos <= nanos / 16 + 1, "{nanos} {end}");
            } else {
                assert_eq!(end, longest, "{nanos}");
            }
        }
    }

    #[test]
    fn a_reading_is_worked_out_once_and_not_for_calls_that_began_before_it() {
        let began = Instant::now();
        let latencies = Latencies::new(Duration::from_secs(30), began);
        latencies.record(Duration::from_millis(10), began);
        let early = latencies.percentile(50.0, 1, began + Duration::from_secs(1));
        (0..100).for_each(|_| latencies.record(Duration::from_secs(1), began + Duration::from_secs(1)));
        assert_eq!(latencies.percentile(50.0, 1, began), early);
        assert_eq!(latencies.percentile(50.0, 1, began + Duration::from_secs(1)), early);
        assert_ne!(latencies.percentile(50.0, 1, began + Duration::from_secs(2)), early);
    }

    #[test]
    fn percentiles_follow_what_came_lately() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let latencies = Latencies::new(Duration::from_secs(30), began);
        let millis = Duration::from_millis;
        assert_eq!(latencies.percentile(95.0, 20, at(0)), None);
        (1..=100).for_each(|ms| latencies.record(millis(ms), at(1)));
        let p95 = latencies.percentile(95.0, 20, at(2)).unwrap();
        assert!((millis(95)..millis(102)).contains(&p95), "{p95:?}");
        assert_eq!(latencies.percentile(95.0, 101, at(3)), None, "too few");
        (0..100).for_each(|_| latencies.record(millis(10), at(31)));
        let later = latencies.percentile(95.0, 20, at(32)).unwrap();
        assert!(later <= millis(11), "what came 30 s ago is forgotten: {later:?}");
        assert_eq!(latencies.percentile(95.0, 20, at(70)), None, "all is forgotten");
    }
}
