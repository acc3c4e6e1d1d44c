//! What the compiler says to the commonest mistakes. The page `guide::mistakes` explains these texts.
//!
//! `TRYBUILD=overwrite cargo test -p retry-policy-mistakes` writes what it says.

use std::{collections::BTreeSet, path::PathBuf, process::Command};

/// The toolchain whose texts these are: others word theirs differently.
const TOOLCHAIN: &str = "rustc 1.95.";

#[test]
fn the_compiler_says_what_to_do() {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().expect("cargo has found a compiler");
    let version = String::from_utf8_lossy(&version.stdout);
    if !version.starts_with(TOOLCHAIN) {
        eprintln!("skipped: the texts are those of {TOOLCHAIN}*, and this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("compile_fail/*.rs");
}

/// Every text that the tests hold is explained, and every text that is explained is held.
#[test]
fn the_guide_explains_these_texts() {
    let page = include_str!("../src/guide/mistakes.md").lines();
    let explained: BTreeSet<_> = page.filter(|line| line.starts_with("error[")).map(without_names).collect();
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/compile_fail")).expect("it is here");
    let paths = files.map(|file| file.expect("it can be read").path());
    let texts = paths.filter(|path| path.extension().is_some_and(|name| name == "stderr"));
    let text = |path: PathBuf| std::fs::read_to_string(path).expect("it can be read");
    let held: BTreeSet<_> =
        texts.map(|path| without_names(text(path).lines().next().unwrap_or_default())).collect();
    assert_eq!(held, explained);
}

/// What stands between backticks differs from program to program.
fn without_names(text: &str) -> String {
    text.split('`').enumerate().map(|(index, part)| if index % 2 == 0 { part } else { "`…`" }).collect()
}
