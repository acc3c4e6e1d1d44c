//! What a capture holds, by its own words and by those of tshark and tcpdump.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod program;

use network_lab::{
    sim::network::Preset,
    talk::{
        capture::{Capture, LONGEST, MOST_BYTES},
        experiment::Experiment,
        stages::{STAGES, Stage},
    },
};
use program::{Scratch, files, talk};
use std::{
    fs,
    io::{Write, stderr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// One packet of a pcap file.
struct Record {
    /// `seconds.micros`, as in the CSV files.
    at: String,
    length: u32,
    bytes: Vec<u8>,
}

fn experiment(seed: u64, names: &[&str]) -> Experiment {
    let stages: Vec<&'static Stage> = STAGES.iter().filter(|stage| names.contains(&stage.name)).collect();
    assert_eq!(stages.len(), names.len());
    let mut experiment = Experiment::new(seed, 1, stages);
    experiment.requests = 30;
    experiment
}

fn capture(seed: u64, name: &str, share: f64) -> Capture {
    experiment(seed, &[name]).captures(share, 1, || ()).unwrap().pop().unwrap()
}

fn records(pcap: &[u8]) -> Vec<Record> {
    let word = |at: usize| u32::from_le_bytes(pcap[at..at + 4].try_into().unwrap());
    assert_eq!((word(0), word(4), word(20)), (0xA1B2_C3D4, 0x0004_0002, 101));
    let (mut at, mut records) = (24, Vec::new());
    while at < pcap.len() {
        let captured = word(at + 8) as usize;
        let bytes = pcap[at + 16..at + 16 + captured].to_vec();
        records.push(Record {
            at: format!("{}.{:06}", word(at), word(at + 4)),
            length: word(at + 12),
            bytes,
        });
        at += 16 + captured;
    }
    assert_eq!(at, pcap.len());
    records
}

impl Record {
    fn is_probe(&self) -> bool {
        self.bytes[9] == 17
    }

    fn is_from_server(&self) -> bool {
        self.bytes[12..16] == [10, 0, 0, 2]
    }
}

fn rows<'a>(records: impl Iterator<Item = &'a Record>) -> String {
    records.map(|record| format!("{},{}\n", record.at, record.length)).collect()
}

#[test]
fn the_three_files_agree_and_are_in_order() {
    for name in ["naive", "retry", "recommended"] {
        let capture = capture(3, name, 0.01);
        let records = records(&capture.pcap());
        assert_eq!(capture.probe_csv(), rows(records.iter().filter(|record| record.is_probe())));
        let download = records.iter().filter(|record| !record.is_probe() && record.is_from_server());
        assert_eq!(capture.download_csv(), rows(download));
        assert!(records.iter().any(|record| !record.is_from_server()), "the client's packets are there too");
        let times: Vec<f64> = records.iter().map(|record| record.at.parse().unwrap()).collect();
        assert!(times.is_sorted());
        assert!(!capture.is_cut());
    }
}

#[test]
fn the_program_leaves_a_capture_of_the_first_seed_of_each_stage() {
    let scratch = Scratch::new("captures");
    let out = scratch.join("out");
    let arguments =
        ["--seed", "3", "--seeds", "2", "--requests", "30", "--stage", "naive", "--stage", "retry"];
    talk(&out, &[&arguments[..], &["--capture-probe", "0.5"]].concat());
    let files = files(&out);
    for name in ["naive", "retry"] {
        let capture = capture(3, name, 0.005);
        assert_eq!(files[&format!("{name}-probe.csv")], capture.probe_csv());
        assert_eq!(files[&format!("{name}-download.csv")], capture.download_csv());
        assert_eq!(fs::read(out.join(format!("{name}.pcap"))).unwrap(), capture.pcap());
    }
}

#[test]
fn a_captured_run_is_the_run_itself() {
    let names = ["naive", "timeout", "own-retry", "recommended"];
    let experiment = experiment(5, &names);
    let before = experiment.run(2, || ()).unwrap();
    let captures = experiment.captures(0.01, 2, || ()).unwrap();
    let after = experiment.run(1, || ()).unwrap();
    for ((before, after), capture) in before.iter().zip(&after).zip(&captures) {
        assert_eq!(before.first, after.first);
        // Every finished answer passed the tap: a body of 7 kB each.
        let bytes: u64 = capture.traffic().download().iter().sum();
        assert!(bytes >= before.first.ok() as u64 * 7_000, "{bytes} of {:?}", before.stage);
        let bins = before.first.took.as_millis().div_ceil(100) as usize;
        assert_eq!(capture.traffic().download().len(), bins);
    }
    assert_eq!(captures, experiment.captures(0.01, 1, || ()).unwrap(), "on any number of threads");
}

#[test]
fn the_whole_probe_has_the_loss_and_the_bursts_of_the_chain() {
    let capture = capture(2, "retry", 1.0);
    let records = records(&capture.pcap());
    let probe = records.iter().filter(|record| record.is_probe());
    let arrived: Vec<u64> =
        probe.map(|record| u64::from_be_bytes(record.bytes[28..36].try_into().unwrap())).collect();
    let sent = arrived.last().unwrap() + 1;
    let share = arrived.len() as f64 / sent as f64;
    assert!((share - 2.0 / 7.0).abs() < 0.002, "{share} arrived");
    // After a packet that arrived the next one arrives with 1 - p.
    let pairs = arrived.windows(2).filter(|pair| pair[0] + 1 == pair[1]).count() as f64;
    assert!((pairs / arrived.len() as f64 - 0.5).abs() < 0.003, "{pairs} in a row");
    // The plot's bytes are these.
    let bytes: u64 = capture.traffic().probe().unwrap().iter().sum();
    assert_eq!(bytes, arrived.len() as u64 * 1_052);
}

#[test]
fn a_share_of_the_probe_is_the_beginning_of_each_tenth_of_a_second() {
    let (all, some) = (capture(2, "retry", 1.0), capture(2, "retry", 0.02));
    let early = |row: &&str| row.split(',').next().unwrap()[..].split_once('.').unwrap().1[1..] < *"02000";
    let expected: Vec<String> = all.probe_csv().lines().filter(early).map(str::to_owned).collect();
    assert!(expected.len() > 1_000);
    assert_eq!(some.probe_csv().lines().collect::<Vec<_>>(), expected);
    assert_eq!(some.download_csv(), all.download_csv());
    assert_eq!(some.traffic(), all.traffic());
    let none = capture(2, "retry", 0.0);
    assert_eq!((none.probe_csv(), none.download_csv()), (String::new(), all.download_csv()));
}

#[test]
fn where_nothing_passes_the_capture_is_empty() {
    let off = capture(1, "network-off", 1.0);
    assert_eq!(off.pcap().len(), 24);
    assert!(
        off.traffic().probe().unwrap().iter().all(|bytes| *bytes == 0),
        "a probe runs, and all of it is lost"
    );
    let ideal = capture(1, "ideal", 1.0);
    assert!(ideal.traffic().probe().is_none(), "the talk ran no probe here");
    let mut without = experiment(1, &["retry"]);
    without.preset = Preset::NoProbe;
    let without = without.captures(1.0, 1, || ()).unwrap().pop().unwrap();
    assert!(without.traffic().probe().is_none() && without.probe_csv().is_empty());
    assert!(!without.download_csv().is_empty());
}

#[test]
fn a_capture_ends_after_an_hour_or_when_it_is_large_enough() {
    let mut long = experiment(1, &["retry"]);
    (long.requests, long.workers) = (160, 1);
    let took = long.run(1, || ()).unwrap()[0].first.took;
    assert!(took > LONGEST + Duration::from_secs(60), "{took:?}");
    let capture = long.captures(0.001, 1, || ()).unwrap().pop().unwrap();
    assert!(capture.is_cut());
    assert_eq!(capture.traffic().download().len(), 36_000);
    let last = records(&capture.pcap()).last().unwrap().at.parse::<f64>().unwrap();
    assert!((3_590.0..=3_600.0).contains(&last), "{last}");

    let mut large = experiment(1, &["ideal"]);
    large.requests = 5_000;
    let capture = large.captures(0.01, 1, || ()).unwrap().pop().unwrap();
    assert!(capture.is_cut());
    assert!((MOST_BYTES..MOST_BYTES * 5 / 4).contains(&capture.pcap().len()), "{}", capture.pcap().len());
}

/// Whether the program can be run at all.
fn installed(program: &str) -> bool {
    let found =
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        // Not by println!, which the test harness keeps to itself.
        let _ = writeln!(stderr(), "skipped: {program} is not installed");
    }
    found
}

