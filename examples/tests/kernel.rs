//! The talk's stages over this machine's kernel: they run, and leave nothing behind.
//!
//! Where there are no namespaces or no TUN device these tests are skipped, and say why.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs, reason = "a test may panic")]

mod interrupted;
mod program;

use interrupted::interrupt;
use program::{Scratch, files, talk};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

/// Namespaces are numbered anew when they are gone, and processes are counted: one test after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether something is missing for a kernel network with this server.
fn missing(scratch: &Scratch, server: &str) -> bool {
    let flags =
        ["--stage", "ideal", "--runs", "1", "--requests", "1", "--lab-seeds", "1", "--server", server];
    let tried = talk(&scratch.join("trial"), &[&["kernel"], flags.as_slice()].concat());
    if tried.status.code() != Some(2) {
        return false;
    }
    let reason = String::from_utf8(tried.stderr).unwrap();
    assert!(reason.starts_with("error: there is no kernel network here: "), "{reason}");
    assert_eq!(reason.lines().count(), 1, "{reason}");
    eprintln!("skipped: {reason}");
    true
}

/// The network namespaces of these threads, where they may be looked at.
fn namespaces_of(threads: impl Iterator<Item = PathBuf>) -> BTreeSet<PathBuf> {
    threads.filter_map(|thread| fs::read_link(thread.join("ns/net")).ok()).collect()
}

fn threads(process: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let tasks = fs::read_dir(process.join("task"));
    tasks.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

fn processes() -> Vec<PathBuf> {
    let is_process = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit))
    };
    fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path()).filter(is_process).collect()
}

/// How many processes run this program from here, and the namespaces of all that runs on this machine.
fn world() -> (usize, BTreeSet<PathBuf>) {
    let program = Path::new(env!("CARGO_BIN_EXE_talk"));
    let running = processes();
    let ours = running.iter().filter(|process| {
        let alive = threads(process).next().is_some();
        alive && fs::read_link(process.join("exe")).is_ok_and(|exe| exe == program)
    });
    (ours.count(), namespaces_of(running.iter().flat_map(|process| threads(process))))
}

/// Waits until two networks of the program are at work, and tells its namespaces.
fn at_work(child: &Child) -> BTreeSet<PathBuf> {
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    loop {
        let namespaces = namespaces_of(threads(&process));
        // Its own, and a client's and a server's twice: the trial before the runs has one network.
        if namespaces.len() >= 5 {
            return namespaces;
        }
        assert!(process.exists(), "it has ended");
        thread::yield_now();
    }
}

#[test]
fn two_stages_run_over_the_kernel_and_leave_nothing() {
    let _alone = alone();
    let scratch = Scratch::new("kernel-smoke");
    if missing(&scratch, "hyper") {
        return;
    }
    let (processes, _) = world();
    let out = scratch.join("out");
    fs::create_dir_all(&out).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_talk"));
    // A loss under which no call needs a second attempt, or at most one.
    command.args(["kernel", "--stage", "ideal", "--stage", "recommended", "--loss", "2,70", "--runs", "1"]);
    command.args([
        "--requests",
        "5",
        "--workers",
        "5",
        "--lies",
        "0",
        "--lab-seeds",
        "2",
        "--compare",
        "--out",
    ]);
    let child = command.arg(&out).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    let (text, errors) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{text}{errors}");
    assert_eq!(errors, "");
    assert!(text.contains("server hyper") && text.contains("(Linux "), "{text}");

    let files = files(&out);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let captures =
        ["ideal", "recommended"].map(|name| [format!("{name}-download.csv"), format!("{name}.pcap")]);
    let mut expected: Vec<&str> = captures.as_flattened().iter().map(String::as_str).collect();
    expected.extend(["calls.csv", "index.html", "kernel-seconds.svg", "kernel-successes.svg"]);
    expected.extend(["kernel.csv", "kernel.json"]);
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(text.contains("\nOne run has no spread by which"), "{text}");
    let page = &files["index.html"];
    let links = page.split("href=\"").skip(1).map(|link| link.split('"').next().unwrap());
    let links: BTreeSet<&str> = links.filter(|link| !link.starts_with('#')).collect();
    let others: BTreeSet<&str> = names.iter().copied().filter(|name| *name != "index.html").collect();
    assert_eq!(links, others, "the page links to what lies beside it");
    assert!(page.contains("kernel --stage ideal --stage recommended --runs 1 --loss 2,70"), "{page}");
    let runs: Vec<&str> = files["kernel.csv"].lines().skip(1).collect();
    assert!(runs[0].starts_with("ideal,0,1,5,0,0,5,5,"), "{runs:?}");
    assert!(runs[1].starts_with("recommended,0,1,5,0,0,"), "{runs:?}");
    assert_eq!((runs.len(), files["calls.csv"].lines().count()), (2, 11));
    assert_eq!(world().0, processes);

    // What the client's host saw where nothing is lost: five connections, and five documents in one piece each.
    let packets = packets(&fs::read(out.join("ideal.pcap")).unwrap());
    let of_client = |packet: &&Vec<u8>| packet[12..16] == [10, 0, 0, 1];
    assert_eq!(handshakes(&packets), (5, 5));
    let whole = packets.iter().filter(|packet| packet.len() > 7_000);
    assert_eq!((whole.clone().count(), whole.filter(of_client).count()), (5, 0));
    let downloads = packets.iter().filter(|packet| packet[20..22] == [0, 80]);
    let lengths: Vec<String> = downloads.map(|packet| packet.len().to_string()).collect();
    let rows = files["ideal-download.csv"].lines().map(|row| row.split_once(',').unwrap().1);
    assert_eq!(rows.collect::<Vec<_>>(), lengths);
}

