//! What the documentation says about a script, worked out without the engine.

use crate::script::{End, Permission, Readiness, Script, Try};
use tower_retry_policy::Phase;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Forecast {
    /// when each attempt began
    pub began: Vec<u64>,
    /// the attempts that the server saw, and when
    pub called: Vec<(u32, u64)>,
    pub winner: Option<u32>,
    pub returned: u64,
    /// further attempts that were paid for and sent
    pub paid: u32,
    pub hedges: u32,
}

/// A call on its way.
struct Play<'a> {
    script: &'a Script,
    now: u64,
    forecast: Forecast,
    running: Vec<Run>,
    tokens: u64,
    connects: u32,
    /// the attempt that a failure asked for
    due: Option<Due>,
    /// a failure has shown that nothing is to start beside those that run
    closed: bool,
    /// the server wants no further attempt at all
    forbidden: bool,
    /// the server asked for nothing before
    held_until: u64,
    last: Option<u32>,
}

#[derive(Clone, Copy)]
struct Due {
    at: u64,
    paid: bool,
}

#[derive(Clone, Copy)]
struct Run {
    number: u32,
    ready: u64,
    called: bool,
    paid: bool,
    script: Try,
}

/// What the server asks for, in milliseconds.
#[derive(Clone, Copy)]
enum Asked {
    Nothing,
    /// `Retry-After`: a longer wait of the policy's own has its way
    NotBefore(u64),
    /// a pushback
    Exactly(u64),
}

/// What the policy makes of an outcome.
#[derive(Clone, Copy)]
enum Verdict {
    Accept,
    /// another attempt, when the server said so if it did
    Again(Phase, Asked),
    /// no other because of this one
    Final,
    /// the server wants no other at all
    Never,
}

pub(crate) fn forecast(script: &Script) -> Forecast {
    let mut play = Play {
        script,
        now: 0,
        forecast: Forecast::default(),
        running: Vec::new(),
        tokens: script.tokens,
        connects: 0,
        due: None,
        closed: false,
        forbidden: false,
        held_until: 0,
        last: None,
    };
    play.start(false);
    play.run();
    play.forecast
}

