//! The plots in the project's README are those of the default runs.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

use network_lab::{
    download::{downloads, picture},
    hedging::{slower_than, tails},
    jitter::{self, contests},
    output::plot::Svg,
    storm::{self, storms},
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
        storm::picture(&storms(1, 20, 2, || ()).unwrap()),
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

fn is_current(root: &Path, plot: &Svg) {
    let committed = fs::read_to_string(root.join(format!("plots/{}.svg", plot.name()))).unwrap();
    assert!(
        committed == plot.standalone(),
        "{0} has changed: cargo run --release && cp target/talk/{0}.svg examples/plots/",
        plot.name()
    );
}
