//! The invariants themselves: each can be broken, and only by what breaks it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fault_bench::{Arrival, Call, Cell, Client, Fault, Outcome, Seen, Stack, broken};
use std::time::Duration;

#[test]
fn nothing_but_a_refusal_lets_a_second_post_in() {
    let cases: &[(Call, &[bool], usize)] = &[
        (Call::Post, &[false], 0),
        (Call::Post, &[true, true, false], 0),
        (Call::Post, &[false, false], 1),
        (Call::Post, &[true, false, true], 1),
        (Call::Get, &[false, false], 0),
        (Call::PostWithKey, &[false, false], 0),
    ];
    for &(call, refused, expected) in cases {
        assert_eq!(
            breaks("answers", call, Stack::Full, Outcome::Whole, refused),
            expected,
            "{call:?} {refused:?}"
        );
    }
}

#[test]
fn what_the_caller_gets_is_held_to_the_stack() {
    let wrong = || Outcome::Wrong("{}".to_owned());
    let pooled = "closes a pooled connection at the call";
    let cases = [
        ("answers", Call::Get, Stack::Retry, wrong(), 0),
        ("answers", Call::Get, Stack::Full, wrong(), 1),
        ("answers", Call::Put, Stack::Full, Outcome::Empty, 0),
        ("answers", Call::Get, Stack::Full, Outcome::Empty, 1),
        ("answers", Call::Get, Stack::Retry, Outcome::Waits, 0),
        ("answers", Call::Get, Stack::Timeout, Outcome::Waits, 1),
        ("answers", Call::Get, Stack::Retry, Outcome::Hangs, 1),
        (pooled, Call::Get, Stack::Retry, Outcome::Status(503), 1),
        (pooled, Call::Post, Stack::Retry, Outcome::Status(503), 0),
        ("answers", Call::Get, Stack::Hedged, wrong(), 1),
        ("answers", Call::Get, Stack::Hedged, Outcome::Waits, 1),
        // hedges over HTTP/2, which `breaks` plays, share the bad connection
        (pooled, Call::Get, Stack::Hedged, Outcome::Status(503), 0),
    ];
    for (fault, call, stack, outcome, expected) in cases {
        let text = format!("{fault}: {call:?} {stack:?} {outcome}");
        assert_eq!(breaks(fault, call, stack, outcome, &[]), expected, "{text}");
    }
}

#[test]
fn no_two_faults_share_a_name() {
    let mut names: Vec<_> = Fault::all().iter().map(|fault| fault.name).collect();
    names.sort_unstable();
    let number = names.len();
    names.dedup();
    assert_eq!(names.len(), number);
}

fn breaks(fault: &str, call: Call, stack: Stack, outcome: Outcome, refused: &[bool]) -> usize {
    let fault = Fault::all().iter().find(|known| known.name == fault).unwrap();
    let cell = Cell { fault, call, stack, client: Client::Tonic, healed: false };
    let arrival = |refused: &bool| Arrival { id: "post".to_owned(), connection: 0, refused: *refused };
    let arrivals = refused.iter().map(arrival).collect();
    broken(&cell, &Seen { outcome, attempts: 1, arrivals, took: Duration::ZERO }).len()
}
