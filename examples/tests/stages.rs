//! The stages against the figures of the talk and of real kernels, over enough seeds for a stable mean.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

use network_lab::{
    sim::network::Preset,
    talk::{
        experiment::Experiment,
        report::{StageSummary, Summary},
        stages::STAGES,
    },
};
use std::ops::RangeInclusive;

const SEEDS: u64 = 40;

fn run(preset: Preset, names: &[&str]) -> Vec<StageSummary> {
    let stages = STAGES.iter().filter(|stage| names.contains(&stage.name)).collect();
    let mut experiment = Experiment::new(1, SEEDS, stages);
    experiment.preset = preset;
    let results = experiment.run(2, || ()).unwrap();
    Summary::new(&experiment, &results).stages
}

#[test]
fn each_stage_succeeds_as_often_as_on_a_real_network() {
    let table: [(&str, RangeInclusive<f64>, f64); 12] = [
        // mean successes of 100, and connection attempts per call at least
        ("ideal", 100.0..=100.0, 1.0),
        ("naive", 35.0..=58.0, 0.4),
        ("timeout", 76.0..=84.0, 1.0),
        ("retry", 82.0..=89.0, 1.0),
        ("network-off", 0.0..=0.0, 1.0),
        ("fixed-retry", 0.0..=0.0, 4.0),
        ("backoff", 82.0..=89.0, 1.0),
        ("own-retry", 97.0..=99.7, 1.2),
        ("content-aware", 99.7..=100.0, 1.2),
        ("flat", 99.2..=100.0, 1.2),
        ("recommended", 100.0..=100.0, 1.4),
        ("hedged", 100.0..=100.0, 1.7),
    ];
    let names: Vec<_> = table.iter().map(|(name, ..)| *name).collect();
    let summaries = run(Preset::Talk, &names);
    assert_eq!(summaries.iter().map(|summary| summary.name).collect::<Vec<_>>(), names);
    for (summary, (name, mean, connections)) in summaries.iter().zip(table) {
        assert!(mean.contains(&summary.mean_ok), "{name}: {} outside {mean:?}", summary.mean_ok);
        assert!(summary.connections_per_call >= connections, "{name}: {summary:?}");
    }
    let of = |name: &str| summaries.iter().find(|summary| summary.name == name).unwrap();
    // exactly one connection attempt where the route is missing, and exactly four with retries
    assert!((of("network-off").connections_per_call - 1.0).abs() < 1e-9);
    assert!((of("fixed-retry").connections_per_call - 4.0).abs() < 1e-9);
    // what the advice costs and gains
    let (talk, ours) = (of("content-aware"), of("recommended"));
    assert_eq!(ours.p5_ok, 100);
    assert!(ours.virtual_seconds <= 0.70 * talk.virtual_seconds, "{ours:?}");
    assert!(ours.longest_seconds <= 0.55 * talk.longest_seconds, "{ours:?}");
    assert!(ours.attempts_per_call <= 1.45 * talk.attempts_per_call, "{ours:?}");
}

/// Requests per call, virtual seconds of a run, and the longest call of `hedged`, as shares of another stage's.
fn hedged_beside(summaries: &[StageSummary], other: &str) -> [f64; 3] {
    let of = |name: &str| summaries.iter().find(|summary| summary.name == name).unwrap();
    let (hedged, other) = (of("hedged"), of(other));
    [
        hedged.attempts_per_call / other.attempts_per_call,
        hedged.virtual_seconds / other.virtual_seconds,
        hedged.longest_seconds / other.longest_seconds,
    ]
}

/// Without the probe `recommended` sends fewer requests since its repeats come as early as Linux's, so that `hedged` is allowed
/// more beside it.
#[test]
fn hedging_takes_a_third_of_the_time_of_the_talks_last_stage() {
    for (preset, content_aware, recommended) in [
        (Preset::Talk, [1.70, 0.40, 0.34], [1.25, 0.64, 0.62]),
        (Preset::NoProbe, [1.62, 0.37, 0.32], [1.12, 0.63, 0.62]),
    ] {
        let summaries = run(preset, &["content-aware", "recommended", "hedged"]);
        assert_eq!(summaries[2].mean_ok, 100.0, "every call of every seed: {:?}", summaries[2]);
        for (name, bars) in [("content-aware", content_aware), ("recommended", recommended)] {
            let shares = hedged_beside(&summaries, name);
            assert!(
                shares.iter().zip(bars).all(|(share, bar)| *share <= bar),
                "{preset:?} {name}: {shares:?}"
            );
            println!("{preset:?}, hedged beside {name}: {shares:.3?}");
        }
    }
}

#[test]
fn without_the_probe_the_network_is_worse() {
    let table = [
        ("naive", 20.0..=40.0),
        ("timeout", 66.0..=75.0),
        ("retry", 77.0..=85.0),
        ("recommended", 99.9..=100.0),
    ];
    let names: Vec<_> = table.iter().map(|(name, _)| *name).collect();
    for (summary, (name, mean)) in run(Preset::NoProbe, &names).iter().zip(table) {
        assert!(mean.contains(&summary.mean_ok), "{name}: {} outside {mean:?}", summary.mean_ok);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let mut experiment = Experiment::new(7, 5, STAGES.iter().collect());
    experiment.requests = 30;
    let one = Summary::new(&experiment, &experiment.run(1, || ()).unwrap()).to_json().unwrap();
    let four = Summary::new(&experiment, &experiment.run(4, || ()).unwrap()).to_json().unwrap();
    assert_eq!(one, four);
}

#[test]
fn lies_are_what_tells_the_last_stages_apart() {
    let stages =
        || STAGES.iter().filter(|stage| ["own-retry", "content-aware"].contains(&stage.name)).collect();
    let means = |lies| {
        let mut experiment = Experiment::new(1, 10, stages());
        experiment.lies = lies;
        let summary = Summary::new(&experiment, &experiment.run(2, || ()).unwrap());
        (summary.stages[0].mean_ok, summary.stages[1].mean_ok)
    };
    let (own_retry, content_aware) = means(20.0);
    assert!((70.0..90.0).contains(&own_retry), "every fifth answer was a lie: {own_retry}");
    assert!(content_aware > 98.0, "{content_aware}");
    let (own_retry, content_aware) = means(0.0);
    assert!(own_retry >= 99.0 && content_aware >= 99.0, "{own_retry} {content_aware}");
}