impl Play<'_> {
    fn run(&mut self) {
        loop {
            if self.attempts() {
                return;
            }
            if self.timer() {
                continue;
            }
            if self.running.is_empty() && self.due.is_none() {
                return self.finish(self.last);
            }
            let next = self.next();
            let patience = self.script.patience.unwrap_or(20_000);
            if next > patience {
                self.now = patience;
                return self.finish(None);
            }
            self.now = next;
        }
    }

    /// The next moment at which something happens.
    fn next(&self) -> u64 {
        let attempts = self.running.iter().filter_map(Run::next);
        attempts.chain(self.due.map(|due| due.at)).chain(self.hedge_at()).min().unwrap_or(u64::MAX)
    }

    /// Asks the attempts in the order in which they began; whether the call is over.
    fn attempts(&mut self) -> bool {
        let mut at = 0;
        while at < self.running.len() {
            let run = &mut self.running[at];
            if !run.called && run.ready <= self.now {
                if run.script.ready == Readiness::Yes {
                    run.called = true;
                    run.ready = self.now;
                    self.forecast.called.push((run.number, self.now));
                    self.forecast.paid += u32::from(run.paid);
                } else {
                    let run = self.running.remove(at);
                    if run.paid {
                        self.tokens += 1;
                    }
                    let verdict = match run.script.ready {
                        Readiness::KnownError => self.judge(End::Error(Phase::Unprocessed)),
                        _ => Verdict::Final,
                    };
                    if self.ended(run.number, verdict) {
                        return true;
                    }
                    continue;
                }
            }
            let run = self.running[at];
            if run.called && run.script.ends != End::Never && run.ready + run.script.takes <= self.now {
                self.running.remove(at);
                if self.ended(run.number, self.judge(run.script.ends)) {
                    return true;
                }
                continue;
            }
            at += 1;
        }
        false
    }

    /// Whether the call is over with this.
    fn ended(&mut self, number: u32, verdict: Verdict) -> bool {
        self.last = Some(number);
        match verdict {
            Verdict::Accept => {
                self.finish(Some(number));
                return true;
            }
            Verdict::Final => self.closed = true,
            Verdict::Never => self.forbid(),
            Verdict::Again(phase, asked) => self.again(phase, asked),
        }
        if self.running.is_empty() && self.due.is_none() {
            self.finish(Some(number));
            return true;
        }
        false
    }

    fn forbid(&mut self) {
        (self.closed, self.forbidden) = (true, true);
        if self.due.take().is_some_and(|due| due.paid) {
            self.tokens += 1;
        }
    }

    fn again(&mut self, phase: Phase, asked: Asked) {
        let past = |at| self.script.deadline.is_some_and(|deadline| at >= deadline);
        if let Asked::NotBefore(asked) | Asked::Exactly(asked) = asked {
            let until = self.now + asked;
            if past(until) {
                return self.forbid();
            }
            self.held_until = self.held_until.max(until);
            if let Some(due) = &mut self.due {
                due.at = due.at.max(self.held_until);
            }
        }
        let at = self.now
            + match asked {
                Asked::Nothing => self.script.wait,
                Asked::NotBefore(asked) => asked.max(self.script.wait),
                Asked::Exactly(asked) => asked,
            };
        let used_up = self.script.no_retries_after == Some(phase)
            || phase == Phase::Connect && self.script.connects.is_some_and(|limit| self.connects >= limit);
        if self.forbidden || used_up || past(at) || !self.count_allows() {
            self.closed = true;
            return;
        }
        if self.due.is_some() {
            return;
        }
        let (free, at) = (phase == Phase::Unprocessed, at.max(self.held_until));
        if !free {
            if self.tokens == 0 {
                return;
            }
            self.tokens -= 1;
        }
        if phase == Phase::Connect {
            self.connects += 1;
        }
        self.due = Some(Due { at, paid: !free });
    }

    fn count_allows(&self) -> bool {
        self.forecast.began.len() <= self.script.retries as usize
    }

    /// Starts what is due; whether something did.
    fn timer(&mut self) -> bool {
        if let Some(due) = self.due.filter(|due| due.at <= self.now) {
            self.due = None;
            self.start(due.paid);
            return true;
        }
        if self.hedge_at().is_some_and(|at| at <= self.now) {
            self.tokens -= 1;
            self.forecast.hedges += 1;
            self.start(true);
            return true;
        }
        false
    }

    fn hedge_at(&self) -> Option<u64> {
        let overlap = self.script.hedge.filter(|overlap| overlap.at_once >= 2)?;
        let newest = self.running.iter().max_by_key(|run| run.number)?;
        let may = self.script.permission != Permission::Post
            && !self.closed
            && newest.called
            && self.due.is_none()
            && self.running.len() < overlap.at_once
            && overlap.hedges.is_none_or(|hedges| self.forecast.hedges < hedges)
            && self.count_allows();
        let at = (newest.ready + overlap.delay).max(self.held_until);
        // there are no tokens to come while the call runs
        if self.tokens == 0 {
            return None;
        }
        (may && self.script.deadline.is_none_or(|deadline| at < deadline)).then_some(at)
    }

    fn start(&mut self, paid: bool) {
        self.forecast.began.push(self.now);
        let number = u32::try_from(self.forecast.began.len()).unwrap();
        let script = self.script.attempts[number as usize - 1];
        self.running.push(Run { number, ready: self.now + script.ready_after, called: false, paid, script });
    }

    fn finish(&mut self, winner: Option<u32>) {
        self.forecast.winner = winner;
        self.forecast.returned = self.now;
    }

    fn judge(&self, end: End) -> Verdict {
        let repeatable = self.script.permission != Permission::Post;
        let sent = |phase, asked| if repeatable { Verdict::Again(phase, asked) } else { Verdict::Final };
        match end {
            End::Status(421) => Verdict::Again(Phase::Unprocessed, Asked::Nothing),
            End::Status(500 | 503) => sent(Phase::Status, Asked::Nothing),
            End::RetryAfter(429 | 503, 0..=2) => {
                let End::RetryAfter(_, seconds) = end else { unreachable!() };
                sent(Phase::Status, Asked::NotBefore(seconds * 1000))
            }
            End::RetryAfter(429 | 503, _) => Verdict::Never,
            End::Pushback(2001..) => Verdict::Never,
            End::Pushback(wait @ 0..) => sent(Phase::Status, Asked::Exactly(wait.unsigned_abs())),
            End::Pushback(_) => Verdict::Never,
            End::Error(Phase::Other) => Verdict::Final,
            End::Error(phase @ (Phase::Connect | Phase::Unprocessed)) => {
                Verdict::Again(phase, Asked::Nothing)
            }
            End::Error(phase) => sent(phase, Asked::Nothing),
            End::Status(_) | End::RetryAfter(..) => Verdict::Accept,
            End::Never => unreachable!(),
        }
    }
}

impl Run {
    fn next(&self) -> Option<u64> {
        if !self.called {
            return Some(self.ready);
        }
        (self.script.ends != End::Never).then_some(self.ready + self.script.takes)
    }
}
