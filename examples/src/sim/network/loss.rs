//! Packet loss: the Gilbert-Elliott chain as Linux `netem` runs it (`loss gemodel p r 1-h 1-k`).
//!
//! Two states, good and bad. A packet is lost with probability `1-k` in the good state and `1-h` in the
//! bad one; after each packet the chain moves from good to bad with `p` and from bad to good with `r`.
//! The order is the kernel's (`loss_gilb_ell` in `net/sched/sch_netem.c`): the loss is decided by the state
//! *before* the transition.

use crate::sim::random::Random;
use std::{error::Error, fmt, str::FromStr};

/// The parameters of the chain, as probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GilbertElliott {
    /// P(good -> bad) after a packet.
    pub p: f64,
    /// P(bad -> good) after a packet.
    pub r: f64,
    /// Loss in the bad state (`1-h`).
    pub bad_loss: f64,
    /// Loss in the good state (`1-k`).
    pub good_loss: f64,
}

/// The chain in motion: one per sending interface, stepped by every packet that leaves it.
#[derive(Debug, Clone)]
pub struct Chain {
    model: GilbertElliott,
    bad: bool,
}

/// A loss that could not be read: what was wrong, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseLossError {
    found: String,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    Count(usize),
    Number(&'static str, String),
    Range(&'static str, String),
}

const NAMES: [&str; 4] = ["P", "R", "1-H", "1-K"];

impl GilbertElliott {
    /// The talk's loss: `gemodel 50 20`, 71.4 % of all packets.
    pub const TALK: Self = Self { p: 0.5, r: 0.2, bad_loss: 1.0, good_loss: 0.0 };

    /// The talk's switched-off network: `gemodel 50 20 100 100`.
    pub const OFF: Self = Self { p: 0.5, r: 0.2, bad_loss: 1.0, good_loss: 1.0 };

    /// Loss in bursts: in the bad state all packets are lost, in the good state none.
    ///
    /// That is a share of `p / (p + r)` of all packets, in bursts of `1 / r` on average: `new(0.05, 0.5)` loses one in
    /// eleven, two in a row.
    ///
    /// # Panics
    /// If either is no probability.
    #[must_use]
    pub fn new(p: f64, r: f64) -> Self {
        Self { p: probability(p), r: probability(r), bad_loss: 1.0, good_loss: 0.0 }
    }

    /// This share of all packets is lost (0..=1), each by itself. 1 is a network that is switched off.
    ///
    /// # Panics
    /// If it is no probability.
    #[must_use]
    pub fn independent(share: f64) -> Self {
        let share = probability(share);
        Self { p: 0.0, r: 1.0, bad_loss: share, good_loss: share }
    }

    /// Whether every packet is lost whatever the state: the network is off.
    #[must_use]
    pub fn is_total(&self) -> bool {
        self.bad_loss >= 1.0 && self.good_loss >= 1.0
    }

    /// The share of time spent in the bad state: p / (p + r), or 0 for a chain that never moves.
    #[must_use]
    pub fn stationary_bad(&self) -> f64 {
        if self.p + self.r > 0.0 { self.p / (self.p + self.r) } else { 0.0 }
    }

    /// P(a packet is lost | the one so many steps before it was), long after the start; 0 where nothing is ever lost.
    #[must_use]
    pub fn loss_after_loss(&self, steps: u64) -> f64 {
        let bad = self.stationary_bad();
        let lost = bad * self.bad_loss + (1.0 - bad) * self.good_loss;
        if lost <= 0.0 {
            return 0.0;
        }
        let was_bad = bad * self.bad_loss / lost;
        let bad = was_bad * self.bad_after(true, steps) + (1.0 - was_bad) * self.bad_after(false, steps);
        bad * self.bad_loss + (1.0 - bad) * self.good_loss
    }

    /// P(bad) after `steps` packets, known to be in this state now.
    ///
    /// `pi + lambda^steps (s0 - pi)` with `lambda = 1 - p - r`, which may be 0 or negative.
    #[must_use]
    pub fn bad_after(&self, bad_now: bool, steps: u64) -> f64 {
        let start = f64::from(u8::from(bad_now));
        if self.p + self.r <= 0.0 {
            return start;
        }
        let stationary = self.stationary_bad();
        stationary + power(1.0 - self.p - self.r, steps) * (start - stationary)
    }
}

fn probability(number: f64) -> f64 {
    assert!((0.0..=1.0).contains(&number), "{number} is no probability: expected 0 to 1");
    number
}

/// Integer power by squaring: `f64::powi` may round differently on another platform, and a run must be the
/// same everywhere.
fn power(base: f64, mut exponent: u64) -> f64 {
    let (mut result, mut square) = (1.0, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= square;
        }
        square *= square;
        exponent >>= 1;
    }
    result
}

