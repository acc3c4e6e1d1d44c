use crate::counts::{self, Counts};
use std::{env, hint::black_box, time::Instant};

const ROUNDS: usize = 101;

/// One way of doing the job that is measured.
pub struct Contender<'a> {
    name: &'static str,
    job: Box<dyn FnMut() + 'a>,
}

/// Whether the group of this title is to be measured: its title contains each word of the command line, or it is the one
/// that a child process was started for. Ask before making the material.
pub fn wanted(title: &str) -> bool {
    match counts::Child::of_environment() {
        Some(child) => child.title == title,
        None => env::args().skip(1).filter(|word| !word.starts_with("--")).all(|word| title.contains(&word)),
    }
}

/// Prints what each contender costs and its ratios to the first.
///
/// - *Time* is the median of interleaved rounds, and *speed* the median of each round's own ratio to the first contender:
///   what else the machine does meets all of them alike.
/// - *Instructions* and *allocations* are counted by valgrind in a process of their own, see [`counts`](crate::counts).
///   They are stable where times are not.
pub fn compare(title: &str, bytes: usize, contenders: &mut [Contender<'_>]) {
    if let Some(child) = counts::Child::of_environment() {
        if child.title == title {
            child.run(contenders);
        }
        return;
    }
    let times = times(bytes, contenders);
    let counts: Vec<_> =
        contenders.iter().map(|contender| Counts::of(title, contender.name, bytes)).collect();
    println!("{title} ({bytes} bytes)");
    println!(
        "  {:<42} {:>11} {:>8} {:>8} {:>11} {:>8} {:>7}",
        "", "ns", "GB/s", "speed", "instr", "instr", "allocs"
    );
    for ((contender, own), count) in contenders.iter().zip(&times).zip(&counts) {
        let time = median(own.iter().copied());
        let speed = median(times[0].iter().zip(own).map(|(first, own)| first / own));
        print!("  {:<42} {time:>11.0} {:>8.3} {speed:>6.2} x", contender.name, bytes as f64 / time);
        match (count, &counts[0]) {
            (Some(own), Some(first)) => println!(
                " {:>11.0} {:>6.2} x {:>7.1}",
                own.instructions,
                own.instructions / first.instructions,
                own.allocations
            ),
            _ => println!(" {:>11} {:>8} {:>7}", "-", "-", "-"),
        }
    }
}

/// Nanoseconds of one job of each, round by round.
fn times(bytes: usize, contenders: &mut [Contender<'_>]) -> Vec<Vec<f64>> {
    // About 2 MB a round, and at least once.
    let repeats = (2_000_000 / bytes.max(1)).max(1);
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for round in 0..=ROUNDS {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            #[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
            let start = Instant::now();
            contender.run(repeats);
            #[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
            let elapsed = start.elapsed();
            // The first round warms up.
            if round > 0 {
                times.push(elapsed.as_nanos() as f64 / repeats as f64);
            }
        }
    }
    times
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

// ===== impl Contender =====

impl<'a> Contender<'a> {
    pub fn new<T>(name: &'static str, mut job: impl FnMut() -> T + 'a) -> Self {
        Self {
            name,
            job: Box::new(move || {
                black_box(job());
            }),
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Does the job so many times.
    pub fn run(&mut self, times: usize) {
        (0..times).for_each(|_| (self.job)());
    }
}
