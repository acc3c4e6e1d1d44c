//! The settings on the command line: a flag for each, and a file of them.

use super::{
    file::{self, Assignments},
    setting::Setting,
    settings::Settings,
};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use std::path::PathBuf;

/// A question: flags before a file, a file before the defaults.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct Question {
    #[command(flatten)]
    flags: Flags,

    /// A TOML file with any of the settings below; a flag wins over it
    #[arg(long, value_name = "TOML", value_parser = file::read)]
    file: Option<Assignments>,

    /// The directory for the results as CSV and JSON; without it one of its own under target/
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A question whose answer may be measured, too.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct Trial {
    #[command(flatten)]
    question: Question,

    /// Answer it over this machine's kernel as well, in real time, with as many networks at once: Linux only
    #[arg(long)]
    pub kernel: bool,
}

/// A flag for each setting.
#[derive(Debug, Clone, Default)]
struct Flags(Vec<(&'static Setting, String)>);

impl Question {
    /// The settings asked for, over these.
    #[must_use]
    pub fn settings(&self, mut defaults: Settings) -> Settings {
        for (setting, text) in self.given() {
            // Every text has been checked when it was read.
            let _ = setting.set(&mut defaults, text);
        }
        defaults
    }

    /// Whether this setting was given as a flag.
    #[must_use]
    pub fn has_flag(&self, name: &str) -> bool {
        self.flags.0.iter().any(|(setting, _)| setting.name == name)
    }

    /// Where the results go, if it was said.
    #[must_use]
    pub fn out(&self) -> Option<PathBuf> {
        self.out.clone()
    }

    fn given(&self) -> impl Iterator<Item = &(&'static Setting, String)> {
        self.file.iter().flat_map(|file| file.iter()).chain(&self.flags.0)
    }
}

impl Trial {
    /// What is asked.
    #[must_use]
    pub fn question(&self) -> &Question {
        &self.question
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(Setting::all().map(|setting| {
            Arg::new(setting.name)
                .long(setting.name)
                .value_name(setting.value)
                .help(format!("{} [default: {}]", setting.help, setting.get(&Settings::default())))
                .help_heading(setting.heading)
                .allow_hyphen_values(true)
                .value_parser(move |text: &str| setting.check(text).map(|()| text.to_owned()))
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given =
            |setting: &'static Setting| Some((setting, matches.get_one::<String>(setting.name)?.clone()));
        Ok(Self(Setting::all().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
