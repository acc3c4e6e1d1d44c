//! The command line.

use crate::{
    amplification::Amplification,
    input::{Refusal, percent},
    kernel::KernelRuns,
    sim::{
        kernel::{self, Missing, Setup},
        network::{GilbertElliott, Preset},
    },
    storm::Storm,
    talk::{
        experiment::Experiment,
        stages::{STAGES, Stage, stage_named},
    },
    what_if::{Trial, sweep::SweepQuestion, tune::TuneQuestion},
};
use clap::{Args, Parser, Subcommand, value_parser};
use std::path::PathBuf;

/// The talk "Do You Want to Retry?" in virtual time: every stage of its experiment, over many seeds.
#[derive(Debug, Parser)]
#[command(name = "talk", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to run instead of the talk
    #[command(subcommand)]
    command: Option<Command>,

    /// A stage to run; may be given more than once [default: all]
    #[arg(long = "stage", value_name = "NAME", value_parser = stage_named)]
    stages: Vec<&'static Stage>,

    /// The first seed, whose successes are shown by themselves
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,

    /// How many seeds
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u64).range(1..=1_000_000))]
    seeds: u64,

    /// The loss in percent, as netem's `gemodel`
    #[arg(long, value_name = "P,R[,1-H[,1-K]]", default_value = "50,20", allow_hyphen_values = true)]
    loss: GilbertElliott,

    /// Calls per run
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..=1_000_000))]
    requests: u32,

    /// Calls at a time
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_000))]
    workers: u32,

    /// How many of the server's responses are corrupt (empty, or cut short behind a matching length), from own-retry on
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = percent, allow_negative_numbers = true)]
    lies: f64,

    /// The network's settings
    #[arg(long, value_enum, default_value_t = Preset::Talk)]
    preset: Preset,

    /// How much of the probe the captures hold packet by packet: so much of every tenth of a second
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = percent, allow_negative_numbers = true)]
    capture_probe: f64,

    /// The directory for the page, the plots, the captures and the figures
    #[arg(long, value_name = "DIR", default_value = "target/talk")]
    out: PathBuf,
}

/// The other experiments.
#[derive(Debug, Clone, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// A storm: what the retries of a fleet do to a server after an outage, and who recovers where
    Storm(Storm),
    /// AWS's experiment of competing writers: what jitter saves
    Jitter(Runs),
    /// A good network: what hedging does for the slowest calls, and to a server that stands still
    Tail(Runs),
    /// Downloads that break off: what resuming and continuing save
    Download(Runs),
    /// Rare failures, amplified: the talk's S(k) = (1-f)^(nk), computed and simulated, and what retries do to it
    Amplification(Amplification),
    /// The talk's stages over this machine's kernel, in real time and beside the lab: Linux only
    #[command(
        after_help = "It takes as long as its longest run: about ten minutes for all stages, however many runs. It needs \
        network namespaces, as root or by user namespaces, and /dev/net/tun. Where something is missing, it says so with \
        status 2."
    )]
    Kernel(KernelRuns),
    /// Your own network and policy, measured: success, percentiles, cost
    Try(Trial),
    /// The same over the values of one or two settings: a map
    #[command(
        after_help = "Values are separated by commas, or by / where they have commas of their own: loss=50,20/10,50. \
        Numbers may be ranges: 1..8, 10..50:10. Without --seeds each cell has 20."
    )]
    Sweep(SweepQuestion),
    /// The policy with the lowest p99 for a required success and a limit on requests, as Rust code
    #[command(
        after_help = "The search changes attempts, head, idle and first, unless they are given as flags; it begins \
        with the policy of the file or of the defaults. If nothing holds, the exit status is 1. \
        With --verify-kernel it is 1, too, if the goal does not hold over the kernel."
    )]
    Tune(TuneQuestion),
}

