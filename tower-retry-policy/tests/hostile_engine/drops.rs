//! The caller leaves instead of polling for the i-th time, for every i.

use crate::{
    invariants::check,
    play::play,
    random::{Random, seed},
    script::Script,
};
use tokio::runtime::Builder;

fn at_every_poll(hedged: bool) {
    let first = seed();
    let mut left = 0;
    for index in 0..250 {
        let mut script = Script::draw(&mut Random::new(first.wrapping_add(index)), hedged);
        // what never ends is left in the end, so that its polls are few
        script.patience = Some(500);
        for polls in 0.. {
            script.polls = Some(polls);
            let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let trace = runtime.block_on(play(&script));
            let faults = check(&script, &trace);
            assert!(
                faults.is_empty(),
                "HOSTILE_SEED={first}, script {index} {script:?}\n{faults:#?}\n{trace:#?}"
            );
            left += u32::from(trace.heard.ends[0].abandoned);
            if trace.polls < polls || trace.winner.is_some() {
                break;
            }
        }
    }
    assert!(left > 500, "left only {left} times");
}

#[test]
fn a_call_that_is_dropped_at_any_poll_gives_everything_back() {
    at_every_poll(false);
}

#[test]
fn a_hedged_call_that_is_dropped_at_any_poll_gives_everything_back() {
    at_every_poll(true);
}
