//! The same contest without tokio, by a queue of events whose times may have any grain: what the grain of a run's clock adds.

use super::{
    contest::{Contest, latency},
    variants::Variant,
};
use crate::sim::random::{Purpose, Random};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};
use tower_backoff::Delays;

/// A client and what it still draws.
struct Client {
    delays: Delays,
    network: Random,
}

/// What happens next to a client.
enum Event {
    /// Its read reaches the row.
    Read,
    /// Its write does, over the version that it has read.
    Write(u64),
}

/// As [`contest`](super::contest()) with the same draws, each wait rounded up to the next multiple of the grain; with a grain
/// of zero none is.
#[must_use]
pub fn grained(variant: &Variant, clients: usize, seed: u64, grain: Duration) -> Contest {
    let mut delays = Random::new(seed, Purpose::Policies);
    let mut networks = Random::new(seed, Purpose::Clients);
    let mut all: Vec<Client> = (0..clients)
        .map(|_| Client {
            delays: (variant.backoff)().delays(delays.next_u64()),
            network: Random::new(networks.next_u64(), Purpose::Clients),
        })
        .collect();
    let (mut version, mut calls, mut took) = (0, 0, Duration::ZERO);
    // In the order of time; at the same time who was there first.
    let (mut order, mut events, mut pending) = (BinaryHeap::new(), BTreeMap::new(), 0_u64);
    let mut add =
        |order: &mut BinaryHeap<_>, events: &mut BTreeMap<_, _>, at: Duration, index: usize, event| {
            pending += 1;
            order.push(Reverse((at, pending)));
            events.insert(pending, (index, event));
        };
    let message = |client: &mut Client| latency(&mut client.network);
    for (index, client) in all.iter_mut().enumerate() {
        calls += 1;
        add(&mut order, &mut events, up(message(client), grain), index, Event::Read);
    }
    while let Some(Reverse((now, number))) = order.pop() {
        let Some((index, event)) = events.remove(&number) else { continue };
        let client = &mut all[index];
        match event {
            Event::Read => {
                let answered = up(now + message(client), grain);
                let at = up(answered + message(client), grain);
                add(&mut order, &mut events, at, index, Event::Write(version));
            }
            Event::Write(read) => {
                let answered = up(now + message(client), grain);
                if read == version {
                    version += 1;
                    took = took.max(answered);
                } else {
                    calls += 1;
                    let again = up(answered + client.delays.next().unwrap_or_default(), grain);
                    let at = up(again + message(client), grain);
                    add(&mut order, &mut events, at, index, Event::Read);
                }
            }
        }
    }
    Contest { calls, took }
}

fn up(at: Duration, grain: Duration) -> Duration {
    let Some(beyond) = at.as_nanos().checked_rem(grain.as_nanos()).filter(|beyond| *beyond > 0) else {
        return at;
    };
    // Less than a grain.
    at + grain - Duration::from_nanos(beyond as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jitter::{VARIANTS, contest};

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Means of calls and milliseconds.
    fn means(of: impl Fn(u64) -> Contest) -> (f64, f64) {
        const SEEDS: u64 = 60;
        let runs: Vec<Contest> = (1..=SEEDS).map(of).collect();
        let mean = |sum: f64| sum / SEEDS as f64;
        (
            mean(runs.iter().map(|run| run.calls as f64).sum()),
            mean(runs.iter().map(|run| run.took.as_secs_f64() * 1e3).sum()),
        )
    }

    #[test]
    fn times_are_rounded_up() {
        for (at, grain, rounded) in [(1_500, 1_000, 2_000), (2_000, 1_000, 2_000), (1, 0, 1), (0, 1_000, 0)] {
            let [at, grain, rounded] = [at, grain, rounded].map(Duration::from_micros);
            assert_eq!(up(at, grain), rounded);
        }
    }

    #[test]
    fn with_the_clocks_grain_it_is_the_contest_in_virtual_time() {
        for variant in VARIANTS {
            let (calls, millis) = means(|seed| grained(variant, 50, seed, MILLISECOND));
            let (expected, took) = means(|seed| contest(variant, 50, seed).unwrap());
            // They differ in who comes first of those who come in the same millisecond, and when the last one has written
            // is a matter of luck where the waits are long.
            let luck = if variant.name == "none" { 0.01 } else { 0.12 };
            assert!((calls / expected - 1.0).abs() < 0.02, "{}: {calls} {expected}", variant.name);
            assert!((millis / took - 1.0).abs() < luck, "{}: {millis} {took}", variant.name);
        }
    }

    /// Calls and milliseconds of AWS's simulator, whose times have no grain, with 100 clients.
    #[test]
    fn without_a_grain_it_is_the_simulator_and_the_grain_adds_seven_percent() {
        let none = &VARIANTS[0];
        let (calls, millis) = means(|seed| grained(none, 100, seed, Duration::ZERO));
        assert!((calls / 2424.0 - 1.0).abs() < 0.01, "{calls}");
        assert!((millis / 2027.0 - 1.0).abs() < 0.01, "{millis}");
        let (_, rounded) = means(|seed| grained(none, 100, seed, MILLISECOND));
        assert!((1.06..1.08).contains(&(rounded / millis)), "{rounded} {millis}");
    }
}
