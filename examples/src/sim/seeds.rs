//! Many runs side by side: one seed after the other on each thread, results in the order of the seeds.

use std::{
    panic,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// Runs `run` for `count` seeds from `first` on `threads` threads.
///
/// Runs share nothing, so the results do not depend on the number of threads. `done` is called after each run,
/// on the thread that made it.
pub fn over_seeds<T: Send>(
    first: u64,
    count: u64,
    threads: usize,
    run: impl Fn(u64) -> T + Sync,
    done: impl Fn() + Sync,
) -> Vec<T> {
    let next = AtomicU64::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let result = run(first.wrapping_add(index));
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
            done();
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            if let Err(payload) = thread.join() {
                panic::resume_unwind(payload);
            }
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_seeds() {
        for threads in [0, 1, 2, 7] {
            let done = AtomicU64::new(0);
            let results = over_seeds(
                5,
                40,
                threads,
                |seed| seed * 2,
                || {
                    done.fetch_add(1, Ordering::Relaxed);
                },
            );
            assert_eq!(results, (5..45).map(|seed| seed * 2).collect::<Vec<_>>());
            assert_eq!(done.into_inner(), 40);
        }
    }

    #[test]
    fn no_seeds_give_no_results() {
        assert!(over_seeds(1, 0, 2, |seed| seed, || ()).is_empty());
    }
}
