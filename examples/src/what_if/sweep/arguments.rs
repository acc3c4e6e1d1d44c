use super::axis::Axis;
use crate::what_if::{Question, Settings};
use clap::Args;
use std::path::PathBuf;

/// A question with one or two settings varied.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct SweepQuestion {
    /// A setting and its values, once for columns and perhaps once more for rows: attempts=1..8, head=2s,5s,10s
    #[arg(long = "vary", value_name = "NAME=VALUES", required = true, value_parser = Axis::parse)]
    axes: Vec<Axis>,

    #[command(flatten)]
    question: Question,
}

/// Seeds of each cell, if nothing else is said: a map of fifty cells in a quarter of a minute.
const SEEDS: u64 = 20;

/// More cells would take minutes and fit on no page.
const MOST_CELLS: usize = 500;

impl SweepQuestion {
    /// The columns, and the rows if there are any.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// What is not varied.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let mut defaults = Settings::default();
        defaults.load.seeds = SEEDS;
        self.question.settings(defaults)
    }

    /// Where the results go.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        self.question.out().unwrap_or_else(|| "target/sweep".into())
    }

    /// What the single axes do not show.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self) -> Result<(), String> {
        let cells: usize = self.axes.iter().map(|axis| axis.values.len()).product();
        match &self.axes[..] {
            [a, b] if a.setting.name == b.setting.name => {
                Err(format!("`{}` is varied twice; wanted are its values in one --vary", a.setting.name))
            }
            [_] | [_, _] if cells <= MOST_CELLS => Ok(()),
            [_] | [_, _] => Err(format!("the map has {cells} cells; wanted are at most {MOST_CELLS}")),
            axes => Err(format!("{} settings are varied; wanted are one or two", axes.len())),
        }
    }
}
