//! What the page of the first steps promises: they are short, and it lists them all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::{fs, path::Path};

const MOST: usize = 40;

/// The tasks, by the names of their directories.
fn tasks() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let entries = fs::read_dir(here).unwrap().map(|entry| entry.unwrap());
    let packages = entries.filter(|entry| entry.path().join("Cargo.toml").exists());
    packages.map(|entry| entry.file_name().into_string().unwrap()).filter(|name| name != "server").collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)).unwrap()
}

#[test]
fn none_takes_more_than_forty_lines() {
    assert_eq!(tasks().len(), 8);
    for task in tasks() {
        let lines = read(&format!("{task}/src/lib.rs")).lines().count();
        assert!(lines <= MOST, "{task}: {lines} lines");
    }
}

#[test]
fn the_page_lists_each() {
    let page = read("README.md");
    for task in tasks() {
        let row = format!("| [`{task}`]({task}/src/lib.rs) | ");
        assert!(page.contains(&row), "{task} has no row");
    }
    assert!(page.contains(&format!("at most {MOST} lines")), "the page says how long they are");
}
