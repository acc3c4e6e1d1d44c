//! `talk download` as its user sees it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn download(out: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talk"));
    command.arg("download").args(arguments).arg("--out").arg(out).output().unwrap()
}

/// A directory that is not there yet.
fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("download-{name}"));
    let _ = fs::remove_dir_all(&path);
    path
}

#[test]
fn the_same_seed_gives_the_same_files_and_table() {
    let arguments = ["--seed", "3", "--seeds", "2"];
    let runs = ["one", "two"].map(scratch).map(|path| (download(&path, &arguments), path));
    for (output, path) in &runs {
        assert!(output.status.success(), "{output:?}");
        let files = format!("in {}: download.csv, download.json, download.svg\n", path.display());
        assert_eq!(String::from_utf8_lossy(&output.stderr), files, "no progress bar without a terminal");
        assert_eq!(output.stdout, runs[0].0.stdout);
        for name in ["download.csv", "download.json", "download.svg"] {
            assert_eq!(fs::read(path.join(name)).unwrap(), fs::read(runs[0].1.join(name)).unwrap(), "{name}");
        }
    }
    let (output, path) = &runs[0];
    let table = String::from_utf8_lossy(&output.stdout);
    // of the short file under loss, in every way; and of the long one, where it is read as it comes
    assert!(table.matches("20 of 20").count() >= 15, "{table}");
    let long = table.split("20 MB, dies every 1 MB").nth(1).unwrap();
    for (way, came) in [("restart", "0 of 1"), ("resume", "0 of 1"), ("stream", "1 of 1")] {
        let row = long.lines().find(|line| line.contains(way)).unwrap();
        assert!(row.contains(came), "{table}");
    }
    let csv = fs::read_to_string(path.join("download.csv")).unwrap();
    assert_eq!(
        csv.lines().next(),
        Some("file_bytes,trouble,silence_seconds,way,seed,exact,requests,sent_bytes,held_bytes,seconds"),
        "one line a download follows"
    );
    assert_eq!(csv.lines().count(), 1 + 6 * 3 * 2 * 10 + 4 * 3);
    for (_, path) in &runs {
        fs::remove_dir_all(path).unwrap();
    }
}