/// How often an experiment is run, and where its results go.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct Runs {
    /// The first seed
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    pub seed: u64,

    /// How many seeds
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u64).range(1..=1_000_000))]
    pub seeds: u64,

    /// The directory for the figures as JSON and CSV; without it one of its own under target/
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Cli {
    /// Reads the command line.
    ///
    /// # Errors
    /// A [`Refusal`] with what to print.
    pub fn read(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Self, Refusal> {
        let cli = Self::try_parse_from(arguments).map_err(|error| Refusal::of(&error))?;
        cli.check().map_err(|wrong| Refusal::Bad(format!("error: {wrong}")))?;
        Ok(cli)
    }

    /// What no single flag shows.
    fn check(&self) -> Result<(), String> {
        match &self.command {
            Some(Command::Amplification(asked)) => asked.check(),
            Some(Command::Storm(asked)) => asked.check(),
            Some(Command::Kernel(asked)) => asked.check(),
            Some(Command::Try(trial)) => trial.check(),
            Some(Command::Sweep(question)) => question.check(),
            Some(Command::Tune(question)) => question.check(),
            _ => Ok(()),
        }
    }

    /// What is to be run: the stages in the talk's order, each once.
    #[must_use]
    pub fn experiment(&self) -> Experiment {
        let wanted = |stage: &&Stage| {
            self.stages.is_empty() || self.stages.iter().any(|named| named.name == stage.name)
        };
        let mut experiment = Experiment::new(self.seed, self.seeds, STAGES.iter().filter(wanted).collect());
        experiment.loss = self.loss;
        experiment.preset = self.preset;
        experiment.requests = self.requests as usize;
        experiment.workers = self.workers as usize;
        experiment.lies = self.lies;
        experiment
    }

    /// The share of the probe's packets in the captures, in percent.
    #[must_use]
    pub fn capture_probe(&self) -> f64 {
        self.capture_probe
    }

    /// What is to be run instead, if anything.
    #[must_use]
    pub fn command(&self) -> Option<&Command> {
        self.command.as_ref()
    }

    /// Makes this process ready for what is to be run: before it has any further thread.
    ///
    /// # Errors
    /// What is missing here.
    pub fn prepare(&self) -> Result<(), Missing> {
        let setup = match &self.command {
            Some(Command::Kernel(asked)) => asked.setup(),
            Some(Command::Try(trial)) if trial.kernel => Setup::default(),
            Some(Command::Tune(question)) if question.verify_kernel => Setup::default(),
            _ => return Ok(()),
        };
        kernel::prepare()?;
        kernel::possible(setup)
    }

    /// Whether the files are named where the answer does not name them itself.
    #[must_use]
    pub fn says_where(&self) -> bool {
        use Command::{Amplification, Download, Jitter, Storm, Tail};
        matches!(&self.command, Some(Amplification(_) | Download(_) | Jitter(_) | Storm(_) | Tail(_)))
    }

    /// Whether a file of this name may come of it.
    #[must_use]
    pub fn may_write(&self, name: &str) -> bool {
        let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
        let one_of = |stems: &[&str]| stems.contains(&stem);
        match &self.command {
            // The page, the figures, and what a stage or a plot is named after.
            None | Some(Command::Kernel(_)) => ["html", "json", "csv", "pcap", "svg"].contains(&kind),
            Some(Command::Storm(_)) => one_of(&["storm", "storm-map"]),
            Some(Command::Jitter(_)) => one_of(&["jitter"]),
            Some(Command::Tail(_)) => one_of(&["tail", "stall"]),
            Some(Command::Download(_)) => one_of(&["download"]),
            Some(Command::Amplification(_)) => one_of(&["amplification"]),
            Some(Command::Try(_)) => one_of(&["try", "try-kernel", "try-against", "try-difference"]),
            Some(Command::Sweep(_)) => one_of(&["sweep"]),
            Some(Command::Tune(_)) => one_of(&["tune", "front", "tune-kernel"]),
        }
    }

    /// Where the results go.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        let (runs, by_default) = match &self.command {
            None => return self.out.clone(),
            Some(Command::Storm(asked)) => return asked.out.clone(),
            Some(Command::Jitter(runs)) => (runs, "target/jitter"),
            Some(Command::Download(runs)) => (runs, "target/download"),
            Some(Command::Tail(runs)) => (runs, "target/tail"),
            Some(Command::Amplification(asked)) => return asked.out.clone(),
            Some(Command::Kernel(asked)) => return asked.out.clone(),
            Some(Command::Sweep(question)) => return question.out(),
            Some(Command::Tune(question)) => return question.out(),
            Some(Command::Try(trial)) => {
                return trial.question().out().unwrap_or_else(|| "target/try".into());
            }
        };
        runs.out.clone().unwrap_or_else(|| by_default.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Experiment, String> {
        let arguments = ["talk"].iter().chain(arguments).map(Into::into);
        match Cli::read(arguments) {
            Ok(cli) => Ok(cli.experiment()),
            Err(Refusal::Bad(line)) => Err(line),
            Err(Refusal::Asked(text)) => panic!("{text}"),
        }
    }

    #[test]
    fn the_defaults_are_the_talks() {
        let experiment = read(&[]).unwrap();
        assert_eq!((experiment.seed, experiment.seeds), (1, 100));
        assert_eq!((experiment.requests, experiment.workers), (100, 10));
        assert_eq!(experiment.loss, GilbertElliott::TALK);
        assert_eq!(experiment.preset, Preset::Talk);
        assert_eq!(experiment.stages.len(), STAGES.len());
        assert!((experiment.lies - 1.0).abs() < 1e-12);
    }

    #[test]
    fn stages_run_once_and_in_the_talks_order() {
        let experiment = read(&["--stage", "naive", "--stage", "ideal", "--stage=naive"]).unwrap();
        let names: Vec<&str> = experiment.stages.iter().map(|stage| stage.name).collect();
        assert_eq!(names, ["ideal", "naive"]);
    }

    #[test]
    fn bad_input_is_one_line_that_names_it() {
        for (arguments, named) in [
            (&["--loss", "120,20"][..], "`120`, outside 0..100"),
            (&["--loss", "50"], "has 1 number(s)"),
            (&["--loss", "-1,20"], "`-1`, outside 0..100"),
            (&["--stage", "nave"], "the stages are ideal, naive"),
            (&["--stage", ""], "--stage"),
            (&["--seeds", "0"], "0 is not in 1..="),
            (&["--seed", "-1"], "'-1' for '--seed <SEED>'"),
            (&["--seed", "x"], "invalid digit"),
            (&["--requests", "0"], "0 is not in 1..="),
            (&["--workers", "0"], "0 is not in 1..="),
            (&["--lies", "101"], "0..100"),
            (&["--lies", "-1"], "0..100"),
            (&["--lies", "NaN"], "0..100"),
            (&["--capture-probe", "101"], "0..100"),
            (&["--preset", "x"], "[possible values: talk, no-probe]"),
            (&["--out"], "--out"),
            (&["more"], "'more'"),
            (&["storm", "--seeds", "0"], "0 is not in 1..="),
            (&["storm", "--seed", "-1"], "'-1' for '--seed <SEED>'"),
            (&["storm", "--stage", "naive"], "'--stage'"),
            (&["storm", "--clients", "0"], "0 is not in 1..="),
            (&["storm", "--clients", "50", "--open"], "'--open'"),
            (&["storm", "--load", "0"], "expected a number per second, 0.01..10000"),
            (&["storm", "--load", "NaN"], "expected a number per second"),
            (&["storm", "--rate", "0"], "'0' for '--rate"),
            (&["storm", "--rate", "-1"], "'-1' for '--rate"),
            (&["storm", "--rate", "inf"], "expected a number per second"),
            (&["storm", "--queue", "0"], "0 is not in 1..="),
            (&["storm", "--queue", "-1"], "'-1' for '--queue"),
            (&["storm", "--outage", "20"], "expected a duration with its unit"),
            (&["storm", "--outage", "-1s"], "expected a duration with its unit"),
            (&["storm", "--outage", "2h"], "expected at most an hour"),
            (&["storm", "--outage", "1h"], "a run may have 1233280 attempts"),
            (&["storm", "--first-wait", "NaN"], "expected a duration"),
            (&["storm", "--retries", "-1"], "'-1' for '--retries"),
            (&["storm", "--retries", "101"], "101 is not in 0..=100"),
            (&["storm", "--patience", "0s"], "expected a positive duration"),
            (
                &["storm", "--clients", "1", "--load", "99"],
                "1 client(s) that wait for each answer cannot make 99 calls/s",
            ),
            (&["storm", "--map", "--load", "80"], "'--load"),
            (&["storm", "--map", "--first-wait", "1s"], "'--first-wait"),
            (&["storm", "--map", "--clients", "1", "--rate", "1000"], "cannot make 600 calls/s"),
            (&["--seed", "2", "storm"], "'storm'"),
            (&["jitter", "more"], "'more'"),
            (&["download", "--seeds", "0"], "0 is not in 1..="),
            (&["download", "--stage", "naive"], "'--stage'"),
            (&["--seed", "2", "download"], "'download'"),
            (&["tail", "--seeds", "0"], "0 is not in 1..="),
            (&["tail", "--stage", "naive"], "'--stage'"),
            (&["--seed", "2", "tail"], "'tail'"),
            (&["kernel", "--runs", "0"], "0 is not in 1..="),
            (&["kernel", "--stage", "network-off"], "`network-off` is about ARP"),
            (&["kernel", "--server", "nginx", "--lies", "1"], "nginx never lies"),
            (&["kernel", "--probe", "real", "--preset", "no-probe"], "`no-probe` has no probe"),
            (&["kernel", "--tcp", "bbr"], "[possible values: fixed, stock]"),
        ] {
            let line = read(arguments).unwrap_err();
            assert!(line.contains(named), "{arguments:?}: {line}");
            assert!(!line.contains('\n') && line.starts_with("error: "), "{line}");
        }
    }
}
