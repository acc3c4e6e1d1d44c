//! One contest: clients that each want to write the row once.

use super::{row::Row, variants::Variant};
use crate::sim::random::{Purpose, Random};
use std::{io, time::Duration};
use tokio::{
    runtime,
    task::JoinSet,
    time::{Instant, sleep},
};
use tower_backoff::Delays;

/// What a contest came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contest {
    /// Calls of all clients: a read and the write that follows it.
    pub calls: u64,
    /// Until the last client has written.
    pub took: Duration,
}

/// Lets so many clients begin at the same moment, in virtual time.
///
/// # Errors
/// If the runtime cannot be built.
pub fn contest(variant: &Variant, clients: usize, seed: u64) -> io::Result<Contest> {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let (row, start) = (Row::default(), Instant::now());
        let mut delays = Random::new(seed, Purpose::Policies);
        let mut networks = Random::new(seed, Purpose::Clients);
        let mut writers = JoinSet::new();
        for _ in 0..clients {
            let delays = (variant.backoff)().delays(delays.next_u64());
            let network = Random::new(networks.next_u64(), Purpose::Clients);
            writers.spawn(write_once(row.clone(), delays, network));
        }
        let calls = writers.join_all().await.into_iter().sum();
        Contest { calls, took: start.elapsed() }
    }))
}

/// Reads and writes until the write succeeds, and returns how often that was.
async fn write_once(row: Row, mut delays: Delays, mut network: Random) -> u64 {
    let mut calls = 0;
    loop {
        calls += 1;
        sleep(latency(&mut network)).await;
        let read = row.read();
        sleep(latency(&mut network)).await;
        sleep(latency(&mut network)).await;
        let written = row.write(read);
        sleep(latency(&mut network)).await;
        if written {
            return calls;
        }
        sleep(delays.next().unwrap_or_default()).await;
    }
}

/// How long a message takes: nearly normal around 10 ms with a deviation of 2 ms, as in AWS's simulator.
pub(super) fn latency(random: &mut Random) -> Duration {
    // Twelve uniform numbers have a variance of one together. Unlike the exact transformations this needs no
    // logarithm, whose last digit differs between machines, and never falls below 10 - 6 * 2 ms by chance.
    let normal = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
    Duration::from_secs_f64((0.010 + 0.002 * normal).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_take_ten_milliseconds_give_or_take_two() {
        let mut random = Random::new(1, Purpose::Clients);
        let draws: Vec<f64> = (0..50_000).map(|_| latency(&mut random).as_secs_f64() * 1e3).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!((mean - 10.0).abs() < 0.05, "{mean}");
        assert!((variance.sqrt() - 2.0).abs() < 0.05, "{variance}");
    }
}
