//! Random faults, one after the other, and hedges at random times.

use crate::{
    KINDS, call,
    client::Kind,
    fault::Fault,
    matrix::{Meth, all, brief, common},
    policy,
    server::{Server, Version},
    stack,
};
use http::StatusCode;
use std::time::Duration;
use tower_retry_policy::{History, RetryError, RetryLayer, StopReason, retry::Hedge};

/// Sebastiano Vigna's SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

async fn run(seed: u64, (kind, version): (Kind, Version)) -> Result<(), String> {
    let mut random = Random(seed);
    let method = random.of(&Meth::ALL);
    let script: Vec<_> = (0..4)
        .map(|_| match random.below(3) {
            0 if version == Version::Http2 => random.of(Fault::HTTP2),
            1 => random.of(&[Fault::Silent, Fault::SilentBody, Fault::Late]),
            _ => random.of(Fault::ALL),
        })
        .collect();
    let server = Server::start(version, &script, Fault::Answers).await;
    let delay = Duration::from_millis(random.of(&[1, 5, 20, 60]));
    let retry = RetryLayer::new(policy()).hedge(Hedge::after(delay));
    let outcome = call(stack(retry, kind.client(version)), method.request(&server)).await;
    server
        .board
        .until("all are answered or let go", |seen| seen.iter().all(|seen| seen.ended || seen.gone.is_some()))
        .await;
    let seen = server.board.seen();
    let told =
        || format!("seed {seed}: {method:?} {kind:?} {version:?} {delay:?}: {outcome:?}, {}", brief(&seen));
    common(method, &outcome, &seen, 3).map_err(|rule| format!("{rule}: {}", told()))?;
    let Err(error) = &outcome else {
        let answered = seen
            .iter()
            .any(|seen| matches!(seen.fault, Fault::Answers | Fault::Late | Fault::Drains) && seen.ended);
        let good = matches!(outcome, Ok((StatusCode::OK, ..)));
        return if good && !answered { Err(format!("good without an answer: {}", told())) } else { Ok(()) };
    };
    let error = RetryError::find(&**error).ok_or_else(|| format!("no story: {}", told()))?;
    let made: &History = error.history();
    if usize::try_from(made.attempts_made()).unwrap() < seen.len() {
        return Err(format!("more requests than attempts: {}", told()));
    }
    let expected = if method.may_be_repeated() { StopReason::Attempts } else { StopReason::NotRepeatable };
    // what was refused again and again has used up its attempts
    if error.stop_reason() != Some(expected) && error.stop_reason() != Some(StopReason::Attempts) {
        return Err(format!("stopped: {:?}: {}", error.stop_reason(), told()));
    }
    Ok(())
}

#[tokio::test]
async fn random_scripts_keep_the_rules() {
    all((0..100).map(|seed| run(seed, KINDS[usize::try_from(seed % 4).unwrap()]))).await;
}
