//! The program `sampler`: which calls, where, and a row of CSV for each.

use crate::{
    input::{Refusal, percent},
    output::interrupt,
    sim::{
        network::{GilbertElliott, Preset},
        place::RealNetwork,
        port,
        world::World,
    },
    talk::{
        experiment::Experiment,
        reason::Failures,
        sampler::Finished,
        stages::{Stage, StageLoss, stage_named},
    },
};
use clap::{Parser, value_parser};
use http::{Uri, uri::Scheme};
use std::{
    ffi::OsString,
    fmt,
    io::{self, ErrorKind, Write},
    time::Duration,
};

/// Makes calls of one stage of the talk, and writes a CSV row `flag,seconds` as each ends: 0 for success, 1 for an error. At
/// the end, standard error counts why calls failed.
#[derive(Debug, Parser)]
#[command(name = "sampler", version)]
#[non_exhaustive]
pub struct Sampling {
    /// Calls in all
    #[arg(value_parser = value_parser!(u32).range(1..=1_000_000))]
    requests: u32,

    /// Calls at a time
    #[arg(value_parser = value_parser!(u32).range(1..=1_000))]
    workers: u32,

    /// The stage: ideal, naive, timeout and so on, as `talk` shows them
    #[arg(value_parser = stage_named)]
    stage: &'static Stage,

    /// The seed of the run; with --url, of the jitter
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,

    /// Write why a call failed as a third column: `flag,seconds,reason`
    #[arg(long)]
    reasons: bool,

    /// Call this address over the real network, in real time; http only
    #[arg(long, value_name = "URL", value_parser = address, conflicts_with_all = ["loss", "preset", "lies"])]
    url: Option<Uri>,

    /// The loss in percent, as netem's `gemodel`
    #[arg(long, value_name = "P,R[,1-H[,1-K]]", default_value = "50,20", allow_hyphen_values = true)]
    loss: GilbertElliott,

    /// The network's settings
    #[arg(long, value_enum, default_value_t = Preset::Talk)]
    preset: Preset,

    /// How many of the server's responses are corrupt (empty, or cut short behind a matching length), from own-retry on
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = percent, allow_negative_numbers = true)]
    lies: f64,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// What the calls that ended failed of.
    pub failures: Failures,
    /// Calls that had not ended at the stage's horizon, or had not begun.
    pub unfinished: usize,
    /// The horizon.
    pub horizon: Duration,
    /// Whether the reader of the rows went away.
    pub unread: bool,
}

impl Sampling {
    /// Reads the command line.
    ///
    /// # Errors
    /// A [`Refusal`] with what to print.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Refusal> {
        Self::try_parse_from(arguments).map_err(|error| Refusal::of(&error))
    }

    /// How many calls there will be.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.requests.into()
    }

    /// What a stage cannot do on a real network.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let name = self.stage.name;
        self.url.as_ref()?;
        match self.stage.loss {
            StageLoss::Given => None,
            StageLoss::None => {
                Some(format!("`{name}` calls over the network as it is, which may lose packets"))
            }
            StageLoss::Total => {
                Some(format!("`{name}` calls over the network as it is: it is not switched off"))
            }
        }
    }

    /// Makes the calls; `advance` is called after each.
    ///
    /// # Errors
    /// If a row cannot be written, for another reason than a reader that went away.
    pub fn run(&self, rows: &mut impl Write, advance: impl Fn()) -> io::Result<Ended> {
        let experiment = self.experiment();
        let sampler = experiment.sampler(self.stage);
        // Milliseconds are the grain of virtual time.
        let decimals = if self.url.is_some() { 6 } else { 3 };
        let mut failures = Failures::default();
        let each = |Finished { sample, failure, .. }: &Finished| {
            let mut row =
                vec![u8::from(!sample.ok).to_string(), format!("{:.decimals$}", sample.took.as_secs_f64())];
            if self.reasons {
                row.push(failure.as_ref().map(ToString::to_string).unwrap_or_default());
            }
            let row = line(&row)?;
            failures.count(failure.as_ref());
            let _whole = interrupt::whole();
            rows.write_all(&row)?;
            rows.flush()?;
            advance();
            Ok(())
        };
        let run = self.stage.run;
        let (sampled, result) = match &self.url {
            None => {
                World::run(experiment.world(self.stage, self.seed), |world| sampler.stream(world, run, each))?
            }
            Some(url) => {
                RealNetwork::new(url.clone(), self.seed).run(|network| sampler.stream(network, run, each))?
            }
        };
        let unread = matches!(&result, Err(error) if error.kind() == ErrorKind::BrokenPipe);
        if !unread {
            result?;
        }
        Ok(Ended { failures, unfinished: sampled.unfinished, horizon: sampler.horizon, unread })
    }

    fn experiment(&self) -> Experiment {
        let mut experiment = Experiment::new(self.seed, 1, vec![self.stage]);
        experiment.loss = self.loss;
        experiment.preset = self.preset;
        experiment.requests = self.requests as usize;
        experiment.workers = self.workers as usize;
        experiment.lies = self.lies;
        experiment
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} call(s) had not ended after {} s, and have no row",
            self.unfinished,
            self.horizon.as_secs()
        )
    }
}

/// A line of CSV.
fn line(cells: &[String]) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn address(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}; expected http://host/path"))?;
    match (uri.scheme(), uri.authority()) {
        (Some(scheme), Some(authority)) if *scheme == Scheme::HTTP && !authority.host().is_empty() => {
            port(authority)?;
            Ok(uri)
        }
        (Some(scheme), _) if *scheme == Scheme::HTTPS => Err("https is not spoken here, only http".into()),
        _ => Err("expected http://host/path".into()),
    }
}
