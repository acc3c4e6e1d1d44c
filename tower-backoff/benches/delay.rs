//! What a delay costs with its random draw. Prints nanoseconds and the ratio to the draw alone; asserts nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use tower_backoff::{Backoff, Jitter};

// A round is short beside the slices of time that the system gives to a process, so that the median is undisturbed.
const CALLS: u32 = 20_000;
const ROUNDS: usize = 501;

/// Nanoseconds per call.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
fn timed(mut run: impl FnMut(u32)) -> f64 {
    let start = Instant::now();
    for call in 0..CALLS {
        run(call);
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn main() {
    let base = Duration::from_millis(100);
    let mut generator = fastrand::Rng::with_seed(1);
    type Row<'a> = (&'a str, Box<dyn FnMut() -> f64>);
    // A row runs its own loop: a call through the box for each delay would cost as much as a delay.
    let delay = |backoff: Backoff| -> Box<dyn FnMut() -> f64> {
        let mut generator = fastrand::Rng::with_seed(1);
        Box::new(move || {
            timed(|call| _ = black_box(black_box(&backoff).delay(1 + call % 8, generator.u64(..))))
        })
    };
    let mut delays = Backoff::exponential(base).jitter(Jitter::Decorrelated).delays(1);
    let mut rows: Vec<Row<'_>> = vec![
        ("a draw alone", Box::new(move || timed(|_| _ = black_box(generator.u64(..))))),
        ("constant, no jitter", delay(Backoff::constant(base))),
        ("exponential, full", delay(Backoff::exponential(base).jitter(Jitter::Full))),
        ("exponential by 3, full", delay(Backoff::exponential(base).factor(3).jitter(Jitter::Full))),
        ("urllib3, additive", delay(Backoff::urllib3(base).jitter(Jitter::Additive(base)))),
        ("linear, proportional", delay(Backoff::linear(base).jitter(Jitter::Proportional { percent: 20 }))),
        ("schedule, equal", delay(Backoff::schedule([base, base * 2]).jitter(Jitter::Equal))),
        ("iterator, decorrelated", Box::new(move || timed(|_| _ = black_box(delays.next())))),
    ];
    // Interleaved rounds, so that a slow moment of the machine meets every row alike.
    let mut times = vec![Vec::new(); rows.len()];
    for _ in 0..ROUNDS {
        for ((_, run), times) in rows.iter_mut().zip(&mut times) {
            times.push(run());
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        })
        .collect();
    println!("{:<26} {:>8} {:>8}", "", "ns", "ratio");
    for ((name, _), median) in rows.iter().zip(&medians) {
        println!("{name:<26} {median:>8.2} {:>8.2}", median / medians[0]);
    }
}
