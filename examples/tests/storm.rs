//! What each stack makes of the outage, and the command that shows it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod program;

use network_lab::storm::{
    BUDGET_WINDOW, FLOOR, Figures, RATIO, SLOWDOWN, Second, Setting, VARIANTS, Variant, storm, storms,
};
use program::{Scratch, files, talk};
use std::{fs, time::Duration};

const SEEDS: std::ops::Range<u64> = 1..6;

fn variant(name: &str) -> &'static Variant {
    VARIANTS.iter().find(|variant| variant.name == name).unwrap()
}

fn runs(name: &str) -> Vec<Vec<Second>> {
    SEEDS.map(|seed| storm(&Setting::default(), variant(name), seed).unwrap()).collect()
}

fn figures(run: &[Second]) -> Figures {
    Figures::of(&Setting::default(), run)
}

/// How many runs recover.
fn recover(setting: &Setting, name: &str) -> usize {
    let runs = SEEDS.map(|seed| storm(setting, variant(name), seed).unwrap());
    runs.filter(|run| Figures::of(setting, run).recovery_seconds.is_some()).count()
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
    let (window, setting) = (BUDGET_WINDOW.as_secs() as usize, Setting::default());
    let down = setting.down();
    let reserve = f64::from(FLOOR) * window as f64;
    let whole = RATIO * calls(run) + reserve * setting.seconds().div_ceil(window) as f64;
    // The outage lies in the windows that touch it, and what came before the first of them is paid out in it.
    let windows = down.len().div_ceil(window) + 1;
    let outage = RATIO * calls(&run[down.start - window..down.end]) + reserve * windows as f64;
    retries(run) <= whole && retries(&run[down]) <= outage
}

#[test]
fn every_stack_serves_all_calls_before_the_outage() {
    for variant in VARIANTS {
        let figures = figures(&storm(&Setting::default(), variant, 3).unwrap());
        assert!((79.0..84.0).contains(&figures.offered_before), "{}: {figures:?}", variant.name);
        assert!((figures.offered_before - figures.goodput_before).abs() < 0.5, "{}", variant.name);
    }
}

#[test]
fn without_a_budget_the_storm_outlives_the_outage() {
    for name in ["no-backoff", "exponential", "full-jitter"] {
        for run in runs(name) {
            let figures = figures(&run);
            assert_eq!(figures.recovery_seconds, None, "{name}");
            assert!(figures.goodput_after < 1.0, "{name}: {figures:?}");
            let most = f64::from(1 + Setting::default().retries);
            assert!((0.9 * most..1.05 * most).contains(&figures.amplification_outage), "{name}: {figures:?}");
            assert!(!within_the_budget(&run), "{name}");
        }
    }
}

