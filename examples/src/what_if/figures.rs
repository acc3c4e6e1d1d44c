//! What the runs come to, with intervals.

use super::{
    interval::{Interval, mean, share},
    latencies::Latencies,
    run::Run,
};

/// A figure and where it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// The figure; infinite where a call that never ends decides it.
    pub value: f64,
    /// 95 % interval; none from fewer than five seeds.
    pub interval: Option<Interval>,
}

/// The figures of a question.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// Calls in all.
    pub calls: usize,
    /// Calls that never ended or never began.
    pub unfinished: usize,
    /// Percentage of the calls that brought the document.
    pub success: Estimate,
    /// Median seconds until a call ended, well or not.
    pub p50: Estimate,
    /// 90th percentile.
    pub p90: Estimate,
    /// 99th percentile.
    pub p99: Estimate,
    /// 99th percentile of the calls that brought the document: to fail fast makes no other figure better than it is.
    pub p99_ok: Estimate,
    /// 99.9th percentile.
    pub p999: Estimate,
    /// The longest call.
    pub max: f64,
    /// Requests sent per call, the first included.
    pub requests: Estimate,
    /// Kilobytes per call that the server put on the wire: packets with their heads, lost and repeated ones too.
    pub kilobytes: Estimate,
    /// Kilobytes per call that the client put on the wire.
    pub asked_kilobytes: Estimate,
    /// Mean virtual seconds of a run.
    pub run_seconds: f64,
}

impl Figures {
    /// Of these runs, whose calls run so many side by side and may fail together.
    #[must_use]
    pub fn of(runs: &[Run], together: usize) -> Self {
        let all = |run: &Run| run.calls.len() + run.unfinished;
        let latencies = Latencies::of_all(runs);
        let percentile = |per_mille| latencies.estimate(per_mille, together);
        let per_call = |of: fn(&Run) -> f64| {
            let (value, interval) =
                mean(&runs.iter().map(|run| (of(run), all(run))).collect::<Vec<_>>(), together);
            Estimate { value, interval }
        };
        Self {
            calls: runs.iter().map(all).sum(),
            unfinished: runs.iter().map(|run| run.unfinished).sum(),
            success: success(&runs.iter().map(|run| (run.ok(), all(run))).collect::<Vec<_>>(), together),
            p50: percentile(500),
            p90: percentile(900),
            p99: percentile(990),
            p99_ok: Latencies::of_successes(runs).estimate(990, together),
            p999: percentile(999),
            max: latencies.percentile(1000),
            requests: per_call(|run| run.requests as f64),
            kilobytes: per_call(|run| run.sent.server as f64 / 1e3),
            asked_kilobytes: per_call(|run| run.sent.client as f64 / 1e3),
            run_seconds: runs.iter().map(|run| run.took.as_secs_f64()).sum::<f64>()
                / runs.len().max(1) as f64,
        }
    }
}
fn success(ok: &[(usize, usize)], together: usize) -> Estimate {
    let (good, all) = ok.iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    let value = 100.0 * good as f64 / all.max(1) as f64;
    let percent = |interval: Interval| Interval { low: 100.0 * interval.low, high: 100.0 * interval.high };
    Estimate { value, interval: share(ok, together).map(percent) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sim::network::BytesSent, talk::sampler::Sample};
    use std::time::Duration;

    fn run(millis: &[u64], failed: usize, unfinished: usize) -> Run {
        let call = |(index, millis): (usize, &u64)| Sample {
            ok: index >= failed,
            took: Duration::from_millis(*millis),
            requests: 1,
        };
        Run {
            calls: millis.iter().enumerate().map(call).collect(),
            unfinished,
            requests: 20,
            sent: BytesSent::default(),
            took: Duration::from_secs(1),
        }
    }

    #[test]
    fn percentiles_are_over_all_calls_of_all_seeds() {
        let millis: Vec<u64> = (1..=100).map(|tenths| tenths * 100).collect();
        let figures = Figures::of(&[run(&millis[..50], 5, 0), run(&millis[50..], 0, 0)], 1);
        assert_eq!(figures.p99_ok.value, 10.0);
        assert_eq!(
            (figures.p50.value, figures.p90.value, figures.p99.value, figures.max),
            (5.0, 9.0, 9.9, 10.0)
        );
        assert_eq!((figures.calls, figures.success.value, figures.requests.value), (100, 95.0, 0.4));
    }

    #[test]
    fn a_call_that_never_ends_is_longer_than_any() {
        let figures = Figures::of(&[run(&[1_000; 8], 0, 2)], 1);
        assert_eq!((figures.unfinished, figures.success.value), (2, 80.0));
        assert_eq!((figures.p50.value, figures.p90.value), (1.0, f64::INFINITY));
        assert_eq!(figures.p50.interval, None, "no interval from one seed");
        assert_eq!(figures.p99_ok.value, 1.0);
    }

    #[test]
    fn to_fail_fast_makes_the_successes_no_quicker() {
        let figures = Figures::of(&[run(&[[1; 50], [9_000; 50]].concat(), 50, 0)], 1);
        assert_eq!((figures.p50.value, figures.p99_ok.value), (0.001, 9.0));
        let hopeless = Figures::of(&[run(&[1; 10], 10, 0)], 1);
        assert_eq!((hopeless.p99.value, hopeless.p99_ok.value), (0.001, f64::INFINITY));
    }

    #[test]
    fn a_percentile_that_few_calls_are_beyond_has_no_upper_end() {
        let figures = Figures::of(&vec![run(&[1_000; 50], 0, 0); 5], 10);
        let (p50, p99) = (figures.p50.interval.unwrap(), figures.p99.interval.unwrap());
        assert_eq!((p50.low, p99.low, p99.high), (1.0, 1.0, f64::INFINITY));
        assert_eq!(Figures::of(&vec![run(&[1_000; 50], 0, 0); 4], 10).p50.interval, None);
    }

    #[test]
    fn nothing_comes_to_nothing() {
        let figures = Figures::of(&[], 1);
        assert_eq!((figures.calls, figures.success.value, figures.p99.value), (0, 0.0, 0.0));
    }
}