impl Chain {
    /// In the good state, where the kernel starts.
    #[must_use]
    pub fn good(model: GilbertElliott) -> Self {
        Self { model, bad: false }
    }

    /// In a state drawn from the stationary distribution: long after the start.
    #[must_use]
    pub fn stationary(model: GilbertElliott, random: &mut Random) -> Self {
        let bad = random.chance(model.stationary_bad());
        Self { model, bad }
    }

    /// The chain's parameters.
    #[must_use]
    pub fn model(&self) -> GilbertElliott {
        self.model
    }

    /// The state in which the next packet is decided.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.bad
    }

    /// Decides one packet, then moves.
    pub fn loses(&mut self, random: &mut Random) -> bool {
        let loss = if self.bad { self.model.bad_loss } else { self.model.good_loss };
        let lost = random.chance(loss);
        let change = if self.bad { self.model.r } else { self.model.p };
        self.bad ^= random.chance(change);
        lost
    }

    /// Lets `steps` packets of other flows pass in one draw; draws nothing for none.
    pub fn jump(&mut self, steps: u64, random: &mut Random) {
        if steps > 0 {
            self.bad = random.chance(self.model.bad_after(self.bad, steps));
        }
    }
}

impl fmt::Display for GilbertElliott {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded at nine digits, because 0.07 * 100 is not 7 in binary.
        let percent = |share: f64| (share * 1e11).round() / 1e9;
        write!(
            f,
            "{},{},{},{}",
            percent(self.p),
            percent(self.r),
            percent(self.bad_loss),
            percent(self.good_loss)
        )
    }
}

impl FromStr for GilbertElliott {
    type Err = ParseLossError;

    /// Reads percentages `P,R[,1-H[,1-K]]`; netem's defaults are 100 for `1-H` and 0 for `1-K`.
    fn from_str(text: &str) -> Result<Self, ParseLossError> {
        let fail = |problem| ParseLossError { found: text.to_owned(), problem };
        let parts: Vec<&str> = text.split(',').collect();
        if !(2..=4).contains(&parts.len()) {
            return Err(fail(Problem::Count(parts.len())));
        }
        let mut shares = [0.0, 0.0, 1.0, 0.0];
        for ((share, part), name) in shares.iter_mut().zip(parts).zip(NAMES) {
            let part = part.trim();
            let percent: f64 = part
                .strip_suffix('%')
                .unwrap_or(part)
                .parse()
                .map_err(|_| fail(Problem::Number(name, part.to_owned())))?;
            if !(0.0..=100.0).contains(&percent) {
                return Err(fail(Problem::Range(name, part.to_owned())));
            }
            *share = percent / 100.0;
        }
        let [p, r, bad_loss, good_loss] = shares;
        Ok(Self { p, r, bad_loss, good_loss })
    }
}

impl fmt::Display for ParseLossError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Count(count) => write!(f, "loss `{}` has {count} number(s)", self.found)?,
            Problem::Number(name, part) => {
                write!(f, "{name} of loss `{}` is `{part}`, no number", self.found)?;
            }
            Problem::Range(name, part) => {
                write!(f, "{name} of loss `{}` is `{part}`, outside 0..100", self.found)?;
            }
        }
        write!(f, "; expected percentages P,R[,1-H[,1-K]], such as 50,20")
    }
}

impl Error for ParseLossError {}

#[cfg(test)]
mod tests;
