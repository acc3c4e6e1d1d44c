use super::axis::Axis;
use crate::what_if::{Question, Settings, setting::Setting};
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
        self.settings_with(&[])
    }

    /// The settings of the cell with these values.
    #[must_use]
    pub fn settings_with(&self, varied: &[(&'static Setting, &str)]) -> Settings {
        let mut defaults = Settings::default();
        defaults.load.seeds = SEEDS;
        self.question.settings_with(defaults, varied)
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
        for axis in &self.axes {
            let varied = axis.setting;
            if self.question.has_flag(varied.name) {
                return Err(format!(
                    "`{0}` is varied and given as a flag; leave one of them out",
                    varied.name
                ));
            }
            // What a file says is overridden, as by a flag.
            if let Some(part) = varied.parts().iter().find(|part| self.overrides(varied, part)) {
                return Err(format!(
                    "`{part}` is a part of `{}`, which is varied; leave one of them out",
                    varied.name
                ));
            }
        }
        match &self.axes[..] {
            [a, b] if a.setting.name == b.setting.name => {
                Err(format!("`{}` is varied twice; put all its values into one --vary", a.setting.name))
            }
            [_] | [_, _] if cells <= MOST_CELLS => Ok(()),
            [_] | [_, _] => Err(format!("the map has {cells} cells; expected at most {MOST_CELLS}")),
            axes => Err(format!("{} settings are varied; expected one or two", axes.len())),
        }
    }

    /// Whether this part of what is varied is varied by itself, or given so that not all that is varied would run.
    fn overrides(&self, varied: &Setting, part: &str) -> bool {
        let other_axis = self.axes.iter().any(|axis| axis.setting.name == part);
        // A preset with another probe is still that preset, and says so; a loss with another p is another loss.
        other_axis || (varied.name != "preset" && self.question.has_flag(part))
    }
}
