//! The project's README: its code is that of programs that are compiled and run here, and its links lead somewhere. And all
//! of them read well where nobody runs rustdoc over them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::{fs, path::Path};

const README: &str = include_str!("../../../README.md");

fn top() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// What stands in fences of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let start = format!("\n```{language}\n");
    README.split(&start).skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

/// A program from its imports on.
fn shown(program: &str) -> &str {
    &program[program.find("\nuse ").unwrap() + 1..]
}

fn program(name: &str) -> String {
    fs::read_to_string(top().join("examples/programs").join(name).with_extension("rs")).unwrap()
}

#[test]
fn its_code_is_that_of_programs() {
    let blocks = blocks("rust");
    let [whole, parts] = blocks[..] else { panic!("{} blocks", blocks.len()) };
    assert_eq!(whole, shown(&program("start")));
    // the second stands in the place of the first one's stack
    let by_parts = program("by_parts").replace("\n    ", "\n");
    assert!(by_parts.contains(&format!("\n{parts}")), "not in by_parts.rs:\n{parts}");
}

#[test]
fn it_is_short() {
    assert!(README.lines().count() <= 150, "{} lines", README.lines().count());
}

/// Rustdoc hides lines of code, resolves names in brackets, and knows words behind a fence; Markdown does not.
#[test]
fn they_read_well_as_plain_markdown() {
    let files = [
        "README.md",
        "examples/README.md",
        "examples/programs/README.md",
        "tower-backoff/README.md",
        "tower-content-check/README.md",
        "tower-retry-policy/README.md",
    ];
    for file in files {
        let text = fs::read_to_string(top().join(file)).unwrap();
        // what a command prints may have comments
        let mut in_output = false;
        for (index, line) in text.lines().enumerate() {
            if line.starts_with("```") {
                in_output = line == "```text";
            }
            assert!(index == 0 || in_output || !line.starts_with("# "), "{file}: a hidden line: {line}");
            assert!(!line.starts_with("```rust,"), "{file}: {line}");
            let mut links = line.split("`]").skip(1);
            assert!(
                links.all(|rest| rest.starts_with('(')),
                "{file}: a link that only rustdoc knows: {line}"
            );
            let mut targets = line.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
            assert!(targets.all(|to| !to.contains("::")), "{file}: a path that only rustdoc knows: {line}");
        }
    }
}

#[test]
fn its_links_lead_somewhere() {
    let mut files = 0;
    for link in README.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
        if link.contains("://") {
            continue;
        }
        let file = link.split('#').next().unwrap();
        assert!(top().join(file).exists(), "{link}");
        files += 1;
    }
    assert!(files > 5, "{files}");
}
