//! Ctrl-C: status 130, and whole files only.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod interrupted;
mod program;

use interrupted::interrupt;
use program::{Scratch, files, talk};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::SystemTime,
};

/// Interrupts an endless run once it has looked at its directory; false where that is not possible.
fn interrupted(arguments: &[&str], out: &Path) -> bool {
    let changed = || fs::metadata(out).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let before = changed();
    let mut command = Command::new(env!("CARGO_BIN_EXE_talk"));
    command.args(arguments).args(["--seeds", "1000000", "--out"]).arg(out);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It tries whether the directory can be written to, after it has begun to listen for Ctrl-C.
    while changed() == before {
        thread::yield_now();
    }
    if !interrupt(&child) {
        child.kill().unwrap();
        child.wait().unwrap();
        return false;
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{arguments:?}");
    assert!(output.stdout.is_empty());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "interrupted\n");
    true
}

#[test]
fn an_interrupted_run_leaves_earlier_results_as_they_were() {
    let scratch = Scratch::new("interrupted");
    for (name, arguments) in [("talk", &["--stage", "retry"][..]), ("storm", &["storm"]), ("try", &["try"])] {
        let new = scratch.join("new");
        if !interrupted(arguments, &new) {
            return;
        }
        assert!(files(&new).is_empty(), "{name}: nothing was there, and nothing was written");
        fs::remove_dir(&new).unwrap();

        let out = scratch.join(name);
        let short: Vec<&str> = arguments.iter().copied().chain(["--seeds", "1"]).collect();
        assert!(talk(&out, &short).status.success(), "{name}");
        let before = files(&out);
        assert!(!before.is_empty());
        assert!(interrupted(arguments, &out));
        assert_eq!(files(&out), before, "{name}");
    }
}