#[test]
fn the_budget_bounds_the_amplification_and_the_server_recovers() {
    for run in runs("budget") {
        let figures = figures(&run);
        assert!(within_the_budget(&run), "{figures:?}");
        let floor = f64::from(FLOOR) * Setting::default().seconds() as f64 / calls(&run);
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
        let (throttled_figures, budgeted) = (figures(throttled), figures(&budgeted));
        assert!(within_the_budget(throttled));
        assert!(throttled_figures.offered_outage < budgeted.offered_outage / 4.0, "{throttled_figures:?}");
        let (late, early) = (throttled_figures.recovery_seconds.unwrap(), budgeted.recovery_seconds.unwrap());
        assert!(early < late && late <= 30.0, "{early} {late}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for open in [false, true] {
        let mut setting = Setting::default();
        setting.open = open;
        let [one, two] = [1, 2].map(|threads| storms(&setting, 9, 2, threads, || ()).unwrap());
        for (one, two) in one.iter().zip(&two) {
            assert_eq!((one.mean, &one.first), (two.mean, &two.first), "{}", one.variant);
        }
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
    assert_eq!(csv.len(), 1 + VARIANTS.len() * Setting::default().seconds());
    assert_eq!(csv[0], "variant,second,calls,offered,goodput");
    for (index, variant) in VARIANTS.iter().enumerate() {
        assert_eq!(json["variants"][index]["variant"], variant.name);
        assert!(json["variants"][index]["amplification"].as_f64().unwrap() > 0.0);
        assert!(table.lines().any(|line| line.starts_with(variant.name)), "{table}");
        assert!(csv[1 + index * Setting::default().seconds()].starts_with(&format!("{},0,", variant.name)));
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
        (scratch.join("out"), &["storm", "--clients", "0"], "--clients"),
        (scratch.join("out"), &["storm", "--rate", "0"], "--rate"),
        (scratch.join("out"), &["storm", "--load", "NaN"], "--load"),
        (scratch.join("out"), &["storm", "--clients", "5", "--rate", "0.05"], "cannot make 82 calls/s"),
        (scratch.join("out"), &["storm", "--outage", "59m"], "a run may have"),
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

/// A long first wait spreads the retries over so much time that the server gets through.
#[test]
fn waiting_long_enough_ends_the_storm_too() {
    let mut setting = Setting::default();
    setting.first_wait = Duration::from_secs(1);
    setting.load = 75.0;
    assert_eq!(recover(&setting, "no-backoff"), 0);
    for name in ["exponential", "full-jitter", "budget"] {
        assert_eq!(recover(&setting, name), SEEDS.count(), "{name}");
    }
}

/// A budget bounds retries. Where the calls alone are too many there is nothing that it could save.
#[test]
fn a_budget_does_not_save_who_is_called_too_often() {
    let mut setting = Setting::default();
    (setting.open, setting.load) = (true, 90.0);
    assert!(setting.load > setting.full_rate() && setting.load < setting.rate);
    assert_eq!(recover(&setting, "budget"), 0);
    setting.load = 60.0;
    assert_eq!(recover(&setting, "budget"), SEEDS.count());
}

#[test]
fn calls_keep_coming_with_open_arrivals_and_wait_for_nobody_otherwise() {
    let mut setting = Setting::default();
    // Without retries, and with a queue that makes clients wait.
    (setting.retries, setting.queue, setting.patience) = (0, 10_000, Duration::from_secs(100));
    for (open, range) in [(true, 70.0..94.0), (false, 0.0..12.0)] {
        setting.open = open;
        let run = storm(&setting, variant("no-backoff"), 1).unwrap();
        // The last ten seconds of the outage: clients that wait for their answers have nothing else to do.
        let late = calls(&run[setting.down().end - 10..setting.down().end]) / 10.0;
        assert!(range.contains(&late), "open {open}: {late}");
        let before = calls(&run[setting.before()]) / setting.before().len() as f64;
        assert!((76.0..88.0).contains(&before), "{before}");
    }
}

#[test]
fn every_flag_does_what_it_says() {
    let scratch = Scratch::new("storm-flags");
    let arguments = [
        "storm",
        "--seeds",
        "2",
        "--clients",
        "50",
        "--load",
        "20",
        "--rate",
        "30",
        "--queue",
        "40",
        "--outage",
        "2500ms",
        "--first-wait",
        "200ms",
        "--retries",
        "1",
        "--patience",
        "500ms",
    ];
    let output = talk(&scratch.join("out"), &arguments);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let settings = "50 clients that make 20 calls/s as long as they are answered, first wait 0.2 s, up to 1 retries, patience 0.5 s; \
                    one server\nfor 30 requests/s (25.0 with a full queue of 40) that stands still for 2.5 s of 163 s.";
    assert!(text.contains(settings), "{text}");
    let json: serde_json::Value = serde_json::from_str(&files(&scratch.join("out"))["storm.json"]).unwrap();
    for (name, value) in [
        ("clients", 50.0),
        ("load", 20.0),
        ("rate", 30.0),
        ("queue", 40.0),
        ("outage_seconds", 2.5),
        ("first_wait_seconds", 0.2),
        ("retries", 1.0),
        ("patience_seconds", 0.5),
        ("seconds", 163.0),
    ] {
        assert_eq!(json[name].as_f64(), Some(value), "{name}");
    }
    for variant in json["variants"].as_array().unwrap() {
        assert!((17.0..23.0).contains(&variant["offered_before"].as_f64().unwrap()), "{variant}");
        assert_eq!(variant["runs"], 2);
        assert!(variant["amplification_outage"].as_f64().unwrap() < 2.2, "{variant}");
    }
}

/// What no one would ask for ends, and says something sane.
#[test]
fn odd_storms_end() {
    let scratch = Scratch::new("storm-odd");
    for arguments in [
        &["--outage", "0s"][..],
        &["--outage", "10m", "--retries", "0"],
        &["--clients", "1", "--load", "0.01"],
        &["--rate", "0.01", "--open"],
        &["--rate", "10000", "--load", "500", "--clients", "2000"],
        &["--retries", "0", "--queue", "1", "--patience", "1ms"],
        &["--first-wait", "0s"],
        &["--first-wait", "1h"],
        &["--load", "300", "--open"],
    ] {
        let arguments: Vec<&str> = ["storm", "--seeds", "1"].iter().chain(arguments).copied().collect();
        let output = talk(&scratch.join("out"), &arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && !text.contains("NaN") && !text.contains("inf"),
            "{arguments:?}: {text}"
        );
        let written = files(&scratch.join("out"));
        assert!(
            !written["storm.svg"].contains("NaN") && !written["storm.svg"].contains("inf"),
            "{arguments:?}"
        );
        roxmltree::Document::parse(&written["storm.svg"]).unwrap();
        serde_json::from_str::<serde_json::Value>(&written["storm.json"]).unwrap();
    }
    // Nobody who was never served recovers.
    let output = talk(&scratch.join("out"), &["storm", "--seeds", "1", "--load", "300", "--open"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("0 of 1").count(), VARIANTS.len(), "{text}");
    assert!(text.contains("not even nine in ten calls were answered before the outage"), "{text}");
}

#[test]
fn the_map_has_a_cell_for_each_load_and_wait() {
    let scratch = Scratch::new("storm-map");
    // So few calls that the map is quick.
    let arguments = [
        "storm",
        "--map",
        "--seeds",
        "1",
        "--rate",
        "5",
        "--clients",
        "20",
        "--outage",
        "1s",
        "--queue",
        "3",
    ];
    let outputs = ["one", "two"].map(|name| talk(&scratch.join(name), &arguments));
    assert!(outputs[0].status.success(), "{:?}", outputs[0]);
    assert_eq!(outputs[0].stdout, outputs[1].stdout);
    let written = files(&scratch.join("one"));
    assert_eq!(written, files(&scratch.join("two")));
    let cells = network_lab::storm::cells() as usize;
    assert_eq!(written["storm-map.csv"].lines().count(), 1 + cells);
    assert_eq!(written["storm-map.svg"].matches("class=\"cell\"").count(), cells);
    let json: serde_json::Value = serde_json::from_str(&written["storm-map.json"]).unwrap();
    assert_eq!(json["variants"].as_array().unwrap().len(), cells);
    let text = String::from_utf8(outputs[0].stdout.clone()).unwrap();
    assert!(VARIANTS.iter().all(|variant| text.lines().any(|line| line.starts_with(variant.name))), "{text}");
    assert!(text.contains("20 clients that wait for their answers, up to 3 retries"), "{text}");
}
