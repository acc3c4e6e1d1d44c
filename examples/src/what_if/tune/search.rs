//! Successive halving: among candidates from anywhere, then three times among neighbours of the best.
//!
//! Only what ran on the same seeds is compared. Halving compares the candidates of one generation with each other, in doubt for
//! each of them; what is left of it has run on all seeds, and is compared by what that showed with all that did before. So no
//! child that was lucky on four seeds displaces a parent that was good on all of them, and nothing that was good is lost.

use super::{
    goal::{Goal, Standing},
    space::Space,
};
use crate::{
    sim::{
        random::{Purpose, Random},
        seeds::over_seeds,
    },
    what_if::{Policy, Run, run::run, seeds::search_seed},
};
use std::io;

/// Seeds after each halving.
pub(super) const SEEDS: [u64; 5] = [4, 8, 16, 32, 64];

/// How many of the best get neighbours, and how often. With half as many of either, one search in six ended half as high
/// again as the others (`examples/my-network.toml`, six seeds).
const PARENTS: usize = 8;
const GENERATIONS: u64 = 3;

/// A policy and its runs so far.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Candidate {
    /// The policy.
    pub policy: Policy,
    /// Its runs, in the order of the seeds.
    pub runs: Vec<Run>,
}

/// Searches the space, with candidates and runs of this seed; all that ran on every seed of the search, the best first.
/// `done` is called after each run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn search(
    space: &Space,
    goal: Goal,
    candidates: usize,
    seed: u64,
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Vec<Candidate>> {
    let mut random = Random::new(seed, Purpose::Candidates);
    let mut field = vec![Candidate::new(space.start().clone())];
    field.extend((1..candidates).map(|_| Candidate::new(space.anywhere(&mut random))));
    let mut best = ranked(goal, halve(space, goal, field, seed, threads, &done)?);
    for _ in 0..GENERATIONS {
        let mut field: Vec<Candidate> = Vec::new();
        for parent in best.iter().take(PARENTS) {
            for _ in 0..children(candidates) {
                let child = space.near(&parent.policy, &mut random);
                let known = |candidate: &Candidate| candidate.policy == child;
                // Settings are rounded, so a child may be one that is there already.
                if !best.iter().chain(&field).any(known) {
                    field.push(Candidate::new(child));
                }
            }
        }
        best.extend(halve(space, goal, field, seed, threads, &done)?);
        best = ranked(goal, best);
    }
    Ok(best)
}

/// The best first, by what they showed on the same seeds.
fn ranked(goal: Goal, candidates: Vec<Candidate>) -> Vec<Candidate> {
    sorted(candidates, |candidate| goal.standing(&candidate.runs))
}

/// Stable: equals stay in the order of their making.
fn sorted(candidates: Vec<Candidate>, standing: impl Fn(&Candidate) -> Standing) -> Vec<Candidate> {
    let mut standings: Vec<(Standing, Candidate)> =
        candidates.into_iter().map(|candidate| (standing(&candidate), candidate)).collect();
    standings.sort_by(|(a, _), (b, _)| a.cmp(b));
    standings.into_iter().map(|(_, candidate)| candidate).collect()
}

/// How many go on: never so few that there are not enough parents.
fn half(field: usize) -> usize {
    field.div_ceil(2).max(PARENTS).min(field)
}

/// How many neighbours each of the best gets.
fn children(candidates: usize) -> usize {
    candidates / 2 / PARENTS
}

/// How many policies a search looks at beyond the first ones.
pub(super) fn neighbours(candidates: usize) -> usize {
    GENERATIONS as usize * PARENTS * children(candidates)
}

/// How many runs a search makes at the most.
pub(super) fn runs(candidates: usize) -> u64 {
    let halving = |mut field: usize| {
        let mut before = 0;
        let rounds = SEEDS.iter().map(|seeds| {
            let runs = field as u64 * (seeds - before);
            (field, before) = (half(field), *seeds);
            runs
        });
        rounds.sum::<u64>()
    };
    halving(candidates) + GENERATIONS * halving(PARENTS * children(candidates))
}

