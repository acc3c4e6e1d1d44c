//! The sampler as its user runs it: simulated, and over the loopback device against a server that misbehaves.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod interrupted;
mod program;

use interrupted::interrupt;
use program::{Scratch, files, talk};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

fn sampler(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sampler")).args(arguments).output().unwrap()
}

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sampler"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// `0` and `1` of each row.
fn flags(rows: &[u8]) -> Vec<u8> {
    let rows = std::str::from_utf8(rows).unwrap();
    let flag = |row: &str| {
        let (flag, seconds) = row.split_once(',').unwrap();
        assert!(seconds.parse::<f64>().unwrap() >= 0.0, "{row}");
        flag.parse().unwrap()
    };
    rows.lines().map(flag).collect()
}

#[test]
fn the_rows_are_those_of_the_talks_first_seed() {
    let scratch = Scratch::new("sampler-rows");
    let out = scratch.join("out");
    talk(&out, &["--seed", "5", "--seeds", "1", "--stage", "content-aware", "--stage", "naive"]);
    let files = files(&out);
    for stage in ["content-aware", "naive"] {
        let output = sampler(&["100", "10", stage, "--seed", "5"]);
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), files[&format!("{stage}.csv")], "{stage}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("had not ended after 600 s"), stage == "naive", "{said}");
    }
}

#[test]
fn bad_input_is_one_line_that_says_what_would_be_right() {
    for (arguments, says) in [
        (&[][..], "<REQUESTS> <WORKERS> <STAGE>"),
        (&["100", "10"], "<STAGE>"),
        (&["100", "10", "nive"], "the stages are ideal, naive"),
        (&["0", "10", "naive"], "0 is not in 1..="),
        (&["ten", "10", "naive"], "invalid digit"),
        (&["10", "1001", "naive"], "1001 is not in 1..="),
        (&["1", "1", "naive", "--url", "https://localhost/"], "https is not spoken here, only http"),
        (&["1", "1", "naive", "--url", "localhost/test.json"], "expected http://host/path"),
        (&["1", "1", "naive", "--url", "ftp://localhost/"], "expected http://host/path"),
        (&["1", "1", "naive", "--url", ""], "expected http://host/path"),
        (&["1", "1", "naive", "--url", "http://"], "http://host/path"),
        (
            &["1", "1", "naive", "--url", "http://127.0.0.1:99999/x"],
            "`99999` is no port; expected 1 to 65535",
        ),
        (&["1", "1", "naive", "--url", "http://user@127.0.0.1:65536/x"], "`65536` is no port"),
        (&["1", "1", "naive", "--url", "http://[::1]:99999/x"], "`99999` is no port"),
        (&["1", "1", "naive", "--url", "http://127.0.0.1:/x"], "`` is no port"),
        (&["1", "1", "naive", "--url", "http://127.0.0.1:0/x"], "`0` is no port"),
        (&["1", "1", "naive", "--url", "http://h/", "--loss", "1,2"], "'--loss"),
        (&["1", "1", "naive", "--loss", "120,2"], "outside 0..100"),
    ] {
        let output = sampler(arguments);
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert!(line.starts_with("error: ") && line.contains(says), "{arguments:?}: {line}");
        assert_eq!(line.trim_end().lines().count(), 1, "{line}");
        assert!(output.stdout.is_empty());
    }
}

/// What the server does with a connection after it has read the request's head.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Answer,
    /// 200 and no byte.
    Empty,
    /// A body that is shorter than its Content-Length.
    Cut,
    /// Good JSON behind its status.
    Status(u16),
    /// No answer at all.
    Close,
    /// 200 with something that is no JSON.
    Html,
    /// The answer, when the test says so.
    WhenTold,
}

/// Serves one connection for each deed, and then no more.
fn server(deeds: &[Deed], told: Receiver<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/test.json", listener.local_addr().unwrap());
    let deeds = deeds.to_vec();
    thread::spawn(move || {
        for deed in deeds {
            let (mut stream, _) = listener.accept().unwrap();
            read_head(&mut stream);
            let answer = |status: u16, length: usize, body: &str| {
                format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                )
            };
            let text = match deed {
                Deed::Answer => answer(200, 7, "[1,2,3]"),
                Deed::Empty => answer(200, 0, ""),
                Deed::Cut => answer(200, 7, "[1,2"),
                Deed::Status(status) => answer(status, 7, "[1,2,3]"),
                Deed::Close => String::new(),
                Deed::Html => answer(200, 13, "<p>busy</p>\r\n"),
                Deed::WhenTold => {
                    told.recv_timeout(Duration::from_secs(20)).unwrap();
                    answer(200, 7, "[1,2,3]")
                }
            };
            stream.write_all(text.as_bytes()).unwrap();
        }
    });
    url
}

fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"GET /test.json HTTP/1.1\r\n"), "{}", String::from_utf8_lossy(&head));
}

#[test]
fn a_stage_does_over_the_loopback_device_what_it_does_in_the_simulation() {
    use Deed::{Answer, Close, Cut, Empty, Html, Status};
    for (stage, deeds, expected) in [
        ("ideal", &[Answer, Answer][..], &[0, 0][..]),
        ("naive", &[Close, Answer, Cut, Empty, Status(500), Html, Answer], &[1, 0, 1, 1, 1, 1, 0]),
        // Head and connection are retried; what happens in the body is not.
        ("retry", &[Close, Answer, Cut, Answer], &[0, 1, 0]),
        ("own-retry", &[Cut, Answer, Close, Answer, Empty, Answer], &[0, 0, 1, 0]),
        ("content-aware", &[Cut, Answer, Close, Answer, Empty, Answer, Html, Answer], &[0, 0, 0, 0]),
        ("recommended", &[Cut, Close, Empty, Status(503), Answer, Html, Answer], &[0, 0]),
    ] {
        let (_tell, told) = channel();
        let url = server(deeds, told);
        let output = sampler(&[&expected.len().to_string(), "1", stage, "--url", &url]);
        assert!(output.status.success());
        assert_eq!(flags(&output.stdout), expected, "{stage}");
    }
}

/// What is counted on standard error, and the third column.
fn reasons(output: &Output) -> (Vec<String>, Vec<String>) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let rows = String::from_utf8(output.stdout.clone()).unwrap();
    let column = rows.lines().map(|row| row.splitn(3, ',').nth(2).unwrap().to_owned());
    (said.lines().map(|line| line.trim().to_owned()).collect(), column.collect())
}

#[test]
fn failures_are_told_apart_in_a_summary_and_in_a_third_column() {
    use Deed::{Answer, Close, Cut, Empty, Html, Status};
    let (_tell, told) = channel();
    let url =
        server(&[Status(404), Html, Answer, Close, Status(404), Cut, Status(500), Empty, Status(404)], told);
    let output = sampler(&["9", "1", "naive", "--reasons", "--url", &url]);
    let (summary, column) = reasons(&output);
    let expected = [
        "status 404",
        "body is not JSON",
        "",
        "connection broken before the answer",
        "status 404",
        "body cut",
        "status 500",
        "body is not JSON",
        "status 404",
    ];
    assert_eq!(column, expected);
    let expected = [
        "8 of 9 calls failed",
        "3  status 404",
        "2  body is not JSON",
        "1  connection broken before the answer",
        "1  status 500",
        "1  body cut",
    ];
    assert_eq!(summary, expected);
}

#[test]
fn the_reason_is_the_last_attempts_whatever_the_layers() {
    use Deed::{Answer, Close, Cut, Html, Status};
    for (stage, deeds, reason) in [
        ("retry", &[Close, Close, Close, Close][..], "connection broken before the answer"),
        ("retry", &[Close, Html], "body is not JSON"),
        ("retry", &[Close, Cut], "body cut"),
        ("flat", &[Html, Answer], ""),
        ("flat", &[Cut, Status(404)], "status 404"),
        ("content-aware", &[Status(404)], "status 404"),
    ] {
        let (_tell, told) = channel();
        let url = server(deeds, told);
        let output = sampler(&["1", "1", stage, "--reasons", "--url", &url]);
        assert_eq!(reasons(&output).1, [reason], "{stage} {deeds:?}");
    }
}

#[test]
fn a_port_where_nobody_listens_is_told_apart_from_a_name_that_nobody_has() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let refused = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    // A label of 64 characters is too long for any name, so that no resolver has to be asked.
    let unknown = format!("http://{}.invalid/", "x".repeat(64));
    for (url, reason) in [(refused, "connection refused"), (unknown, "unknown host")] {
        let (summary, column) = reasons(&sampler(&["2", "1", "naive", "--reasons", "--url", &url]));
        assert_eq!(column, [reason, reason]);
        assert_eq!(summary, ["2 of 2 calls failed".to_owned(), format!("2  {reason}")]);
    }
}

