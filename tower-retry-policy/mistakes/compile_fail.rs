//! What the compiler says to the commonest mistakes. The page `guide::mistakes` explains these texts.
//!
//! `TRYBUILD=overwrite cargo test -p retry-policy-mistakes` writes what it says.

use std::process::Command;

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
