//! `tune --verify-kernel`: what the lab has verified, answered over this machine's kernel, too.

use super::{goal::Goal, verify::Verified};
use crate::{
    output::progress::Progress,
    sim::kernel::{takes, version},
    what_if::{
        Figures,
        over_kernel::{AT_ONCE, runs_over_kernel},
        report,
    },
};
use std::{error::Error, time::Duration};

/// The same question's answer over the kernel.
#[derive(Debug)]
pub(super) struct OverKernel {
    /// Both answers side by side, and whether the kernel's holds the goal.
    pub(super) text: String,
    /// Whether it does.
    pub(super) holds: bool,
    /// The calls and the figures.
    pub(super) files: [(String, String); 2],
}

/// Runs the verified policy over the kernel, as many networks at once as there are seeds.
///
/// # Errors
/// If a network cannot be made.
pub(super) fn verify_over_kernel(goal: Goal, verified: &Verified) -> Result<OverKernel, Box<dyn Error>> {
    let (settings, lab) = (&verified.settings, &verified.figures);
    let (seeds, calls) = (settings.load.seeds, settings.load.seeds * settings.load.requests as u64);
    let about = takes(seeds, AT_ONCE, Duration::from_secs_f64(lab.run_seconds));
    let progress = Progress::until(calls, "calls over the kernel", about);
    let runs = runs_over_kernel(settings, |calls| progress.advance_by(calls))?;
    drop(progress);
    let figures = Figures::of(&runs, settings.load.workers);
    let holds = goal.holds(&figures);
    let table = report::side_by_side(["lab", "kernel"], [lab, &figures]);
    let says = if holds { "holds" } else { "does not hold" };
    let text = format!(
        "In the lab, and over Linux {} (server hyper), where it {says} the goal:\n\n{table}",
        version()
    );
    let files = [
        ("tune-kernel.csv".to_owned(), report::csv(settings, &runs)?),
        ("tune-kernel.json".to_owned(), report::json(settings, &figures)?),
    ];
    Ok(OverKernel { text, holds, files })
}
