use super::{goal::Goal, space::Space};
use crate::{
    input::percent,
    what_if::{Question, Settings},
};
use clap::{Args, value_parser};
use std::path::PathBuf;

/// A network, and what the policy for it must hold.
///
/// The search begins with the policy of the defaults or of the file. It keeps what is given as a flag and what is not
/// attempts, head, idle or first.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct TuneQuestion {
    /// The least success
    #[arg(long, value_name = "PERCENT", default_value = "99.9", value_parser = percent, allow_negative_numbers = true)]
    success: f64,

    /// The most requests per call, the first included
    #[arg(long, value_name = "COUNT", default_value = "2", value_parser = at_least_one, allow_negative_numbers = true)]
    requests_per_call: f64,

    /// How many policies the search begins with
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = value_parser!(u32).range(16..=10_000))]
    candidates: u32,

    /// Measure the verified policy over this machine's kernel too, in real time (Linux only)
    #[arg(long)]
    pub verify_kernel: bool,

    #[command(flatten)]
    question: Question,
}

impl TuneQuestion {
    /// What is demanded.
    #[must_use]
    pub fn goal(&self) -> Goal {
        Goal::new(self.success, self.requests_per_call)
    }

    /// How many policies the search begins with.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.candidates as usize
    }

    /// Where the search looks.
    #[must_use]
    pub fn space(&self) -> Space {
        Space::around(self.settings(), |name| self.question.has_flag(name))
    }

    /// The network, the load, and what is fixed.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.question.settings(Settings::default())
    }

    /// What no single flag shows.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self) -> Result<(), String> {
        match self.space().names().is_empty() {
            true => {
                Err("nothing is left to tune; expected one of attempts, head, idle, first without a flag"
                    .into())
            }
            false => Ok(()),
        }
    }

    /// Where the results go.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        self.question.out().unwrap_or_else(|| "target/tune".into())
    }
}

fn at_least_one(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (1.0..=1_000.0).contains(&number) => Ok(number),
        _ => Err("expected a number of requests, 1..1000, the first included".into()),
    }
}
