//! Attempts that wait for one another below: permits, a buffer, load that is shed.

use crate::{
    play::{Trace, play_over},
    random::{Random, seed},
    script::{End, Permission, Script},
    server::{Server, What},
};
use std::sync::Arc;
use tokio::{join, runtime::Builder, sync::Semaphore};
use tower::{
    ServiceBuilder,
    buffer::Buffer,
    limit::{ConcurrencyLimit, GlobalConcurrencyLimitLayer},
    load_shed::LoadShed,
};
use tower_retry_policy::Phase;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Below {
    Limit,
    BufferOverLimit,
    LimitOverBuffer,
    ShedOverLimit,
}

fn limit(permits: &Arc<Semaphore>, server: Server) -> ConcurrencyLimit<Server> {
    ServiceBuilder::new()
        .layer(GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(permits)))
        .service(server.shared())
}

async fn play_below(script: &Script, below: Below, permits: &Arc<Semaphore>, bound: usize) -> Trace {
    match below {
        Below::Limit => play_over(script, |server| limit(permits, server)).await,
        Below::BufferOverLimit => {
            play_over(script, |server| Buffer::new(limit(permits, server), bound)).await
        }
        Below::LimitOverBuffer => {
            play_over(script, |server| {
                let buffer = Buffer::new(server.shared(), bound);
                ConcurrencyLimit::with_semaphore(buffer, Arc::clone(permits))
            })
            .await
        }
        Below::ShedOverLimit => play_over(script, |server| LoadShed::new(limit(permits, server))).await,
    }
}

fn faults(script: &Script, trace: &Trace, below: Below, limit: usize) -> Vec<String> {
    let mut faults = Vec::new();
    let mut rule = |holds: bool, text: &str| {
        if !holds {
            faults.push(text.to_owned());
        }
    };
    let of = |what: What| trace.events.iter().filter(move |event| event.what == what);
    let returned = trace.events.iter().position(|event| event.what == What::Returned).unwrap();
    rule(returned + 1 == trace.events.len(), "nothing happens after the answer");
    let (mut running, mut most) = (0, 0);
    for event in &trace.events {
        match event.what {
            What::Called => running += 1,
            What::Ended | What::Dropped => running -= 1,
            _ => {}
        }
        most = most.max(running);
    }
    let allowed = script
        .hedge
        .filter(|_| script.permission != Permission::Post)
        .map_or(1, |hedge| hedge.at_once.max(1));
    rule(most <= allowed.min(limit) && running == 0, "no more at once than allowed, and none left");
    let stuck = script.attempts.iter().any(|attempt| attempt.ends == End::Never);
    rule(trace.winner.is_some() || stuck || script.patience.is_some(), "the call comes to its end");
    if script.permission == Permission::Post {
        let harmless =
            |end| matches!(end, End::Error(Phase::Connect | Phase::Unprocessed)) || end == End::Status(421);
        let seen: Vec<u32> = of(What::Called).map(|event| event.attempt).collect();
        let before = seen.split_last().map_or(&[][..], |(_, before)| before);
        rule(
            before.iter().all(|attempt| harmless(script.attempts[*attempt as usize - 1].ends)),
            "never repeated",
        );
    }
    let account = &trace.account;
    rule(account.granted == account.given_back + account.ended_retries, "each token is accounted for");
    let further = of(What::Called).filter(|event| event.attempt > 1).count();
    // a request that is shed was called, as far as anybody above can tell, and one in the queue of a buffer as well
    let sent = matches!(below, Below::Limit);
    rule(!sent || account.ended_retries as usize <= further, "what was not sent is given back");
    rule((account.begun, account.ended) == (1, 1), "one beginning and one end");
    rule(account.settled.len() == usize::from(trace.winner.is_some()), "settled once");
    rule(trace.heard.ends.len() == 1, "the observer hears of one end");
    let last = trace.events[..returned]
        .iter()
        .rfind(|event| event.what == What::Ended)
        .map_or(0, |event| event.attempt);
    rule(
        trace.winner.is_none_or(|winner| winner == last || winner == 0 && below == Below::ShedOverLimit),
        "the last to end",
    );
    faults
}

#[test]
fn two_calls_that_wait_for_each_other_come_to_their_ends_and_leave_no_permit_behind() {
    let first = seed();
    for index in 0..2_000 {
        let random = &mut Random::new(first.wrapping_add(index));
        let below = random.pick(&[
            Below::Limit,
            Below::BufferOverLimit,
            Below::LimitOverBuffer,
            Below::ShedOverLimit,
        ]);
        let permits = usize::try_from(1 + random.below(3)).unwrap();
        let bound = usize::try_from(1 + random.below(3)).unwrap();
        let (one, other) = (Script::draw(random, true), Script::draw(random, true));
        let semaphore = Arc::new(Semaphore::new(permits));
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (first_trace, second_trace) = runtime.block_on(async {
            join!(play_below(&one, below, &semaphore, bound), play_below(&other, below, &semaphore, bound))
        });
        let context =
            format!("HOSTILE_SEED={first}, script {index}, {below:?}, {permits} permits, bound {bound}");
        let stuck = |script: &Script| script.attempts.iter().any(|attempt| attempt.ends == End::Never);
        for (script, other, trace) in [(&one, &other, &first_trace), (&other, &one, &second_trace)] {
            let mut faults = faults(script, trace, below, permits);
            // one that never ends holds the other's permit
            faults.retain(|fault| fault != "the call comes to its end" || !stuck(other));
            assert!(faults.is_empty(), "{context}\n{script:?}\n{faults:#?}\n{trace:#?}");
        }
        assert_eq!(semaphore.available_permits(), permits, "{context}");
    }
}
