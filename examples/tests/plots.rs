//! The plots in the project's README are those of the default runs.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

use network_lab::{
    download::{downloads, picture},
    hedging::{slower_than, tails},
    jitter::{self, contests},
    output::plot::Svg,
    storm::{self, Cell, LOADS, Setting, VARIANTS, WAITS, cell, storms},
    talk::{experiment::Experiment, forgetting, stages::STAGES, successes},
};
use std::{fs, path::Path};

#[test]
fn the_plots_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../README.md")).unwrap();
    let experiment = Experiment::new(1, 100, STAGES.iter().collect());
    let results = experiment.run(2, || ()).unwrap();
    for plot in [successes(&experiment, &results), forgetting(&experiment).unwrap()] {
        let place = format!("examples/plots/{}.svg", plot.name());
        assert!(readme.contains(&format!("]({place})")), "the README shows {place}");
        is_current(root, &plot);
    }
}

#[test]
fn the_plot_of_slow_answers_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../README.md")).unwrap();
    assert!(readme.contains("](examples/plots/tail.svg)"), "the README shows it");
    let committed = fs::read_to_string(root.join("plots/tail.svg")).unwrap();
    assert!(
        committed == slower_than(&tails(1, 20, 2, || ()).unwrap()).standalone(),
        "tail has changed: cargo run --release -- tail && cp target/tail/tail.svg examples/plots/"
    );
}

#[test]
fn the_plot_of_downloads_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../README.md")).unwrap();
    assert!(readme.contains("](examples/plots/download.svg)"), "the README shows it");
    let committed = fs::read_to_string(root.join("plots/download.svg")).unwrap();
    assert!(
        committed == picture(&downloads(1, 20, 2, || ()).unwrap()).standalone(),
        "download has changed: cargo run --release -- download && cp target/download/download.svg examples/plots/"
    );
}

#[test]
fn the_plots_of_storm_and_jitter_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../README.md")).unwrap();
    let plots = [
        storm::picture(&Setting::default(), &storms(&Setting::default(), 1, 20, 2, || ()).unwrap()),
        jitter::picture(&contests(1, 20, 2, || ()).unwrap()),
    ];
    for plot in plots {
        let name = plot.name();
        assert!(readme.contains(&format!("](examples/plots/{name}.svg)")), "the README shows {name}");
        let committed = fs::read_to_string(root.join(format!("plots/{name}.svg"))).unwrap();
        assert!(
            committed == plot.standalone(),
            "{name} has changed: cargo run --release -- {name} && cp target/{name}/{name}.svg examples/plots/"
        );
    }
}

/// The map takes a minute, so only some of its cells are measured again; the picture is made of its file.
#[test]
fn the_map_of_the_storm_is_current() {
    const ANEW: &str = "the map has changed: cargo run --release -- storm --map && cp target/storm/storm-map.{csv,svg} \
                        examples/plots/";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("../README.md")).unwrap();
    assert!(readme.contains("](examples/plots/storm-map.svg)"), "the README shows it");
    let committed = fs::read_to_string(root.join("plots/storm-map.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(committed.as_bytes());
    let mut cells = Vec::new();
    for row in rows.deserialize() {
        let (name, load, wait, recovered, runs): (String, u32, Option<u64>, u64, u64) = row.unwrap();
        let variant = VARIANTS.iter().find(|variant| variant.name == name).unwrap();
        cells.push(Cell::new(variant.name, load, wait, recovered, runs));
    }
    assert_eq!(cells.len() as u64, storm::cells());
    let picture = fs::read_to_string(root.join("plots/storm-map.svg")).unwrap();
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

fn is_current(root: &Path, plot: &Svg) {
    let committed = fs::read_to_string(root.join(format!("plots/{}.svg", plot.name()))).unwrap();
    assert!(
        committed == plot.standalone(),
        "{0} has changed: cargo run --release && cp target/talk/{0}.svg examples/plots/",
        plot.name()
    );
}
