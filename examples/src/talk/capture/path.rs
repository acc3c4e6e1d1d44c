//! Which packets of the probe were lost.
//!
//! The run has only drawn the chain's state at each of TCP's packets, jumping over the probe's in between. Here the
//! states in between are drawn one by one under the condition that they end where the run has been (a bridge of the
//! chain): `P(next | now, the state after n more steps) ~ P(now -> next) P(next -> that state in n - 1 steps)`.

use crate::sim::{
    network::{Decision, GilbertElliott, QueueLog},
    random::Random,
};

/// For each packet of the probe in turn, whether it was lost.
#[derive(Debug)]
pub(super) struct Path<'a> {
    model: GilbertElliott,
    random: Random,
    bad: bool,
    decisions: std::slice::Iter<'a, Decision>,
    next: Option<Decision>,
    /// Steps until the next decision.
    to_go: u64,
    left: u64,
    /// So many steps ahead a state says nothing about the next one, to the last bit of a double.
    horizon: u64,
}

impl<'a> Path<'a> {
    /// Of so many packets through this queue.
    pub(super) fn new(queue: &'a QueueLog, packets: u64, random: Random) -> Self {
        let mut path = Self {
            model: queue.model,
            random,
            bad: queue.starts_bad,
            decisions: queue.decisions.iter(),
            next: None,
            to_go: 0,
            left: packets,
            horizon: horizon(queue.model),
        };
        path.advance();
        path
    }

    /// On to the next decision that has packets of the probe before it.
    fn advance(&mut self) {
        loop {
            self.next = self.decisions.next().copied();
            match self.next {
                Some(decision) if decision.probes == 0 => self.bad = decision.bad_after,
                Some(decision) => break self.to_go = decision.probes,
                None => break self.to_go = u64::MAX,
            }
        }
    }

    /// P(bad) after the next step.
    fn chance_of_bad(&self) -> f64 {
        let free = self.model.bad_after(self.bad, 1);
        match self.next {
            Some(decision) if self.to_go == 1 => f64::from(u8::from(decision.bad)),
            Some(decision) if self.to_go <= self.horizon => {
                let ends = |bad| {
                    let ends_bad = self.model.bad_after(bad, self.to_go - 1);
                    if decision.bad { ends_bad } else { 1.0 - ends_bad }
                };
                let (by_bad, by_good) = (free * ends(true), (1.0 - free) * ends(false));
                if by_bad + by_good > 0.0 { by_bad / (by_bad + by_good) } else { free }
            }
            _ => free,
        }
    }
}

impl Iterator for Path<'_> {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        let loss = if self.bad { self.model.bad_loss } else { self.model.good_loss };
        // Most models are certain in both states, and these are millions of packets.
        let lost = if loss > 0.0 && loss < 1.0 { self.random.chance(loss) } else { loss >= 1.0 };
        let chance = self.chance_of_bad();
        self.bad = self.random.chance(chance);
        self.to_go -= 1;
        if self.to_go == 0 {
            if let Some(decision) = self.next {
                self.bad = decision.bad_after;
            }
            self.advance();
        }
        Some(lost)
    }
}