/// How many packets ask for a connection, and how many grant it.
fn handshakes(packets: &[Vec<u8>]) -> (usize, usize) {
    // SYN and ACK among the flags of TCP, behind an IP header without options.
    let count = |flags| packets.iter().filter(|packet| packet[33] & 0x12 == flags).count();
    (count(0x02), count(0x12))
}

#[test]
fn what_was_lost_is_missing_in_the_capture() {
    let _alone = alone();
    let scratch = Scratch::new("kernel-lost");
    if missing(&scratch, "hyper") {
        return;
    }
    let out = scratch.join("out");
    // Three packets in ten are lost, whatever became of the one before.
    let flags =
        ["--loss", "0,100,100,30", "--runs", "1", "--requests", "30", "--lies", "0", "--lab-seeds", "1"];
    let output = talk(&out, &[&["kernel", "--stage", "recommended"], flags.as_slice()].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (asked, granted) = handshakes(&packets(&fs::read(out.join("recommended.pcap")).unwrap()));
    // Each time that the client asks, the server answers.
    assert!(granted >= 30 && granted < asked, "{granted} of {asked}");
}

/// The packets of a pcap file, whole.
fn packets(pcap: &[u8]) -> Vec<Vec<u8>> {
    let word = |at: usize| u32::from_le_bytes(pcap[at..at + 4].try_into().unwrap());
    assert_eq!((word(0), word(20)), (0xA1B2_C3D4, 101));
    let (mut at, mut packets) = (24, Vec::new());
    while at < pcap.len() {
        let length = word(at + 8) as usize;
        packets.push(pcap[at + 16..at + 16 + length].to_vec());
        at += 16 + length;
    }
    packets
}

#[test]
fn a_real_probe_goes_through_the_devices() {
    let _alone = alone();
    let scratch = Scratch::new("kernel-probe");
    if missing(&scratch, "hyper") {
        return;
    }
    let out = scratch.join("out");
    // Enough calls for a second or two.
    let flags =
        ["--stage", "ideal", "--runs", "1", "--requests", "600", "--workers", "1", "--lab-seeds", "1"];
    let output = talk(&out, &[&["kernel", "--probe", "real"], flags.as_slice()].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("probe real"), "{text}");
    let files = files(&out);
    let run: Vec<&str> = files["kernel.csv"].lines().nth(1).unwrap().split(',').collect();
    let (seconds, probe): (f64, f64) = (run[8].parse().unwrap(), run[10].parse().unwrap());
    // A busy machine may lose some; and the probe begins before the first call and goes on behind the last one.
    assert!(probe > 2_000.0 * seconds && probe < 10_000.0 * (seconds + 1.0), "{probe} in {seconds} s");
    let rows: Vec<&str> = files["ideal-probe.csv"].lines().collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.ends_with(",1052")), "{rows:?}");
    assert!((rows.len() as f64) < 0.1 * probe, "a share of them: {} of {probe}", rows.len());
    let packets = packets(&fs::read(out.join("ideal.pcap")).unwrap());
    let heads: Vec<&Vec<u8>> = packets.iter().filter(|packet| packet[9] == 17).collect();
    assert!(heads.len() == rows.len() && heads.iter().all(|head| head.len() == 36), "{}", heads.len());
}

