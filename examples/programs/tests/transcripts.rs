//! Every program is run as its user runs it, against the server that misbehaves, and says what its transcript says.
//!
//! A transcript is a file of commands and of what they print. The server listens on a free port, which is 8080 in the
//! transcript; how long a call took is not compared. `TRANSCRIPTS=overwrite cargo test -p programs` writes
//! what was printed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod program;

use program::{Server, program, run_in};
use std::{collections::BTreeSet, env, fs, path::PathBuf};

#[tokio::test]
async fn by_parts() {
    replay("by_parts").await;
}

#[tokio::test]
async fn download() {
    replay("download").await;
}

#[tokio::test]
async fn follow_redirects() {
    replay("follow_redirects").await;
}

#[tokio::test]
async fn grpc_client() {
    replay("grpc_client").await;
}

#[tokio::test]
async fn hyper_client() {
    replay("hyper_client").await;
}

#[tokio::test]
async fn library_author() {
    replay("library_author").await;
}

#[tokio::test]
async fn per_request() {
    replay("per_request").await;
}

#[tokio::test]
async fn reqwest_client() {
    replay("reqwest_client").await;
}

#[tokio::test]
async fn start() {
    replay("start").await;
}

/// The beginning of a command in a transcript.
const COMMAND: &str = "$ cargo run --release --example ";
/// Where the server listens in the transcripts, and by default.
const ADDRESS: &str = "127.0.0.1:8080";

async fn replay(name: &str) {
    let server = Server::start().await;
    let expected = fs::read_to_string(transcript(name)).unwrap();
    // what an earlier run has written is none of this one's
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("transcripts").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut printed = String::new();
    for command in expected.lines().filter_map(|line| line.strip_prefix(COMMAND)) {
        let mut words = command.split_whitespace().filter(|word| *word != "--");
        let program = words.next().unwrap();
        printed.push_str(&format!("{COMMAND}{command}\n"));
        if program == "misbehaving_server" {
            printed.push_str(&format!("listening on http://{ADDRESS}\n"));
            continue;
        }
        let arguments: Vec<_> = words.map(|word| word.replace(ADDRESS, &server.address)).collect();
        printed.push_str(&run_in(&folder, program, &arguments, &[]).await.replace(&server.address, ADDRESS));
    }
    if env::var_os("TRANSCRIPTS").is_some_and(|what| what == "overwrite") {
        fs::write(transcript(name), printed).unwrap();
        return;
    }
    let same = without_times(&printed) == without_times(&expected);
    assert!(same, "{} says\n{expected}\nand this was printed\n{printed}", transcript(name).display());
}

fn transcript(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("transcripts").join(name).with_extension("txt")
}

/// What a call took becomes `# s`, and what it waited goes: jitter may make that too short to be told. Limits stay.
fn without_times(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for index in 2..words.len() {
        let is_time = ["in", "waited"].contains(&words[index - 2].as_str());
        let unit = words[index].trim_start_matches("ms").trim_start_matches('s').to_owned();
        if is_time && words[index - 1].parse::<f64>().is_ok() {
            words[index] = format!("s{unit}");
            words[index - 1] = "#".to_owned();
        }
    }
    words.join(" ").replace(", waited # s", "")
}

#[test]
fn times_are_not_compared_and_all_else_is() {
    let table = [
        ("2 attempts in 80 ms; 1: 503, waited 1.2 s; 2: 200\n", "2 attempts in # s; 1: 503; 2: 200\n"),
        ("no response head within 300 ms, waited 85 ms\n", "no response head within 300 ms\n"),
        ("200 OK, 32 bytes in body", "200 OK, 32 bytes in body"),
    ];
    for (text, expected) in table {
        assert_eq!(without_times(text), expected);
    }
}

/// The transcripts, and the tests above, are those of the manifest's programs.
#[test]
fn every_program_has_a_transcript() {
    let manifest = include_str!("../Cargo.toml");
    let examples = manifest.split("[[example]]").skip(1).map(|example| example.split('"').nth(1).unwrap());
    // run by tests of their own
    let elsewhere = ["axum_gateway", "misbehaving_server"];
    let programs: BTreeSet<_> =
        examples.filter(|name| !elsewhere.contains(name)).map(str::to_owned).collect();
    let files: BTreeSet<_> = fs::read_dir(transcript("x").parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !elsewhere.contains(&name.as_str()))
        .collect();
    assert_eq!(
        programs, files,
        "a program of the manifest has a transcript of its name, or is tested elsewhere"
    );
    let tests = include_str!("transcripts.rs");
    for name in programs {
        assert!(tests.contains(&format!("replay(\"{name}\")")), "{name} is not tested");
        program(&name);
    }
}
