//! The plots on the lab's page, `examples/README.md`, are those of the default runs.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

use network_lab::{
    download::{downloads, picture},
    hedging::{slower_than, tails},
    jitter::{self, contests},
    output::plot::Svg,
    storm::{self, Cell, LOADS, Setting, VARIANTS, WAITS, cell, storms},
    talk::{experiment::Experiment, forgetting, stages::STAGES, successes},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// To draw them anew: `TRANSCRIPTS=overwrite cargo test -p network-lab --test plots`.
fn overwrites() -> bool {
    env::var_os("TRANSCRIPTS").is_some_and(|what| what == "overwrite")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plots")
}

fn is_shown(name: &str) {
    let page = fs::read_to_string(folder().join("../README.md")).unwrap();
    assert!(page.contains(&format!("](plots/{name}.svg)")), "the page shows {name}");
}

fn is_current(plot: &Svg) {
    let name = plot.name();
    is_shown(name);
    let place = folder().join(format!("{name}.svg"));
    if overwrites() {
        fs::write(place, plot.standalone()).unwrap();
    } else {
        let same = fs::read_to_string(place).unwrap() == plot.standalone();
        assert!(same, "{name} has changed: TRANSCRIPTS=overwrite cargo test -p network-lab --test plots");
    }
}

#[test]
fn the_plots_of_the_talk_are_current() {
    let experiment = Experiment::new(1, 100, STAGES.iter().collect());
    let results = experiment.run(2, || ()).unwrap();
    is_current(&successes(&experiment, &results));
    is_current(&forgetting(&experiment).unwrap());
}

#[test]
fn the_plot_of_slow_answers_is_current() {
    is_current(&slower_than(&tails(1, 20, 2, || ()).unwrap()));
}

#[test]
fn the_plot_of_downloads_is_current() {
    is_current(&picture(&downloads(1, 20, 2, || ()).unwrap()));
}

#[test]
fn the_plots_of_storm_and_jitter_are_current() {
    let storms = storms(&Setting::default(), 1, 20, 2, || ()).unwrap();
    is_current(&storm::picture(&Setting::default(), &storms));
    is_current(&jitter::picture(&contests(1, 20, 2, || ()).unwrap()));
}

/// The map takes a minute, so only some of its cells are measured again; the picture is made of its file.
#[test]
fn the_map_of_the_storm_is_current() {
    const ANEW: &str = "the map has changed: TRANSCRIPTS=overwrite cargo test -p network-lab --test plots";
    is_shown("storm-map");
    if overwrites() {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("storm-map");
        let mut talk = Command::new(env!("CARGO_BIN_EXE_talk"));
        assert!(talk.args(["storm", "--map", "--out"]).arg(&out).status().unwrap().success());
        for name in ["storm-map.csv", "storm-map.svg"] {
            fs::copy(out.join(name), folder().join(name)).unwrap();
        }
    }
    let committed = fs::read_to_string(folder().join("storm-map.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(committed.as_bytes());
    let mut cells = Vec::new();
    for row in rows.deserialize() {
        let (name, load, wait, recovered, runs): (String, u32, Option<u64>, u64, u64) = row.unwrap();
        let variant = VARIANTS.iter().find(|variant| variant.name == name).unwrap();
        cells.push(Cell::new(variant.name, load, wait, recovered, runs));
    }
    assert_eq!(cells.len() as u64, storm::cells());
    let picture = fs::read_to_string(folder().join("storm-map.svg")).unwrap();
    assert!(picture == storm::map_picture(&cells).standalone(), "{ANEW}");
    // The lowest load, one in the middle, and the highest, each with another wait.
    for variant in VARIANTS {
        for (load, wait) in [(LOADS[0], WAITS[4]), (LOADS[2], WAITS[0]), (LOADS[3], WAITS[3])] {
            let wait = variant.waits.then_some(wait);
            let measured = cell(&Setting::default(), (variant, load, wait), (1, 20), 2, || ()).unwrap();
            assert!(cells.contains(&measured), "{measured:?}: {ANEW}");
        }
    }
}
