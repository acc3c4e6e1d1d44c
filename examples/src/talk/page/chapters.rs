//! What the page says about each stage.

use crate::talk::{
    plot::Limit,
    stages::{hedged, limits::TIMEOUT, recommended},
};

/// One stage's words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chapter {
    /// The stage's name.
    pub(crate) stage: &'static str,
    /// The idea of the talk's code, in our words.
    pub(crate) idea: &'static str,
    /// The stage's file.
    pub(crate) source: &'static str,
    /// Where that is in the repository.
    pub(crate) file: &'static str,
    /// What changed since the stage before.
    pub(crate) changed: &'static str,
    /// What came of it, and why.
    pub(crate) why: &'static str,
    /// The limits that the client sets itself.
    pub(crate) limits: &'static [Limit],
    /// Requests that the stage allows itself for one call.
    pub(crate) at_most: u32,
}

const SIXTY: &[Limit] = &[Limit::new("timeout", TIMEOUT)];

/// All of them, in the order of the stages.
const CHAPTERS: &[Chapter] = &[
    Chapter {
        stage: "ideal",
        idea: "answer = get(url)\nfail unless the status is good\nreturn the answer's JSON",
        source: include_str!("../stages/naive.rs"),
        file: "naive.rs",
        changed: "Nothing yet: the first thing one writes, on a network that loses nothing. The next stage has the same \
                  code.",
        why: "Everything works. This is what a test on one's own machine shows, and it says nothing about a network. \
              (The simulated link has no delay, so the calls take no time; the talk's took 4 to 50 ms.)",
        limits: &[],
        at_most: 1,
    },
    Chapter {
        stage: "naive",
        idea: "answer = get(url)\nfail unless the status is good\nreturn the answer's JSON",
        source: include_str!("../stages/naive.rs"),
        file: "naive.rs",
        changed: "The network: the server's packets are now lost in bursts.",
        why: "No call fails, and yet fewer and fewer come back: whoever waits for a peer that has given up \
              waits for ever. When all workers wait, nothing moves any more, though the network is as alive as \
              before. The talk left it running overnight; here it is cut off after 600 s. How many get through \
              before that is a matter of luck, so the spread over the seeds is wide.",
        limits: &[],
        at_most: 1,
    },
    Chapter {
        stage: "timeout",
        idea: "answer = get(url, timeout = 60 s)\nfail unless the status is good\nreturn the answer's JSON",
        source: include_str!("../stages/timeout.rs"),
        file: "timeout.rs",
        changed: "Nobody waits for ever: 60 s to connect, and 60 s without a byte, end the call.",
        why: "The run comes to its end, and the failures show in the histogram as a tower at 60 s. The limit \
              is one on silence, not on the whole call, so a call whose packets trickle in may take longer and \
              succeed.",
        limits: SIXTY,
        at_most: 1,
    },
    Chapter {
        stage: "retry",
        idea: "session: up to 3 retries\nanswer = session.get(url, timeout = 60 s)\nfail unless the status is good\n\
               return the answer's JSON",
        source: include_str!("../stages/retry.rs"),
        file: "retry.rs",
        changed: "The library's retry: connecting, and waiting for the head, are tried again.",
        why: "Better, and strange: four attempts that time out would take four minutes, and the calls that \
              fail have not taken so long. They failed in the body. By then the head has been handed to the \
              caller, and the retry is over.",
        limits: SIXTY,
        at_most: 4,
    },
    Chapter {
        stage: "network-off",
        idea: "as before, with every packet lost",
        source: include_str!("../stages/network_off.rs"),
        file: "network_off.rs",
        changed: "The network again: it is switched off, to see the retries at work.",
        why: "There are no retries. The library of the talk's day did not count an unreachable host, which \
              shows after three seconds, as an error to be retried: one attempt per call. The capture is empty, \
              because nothing was sent: the server's address was never found. Whatever a probe sends is lost.",
        limits: &[],
        at_most: 4,
    },
    Chapter {
        stage: "fixed-retry",
        idea: "session: up to 3 retries, 3 of them for connecting, 3 for reading\nanswer = session.get(url, \
               timeout = 60 s)",
        source: include_str!("../stages/fixed_retry.rs"),
        file: "fixed_retry.rs",
        changed: "The retries are spelled out for each kind of error.",
        why: "Now there are four attempts per call, one right after the other, and all of them fail within the \
              outage: nothing waits in between.",
        limits: &[],
        at_most: 4,
    },
    Chapter {
        stage: "backoff",
        idea: "session: up to 3 retries, waiting 25 s * 2^(n-1) before the n-th, and nothing before the first\n\
               answer = session.get(url, timeout = 60 s)",
        source: include_str!("../stages/backoff.rs"),
        file: "backoff.rs",
        changed: "A wait before each retry: nothing, 50 s and 100 s. The network is the lossy one again.",
        why: "Waits outlast an outage. This network is not out, it is bad, for a few packets at a time: \
              the waits cost time and gain nothing. And the body is still outside of the retry.",
        limits: SIXTY,
        at_most: 4,
    },
    Chapter {
        stage: "own-retry",
        idea: "loop:\n    session: as many retries as are left, with backoff\n    try: answer = \
               session.get(url, timeout = 60 s), body included\n    on an error: take one from the retries, \
               wait, go on\nreturn the answer's JSON",
        source: include_str!("../stages/own_retry.rs"),
        file: "own_retry.rs",
        changed: "A loop of one's own around the session, which also catches what goes wrong in the body.",
        why: "Nearly all calls succeed. Two things are still wrong. The loops multiply: 4 + 3 + 2 + 1 attempts where \
              3 retries were asked for. And an answer that is whole and wrong (here the server lies now and then) \
              fails the call, because the JSON is parsed behind the loop.",
        limits: SIXTY,
        at_most: 10,
    },
    Chapter {
        stage: "content-aware",
        idea: "loop:\n    session: as many retries as are left, with backoff\n    try: answer = \
               session.get(url, timeout = 60 s), body included\n         return the answer's JSON\n    on an \
               error: take one from the retries, wait, go on",
        source: include_str!("../stages/content_aware.rs"),
        file: "content_aware.rs",
        changed: "The JSON is parsed within the loop.",
        why: "A wrong answer is one more reason to try again. This is where the talk arrives: all calls \
              succeed. They still take up to ten attempts, and minutes.",
        limits: SIXTY,
        at_most: 10,
    },
    Chapter {
        stage: "flat",
        idea: "(not in the talk)\nloop, 4 times at most:\n    try: connect, head, body and JSON\n    on an \
               error: wait, go on",
        source: include_str!("../stages/flat.rs"),
        file: "flat.rs",
        changed: "One loop with one count in place of two nested ones.",
        why: "Four attempts are four. The content check reads the body within the attempt, so that one policy sees \
              every kind of failure. It is as good as the nested loops but for a few calls in a thousand.",
        limits: SIXTY,
        at_most: 4,
    },
    Chapter {
        stage: "recommended",
        idea: "(not in the talk)\nloop, 20 times at most:\n    try: connect and head within 14 s each, \
               body without 35 s of silence, JSON\n    on an error: a short wait with jitter, go on",
        source: include_str!("../stages/recommended.rs"),
        file: "recommended.rs",
        changed: "Other numbers: less patience with an attempt, more attempts, short waits with jitter.",
        why: "TCP doubles the time between its own repeats; after a few of them a new connection is quicker than \
              waiting. A third more requests than the talk's last stage, in three fifths of its time.",
        limits: &[Limit::new("no head", recommended::HEAD), Limit::new("silence", recommended::SILENCE)],
        at_most: 20,
    },
    Chapter {
        stage: "hedged",
        idea: "(not in the talk)\nloop, 20 times at most:\n    try: connect, head, body and JSON, with 60 s for each \
               silence\n    after 10 s without an outcome: try again beside it, 3 at once\n    on an error: a short \
               wait with jitter, go on\n    the first whole and right answer wins",
        source: include_str!("../stages/hedged.rs"),
        file: "hedged.rs",
        changed: "Attempts overlap: what is slow is doubted, not ended.",
        why: "A short limit throws away what an attempt has got so far; a second attempt beside it does not, and brings \
              the answer sooner. A fifth more requests than before, in three fifths of the time, and most of the \
              attempts that lose are dropped before they have cost a body.",
        limits: &[Limit::new("timeout", hedged::LIMIT)],
        at_most: 20,
    },
];