#[test]
fn a_tuned_policy_is_verified_by_both() {
    let _alone = alone();
    let scratch = Scratch::new("kernel-tune");
    if missing(&scratch, "hyper") {
        return;
    }
    let out = scratch.join("out");
    let flags = ["--loss", "0,100", "--requests", "4", "--seeds", "2", "--lies", "0", "--candidates", "16"];
    let output = talk(&out, &[&["tune", "--verify-kernel"], flags.as_slice()].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (_, both) = text.split_once("\nIn the lab, and over Linux ").unwrap();
    assert!(both.contains("where it holds the goal"), "{text}");
    let success = both.lines().find(|line| line.starts_with("success")).unwrap();
    assert_eq!(success.matches("100.00 %").count(), 2, "{text}");
    let files = files(&out);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let wanted =
        ["front.svg", "tune-kernel.csv", "tune-kernel.json", "tune.csv", "tune.json", "tune.rs", "tune.toml"];
    assert_eq!(names, wanted);
    assert_eq!(files["tune-kernel.csv"].lines().count(), 1 + 2 * 4);
}

#[test]
fn what_holds_in_the_lab_alone_does_not_hold() {
    let _alone = alone();
    let scratch = Scratch::new("kernel-tune-fails");
    if missing(&scratch, "hyper") {
        return;
    }
    let out = scratch.join("out");
    // In the lab an answer takes 4 ms at most, however many are asked for; here a hundred at once take more than ten.
    let policy = ["--attempts", "1", "--head", "5ms", "--success", "100", "--candidates", "16"];
    let load = ["--loss", "0,100", "--requests", "200", "--workers", "100", "--seeds", "2", "--lies", "0"];
    let output = talk(&out, &[&["tune", "--verify-kernel"], policy.as_slice(), &load].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("where it does not hold the goal"), "{text}");
    assert!(files(&out).contains_key("tune.rs"), "the lab's answer is one");
}

#[test]
fn an_interrupted_run_leaves_no_file() {
    let _alone = alone();
    let scratch = Scratch::new("kernel-interrupted");
    if missing(&scratch, "hyper") {
        return;
    }
    let out = scratch.join("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_talk"));
    command.args(["kernel", "--stage", "naive", "--runs", "3", "--lab-seeds", "1", "--out"]).arg(&out);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    at_work(&child);
    if !interrupt(&child) {
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "interrupted\n");
    assert!(output.stdout.is_empty() && files(&out).is_empty());
}

#[test]
fn a_question_is_answered_by_both() {
    let _alone = alone();
    let scratch = Scratch::new("kernel-try");
    if missing(&scratch, "hyper") {
        return;
    }
    let out = scratch.join("out");
    let flags = ["--loss", "0,100", "--delay", "20ms", "--requests", "4", "--seeds", "2", "--lies", "0"];
    let output = talk(&out, &[&["try", "--kernel"], flags.as_slice()].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (lab, kernel) = text.split_once("\nOver Linux ").unwrap();
    assert!(lab.starts_with("In the lab:\n"), "{text}");
    assert!(kernel.contains("100.00 %"), "{text}");
    let files = files(&out);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["try-kernel.csv", "try-kernel.json", "try.csv", "try.json"]);
    let seconds = files["try-kernel.csv"].lines().skip(1).map(|line| line.split(',').nth(2).unwrap());
    let seconds: Vec<f64> = seconds.map(|seconds| seconds.parse().unwrap()).collect();
    // Two round trips of 40 ms; how much longer is the machine's affair.
    assert!(seconds.len() == 8 && seconds.iter().all(|seconds| *seconds >= 0.08), "{seconds:?}");
}

#[test]
fn a_kill_leaves_no_namespace_and_no_process() {
    let _alone = alone();
    killed("hyper");
}

#[test]
fn a_kill_leaves_no_nginx() {
    let _alone = alone();
    killed("nginx");
}

fn killed(server: &str) {
    let scratch = Scratch::new(&format!("kernel-kill-{server}"));
    if missing(&scratch, server) {
        return;
    }
    let (processes, namespaces) = world();
    let mut command = Command::new(env!("CARGO_BIN_EXE_talk"));
    command.args([
        "kernel",
        "--stage",
        "naive",
        "--runs",
        "3",
        "--lab-seeds",
        "1",
        "--server",
        server,
        "--out",
    ]);
    command.arg(scratch.join("out")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let made: BTreeSet<PathBuf> = at_work(&child).difference(&namespaces).cloned().collect();
    assert!(made.len() >= 5, "{made:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    // A server of its own is sent a signal when its parent ends, which it has yet to get.
    let mut looks = 0..1_000;
    while server == "nginx" && looks.next().is_some() && made.intersection(&world().1).next().is_some() {
        thread::yield_now();
    }
    let (left, namespaces) = world();
    assert_eq!(left, processes);
    assert_eq!(made.intersection(&namespaces).count(), 0, "{made:?}");
    assert!(files(&scratch.join("out")).is_empty());
}

#[test]
fn without_a_tun_device_it_says_so_with_status_2() {
    let _alone = alone();
    let scratch = Scratch::new("kernel-no-tun");
    if missing(&scratch, "hyper") {
        return;
    }
    let tune = ["tune", "--verify-kernel", "--candidates", "16", "--requests", "1", "--seeds", "1"];
    for command in [&["kernel"][..], &["try", "--kernel"], &tune] {
        refused_without_tun(&scratch, command);
    }
}

fn refused_without_tun(scratch: &Scratch, asked: &[&str]) {
    // In a mount namespace of its own there is something else in the device's place.
    let script = "mount --bind /dev/null /dev/net/tun || exit 77; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_talk")]);
    let output = command.args(asked).arg("--out").arg(scratch.join("out")).output();
    let hidden = |output: &Output| output.status.code() != Some(77) && !output.stderr.starts_with(b"unshare");
    let output = match output {
        Ok(output) if hidden(&output) => output,
        other => {
            eprintln!("skipped: the device cannot be hidden: {other:?}");
            return;
        }
    };
    assert_eq!(output.status.code(), Some(2), "{asked:?}");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.starts_with("error: there is no kernel network here: no TUN device can be made"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(!scratch.join("out").exists(), "it ends before it makes anything");
}
