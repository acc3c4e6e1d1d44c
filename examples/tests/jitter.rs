//! What each backoff costs the competing writers, and the command that shows it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod program;

use network_lab::jitter::{CLIENTS, Point, VARIANTS, contests, point};
use program::{Scratch, files, talk};

const SEEDS: u64 = 40;

/// The points of all backoffs: none, exponential, equal, full, decorrelated.
fn points(clients: usize) -> [Point; 5] {
    let names: Vec<&str> = VARIANTS.iter().map(|variant| variant.name).collect();
    assert_eq!(names, ["none", "exponential", "equal", "full", "decorrelated"]);
    let points: Vec<Point> =
        VARIANTS.iter().map(|variant| point(variant, clients, 1, SEEDS, 2, || ()).unwrap()).collect();
    points.try_into().unwrap()
}

#[test]
fn full_jitter_makes_the_fewest_calls() {
    for clients in [50, 75, 100, 125, 150] {
        let [none, exponential, equal, full, decorrelated] = points(clients);
        for other in [none, exponential, equal, decorrelated] {
            assert!(full.calls < other.calls, "{clients}: {full:?} {other:?}");
        }
    }
}

/// Beyond what AWS's post shows, equal jitter needs slightly fewer calls, and a quarter more time.
#[test]
fn with_two_hundred_clients_equal_jitter_comes_first_by_a_hundredth() {
    let [none, exponential, equal, full, decorrelated] = points(200);
    for other in [none, exponential, decorrelated] {
        assert!(full.calls < other.calls, "{full:?} {other:?}");
    }
    assert!(equal.calls < full.calls && full.calls < 1.02 * equal.calls, "{equal:?} {full:?}");
    assert!(equal.milliseconds > 1.2 * full.milliseconds, "{equal:?} {full:?}");
}

/// Calls and milliseconds of AWS's simulator with 100 clients (20 runs): here the grain of a millisecond adds to both.
#[test]
fn the_figures_are_those_of_the_simulator() {
    let expected = [(2424.0, 2027.0), (1861.0, 64325.0), (811.0, 6409.0), (795.0, 4736.0), (1004.0, 4417.0)];
    for (point, (calls, milliseconds)) in points(100).into_iter().zip(expected) {
        assert!((point.calls / calls - 1.0).abs() < 0.05, "{point:?} {calls}");
        assert!((point.milliseconds / milliseconds - 1.0).abs() < 0.15, "{point:?} {milliseconds}");
    }
}

#[test]
fn exponential_backoff_without_jitter_takes_longest_by_far() {
    for clients in [50, 100] {
        let [none, exponential, equal, full, decorrelated] = points(clients);
        for other in [none, equal, full, decorrelated] {
            assert!(exponential.milliseconds > 5.0 * other.milliseconds, "{exponential:?} {other:?}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    assert_eq!(contests(3, 3, 1, || ()).unwrap(), contests(3, 3, 2, || ()).unwrap());
}

fn points_of(json: &serde_json::Value, variant: &str, clients: u64) -> f64 {
    let points = json["points"].as_array().unwrap();
    let point =
        points.iter().find(|point| point["variant"] == variant && point["clients"] == clients).unwrap();
    point["milliseconds"].as_f64().unwrap()
}

#[test]
fn the_command_writes_the_same_bytes_for_the_same_seed() {
    let scratch = Scratch::new("jitter-same-bytes");
    let arguments = ["jitter", "--seed", "7", "--seeds", "2"];
    let outputs = ["one", "two"].map(|name| talk(&scratch.join(name), &arguments));
    assert!(outputs[0].status.success());
    assert_eq!(outputs[0].stdout, outputs[1].stdout);
    let says = String::from_utf8_lossy(&outputs[0].stderr).into_owned();
    let place = scratch.join("one").display().to_string();
    assert_eq!(says, format!("in {place}: jitter.csv, jitter.json, jitter.svg\n"));
    let written = files(&scratch.join("one"));
    assert_eq!(written, files(&scratch.join("two")));
    talk(&scratch.join("other"), &["jitter", "--seed", "8", "--seeds", "2"]);
    assert_ne!(written, files(&scratch.join("other")), "another seed, another run");

    roxmltree::Document::parse(&written["jitter.svg"]).unwrap();
    let table = String::from_utf8(outputs[0].stdout.clone()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&written["jitter.json"]).unwrap();
    let points = VARIANTS.len() * CLIENTS.len();
    assert_eq!(json["points"].as_array().unwrap().len(), points);
    assert_eq!(written["jitter.csv"].lines().count(), 1 + points);
    assert!(written["jitter.csv"].starts_with("variant,clients,calls,milliseconds\nnone,10,"));
    // What the rounding adds stands in both, and is what comes of the figures beside it.
    let rounding = &json["rounding"];
    let adds = rounding["adds_to_milliseconds_percent"].as_f64().unwrap();
    assert!((5.0..9.0).contains(&adds), "{rounding}");
    let exact = rounding["exact_milliseconds"].as_f64().unwrap();
    assert!((1.02..1.12).contains(&(points_of(&json, "none", 100) / exact)), "{rounding}");
    assert!(table.contains(&format!("adds {adds:.0} % to the milliseconds of none")), "{table}");
    for clients in CLIENTS {
        assert!(table.lines().any(|line| line.starts_with(&format!("{clients} "))), "{table}");
    }
}