fn horizon(model: GilbertElliott) -> u64 {
    let memory = (1.0 - model.p - model.r).abs();
    if memory >= 1.0 {
        return u64::MAX;
    }
    let (mut left, mut steps) = (1.0, 1);
    while left > f64::EPSILON / 16.0 {
        left *= memory;
        steps += 1;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::random::Purpose;

    fn random(seed: u64) -> Random {
        Random::new(seed, Purpose::ProbePath)
    }

    fn queue(model: GilbertElliott, starts_bad: bool, decisions: Vec<Decision>) -> QueueLog {
        QueueLog { model, packets_per_second: 10_000, starts_bad, decisions }
    }

    fn simple(p: f64, r: f64) -> GilbertElliott {
        GilbertElliott { p, r, ..GilbertElliott::TALK }
    }

    /// Whole chains, packet by packet, of which only those are kept that end as asked: what a bridge must look like.
    fn by_rejection(model: GilbertElliott, starts_bad: bool, steps: usize, ends_bad: bool) -> Vec<f64> {
        let mut random = random(99);
        let (mut kept, mut bad_at) = (0_u32, vec![0_u32; steps]);
        while kept < 40_000 {
            let (mut bad, mut states) = (starts_bad, Vec::new());
            for _ in 0..steps {
                states.push(bad);
                bad ^= random.chance(if bad { model.r } else { model.p });
            }
            if bad == ends_bad {
                kept += 1;
                bad_at.iter_mut().zip(states).for_each(|(count, bad)| *count += u32::from(bad));
            }
        }
        bad_at.iter().map(|count| f64::from(*count) / f64::from(kept)).collect()
    }

    #[test]
    fn a_path_between_two_known_states_is_one_of_the_chains() {
        for (model, steps) in [(GilbertElliott::TALK, 6), (simple(0.05, 0.1), 9), (simple(0.9, 0.7), 5)] {
            for (starts_bad, ends_bad) in [(false, false), (false, true), (true, false), (true, true)] {
                let expected = by_rejection(model, starts_bad, steps, ends_bad);
                let decision = Decision { probes: steps as u64, bad: ends_bad, bad_after: false };
                let log = queue(model, starts_bad, vec![decision]);
                let mut lost = vec![0_u32; steps];
                for seed in 0..40_000 {
                    let path = Path::new(&log, steps as u64, random(seed));
                    lost.iter_mut().zip(path).for_each(|(count, lost)| *count += u32::from(lost));
                }
                for (step, (count, expected)) in lost.iter().zip(&expected).enumerate() {
                    let share = f64::from(*count) / 40_000.0;
                    assert!((share - expected).abs() < 0.015, "{model:?} step {step}: {share} {expected}");
                }
            }
        }
    }

    #[test]
    fn the_path_goes_through_every_known_state() {
        // Known states one step apart leave nothing to draw: the path must be these.
        let known = [true, true, false, true, false, false, true];
        let decisions = known.map(|bad| Decision { probes: 1, bad, bad_after: bad });
        let log = queue(simple(0.5, 0.5), false, decisions.to_vec());
        let path: Vec<bool> = Path::new(&log, 7, random(1)).collect();
        assert_eq!(path, [false, true, true, false, true, false, false]);
    }

    #[test]
    fn decisions_in_one_instant_step_the_chain_too() {
        let decision = |probes, bad_after| Decision { probes, bad: false, bad_after };
        let log =
            queue(simple(0.5, 0.5), true, vec![decision(0, false), decision(0, true), decision(1, false)]);
        assert_eq!(Path::new(&log, 2, random(1)).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_long_path_has_the_chains_loss_and_bursts() {
        // Known every tenth of a second, as in a run.
        for model in [GilbertElliott::TALK, simple(0.01, 0.1), simple(0.25, 0.75)] {
            let mut source = random(5);
            let (mut bad, mut decisions) = (false, Vec::new());
            for _ in 0..400 {
                bad = source.chance(model.bad_after(bad, 1_000));
                let before = bad;
                bad ^= source.chance(if bad { model.r } else { model.p });
                decisions.push(Decision { probes: 1_000, bad: before, bad_after: bad });
            }
            let log = queue(model, false, decisions);
            let path: Vec<bool> = Path::new(&log, 400_000, random(6)).collect();
            let lost = path.iter().filter(|lost| **lost).count() as f64;
            let after_loss = path.windows(2).filter(|pair| pair[0] && pair[1]).count() as f64;
            assert!((lost / 400_000.0 - model.stationary_bad()).abs() < 0.01, "{model:?}: {lost}");
            assert!((after_loss / lost - (1.0 - model.r)).abs() < 0.01, "{model:?}: {after_loss} of {lost}");
        }
    }

    #[test]
    fn chains_at_their_limits_have_paths() {
        let decision = |bad| Decision { probes: 4, bad, bad_after: bad };
        for (model, starts_bad, ends_bad, expected) in [
            (simple(0.0, 0.0), true, true, [true; 4]),
            (simple(0.0, 0.0), false, false, [false; 4]),
            (simple(1.0, 1.0), false, false, [false, true, false, true]),
            (GilbertElliott::OFF, false, true, [true; 4]),
        ] {
            let log = queue(model, starts_bad, vec![decision(ends_bad)]);
            assert_eq!(Path::new(&log, 4, random(1)).collect::<Vec<_>>(), expected, "{model:?}");
        }
    }
}