#[test]
fn the_simulations_failures_are_told_apart_too() {
    for (arguments, reason) in [
        (&["5", "5", "network-off"][..], "no route to host"),
        (&["20", "5", "naive", "--loss", "0,100,100,0", "--lies", "0"], ""),
        (&["20", "5", "timeout"], "no connection in time|no answer in time|body stalled"),
        (&["20", "5", "own-retry", "--lies", "100", "--loss", "0,100"], "body is not JSON"),
        (&["20", "5", "content-aware", "--lies", "100", "--loss", "0,100"], "body is not JSON"),
        (&["20", "5", "flat", "--lies", "100", "--loss", "0,100"], "body is not JSON"),
        (&["20", "5", "recommended", "--lies", "100", "--loss", "0,100"], "body is not JSON"),
    ] {
        let output = sampler(&[arguments, &["--reasons"]].concat());
        let (summary, column) = reasons(&output);
        let known = |seen: &String| seen.is_empty() || reason.split('|').any(|reason| reason == seen);
        assert!(column.iter().all(known), "{arguments:?}: {column:?}");
        let failed = column.iter().filter(|reason| !reason.is_empty()).count();
        assert_eq!(failed > 0, !reason.is_empty(), "{arguments:?}: {summary:?}");
        assert_eq!(failed > 0, !summary.is_empty(), "{arguments:?}: {summary:?}");
    }
}

#[test]
fn rows_have_two_columns_without_the_flag_and_no_summary_without_a_failure() {
    let (_tell, told) = channel();
    let url = server(&[Deed::Answer, Deed::Status(404)], told);
    let output = sampler(&["1", "1", "naive", "--url", &url]);
    assert_eq!(flags(&output.stdout), [0]);
    assert!(output.stderr.is_empty(), "{output:?}");
    let output = sampler(&["1", "1", "naive", "--url", &url]);
    assert_eq!(flags(&output.stdout), [1]);
    assert!(!output.stderr.is_empty());
}

#[test]
fn rows_are_written_as_the_calls_end() {
    let (tell, told) = channel();
    let url = server(&[Deed::Answer, Deed::WhenTold], told);
    let mut child = start(&["2", "1", "naive", "--url", &url]);
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    rows.read_line(&mut first).unwrap();
    tell.send(()).unwrap();
    let mut second = String::new();
    rows.read_to_string(&mut second).unwrap();
    assert_eq!((flags(first.as_bytes()), flags(second.as_bytes())), (vec![0], vec![0]));
    assert!(child.wait().unwrap().success());
}

#[test]
fn nobody_there_is_an_error_of_each_call() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let output = sampler(&["3", "2", "timeout", "--url", &url]);
    assert_eq!(flags(&output.stdout), [1, 1, 1]);
}

#[test]
fn a_stage_that_wants_a_network_of_its_own_says_that_it_has_none() {
    for (stage, says) in [
        ("network-off", "it is not switched off"),
        ("fixed-retry", "not switched off"),
        ("ideal", "may lose packets"),
    ] {
        let (_tell, told) = channel();
        let url = server(&[Deed::Answer], told);
        let output = sampler(&["1", "1", stage, "--url", &url]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("note: ") && said.contains(says), "{said}");
        assert_eq!(flags(&output.stdout), [0]);
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    for arguments in [&["1000", "10", "ideal"][..], &["100", "10", "content-aware"]] {
        let mut child = start(arguments);
        let mut rows = BufReader::new(child.stdout.take().unwrap());
        rows.read_line(&mut String::new()).unwrap();
        drop(rows);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

#[test]
fn an_interrupted_sampler_leaves_whole_rows() {
    let (_tell, told) = channel();
    let url = server(&[Deed::Answer, Deed::Answer, Deed::WhenTold], told);
    let mut child = start(&["5", "1", "naive", "--url", &url]);
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    rows.read_line(&mut first).unwrap();
    if !interrupt(&child) {
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    }
    let mut rest = Vec::new();
    rows.read_to_end(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(rest.is_empty() || rest.ends_with(b"\n"), "{rest:?}");
    assert!(flags(&rest).len() <= 1);
}
