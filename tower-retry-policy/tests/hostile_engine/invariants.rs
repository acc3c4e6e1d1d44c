//! What holds of every call, whatever happens.

use crate::{
    play::Trace,
    script::{End, Permission, Readiness, Script},
    server::{Event, What},
};
use tower_retry_policy::{Phase, RequestEnd};

/// What does not hold.
pub(crate) fn check(script: &Script, trace: &Trace) -> Vec<String> {
    let mut faults = Vec::new();
    let mut rule = |holds: bool, text: &str| {
        if !holds {
            faults.push(text.to_owned());
        }
    };
    let of = |what: What| trace.events.iter().filter(move |event| event.what == what);
    let count = |what: What| of(what).count();

    let returned = trace.events.iter().position(|event| event.what == What::Returned).unwrap();
    rule(
        trace.events[returned..].iter().all(|event| event.what == What::Returned),
        "nothing happens after the answer, and all that ran has been dropped before",
    );
    rule(
        count(What::Asked) == count(What::Ended) + count(What::NotReady) + count(What::Dropped),
        "each attempt has one end",
    );
    let most = script
        .hedge
        .filter(|_| script.permission != Permission::Post)
        .map_or(1, |overlap| overlap.at_once.max(1));
    rule(overlap(&trace.events) <= most, "no more at once than allowed");
    rule(count(What::Asked) <= script.retries as usize + 1, "no more in all than allowed");
    let hedges = script.hedge.and_then(|overlap| overlap.hedges).unwrap_or(u32::MAX);
    rule(trace.heard.hedging.len() <= hedges as usize, "no more hedges than allowed");
    if let Some(deadline) = script.deadline {
        rule(of(What::Asked).skip(1).all(|event| event.at < deadline), "nothing begins after the deadline");
    }
    if script.permission == Permission::Post {
        let safe =
            |end: End| matches!(end, End::Error(Phase::Connect | Phase::Unprocessed) | End::Status(421));
        let called: Vec<u32> = of(What::Called).map(|event| event.attempt).collect();
        let before = called.split_last().map_or(&[][..], |(_, before)| before);
        rule(
            before.iter().all(|attempt| safe(script.attempts[*attempt as usize - 1].ends)),
            "what may have been processed is not sent again",
        );
    }

    for (at, event) in trace.events.iter().enumerate().filter(|(_, event)| event.what == What::Asked) {
        let broke = trace.events[..at].iter().filter(|event| event.what == What::Ended).any(|event| {
            let end = script.attempts[event.attempt as usize - 1].ends;
            matches!(end, End::Error(Phase::Read | Phase::Body) | End::Status(421))
        });
        let of = |what: What| {
            trace.events.iter().any(|other| other.attempt == event.attempt && other.what == what)
        };
        rule(
            !of(What::Called) || of(What::AfterABreak) == broke,
            "an attempt is told whether a connection broke before",
        );
    }

    let account = &trace.account;
    let further = of(What::Called).filter(|event| event.attempt > 1).count();
    rule(account.granted == account.given_back + account.ended_retries, "each token is accounted for");
    rule(account.ended_retries as usize <= further, "what was not sent is given back");
    rule(account.begun == 1 && account.ended == 1, "the budget hears of one beginning and one end");
    let settled = usize::from(trace.winner.is_some());
    rule(account.settled.len() == settled, "a call is settled once, and not at all when it was dropped");

    if let (Some(winner), [end]) = (trace.winner, &account.settled[..]) {
        let last = script.attempts[winner as usize - 1];
        let success =
            last.ready == Readiness::Yes && matches!(last.ends, End::Status(200) | End::RetryAfter(200, _));
        match end {
            // a retry that cost nothing counts as none
            RequestEnd::FirstTry => rule(success, "the budget hears of a success"),
            RequestEnd::AfterRetry(_) => {
                rule(success && winner > 1, "the budget hears which attempt succeeded");
            }
            RequestEnd::Failed | RequestEnd::NotRetried => rule(!success, "the budget hears of a failure"),
            _ => rule(false, "another end"),
        }
    }

    rule(trace.heard.ends.len() == 1, "the observer hears of one end");
    if let [end] = &trace.heard.ends[..] {
        rule(end.attempts as usize == count(What::Asked), "the observer hears of every attempt");
        rule(end.abandoned == trace.winner.is_none(), "abandoned is what was dropped");
        let whole = if end.records.is_empty() { 1 } else { end.records.len() };
        rule(whole == count(What::Asked), "the observer is told every attempt");
        rule(
            end.records.iter().map(|record| record.number).eq(1..=u32::try_from(end.records.len()).unwrap()),
            "in order",
        );
        for record in &end.records {
            let of =
                |what| trace.events.iter().any(|event| event.attempt == record.number && event.what == what);
            let dropped = of(What::Dropped);
            // what the service said instead of being ready is not looked at before the first poll
            let unseen = trace.polls == 0 && of(What::NotReady);
            rule(
                record.abandoned == dropped || unseen,
                &format!("attempt {} is abandoned as it was", record.number),
            );
            // an attempt that waits for readiness has not been sent
            let of = |what: What| {
                trace.events.iter().find(move |event| event.attempt == record.number && event.what == what)
            };
            let asked = of(What::Called).or(of(What::Asked)).unwrap();
            rule(
                millis(record.began) == asked.at,
                &format!("attempt {} began then: {:?}", record.number, record.began),
            );
            let end = trace.events.iter().rfind(|event| event.attempt == record.number).unwrap();
            rule(
                millis(record.took) == end.at - asked.at,
                &format!("attempt {} took that long: {:?}", record.number, record.took),
            );
            let try_ = script.attempts[record.number as usize - 1];
            if !dropped && try_.ready == Readiness::Yes {
                let status = match try_.ends {
                    End::Status(status) | End::RetryAfter(status, _) => Some(status),
                    End::Pushback(_) => Some(200),
                    _ => None,
                };
                rule(
                    record.status.map(|status| status.as_u16()) == status,
                    "the status is that of the attempt",
                );
                if let End::Error(phase) = try_.ends {
                    rule(record.phase == Some(phase), "the phase is that of the attempt");
                }
            }
        }
        if trace.winner.is_some() && !trace.records.is_empty() {
            rule(end.records == trace.records, "the observer hears what the caller gets");
        }
        if let Some(winner) = trace.winner {
            rule(end.failed.is_none_or(|failed| failed == winner), "the attempt that failed last is told");
            rule(end.failed.is_some() == end.stop.is_some(), "and why none followed");
            rule(end.status == trace.status, "and its status");
        }
        // what is never retried is handed on as it is
        rule(trace.winner.is_none() || script.retries == 0 || end.stop == trace.stop, "and why it stopped");
        let told = trace.heard.retrying.len() + trace.heard.hedging.len() + 1;
        let begun = count(What::Asked);
        rule(told == begun || told == begun + 1, "the observer hears why each attempt began");
    }
    faults
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from((time + std::time::Duration::from_micros(500)).as_millis()).unwrap()
}

fn overlap(events: &[Event]) -> usize {
    let (mut running, mut most) = (0_usize, 0);
    for event in events {
        match event.what {
            What::Asked => running += 1,
            What::Ended | What::NotReady | What::Dropped => running -= 1,
            What::Called | What::AfterABreak | What::Returned => {}
        }
        most = most.max(running);
    }
    most
}