/// Lets the field run on more and more seeds and drops the worse half each time; what is left has run on all of them.
fn halve(
    space: &Space,
    goal: Goal,
    mut field: Vec<Candidate>,
    seed: u64,
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Vec<Candidate>> {
    let together = space.workers();
    for (round, seeds) in SEEDS.into_iter().enumerate() {
        if round > 0 {
            field.truncate(half(field.len()));
        }
        // Pairs of candidate and seed, in this order, whatever the number of threads.
        let missing = |(index, candidate): (usize, &Candidate)| {
            (candidate.runs.len() as u64..seeds).map(move |run| (index, search_seed(seed, run)))
        };
        let pairs: Vec<(usize, u64)> = field.iter().enumerate().flat_map(missing).collect();
        let settings: Vec<_> = field.iter().map(|candidate| space.with(candidate.policy.clone())).collect();
        let one = |pair: u64| {
            let (index, seed) = pairs[pair as usize];
            run(&settings[index], seed)
        };
        let runs = over_seeds(0, pairs.len() as u64, threads, one, &done);
        for ((index, _), run) in pairs.iter().zip(runs) {
            field[*index].runs.push(run?);
        }
        field = sorted(field, |candidate| goal.standing_in_doubt(&candidate.runs, together));
    }
    Ok(field)
}

impl Candidate {
    fn new(policy: Policy) -> Self {
        Self { policy, runs: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::what_if::Settings;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn small() -> Space {
        let mut settings = Settings::default();
        (settings.load.requests, settings.load.workers) = (4, 4);
        (settings.network.loss.p, settings.network.loss.r, settings.network.probe) = (0.1, 0.5, None);
        Space::around(settings, |_| false)
    }

    #[test]
    fn the_search_is_a_function_of_its_seed() {
        let policies = |seed, threads| -> Vec<Policy> {
            let best = search(&small(), Goal::new(90.0, 3.0), 16, seed, threads, || ()).unwrap();
            best.into_iter().map(|candidate| candidate.policy).collect()
        };
        let found = policies(1, 1);
        assert_eq!(policies(1, 3), found);
        assert_ne!(policies(2, 2), found);
    }

    #[test]
    fn the_best_have_seen_all_seeds_and_the_runs_are_counted() {
        let count = AtomicU64::new(0);
        let done = || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let best = search(&small(), Goal::new(90.0, 3.0), 16, 1, 2, done).unwrap();
        assert!(best.len() > PARENTS && best.iter().all(|candidate| candidate.runs.len() == 64));
        assert!(count.into_inner() <= runs(16));
    }

    /// Goals that a part of the candidates hold and the quickest do not.
    #[test]
    fn what_holds_the_goal_comes_first_and_the_best_of_a_generation_is_not_lost() {
        for seed in 1..=4 {
            let goal = Goal::new(97.0, 1.25);
            let best = search(&small(), goal, 16, seed, 2, || ()).unwrap();
            let standings: Vec<Standing> = best.iter().map(|it| goal.standing(&it.runs)).collect();
            assert!(standings.is_sorted_by(|a, b| a.cmp(b).is_le()), "{seed}: {standings:?}");
            assert!(standings[0].broken <= 0.0, "{seed}: the best does not break the goal: {standings:?}");
            // The same search, cut off after its first generation.
            let mut random = Random::new(seed, Purpose::Candidates);
            let mut field = vec![Candidate::new(small().start().clone())];
            field.extend((1..16).map(|_| Candidate::new(small().anywhere(&mut random))));
            let first = ranked(goal, halve(&small(), goal, field, seed, 2, || ()).unwrap());
            assert!(standings[0].cmp(&goal.standing(&first[0].runs)).is_le(), "{seed}");
        }
    }
}
