//! What each stack makes of the outage, and the command that shows it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod program;

use network_lab::storm::{
    BUDGET_WINDOW, FLOOR, Figures, OUTAGE, RATIO, RETRIES, SECONDS, SLOWDOWN, Second, VARIANTS, storm, storms,
};
use program::{Scratch, files, talk};
use std::fs;

const SEEDS: std::ops::Range<u64> = 1..6;

fn runs(name: &str) -> Vec<Vec<Second>> {
    let variant = VARIANTS.iter().find(|variant| variant.name == name).unwrap();
    SEEDS.map(|seed| storm(variant, seed).unwrap()).collect()
}

fn calls(seconds: &[Second]) -> f64 {
    seconds.iter().map(|second| second.calls as f64).sum()
}

fn retries(seconds: &[Second]) -> f64 {
    seconds.iter().map(|second| second.offered as f64).sum::<f64>() - calls(seconds)
}

/// Whether no more retries were sent than the budget may grant: in each of its windows the ratio of the requests
/// and the floor.
fn within_the_budget(run: &[Second]) -> bool {
    let window = BUDGET_WINDOW.as_secs() as usize;
    let reserve = f64::from(FLOOR) * window as f64;
    let whole = RATIO * calls(run) + reserve * SECONDS.div_ceil(window) as f64;
    // The outage lies in the windows that touch it, and what came before the first of them is paid out in it.
    let windows = OUTAGE.len().div_ceil(window) + 1;
    let outage = RATIO * calls(&run[OUTAGE.start - window..OUTAGE.end]) + reserve * windows as f64;
    retries(run) <= whole && retries(&run[OUTAGE]) <= outage
}

#[test]
fn every_stack_serves_all_calls_before_the_outage() {
    for variant in VARIANTS {
        let figures = Figures::of(&storm(variant, 3).unwrap());
        assert!((80.0..90.0).contains(&figures.offered_before), "{}: {figures:?}", variant.name);
        assert!((figures.offered_before - figures.goodput_before).abs() < 0.5, "{}", variant.name);
    }
}

#[test]
fn without_a_budget_the_storm_outlives_the_outage() {
    for name in ["no-backoff", "exponential", "full-jitter"] {
        for run in runs(name) {
            let figures = Figures::of(&run);
            assert_eq!(figures.recovery_seconds, None, "{name}");
            assert!(figures.goodput_after < 1.0, "{name}: {figures:?}");
            let most = f64::from(1 + RETRIES);
            assert!((0.9 * most..1.05 * most).contains(&figures.amplification_outage), "{name}: {figures:?}");
            assert!(!within_the_budget(&run), "{name}");
        }
    }
}

#[test]
fn the_budget_bounds_the_amplification_and_the_server_recovers() {
    for run in runs("budget") {
        let figures = Figures::of(&run);
        assert!(within_the_budget(&run), "{figures:?}");
        let floor = f64::from(FLOOR) * SECONDS as f64 / calls(&run);
        assert!(figures.amplification <= 1.0 + RATIO + floor, "{figures:?}");
        assert!(figures.amplification > 1.0, "something is retried: {figures:?}");
        assert!(figures.recovery_seconds.unwrap() <= 10.0, "{figures:?}");
        let full = 100.0 / (1.0 + f64::from(SLOWDOWN) / 100.0);
        assert!(figures.offered_outage > full, "the server could not bear this for long: {figures:?}");
    }
}

#[test]
fn the_throttle_spares_the_server_and_recovers_later() {
    for (throttled, budgeted) in runs("throttle").iter().zip(runs("budget")) {
        let (throttled_figures, budgeted) = (Figures::of(throttled), Figures::of(&budgeted));
        assert!(within_the_budget(throttled));
        assert!(throttled_figures.offered_outage < budgeted.offered_outage / 4.0, "{throttled_figures:?}");
        let (late, early) = (throttled_figures.recovery_seconds.unwrap(), budgeted.recovery_seconds.unwrap());
        assert!(early < late && late <= 30.0, "{early} {late}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (one, two) = (storms(9, 2, 1, || ()).unwrap(), storms(9, 2, 2, || ()).unwrap());
    for (one, two) in one.iter().zip(&two) {
        assert_eq!((one.mean, &one.first), (two.mean, &two.first), "{}", one.variant);
    }
}

#[test]
fn the_command_writes_the_same_bytes_for_the_same_seed() {
    let scratch = Scratch::new("storm-same-bytes");
    let arguments = ["storm", "--seed", "7", "--seeds", "2"];
    let outputs = ["one", "two"].map(|name| talk(&scratch.join(name), &arguments));
    assert!(outputs[0].status.success());
    assert_eq!(outputs[0].stdout, outputs[1].stdout);
    let says = String::from_utf8_lossy(&outputs[0].stderr).into_owned();
    let place = scratch.join("one").display().to_string();
    assert_eq!(says, format!("in {place}: storm.csv, storm.json, storm.svg\n"));
    let written = files(&scratch.join("one"));
    assert_eq!(written, files(&scratch.join("two")));
    talk(&scratch.join("other"), &["storm", "--seed", "8", "--seeds", "2"]);
    assert_ne!(written, files(&scratch.join("other")), "another seed, another run");

    roxmltree::Document::parse(&written["storm.svg"]).unwrap();
    let table = String::from_utf8(outputs[0].stdout.clone()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&written["storm.json"]).unwrap();
    let csv: Vec<&str> = written["storm.csv"].lines().collect();
    assert_eq!((json["seed"].as_u64(), json["seeds"].as_u64()), (Some(7), Some(2)));
    assert_eq!(csv.len(), 1 + VARIANTS.len() * SECONDS);
    assert_eq!(csv[0], "variant,second,calls,offered,goodput");
    for (index, variant) in VARIANTS.iter().enumerate() {
        assert_eq!(json["variants"][index]["variant"], variant.name);
        assert!(json["variants"][index]["amplification"].as_f64().unwrap() > 0.0);
        assert!(table.lines().any(|line| line.starts_with(variant.name)), "{table}");
        assert!(csv[1 + index * SECONDS].starts_with(&format!("{},0,", variant.name)));
    }
}

#[test]
fn what_cannot_be_used_is_refused_before_the_run() {
    let scratch = Scratch::new("storm-refused");
    let file = scratch.join("file");
    fs::write(&file, "here").unwrap();
    for (out, arguments, says) in [
        (file.join("out"), &["storm"][..], "cannot write to"),
        (scratch.join("out"), &["storm", "--seeds", "0"], "--seeds"),
        (scratch.join("out"), &["storm", "--loss", "50,20"], "--loss"),
        (scratch.join("out"), &["--requests", "5", "storm"], "storm"),
    ] {
        let output = talk(&out, arguments);
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert!(line.starts_with("error: ") && line.contains(says), "{arguments:?}: {line}");
        assert_eq!(line.trim_end().lines().count(), 1, "{line}");
        assert!(output.stdout.is_empty() && !out.exists());
    }
}
