//! The flags of `amplification`.

use super::{chain::Chain, trials::draws};
use clap::{Args, value_parser};
use std::path::PathBuf;

/// More random numbers than this take minutes.
const MOST_DRAWS: f64 = 5e9;

/// Which chains, and how often each is tried.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct Amplification {
    /// Probability that a part fails [default: 0.000001]
    #[arg(long, value_parser = probability, allow_negative_numbers = true)]
    f: Option<f64>,

    /// Parts in a chain; with --f, --n or --k there is one chain in place of the talk's three [default: 100]
    #[arg(long, value_parser = value_parser!(u64).range(1..=1_000_000_000_000))]
    n: Option<u64>,

    /// Repetitions of the chain [default: 1000]
    #[arg(long, value_parser = value_parser!(u64).range(1..=1_000_000_000_000))]
    k: Option<u64>,

    /// Retries of a part, one or several numbers
    #[arg(long, value_name = "COUNT", value_delimiter = ',', default_value = "0,1,3", value_parser = value_parser!(u32).range(0..=1_000))]
    retries: Vec<u32>,

    /// How often each chain is simulated
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u64).range(1..=1_000_000_000))]
    pub trials: u64,

    /// The seed
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    pub seed: u64,

    /// The directory for the figures as JSON and CSV
    #[arg(long, value_name = "DIR", default_value = "target/amplification")]
    pub out: PathBuf,
}

impl Amplification {
    /// The chains in the order of the table.
    #[must_use]
    pub fn chains(&self) -> Vec<Chain> {
        const TALK: [(u64, u64); 3] = [(1, 1), (100, 1_000), (100, 10_000)];
        let f = self.f.unwrap_or(1e-6);
        let own = [(self.n.unwrap_or(100), self.k.unwrap_or(1_000))];
        let talks = self.f.is_none() && self.n.is_none() && self.k.is_none();
        let sizes = if talks { &TALK[..] } else { &own };
        let of = |(n, k): &(u64, u64)| {
            let (n, k) = (*n, *k);
            self.retries.iter().map(move |retries| Chain::new(f, n, k, *retries)).collect::<Vec<_>>()
        };
        sizes.iter().flat_map(of).collect()
    }

    /// Whether this can be simulated within minutes.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self) -> Result<(), String> {
        let of_a_trial: f64 = self.chains().into_iter().map(draws).sum();
        if of_a_trial * self.trials as f64 <= MOST_DRAWS {
            return Ok(());
        }
        let most = (MOST_DRAWS / of_a_trial) as u64;
        Err(match most {
            0 => "these parts fail too often to be simulated; expected a smaller --f, --n or --k".into(),
            most => {
                format!("these parts fail too often for {} trials; use --trials {most} or less", self.trials)
            }
        })
    }
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(probability) if (0.0..=1.0).contains(&probability) => Ok(probability),
        _ => Err("expected a probability, 0..1, such as 0.000001 or 1e-6".into()),
    }
}
