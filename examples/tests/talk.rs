//! The program as its user sees it: files, table, and what it says to bad input.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod program;

use program::{Scratch, files, talk};
use std::fs;

#[test]
fn the_same_seed_gives_the_same_bytes_in_any_process() {
    let scratch = Scratch::new("same-bytes");
    let arguments = ["--seed", "7", "--seeds", "3", "--requests", "40"];
    let runs = ["one", "two"].map(|name| (scratch.join(name), talk(&scratch.join(name), &arguments)));
    for (_, output) in &runs {
        assert!(output.status.success());
        assert!(output.stderr.is_empty(), "no progress bar without a terminal");
    }
    assert_eq!(files(&runs[0].0), files(&runs[1].0));
    let tables = runs.each_ref().map(|(out, output)| {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let (table, last) = text.trim_end().rsplit_once('\n').unwrap();
        assert_eq!(last, format!("All of it to look at: {}", out.join("index.html").display()));
        table.to_owned()
    });
    assert_eq!(tables[0], tables[1]);
    let other = scratch.join("other");
    talk(&other, &["--seed", "8", "--seeds", "3", "--requests", "40"]);
    assert_ne!(files(&runs[0].0), files(&other), "another seed, another run");
}

#[test]
fn the_files_have_the_talks_shape() {
    let scratch = Scratch::new("shape");
    let out = scratch.join("out");
    let output = talk(&out, &["--seeds", "1", "--requests", "20", "--workers", "5"]);
    let table = String::from_utf8(output.stdout).unwrap();
    let files = files(&out);
    let summary: serde_json::Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let stages = summary["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 12);
    for stage in stages {
        let name = stage["name"].as_str().unwrap();
        for file in [".pcap", "-probe.csv", "-download.csv", ".svg"] {
            assert!(files.contains_key(&format!("{name}{file}")), "{name}{file}");
        }
        assert!(table.lines().any(|line| line.starts_with(name)), "{name} stands in the table");
        let rows: Vec<&str> = files[&format!("{name}.csv")].lines().collect();
        let (mut ok, mut failed) = (0, 0);
        for row in &rows {
            let (flag, seconds) = row.split_once(',').unwrap();
            assert!(seconds.parse::<f64>().unwrap() >= 0.0, "{row}");
            match flag {
                "0" => ok += 1,
                "1" => failed += 1,
                _ => panic!("{row}"),
            }
        }
        assert_eq!(stage["ok"], ok, "{name}");
        assert_eq!(stage["failed"], failed, "{name}");
        assert_eq!(stage["unfinished"], 20 - rows.len(), "{name}");
    }
    assert!(table.contains("% of the server's answers are corrupt"), "{table}");
}

#[test]
fn bad_input_gives_one_line_and_leaves_earlier_results_alone() {
    let scratch = Scratch::new("bad-input");
    let out = scratch.join("out");
    assert!(talk(&out, &["--stage", "ideal", "--seeds", "1"]).status.success());
    let before = files(&out);
    for (arguments, says) in [
        (&["--loss", "150,20"][..], "outside 0..100"),
        (&["--loss", "a,b"], "no number"),
        (&["--stage", "nive"], "the stages are ideal, naive"),
        (&["--lies", "-1"], "--lies"),
        (&["--seeds", "0"], "--seeds"),
        (&["--workers", "none"], "--workers"),
        (&["--colour"], "--colour"),
    ] {
        let output = talk(&out, arguments);
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert!(line.starts_with("error: ") && line.contains(says), "{arguments:?}: {line}");
        assert_eq!(line.trim_end().lines().count(), 1, "{line}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(files(&out), before);
}

#[test]
fn a_directory_that_cannot_be_written_is_found_before_the_run() {
    let scratch = Scratch::new("unwritable");
    let file = scratch.join("file");
    fs::write(&file, "here").unwrap();
    let output = talk(&file.join("out"), &["--stage", "ideal"]);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(line.contains("cannot write to") && line.trim_end().lines().count() == 1, "{line}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "here");
}

#[test]
fn nine_runs_in_ten_are_not_said_of_fewer_than_twenty() {
    let scratch = Scratch::new("range");
    for (seeds, heading, words, legend) in [
        ("19", "least..most", "all runs", "least to most of the seeds"),
        ("20", "5..95 %", "nine runs in ten", "5th to 95th percentile of the seeds"),
    ] {
        let out = scratch.join(seeds);
        let output = talk(&out, &["--stage", "ideal", "--requests", "1", "--seeds", seeds]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().next().unwrap().contains(heading), "{text}");
        assert!(files(&out)["index.html"].contains(words), "{seeds}");
        assert!(files(&out)["time-success.svg"].contains(legend), "{seeds}");
    }
}
