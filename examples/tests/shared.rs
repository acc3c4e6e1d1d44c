//! A directory, a terminal and files that others share.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod program;

use program::{Scratch, files, talk};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    process::{Child, Command, Stdio},
};

/// A run of some milliseconds.
const SHORT: [&str; 7] = ["try", "--seeds", "1", "--requests", "2", "--probe", "off"];

fn spawn(arguments: &[&str], stdout: Stdio) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talk"));
    command.args(arguments).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap()
}

#[cfg(unix)]
#[test]
fn of_many_programs_in_one_directory_all_succeed_and_one_set_stays() {
    let scratch = Scratch::new("shared");
    let out = scratch.join("out");
    let seeds: Vec<String> = (1..=26).map(|seed| seed.to_string()).collect();
    let children: Vec<Child> = seeds
        .iter()
        .map(|seed| {
            let arguments = [&SHORT[..], &["--seed", seed, "--out", out.to_str().unwrap()]].concat();
            spawn(&arguments, Stdio::null())
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let files = files(&out);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["try.csv", "try.json"], "nothing is left beside");
    let report: serde_json::Value = serde_json::from_str(&files["try.json"]).unwrap();
    let seed = report["settings"]["seed"].as_str().unwrap();
    let of_calls: BTreeSet<&str> =
        files["try.csv"].lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(of_calls, BTreeSet::from([seed]), "one set");
}

#[test]
fn nobody_at_the_other_end_of_a_pipe_is_no_error() {
    let scratch = Scratch::new("pipe");
    let out = scratch.join("out");
    let mut child = spawn(&[&SHORT[..], &["--out", out.to_str().unwrap()]].concat(), Stdio::piped());
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(files(&out).contains_key("try.json"));
}

#[test]
fn a_directory_in_the_way_is_found_before_the_work() {
    let scratch = Scratch::new("in-the-way");
    let out = scratch.join("out");
    fs::create_dir_all(out.join("try.json")).unwrap();
    // This would take hours.
    let output = talk(&out, &["try", "--seeds", "1000000"]);
    assert_eq!(output.status.code(), Some(2));
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.starts_with("error: cannot write to `") && line.contains("try.json"), "{line}");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn planted_links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new("planted");
    let (out, precious) = (scratch.join("out"), scratch.join("precious"));
    fs::create_dir_all(&out).unwrap();
    fs::write(&precious, "precious").unwrap();
    for name in [".trial.new", ".try.json.new", ".try.csv.new", "try.json"] {
        symlink(&precious, out.join(name)).unwrap();
    }
    assert!(talk(&out, &SHORT).status.success());
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert!(fs::symlink_metadata(out.join("try.json")).unwrap().is_file());
}

#[test]
fn a_file_of_settings_that_is_none_is_not_read_to_its_end() {
    let scratch = Scratch::new("long-file");
    let (out, file) = (scratch.join("out"), scratch.join("long.toml"));
    File::create(&file).unwrap().set_len(10_000_000_000).unwrap();
    let endless = if cfg!(unix) { "/dev/zero" } else { file.to_str().unwrap() };
    for file in [file.to_str().unwrap(), endless] {
        for flag in ["--file", "--against"] {
            let output = talk(&out, &["try", flag, file]);
            assert_eq!(output.status.code(), Some(2));
            let line = String::from_utf8(output.stderr).unwrap();
            assert!(line.contains("is longer than 1000 kB"), "{line}");
        }
    }
}