/// The words for a stage.
pub(crate) fn chapter(stage: &str) -> Option<&'static Chapter> {
    CHAPTERS.iter().find(|chapter| chapter.stage == stage)
}

impl Chapter {
    /// The stage's file without its introduction and its imports.
    pub(crate) fn excerpt(&self) -> String {
        let mut lines =
            self.source.lines().skip_while(|line| line.starts_with("//!") || line.is_empty()).peekable();
        while lines.next_if(|line| line.starts_with("use ")).is_some_and(|line| {
            let mut line = line;
            while !line.ends_with(';') {
                match lines.next() {
                    Some(next) => line = next,
                    None => return false,
                }
            }
            while lines.next_if(|line| line.is_empty()).is_some() {}
            true
        }) {}
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::{
        experiment::Experiment,
        stages::{STAGES, StageLoss},
    };

    #[test]
    fn every_stage_has_its_chapter_in_order() {
        let stages: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        assert_eq!(CHAPTERS.iter().map(|chapter| chapter.stage).collect::<Vec<_>>(), stages);
        for chapter in CHAPTERS {
            // the code of `ideal` is that of `naive`
            let stage = if chapter.stage == "ideal" { "naive" } else { chapter.stage };
            assert_eq!(chapter.file.trim_end_matches(".rs").replace('_', "-"), stage);
        }
    }

    #[test]
    fn a_stage_sends_at_most_what_its_chapter_says() {
        // Nothing of the server's arrives, so that every call does what it can.
        let stages = STAGES.iter().filter(|stage| stage.loss == StageLoss::Given).collect();
        let mut experiment = Experiment::new(1, 1, stages);
        experiment.loss = "100,0".parse().unwrap();
        experiment.requests = 2;
        let results = experiment.run(2, || ()).unwrap();
        assert_eq!(results.len(), 9);
        for result in results {
            let at_most = chapter(result.stage.name).unwrap().at_most;
            assert_eq!(result.figures[0].attempts, u64::from(2 * at_most), "{}", result.stage.name);
        }
    }

    #[test]
    fn an_excerpt_is_the_code_without_imports() {
        for chapter in CHAPTERS {
            let excerpt = chapter.excerpt();
            assert!(excerpt.contains("get_json") && !excerpt.contains("//!"), "{excerpt}");
            assert!(!excerpt.lines().any(|line| line.starts_with("use ")), "{excerpt}");
            assert!(chapter.source.trim_end().ends_with(excerpt.trim_end()), "{excerpt}");
        }
        assert!(chapter("recommended").unwrap().excerpt().starts_with("/// To connect and to get the head."));
    }
}
