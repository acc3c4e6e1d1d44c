//! Random scripts against the oracle.

use crate::{
    invariants::check,
    oracle::{Forecast, forecast},
    play::{Trace, play},
    random::{Random, only, seed},
    script::Script,
    server::What,
};
use tokio::runtime::Builder;

fn of_trace(trace: &Trace) -> Forecast {
    let of = |what| trace.events.iter().filter(move |event| event.what == what);
    Forecast {
        began: of(What::Asked).map(|event| event.at).collect(),
        called: of(What::Called).map(|event| (event.attempt, event.at)).collect(),
        winner: trace.winner,
        returned: of(What::Returned).next().unwrap().at,
        paid: trace.account.granted - trace.account.given_back,
        hedges: u32::try_from(trace.heard.hedging.len()).unwrap(),
    }
}

fn many(hedged: bool, scripts: u64) {
    let first = seed();
    let only = only();
    let mut wrong = Vec::new();
    for index in only.map_or(0..scripts, |only| only..only + 1) {
        let script = Script::draw(&mut Random::new(first.wrapping_add(index)), hedged);
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let trace = runtime.block_on(play(&script));
        let (seen, expected) = (of_trace(&trace), forecast(&script));
        let mut faults = check(&script, &trace);
        if seen != expected {
            faults.push(format!("seen     {seen:?}\nexpected {expected:?}"));
        }
        if !faults.is_empty() {
            if only.is_some() {
                faults.push(format!("{trace:#?}"));
            }
            let mut script = script;
            script.attempts.truncate(seen.began.len().max(expected.began.len()));
            wrong.push(format!(
                "HOSTILE_SEED={first} HOSTILE_SCRIPT={index} {script:?}\n{}",
                faults.join("\n")
            ));
        }
    }
    wrong.sort_by_key(String::len);
    assert!(wrong.is_empty(), "{} scripts went another way; the shortest:\n{}", wrong.len(), wrong[0]);
}

#[test]
fn one_attempt_after_the_other_goes_as_the_documentation_says() {
    many(false, 4_000);
}

#[test]
fn attempts_that_overlap_go_as_the_documentation_says() {
    many(true, 6_000);
}
