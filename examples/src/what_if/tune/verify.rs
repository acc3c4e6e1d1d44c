//! The best of a search, on seeds that the search has not seen.

use super::{
    goal::{Goal, Standing},
    search::Candidate,
    space::Space,
};
use crate::what_if::{Figures, Policy, Settings, runs};
use std::io;

/// A verified policy.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// Its settings.
    pub settings: Settings,
    /// Its figures on the new seeds.
    pub figures: Figures,
    /// How many better ones of the search did not hold the goal on the new seeds.
    pub rejected: usize,
    /// Whether this one does.
    pub holds: bool,
    /// The figures of the policy that the search was given, on the same seeds.
    pub given: Figures,
    /// Whether that is the one.
    pub is_given: bool,
}

/// So many get a chance in any case; after them only those that the search found to hold the goal, or nearly so.
const CHANCES: usize = 5;

/// The first of the candidates that holds the goal on the seeds of the settings, unless the policy that was given holds it
/// with a lower p99; or else the one that came nearest.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn verify(
    space: &Space,
    goal: Goal,
    best: &[Candidate],
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Verified> {
    let measure = |policy: &Policy| -> io::Result<(Settings, Figures)> {
        let settings = space.with(policy.clone());
        let figures = Figures::of(&runs(&settings, threads, &done)?, settings.load.workers);
        Ok((settings, figures))
    };
    let (settings, given) = measure(space.start())?;
    let holds = goal.holds(&given);
    let mut chosen = Verified { settings, figures: given, rejected: 0, holds, given, is_given: true };
    let mut rejected = 0;
    for (index, candidate) in best.iter().enumerate() {
        let doubtful = || goal.standing_in_doubt(&candidate.runs, space.workers()).broken <= 0.0;
        if index >= CHANCES && !doubtful() {
            break;
        }
        if candidate.policy == *space.start() {
            // Measured already. Better ones than it would have come before.
            if chosen.holds && chosen.is_given {
                break;
            }
            rejected += 1;
            continue;
        }
        let (settings, figures) = measure(&candidate.policy)?;
        let holds = goal.holds(&figures);
        if Standing::of(goal, &figures).cmp(&Standing::of(goal, &chosen.figures)).is_lt() {
            chosen = Verified { settings, figures, rejected, holds, given, is_given: false };
        }
        if holds {
            break;
        }
        rejected += 1;
    }
    if chosen.is_given {
        chosen.rejected = rejected;
    }
    Ok(chosen)
}
