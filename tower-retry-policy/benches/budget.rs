//! What a budget costs under 1, 2, 4 and 8 threads, beside a relaxed `fetch_add` and the budgets of others.
//!
//! Prints nanoseconds per operation and ratios measured in one run; asserts nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its tables")]

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tower::retry::budget::{Budget, TpsBudget};
use tower_retry_policy::budget::{InFlightBudget, QuotaBudget, RatioBudget, RetryBudget, ThrottleBudget};

const OPERATIONS: u32 = 200_000;
const ROUNDS: usize = 9;
const THREADS: [usize; 4] = [1, 2, 4, 8];

/// One operation; the number says which, so that one in twenty can be a withdrawal.
type Operation = Box<dyn Fn(u32) + Send + Sync>;

/// One in twenty operations is a withdrawal: 5 % of the requests fail.
const WITHDRAWAL: u32 = 20;

fn deposits(budget: impl Budget + Send + Sync + 'static) -> Operation {
    Box::new(move |_| budget.deposit())
}

fn mixed(budget: impl Budget + Send + Sync + 'static) -> Operation {
    Box::new(move |number| match number % WITHDRAWAL {
        0 => _ = black_box(budget.withdraw()),
        _ => budget.deposit(),
    })
}

/// Nanoseconds per operation: the time from the start of all threads to the end of the last, over all operations.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
fn measured(operation: &Operation, threads: usize) -> f64 {
    let (ready, go) = (Barrier::new(threads + 1), AtomicBool::new(false));
    let start = std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                ready.wait();
                while !go.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
                for number in 0..OPERATIONS {
                    operation(black_box(number));
                }
            });
        }
        ready.wait();
        // The clock starts before any thread may go, and is read again after the scope has joined them all.
        let start = Instant::now();
        go.store(true, Ordering::Release);
        start
    });
    start.elapsed().as_secs_f64() * 1e9 / (f64::from(OPERATIONS) * threads as f64)
}

fn table(title: &str, rows: &[(&str, Operation)]) {
    println!("\n{title}: ns per operation, and as a multiple of the first row");
    print!("{:<24}", "threads");
    THREADS.iter().for_each(|threads| print!("{threads:>16}"));
    println!();
    // Interleaved rounds, so that a slow moment of the machine meets every row alike.
    let mut times = vec![vec![Vec::new(); THREADS.len()]; rows.len()];
    for _ in 0..ROUNDS {
        for ((_, operation), times) in rows.iter().zip(&mut times) {
            for (threads, times) in THREADS.iter().zip(times) {
                times.push(measured(operation, *threads));
            }
        }
    }
    let medians: Vec<Vec<f64>> = times
        .into_iter()
        .map(|row| {
            let median = |mut times: Vec<f64>| {
                times.sort_by(f64::total_cmp);
                times[ROUNDS / 2]
            };
            row.into_iter().map(median).collect()
        })
        .collect();
    for ((name, _), row) in rows.iter().zip(&medians) {
        print!("{name:<24}");
        row.iter().zip(&medians[0]).for_each(|(ns, first)| print!("{ns:>8.1} {:>5.2} x", ns / first));
        println!();
    }
}

/// The first deposit after a year without one, median in nanoseconds; the clock is set by hand.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
fn after_a_year() -> f64 {
    let years = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&years);
    let year = Duration::from_secs(365 * 86_400);
    let budget = RatioBudget::new().clock(move || year * clock.load(Ordering::Relaxed) as u32);
    let mut times: Vec<f64> = (1..=500)
        .map(|now| {
            years.store(now, Ordering::Relaxed);
            let start = Instant::now();
            black_box(&budget).deposit();
            start.elapsed().as_secs_f64() * 1e9
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let added = |counter: AtomicU64| -> Operation {
        Box::new(move |_| _ = black_box(counter.fetch_add(1, Ordering::Relaxed)))
    };
    let most = NonZeroU32::MAX;
    let governor = || -> Operation {
        let limiter: DefaultDirectRateLimiter = RateLimiter::direct(Quota::per_second(most));
        Box::new(move |_| _ = black_box(limiter.check()))
    };
    table(
        "deposits alone",
        &[
            ("relaxed fetch_add", added(AtomicU64::new(0))),
            ("RatioBudget", deposits(RatioBudget::new())),
            ("ThrottleBudget (full)", deposits(ThrottleBudget::new())),
            ("QuotaBudget (full)", deposits(QuotaBudget::new())),
            ("tower's TpsBudget", deposits(TpsBudget::default())),
        ],
    );
    let in_flight = InFlightBudget::new();
    table(
        "95 % deposits, 5 % withdrawals",
        &[
            ("relaxed fetch_add", added(AtomicU64::new(0))),
            ("RatioBudget", mixed(RatioBudget::new())),
            ("ThrottleBudget", mixed(ThrottleBudget::new())),
            ("QuotaBudget", mixed(QuotaBudget::new())),
            (
                "InFlightBudget (pair)",
                Box::new(move |_| {
                    in_flight.begin();
                    in_flight.end();
                }),
            ),
            ("tower's TpsBudget", mixed(TpsBudget::default())),
            ("governor (a check each)", governor()),
        ],
    );
    println!("\nRatioBudget, the first deposit after a year without one: {:.0} ns", after_a_year());
}
