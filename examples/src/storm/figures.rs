//! A run in figures, and the means over runs.

use super::{record::Second, setting::Setting};
use serde::Serialize;
use std::ops::Range;

/// Recovered is who has, over so many seconds and from then on to the end, ...
const STEADY: usize = 5;

/// ... this much of the goodput from before the outage, and had this much of the calls answered then.
const RECOVERED: f64 = 0.9;

/// One run, or the means over several.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// Attempts per second that reached the server before the outage.
    pub offered_before: f64,
    /// Attempts per second that reached the server in the outage.
    pub offered_outage: f64,
    /// Attempts per second that reached the server after the outage.
    pub offered_after: f64,
    /// Calls per second that succeeded before the outage.
    pub goodput_before: f64,
    /// Calls per second that succeeded after the outage.
    pub goodput_after: f64,
    /// The share of the runs that were well before the outage: nine in ten calls had an answer.
    pub well_before: f64,
    /// The share of the runs that recovered.
    pub recovered: f64,
    /// Seconds from the end of the outage to the recovery, of the runs that recovered.
    pub recovery_seconds: Option<f64>,
    /// Attempts per call in the whole run.
    pub amplification: f64,
    /// Attempts per call in the outage.
    pub amplification_outage: f64,
}

impl Figures {
    /// Of one run.
    #[must_use]
    pub fn of(setting: &Setting, seconds: &[Second]) -> Self {
        let (before, down, after) = (setting.before(), setting.down(), setting.after());
        let recovery = recovery(setting, seconds);
        Self {
            offered_before: mean(seconds, before.clone(), |second| second.offered),
            offered_outage: mean(seconds, down.clone(), |second| second.offered),
            offered_after: mean(seconds, after.clone(), |second| second.offered),
            goodput_before: mean(seconds, before, |second| second.goodput),
            goodput_after: mean(seconds, after, |second| second.goodput),
            well_before: if well_before(setting, seconds) { 1.0 } else { 0.0 },
            recovered: if recovery.is_some() { 1.0 } else { 0.0 },
            recovery_seconds: recovery.map(|seconds| seconds as f64),
            amplification: amplification(seconds, 0..setting.seconds()),
            amplification_outage: amplification(seconds, down),
        }
    }

    /// The means; all zero without runs.
    #[must_use]
    pub fn mean(runs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| average(runs.iter().map(figure)).unwrap_or_default();
        Self {
            offered_before: of(|run| run.offered_before),
            offered_outage: of(|run| run.offered_outage),
            offered_after: of(|run| run.offered_after),
            goodput_before: of(|run| run.goodput_before),
            goodput_after: of(|run| run.goodput_after),
            well_before: of(|run| run.well_before),
            recovered: of(|run| run.recovered),
            recovery_seconds: average(runs.iter().filter_map(|run| run.recovery_seconds)),
            amplification: of(|run| run.amplification),
            amplification_outage: of(|run| run.amplification_outage),
        }
    }
}

/// Seconds from the outage's end to the first that begins a steady stretch of the earlier goodput, which is not lost again.
fn recovery(setting: &Setting, seconds: &[Second]) -> Option<usize> {
    if !well_before(setting, seconds) {
        return None;
    }
    let goodput = |range| mean(seconds, range, |second| second.goodput);
    let expected = RECOVERED * goodput(setting.before());
    let Range { start, end } = setting.after();
    let steady = |from: &usize| goodput(*from..from + STEADY) >= expected && goodput(*from..end) >= expected;
    (start..=end - STEADY).find(steady).map(|second| second - start)
}

/// Who was not well before an outage cannot recover from it.
fn well_before(setting: &Setting, seconds: &[Second]) -> bool {
    let of = |figure| mean(seconds, setting.before(), figure);
    let calls = of(|second: &Second| second.calls);
    calls > 0.0 && of(|second| second.goodput) >= RECOVERED * calls
}

fn amplification(seconds: &[Second], range: Range<usize>) -> f64 {
    let calls = mean(seconds, range.clone(), |second| second.calls);
    if calls > 0.0 { mean(seconds, range, |second| second.offered) / calls } else { 0.0 }
}

/// Per second; 0 of an empty range.
fn mean(seconds: &[Second], range: Range<usize>, of: fn(&Second) -> u64) -> f64 {
    let length = range.len().max(1) as f64;
    seconds.iter().take(range.end).skip(range.start).map(of).sum::<u64>() as f64 / length
}

fn average(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    // Four decimals: more would only show rounding errors.
    let average = values.iter().sum::<f64>() / values.len() as f64;
    (!values.is_empty()).then(|| (average * 1e4).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(goodput: impl Fn(usize) -> u64) -> Vec<Second> {
        let second = |second| Second { calls: 10, offered: 20, goodput: goodput(second) };
        (0..Setting::default().seconds()).map(second).collect()
    }

    #[test]
    fn recovery_is_the_first_steady_second_that_lasts() {
        let setting = Setting::default();
        assert_eq!((setting.down(), setting.seconds()), (30..50, 180));
        for (goodput, expected) in [
            (run(|_| 10), Some(0)),
            (run(|second| if (30..50).contains(&second) { 0 } else { 9 }), Some(0)),
            (run(|second| if (30..60).contains(&second) { 0 } else { 10 }), Some(10)),
            // One good second is no recovery,
            (run(|second| if second < 30 || second == 55 || second >= 70 { 10 } else { 0 }), Some(20)),
            (run(|second| if second < 30 { 10 } else { 8 }), None),
            // nor are ten that are followed by another collapse,
            (run(|second| if second < 30 || (60..70).contains(&second) { 10 } else { 0 }), None),
            // and what was not there before cannot come again.
            (run(|_| 8), None),
        ] {
            assert_eq!(recovery(&setting, &goodput), expected);
        }
    }

    #[test]
    fn means_leave_out_runs_that_never_recovered() {
        let setting = Setting::default();
        let never = Figures::of(&setting, &run(|second| u64::from(second < 30) * 10));
        let late = Figures::of(&setting, &run(|second| if (30..60).contains(&second) { 0 } else { 10 }));
        assert_eq!((never.recovered, never.recovery_seconds), (0.0, None));
        let mean = Figures::mean(&[never, late]);
        assert_eq!((mean.recovered, mean.recovery_seconds), (0.5, Some(10.0)));
        assert_eq!((mean.amplification, mean.amplification_outage), (2.0, 2.0));
        assert_eq!(Figures::mean(&[]).offered_before, 0.0);
    }

    #[test]
    fn without_an_outage_nothing_is_divided_by_its_length() {
        let setting = Setting { outage: std::time::Duration::ZERO, ..Setting::default() };
        let figures = Figures::of(&setting, &run(|_| 10));
        assert_eq!((figures.offered_outage, figures.amplification_outage), (0.0, 0.0));
        assert_eq!(figures.recovery_seconds, Some(0.0));
    }
}
