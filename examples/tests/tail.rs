//! What hedging does for the slowest calls and to a server that stands still, and the command that shows it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod program;

use network_lab::hedging::{SECONDS, STALLS, Stalled, TAILS, Tail, stalls, tails};
use program::{Scratch, files, talk};
use std::sync::LazyLock;

const SEEDS: u64 = 4;

/// Made once: they are the slowest part.
static ALL: LazyLock<Vec<Tail>> = LazyLock::new(|| tails(1, SEEDS, 2, || ()).unwrap());

fn tail(name: &str) -> &'static Tail {
    ALL.iter().find(|tail| tail.variant == name).unwrap()
}

fn stalled<'a>(stalls: &'a [Stalled], name: &str) -> &'a Stalled {
    stalls.iter().find(|stalled| stalled.variant == name).unwrap()
}

#[test]
fn a_second_attempt_ends_the_slow_calls_for_a_hundredth_of_the_requests() {
    let without = tail("no hedge");
    assert!(without.p999 > 1_000 && without.extra_percent == 0.0, "{without:?}");
    for name in ["20 ms", "20 ms, budget 2 %", "p95", "p95, budget 2 %", "1.5 x p95", "1.5 x p95, budget 2 %"]
    {
        let hedged = tail(name);
        assert_eq!(hedged.p50, without.p50, "{name}");
        assert!(hedged.p999 <= 50, "{name}: {} ms", hedged.p999);
        assert!((0.5..=1.5).contains(&hedged.extra_percent), "{name}: {} %", hedged.extra_percent);
    }
}

/// A budget that is spent on answers that would have come in a moment has little left for the slow ones: they ask again
/// after each delay, and wait for their turn.
#[test]
fn a_budget_below_the_rate_of_its_trigger_makes_the_slow_calls_wait() {
    let (early, short) = (tail("12 ms"), tail("12 ms, budget 10 %"));
    assert!(early.p999 <= 50 && early.extra_percent > 20.0, "{early:?}");
    assert!((150..1_000).contains(&short.p999), "{} ms", short.p999);
    assert!((8.0..=10.2).contains(&short.extra_percent), "{} %", short.extra_percent);
}

#[test]
fn after_a_stall_hedging_without_a_budget_never_recovers() {
    let stalls = stalls(1, SEEDS, 2, || ()).unwrap();
    let (calm, storm) = (stalled(&stalls, "no hedge"), stalled(&stalls, "50 ms"));
    assert!(calm.seconds.unwrap() <= 5 && calm.requests_per_call <= 1.0, "{calm:?}");
    assert_eq!((storm.back, storm.seconds), (0.0, None), "{storm:?}");
    assert!(storm.requests_per_call > 1.9 && storm.answered < 0.05, "{storm:?}");
    for name in ["50 ms, budget 10 %", "50 ms, budget 2 %"] {
        let kept = stalled(&stalls, name);
        assert!(kept.back == 1.0 && kept.seconds.unwrap() <= 7, "{name}: {kept:?}");
        assert!(kept.requests_per_call > 1.0 && kept.requests_per_call <= 1.12, "{name}: {kept:?}");
        assert!(kept.worst_second <= 1.25, "{name}: {kept:?}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    assert_eq!(tails(3, 2, 1, || ()).unwrap(), tails(3, 2, 2, || ()).unwrap());
    assert_eq!(stalls(3, 2, 1, || ()).unwrap(), stalls(3, 2, 2, || ()).unwrap());
}

#[test]
fn the_command_writes_the_same_bytes_for_the_same_seed() {
    let scratch = Scratch::new("tail-same-bytes");
    let arguments = ["tail", "--seed", "7", "--seeds", "1"];
    let outputs = ["one", "two"].map(|name| talk(&scratch.join(name), &arguments));
    assert!(outputs[0].status.success());
    assert_eq!(outputs[0].stdout, outputs[1].stdout);
    let written = files(&scratch.join("one"));
    assert_eq!(written, files(&scratch.join("two")));
    talk(&scratch.join("other"), &["tail", "--seed", "8", "--seeds", "1"]);
    assert_ne!(written, files(&scratch.join("other")), "another seed, another run");

    let table = String::from_utf8(outputs[0].stdout.clone()).unwrap();
    assert!(table.ends_with("Over 1 seed(s) from 7.\n"), "{table}");
    let json: serde_json::Value = serde_json::from_str(&written["tail.json"]).unwrap();
    assert_eq!((json["seed"].as_u64(), json["seeds"].as_u64()), (Some(7), Some(1)));
    for (list, variants) in [("tails", TAILS), ("stalls", STALLS)] {
        for (index, variant) in variants.iter().enumerate() {
            assert_eq!(json[list][index]["variant"], variant.name);
            assert!(table.lines().any(|line| line.starts_with(variant.name)), "{table}");
        }
    }
    let mut shares = csv::Reader::from_reader(written["tail.csv"].as_bytes());
    let shares: Vec<(String, u64, f64)> = shares.deserialize().map(|row| row.unwrap()).collect();
    for variant in TAILS {
        let own: Vec<_> = shares.iter().filter(|(name, ..)| name == variant.name).collect();
        assert!(own.is_sorted_by(|a, b| a.1 < b.1 && a.2 > b.2) && own.last().unwrap().2 == 0.0);
    }
    assert_eq!(written["stall.csv"].lines().count(), 1 + STALLS.len() * SECONDS);
    for plot in ["tail.svg", "stall.svg"] {
        roxmltree::Document::parse(&written[plot]).unwrap();
    }
}