/// A capture, and its file.
fn captured(scratch: &Scratch) -> (Capture, PathBuf) {
    let (capture, file) = (capture(4, "retry", 0.01), scratch.join("retry.pcap"));
    fs::write(&file, capture.pcap()).unwrap();
    (capture, file)
}

fn output(program: &str, arguments: &[&str], file: &Path) -> (String, String) {
    let output = Command::new(program).arg("-r").arg(file).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn tshark_reads_it_as_the_talk_did() {
    if !installed("tshark") {
        return;
    }
    let scratch = Scratch::new("tshark");
    let (capture, file) = captured(&scratch);
    assert!(capture.probe_csv().lines().count() > 1_000 && capture.download_csv().lines().count() > 100);
    let fields = ["-T", "fields", "-E", "separator=,", "-e", "frame.time_epoch", "-e", "frame.len"];
    for (filter, expected) in
        [("udp.port == 65535", capture.probe_csv()), ("tcp.srcport == 80", capture.download_csv())]
    {
        let (text, _) = output("tshark", &[&["-Y", filter][..], &fields].concat(), &file);
        // It prints nanoseconds, and the capture has microseconds.
        let text: String = text.lines().map(|row| trim_nanos(row) + "\n").collect();
        assert!(text == expected, "{filter}: {:?} {:?}", text.lines().next(), expected.lines().next());
    }
    // Nothing is malformed, every checksum that is there is right, and whole answers come together again.
    let checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"];
    let wrong = "_ws.malformed || ip.checksum.status == Bad || tcp.checksum.status == Bad";
    let (text, _) = output("tshark", &[&checks[..], &["-Y", wrong]].concat(), &file);
    assert_eq!(text, "");
    let (text, _) = output("tshark", &["-Y", "http.response.code == 200 && json"], &file);
    assert!(text.lines().count() >= 20, "{text}");
}

#[test]
fn tcpdump_reads_it() {
    if !installed("tcpdump") {
        return;
    }
    let scratch = Scratch::new("tcpdump");
    let (capture, file) = captured(&scratch);
    let (text, said) = output("tcpdump", &["-n", "-tt", "-v"], &file);
    assert!(said.contains("link-type RAW"), "{said}");
    assert!(!text.contains("incorrect") && !text.contains("bad "), "a checksum is wrong");
    let probes = text.lines().filter(|line| line.contains("10.0.0.1.65535")).count();
    assert_eq!(probes, capture.probe_csv().lines().count());
}

/// `1.000000000,60` as `1.000000,60`.
fn trim_nanos(row: &str) -> String {
    let (at, length) = row.split_once(',').unwrap();
    format!("{},{length}", at.strip_suffix("000").unwrap())
}
