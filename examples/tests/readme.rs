//! What the lab's page, `examples/README.md`, shows of its commands is what they print.
//!
//! Blocks that begin with `$ cargo run --release` or `$ cargo run --release --bin sampler -- ` are compared with what
//! comes of them; the code that `tune` prints stands in a block of its own after it, which is compiled with the page.
//! To write them anew: `TRANSCRIPTS=overwrite cargo test -p network-lab --test readme`.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may panic")]

use std::{env, fs, path::Path, process::Command};

const FENCE: &str = "```";

/// What a command prints, run at the top of the repository.
fn output(command: &str, out: &Path) -> String {
    let (program, arguments) = match command.strip_prefix("$ cargo run --release --bin sampler -- ") {
        Some(arguments) => (env!("CARGO_BIN_EXE_sampler"), arguments),
        None => {
            let arguments = command.strip_prefix("$ cargo run --release").unwrap();
            (env!("CARGO_BIN_EXE_talk"), arguments.strip_prefix(" -- ").unwrap_or_default())
        }
    };
    let mut run = Command::new(program);
    run.args(arguments.split_whitespace()).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    if program == env!("CARGO_BIN_EXE_talk") {
        run.arg("--out").arg(out);
    }
    let output = run.output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    // Its page is elsewhere here.
    String::from_utf8(output.stdout).unwrap().replace(out.to_str().unwrap(), "target/talk")
}

/// `4.08 s` of `  4.08 s  3.67..5.81`.
fn first_time(cells: &str) -> String {
    cells.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_shows_what_the_commands_print() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let mut rest = readme.as_str();
    let (mut made, mut commands, mut times) = (String::new(), 0, Vec::new());
    while let Some(start) = rest.find("```text\n$ cargo run --release") {
        let (before, block) = rest.split_at(start + "```text\n".len());
        made += before;
        let (command, after) = block.split_once('\n').unwrap();
        let end = after.find(FENCE).unwrap();
        rest = &after[end..];
        let printed = output(command, &out);
        commands += 1;
        times.extend(
            printed.lines().filter_map(|line| line.strip_prefix("99 % within (p99)")).map(first_time),
        );
        made += &format!("{command}\n");
        match printed.split_once("\nuse ") {
            None => made += &printed,
            Some((text, code)) => {
                let (between, old) = rest.split_once("```rust\n").unwrap();
                assert!(between.len() < 10, "the code follows the text");
                made += &format!("{text}{between}```rust\nuse {code}");
                rest = &old[old.find(FENCE).unwrap()..];
            }
        }
    }
    made += rest;
    assert!(commands >= 10, "{commands} commands are shown");
    let [tried, tuned] = &times[..] else { panic!("the p99 of `try` and of `tune`, and not {times:?}") };
    let compared =
        format!("own policy 99 % of the calls end within {tried}, with this one within {tuned}, for");
    assert!(made.contains(&compared), "the prose compares them: {compared}");
    if env::var_os("TRANSCRIPTS").is_some_and(|what| what == "overwrite") {
        fs::write(path, made).unwrap();
    } else {
        for (made, shown) in made.lines().zip(readme.lines()) {
            assert_eq!(shown, made, "see the top of this file");
        }
        assert_eq!(readme, made, "see the top of this file");
    }
}
