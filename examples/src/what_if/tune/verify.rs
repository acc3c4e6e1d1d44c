//! The best of a search, on seeds that the search has not seen.

use super::{goal::Goal, search::Candidate, space::Space};
use crate::what_if::{Figures, Settings, runs};
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
}

/// So many of the best get a chance: each further one makes it likelier that one passes by luck.
const CHANCES: usize = 5;

/// The first of the candidates that holds the goal on the seeds of the settings, or else the one that came nearest.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn verify(
    space: &Space,
    goal: Goal,
    best: &[Candidate],
    threads: usize,
    done: impl Fn() + Sync,
) -> io::Result<Option<Verified>> {
    let mut nearest: Option<Verified> = None;
    let broken = |figures: &Figures| goal.broken_by(figures.success.value, figures.requests.value);
    for (rejected, candidate) in best.iter().take(CHANCES).enumerate() {
        let settings = space.with(candidate.policy.clone());
        let figures = Figures::of(&runs(&settings, threads, &done)?, settings.load.seed);
        let holds = goal.holds(&figures);
        let nearer = nearest.as_ref().is_none_or(|nearest| broken(&figures) < broken(&nearest.figures));
        if holds || nearer {
            nearest = Some(Verified { settings, figures, rejected, holds });
        }
        if holds {
            break;
        }
    }
    Ok(nearest)
}
