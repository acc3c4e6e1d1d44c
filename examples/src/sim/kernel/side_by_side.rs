//! Many networks at once: they wait far more than they work.

use super::Missing;
use crate::sim::seeds::over_seeds;
use std::time::Duration;
use tokio::{
    runtime,
    time::{Instant, sleep_until},
};

/// How far apart networks start. Beginning all at once, they would keep each other from their processors in the first
/// seconds, which are those of most packets.
const APART: Duration = Duration::from_millis(250);

/// When to stop waiting for a run: what hangs in virtual time costs nothing, and here somebody waits for it.
pub const LONGEST: Duration = Duration::from_secs(3_600);

/// Runs `run` for `0..count`, so many at once and each on a thread of its own. Results are in order.
///
/// # Errors
/// The first of `run`'s, after all have ended.
pub fn side_by_side<T: Send>(
    count: u64,
    at_once: u64,
    run: impl Fn(u64) -> Result<T, Missing> + Sync,
) -> Result<Vec<T>, Missing> {
    let begin = Instant::now();
    let run = |index: u64| {
        if index < at_once {
            wait_until(begin + APART * index as u32)?;
        }
        run(index)
    };
    over_seeds(0, count, at_once.min(count) as usize, run, || ()).into_iter().collect()
}

/// How long that takes at most, if one run takes so long at most.
#[must_use]
pub fn takes(count: u64, at_once: u64, longest: Duration) -> Duration {
    let rounds = count.div_ceil(at_once.max(1));
    longest.min(LONGEST) * rounds as u32 + APART * count.min(at_once) as u32
}

fn wait_until(begin: Instant) -> Result<(), Missing> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(Missing::new("no runtime for a thread"))?.block_on(async { sleep_until(begin).await });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_start_apart_and_come_in_order() {
        let begin = Instant::now();
        let results = side_by_side(3, 2, |index| Ok((index, begin.elapsed()))).unwrap();
        assert_eq!(results.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(results[1].1 >= APART, "{results:?}");
        assert_eq!(takes(3, 2, Duration::from_secs(10)), Duration::from_millis(20_500));
    }
}
