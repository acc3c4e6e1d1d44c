//! The flags of `kernel`.

use crate::{
    input::percent,
    sim::{
        kernel::{Probing, Program, Setup, Tcp},
        network::{GilbertElliott, Preset},
    },
    talk::{
        experiment::Experiment,
        stages::{STAGES, Stage, StageLoss, stage_named},
    },
};
use clap::{Args, value_parser};
use std::path::PathBuf;

/// What is run over the kernel, and how often.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct KernelRuns {
    /// A stage to run; may be given more than once [default: all but network-off and fixed-retry]
    #[arg(long = "stage", value_name = "NAME", value_parser = stage_named)]
    pub(super) stages: Vec<&'static Stage>,

    /// Runs of each stage
    #[arg(long, default_value_t = 12, value_parser = value_parser!(u64).range(1..=1_000))]
    pub runs: u64,

    /// Whether a probe runs beside the downloads
    #[arg(long, value_enum, default_value_t = Preset::Talk)]
    pub preset: Preset,

    /// The probe, where the preset has one: its formula, or packets, 10,000 a second (for which few networks run at a time)
    #[arg(long, value_enum, default_value_t = Probing::Formula)]
    probe: Probing,

    /// The kernel's settings: fixed (CUBIC, no linear timeouts of a SYN), or as this machine has them
    #[arg(long, value_enum, default_value_t = Tcp::Fixed)]
    tcp: Tcp,

    /// The server's program; nginx must be installed, and it never lies
    #[arg(long, value_enum, default_value_t = Program::Hyper)]
    pub server: Program,

    /// Print where the lab and the kernel differ by more than their spread
    #[arg(long)]
    pub compare: bool,

    /// The loss in percent, as netem's `gemodel`
    #[arg(long, value_name = "P,R[,1-H[,1-K]]", default_value = "50,20", allow_hyphen_values = true)]
    pub(super) loss: GilbertElliott,

    /// Calls per run
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(super) requests: u32,

    /// Calls at a time
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u32).range(1..=1_000))]
    pub(super) workers: u32,

    /// How many of the server's responses are corrupt, in the stages that have such [default: 1, and 0 of nginx]
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_negative_numbers = true)]
    pub(super) lies: Option<f64>,

    /// The first seed, of the loss and the jitter; the kernel's timing has no seed
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    pub(super) seed: u64,

    /// Runs of the lab to compare with
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u64).range(1..=1_000_000))]
    pub(super) lab_seeds: u64,

    /// Networks at a time, each with three threads [default: 200, and 12 with `--probe real`]
    #[arg(long, value_name = "NETWORKS", value_parser = value_parser!(u64).range(1..=1_000))]
    pub(super) at_once: Option<u64>,

    /// The directory for the page, the plots, the captures and the figures
    #[arg(long, value_name = "DIR", default_value = "target/kernel")]
    pub out: PathBuf,
}

impl KernelRuns {
    /// The same in the lab.
    #[must_use]
    pub fn experiment(&self) -> Experiment {
        let asked = |stage: &&Stage| match self.stages[..] {
            [] => stage.loss != StageLoss::Total,
            ref stages => stages.iter().any(|asked| asked.name == stage.name),
        };
        let mut experiment =
            Experiment::new(self.seed, self.lab_seeds, STAGES.iter().filter(asked).collect());
        experiment.loss = self.loss;
        experiment.preset = self.preset;
        experiment.requests = self.requests as usize;
        experiment.workers = self.workers as usize;
        experiment.lies = self.lies.unwrap_or(if self.server == Program::Nginx { 0.0 } else { 1.0 });
        experiment
    }

    /// The server and the kernel's settings.
    #[must_use]
    pub fn setup(&self) -> Setup {
        Setup::new(self.tcp, self.server, self.probe)
    }

    /// Networks at a time.
    #[must_use]
    pub fn at_once(&self) -> u64 {
        self.at_once.unwrap_or(match self.probe {
            Probing::Formula => 200,
            // Each takes a ninth of a processor.
            Probing::Real => 12,
        })
    }

    /// Whether this can be run here.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self) -> Result<(), String> {
        if self.server == Program::Nginx && self.lies.is_some_and(|lies| lies > 0.0) {
            return Err("nginx never lies; use `--lies 0`, or `--server hyper`".into());
        }
        if self.probe == Probing::Real && self.preset == Preset::NoProbe {
            return Err("preset `no-probe` has no probe to send; use `--probe formula`".into());
        }
        match self.stages.iter().find(|stage| stage.loss == StageLoss::Total) {
            None => Ok(()),
            Some(stage) => Err(format!(
                "`{}` is about ARP's word that nobody is there, and a TUN device has no ARP",
                stage.name
            )),
        }
    }
}
