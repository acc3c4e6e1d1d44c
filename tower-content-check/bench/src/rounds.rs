use std::{hint::black_box, time::Instant};

/// One way of doing the job that is measured.
pub struct Contender<'a> {
    name: &'static str,
    job: Box<dyn FnMut() + 'a>,
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
}

/// Prints the speed of each contender and its ratio to the first, from medians of interleaved rounds: what else the
/// machine does meets all of them alike.
///
/// With `ONCE=name` in the environment those contenders whose name contains it do the job once, and nothing is timed:
/// for counting instructions with callgrind.
pub fn compare(title: &str, bytes: usize, contenders: &mut [Contender<'_>]) {
    if let Ok(name) = std::env::var("ONCE") {
        contenders
            .iter_mut()
            .filter(|contender| contender.name.contains(&name))
            .for_each(|contender| (contender.job)());
        return;
    }
    const ROUNDS: usize = 31;
    // About 2 MB a round, and at least once.
    let repeats = (2_000_000 / bytes.max(1)).max(1);
    let mut times = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for round in 0..=ROUNDS {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            #[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
            let start = Instant::now();
            for _ in 0..repeats {
                (contender.job)();
            }
            #[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
            let elapsed = start.elapsed();
            // The first round warms up.
            if round > 0 {
                times.push(elapsed.as_nanos() as f64 / repeats as f64);
            }
        }
    }
    let medians: Vec<f64> = times
        .into_iter()
        .map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        })
        .collect();
    println!("{title} ({bytes} bytes)");
    for (contender, median) in contenders.iter().zip(&medians) {
        println!(
            "  {:<44} {:>12.0} ns {:>8.3} GB/s {:>7.2} x",
            contender.name,
            median,
            bytes as f64 / median,
            medians[0] / median
        );
    }
}
