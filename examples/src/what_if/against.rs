//! `try --against`: two policies on the same network and the same seeds.

use super::{
    Estimate, Figures, Run, Settings,
    interval::{Interval, Resampled, difference_of_means, difference_of_shares},
    latencies::Latencies,
    report::{between, decimals_of, describe_policy, finite, text_of, with_unit},
};
use crate::output::grid;
use std::io;

/// One figure of both, and by how much the first is above the second.
#[derive(Debug, Clone)]
struct Difference {
    name: &'static str,
    key: &'static str,
    unit: &'static str,
    decimals: fn(f64) -> usize,
    this: Estimate,
    other: Estimate,
    interval: Option<Interval>,
}

/// Two policies' figures on the same seeds.
#[derive(Debug, Clone)]
pub(super) struct Differences(Vec<Difference>);

impl Differences {
    /// Of the runs of both, seed by seed.
    pub(super) fn of(settings: &Settings, [this, other]: [&[Run]; 2]) -> Self {
        let load = settings.load;
        let figures = [this, other].map(|runs| Figures::of(runs, load.workers));
        let resampled = Resampled::new(this.len(), load.seed);
        let all = |run: &Run| run.calls.len() + run.unfinished;
        let pairs = || this.iter().zip(other);
        let row = |name, key, unit, decimals, of: fn(&Figures) -> Estimate, interval| {
            let [this, other] = [of(&figures[0]), of(&figures[1])];
            Difference { name, key, unit, decimals, this, other, interval }
        };
        let percentile = |per_mille, of: fn(&[Run]) -> Latencies, estimate: fn(&Figures) -> Estimate| {
            let [first, second] = [of(this), of(other)];
            // Where the seeds do not tell how long it is, they do not tell by how much it differs either.
            let closed = |figures| estimate(figures).interval.is_some_and(|it| it.high.is_finite());
            let differences = || {
                resampled
                    .each(|weights| first.weighted(per_mille, weights) - second.weighted(per_mille, weights))
            };
            let value = first.percentile(per_mille) - second.percentile(per_mille);
            (closed(&figures[0]) && closed(&figures[1]))
                .then(|| resampled.interval(differences(), value))
                .flatten()
        };
        let per_call = |of: fn(&Run) -> f64| {
            let sums: Vec<_> = pairs().map(|(a, b)| (of(a), of(b), all(a))).collect();
            difference_of_means(&sums, load.workers)
        };
        let ok: Vec<_> = pairs().map(|(a, b)| (a.ok(), b.ok(), all(a))).collect();
        let success = difference_of_shares(&ok, load.workers)
            .map(|it| Interval { low: 100.0 * it.low, high: 100.0 * it.high });
        let two: fn(f64) -> usize = |_| 2;
        let every: fn(&[Run]) -> Latencies = Latencies::of_all;
        Self(vec![
            row("success", "success_percent", " %", two, |it| it.success, success),
            row("p50", "p50_seconds", " s", decimals_of, |it| it.p50, percentile(500, every, |it| it.p50)),
            row("p90", "p90_seconds", " s", decimals_of, |it| it.p90, percentile(900, every, |it| it.p90)),
            row("p99", "p99_seconds", " s", decimals_of, |it| it.p99, percentile(990, every, |it| it.p99)),
            row(
                "p99 of the successful",
                "successful_p99_seconds",
                " s",
                decimals_of,
                |it| it.p99_ok,
                percentile(990, Latencies::of_successes, |it| it.p99_ok),
            ),
            row(
                "requests per call",
                "requests_per_call",
                "",
                two,
                |it| it.requests,
                per_call(|run| run.requests as f64),
            ),
            row(
                "the server sends per call",
                "server_kilobytes_per_call",
                " kB",
                two,
                |it| it.kilobytes,
                per_call(|run| run.sent.server as f64 / 1e3),
            ),
        ])
    }

    /// As a table, with what both are.
    pub(super) fn table(&self, settings: &Settings, against: &Settings) -> String {
        let rows = self.0.iter().map(|row| {
            let decimals = (row.decimals)(row.this.value.min(row.other.value));
            let show = |value| with_unit(value, decimals, row.unit);
            // Rounded first, so that what is nothing has no sign of its own.
            let tens = 10_f64.powi(decimals as i32);
            let difference = ((row.this.value - row.other.value) * tens).round() / tens + 0.0;
            let shown = if difference.is_finite() {
                format!("{difference:+.decimals$}{}", row.unit)
            } else {
                "-".into()
            };
            vec![
                row.name.to_owned(),
                show(row.this.value),
                show(row.other.value),
                shown,
                between(row.interval, decimals),
            ]
        });
        let table = grid(&["", "this", "the other", "difference", "95 % interval"], rows);
        format!(
            "{table}\nBoth had the same {} seeds. A difference whose interval holds 0 may be luck.\n\nthis\n{}\nthe other\n{}",
            settings.load.seeds,
            describe_policy(settings),
            describe_policy(against),
        )
    }

    /// As CSV.
    pub(super) fn csv(&self) -> io::Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["figure", "this", "other", "difference", "low", "high"])?;
        let number = |value: f64| finite(value).map_or_else(String::new, |value| value.to_string());
        for row in &self.0 {
            let end = |of: fn(Interval) -> f64| row.interval.map_or_else(String::new, |it| number(of(it)));
            writer.write_record([
                row.key.to_owned(),
                number(row.this.value),
                number(row.other.value),
                number(row.this.value - row.other.value),
                end(|it| it.low),
                end(|it| it.high),
            ])?;
        }
        text_of(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::{runs, setting::Setting};

    fn settings(set: &[(&str, &str)]) -> Settings {
        let mut settings = Settings::default();
        let calm = [("loss", "5,50"), ("probe", "off"), ("lies", "30"), ("requests", "20"), ("seeds", "60")];
        for (name, value) in calm.iter().chain(set) {
            Setting::named(name).unwrap().set(&mut settings, value).unwrap();
        }
        settings
    }

    fn differences(this: &Settings, other: &Settings) -> Differences {
        let runs = [this, other].map(|settings| runs(settings, 2, || ()).unwrap());
        Differences::of(this, [&runs[0], &runs[1]])
    }

    #[test]
    fn a_policy_does_not_differ_from_itself() {
        let same = settings(&[]);
        for row in differences(&same, &same).0 {
            assert!(row.this == row.other, "{row:?}");
            assert!(row.interval.is_none_or(|it| it.holds(0.0)), "{row:?}");
        }
    }

    #[test]
    fn what_one_attempt_loses_is_told_from_luck() {
        let (many, one) = (settings(&[]), settings(&[("attempts", "1")]));
        let rows = differences(&many, &one).0;
        let row = |key: &str| rows.iter().find(|row| row.key == key).unwrap();
        let (success, requests) = (row("success_percent"), row("requests_per_call"));
        assert!(success.interval.unwrap().low > 0.0, "{success:?}");
        assert!(requests.interval.unwrap().low > 0.0, "{requests:?}");
        assert!(requests.interval.unwrap().holds(requests.this.value - requests.other.value));
    }
}
