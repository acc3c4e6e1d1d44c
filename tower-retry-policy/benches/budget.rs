//! What a budget costs under 1, 2, 4 and 8 threads, beside a relaxed `fetch_add` and the budgets of others.
//!
//! Prints nanoseconds per operation and ratios measured in one run; asserts nothing. The policy reads the clock once for
//! all that need it and hands the time in; what a deposit costs that has to read it is printed too, as is the reading alone.
//! Time that is handed in may pass at any rate, so slow traffic is measured as well as the fastest loop.

#![expect(clippy::print_stdout, reason = "a benchmark prints its tables")]

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::{
    hint::black_box,
    num::NonZeroU32,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tower::retry::budget::{Budget, TpsBudget};
use tower_retry_policy::{
    FailureKind,
    budget::{InFlightBudget, QuotaBudget, RatioBudget, RequestEnd, RetryBudget, ThrottleBudget},
};

const OPERATIONS: u32 = 50_000;
const ROUNDS: usize = 25;
const THREADS: [usize; 4] = [1, 2, 4, 8];

/// One operation; thread and number say which, so that one in twenty can be a withdrawal.
type Operation = Box<dyn Fn(usize, u32) + Send + Sync>;

/// One in twenty operations is a withdrawal: 5 % of the requests fail.
const WITHDRAWAL: u32 = 20;

fn deposits(budget: impl Budget + Send + Sync + 'static) -> Operation {
    Box::new(move |_, _| budget.deposit())
}

fn mixed(budget: impl Budget + Send + Sync + 'static) -> Operation {
    Box::new(move |_, number| match number % WITHDRAWAL {
        0 => _ = black_box(budget.withdraw()),
        _ => budget.deposit(),
    })
}

/// What the policy does, which has the time at hand.
fn settled(budget: impl RetryBudget + 'static) -> Operation {
    let now = now();
    Box::new(move |_, _| budget.settle(RequestEnd::FirstTry, black_box(now)))
}

fn mixed_settled(budget: impl RetryBudget + 'static) -> Operation {
    let now = now();
    Box::new(move |_, number| match number % WITHDRAWAL {
        0 => _ = black_box(budget.withdraw(FailureKind::Transient, black_box(now))),
        _ => budget.settle(RequestEnd::FirstTry, black_box(now)),
    })
}

/// So much time passes from one deposit of the first thread to the next; what it takes to tell it is measured too.
fn settled_every(pause: Duration) -> Operation {
    let (budget, start, passed) = (RatioBudget::new(), now(), Box::new(Passed(AtomicU64::new(0))));
    let pause = pause.as_nanos() as u64;
    Box::new(move |thread, _| {
        let mut nanos = passed.0.load(Ordering::Relaxed);
        if thread == 0 {
            nanos += pause;
            passed.0.store(nanos, Ordering::Relaxed);
        }
        budget.settle(RequestEnd::FirstTry, start + Duration::from_nanos(nanos));
    })
}

/// On cache lines of its own.
#[repr(align(128))]
struct Passed(AtomicU64);

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Nanoseconds per operation: the time from the start of all threads to the end of the last, over all operations.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
fn measured(operation: &Operation, threads: usize) -> f64 {
    let (ready, go) = (Barrier::new(threads + 1), AtomicBool::new(false));
    let start = std::thread::scope(|scope| {
        for thread in 0..threads {
            let (ready, go) = (&ready, &go);
            scope.spawn(move || {
                ready.wait();
                while !go.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
                for number in 0..OPERATIONS {
                    operation(thread, black_box(number));
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
    print!("{:<28}", "threads");
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
    // The fastest, as whoever else is at work on the machine makes a median of its own.
    let fastest = |row: Vec<Vec<f64>>| -> Vec<f64> {
        row.into_iter().map(|times| times.into_iter().fold(f64::INFINITY, f64::min)).collect()
    };
    let fastest: Vec<Vec<f64>> = times.into_iter().map(fastest).collect();
    for ((name, _), row) in rows.iter().zip(&fastest) {
        print!("{name:<28}");
        row.iter().zip(&fastest[0]).for_each(|(ns, first)| print!("{ns:>8.1} {:>5.2} x", ns / first));
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
    let added = || -> Operation {
        let counter = AtomicU64::new(0);
        Box::new(move |_, _| _ = black_box(counter.fetch_add(1, Ordering::Relaxed)))
    };
    let governor = || -> Operation {
        let limiter: DefaultDirectRateLimiter = RateLimiter::direct(Quota::per_second(NonZeroU32::MAX));
        Box::new(move |_, _| _ = black_box(limiter.check()))
    };
    table(
        "deposits alone",
        &[
            ("tower's TpsBudget", deposits(TpsBudget::default())),
            ("RatioBudget, told the time", settled(RatioBudget::new())),
            ("  1 ms apart", settled_every(Duration::from_millis(1))),
            ("  20 ms apart", settled_every(Duration::from_millis(20))),
            ("  1 s apart", settled_every(Duration::from_secs(1))),
            ("  it reads the clock", deposits(RatioBudget::new())),
            ("  the reading alone", Box::new(|_, _| _ = black_box(now()))),
            ("ThrottleBudget (full)", settled(ThrottleBudget::new())),
            ("QuotaBudget (full)", settled(QuotaBudget::new())),
            ("relaxed fetch_add", added()),
        ],
    );
    let in_flight = InFlightBudget::new();
    table(
        "95 % deposits, 5 % withdrawals",
        &[
            ("tower's TpsBudget", mixed(TpsBudget::default())),
            ("RatioBudget, told the time", mixed_settled(RatioBudget::new())),
            ("  it reads the clock", mixed(RatioBudget::new())),
            ("ThrottleBudget", mixed_settled(ThrottleBudget::new())),
            ("QuotaBudget", mixed_settled(QuotaBudget::new())),
            (
                "InFlightBudget (pair)",
                Box::new(move |_, _| {
                    in_flight.begin();
                    in_flight.end();
                }),
            ),
            ("governor (a check each)", governor()),
            ("relaxed fetch_add", added()),
        ],
    );
    println!("\nRatioBudget, the first deposit after a year without one: {:.0} ns", after_a_year());
}
