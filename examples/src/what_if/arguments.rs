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

    /// Measure over this machine's kernel too, in real time, all seeds at once (Linux only)
    #[arg(long)]
    pub kernel: bool,

    /// A TOML file with another policy, to be compared on the same network and the same seeds
    #[arg(long, value_name = "TOML", value_parser = file::read, conflicts_with = "kernel")]
    against: Option<Assignments>,
}

/// A flag for each setting.
#[derive(Debug, Clone, Default)]
struct Flags(Vec<(&'static Setting, String)>);

impl Question {
    /// The settings asked for, over these.
    #[must_use]
    pub fn settings(&self, defaults: Settings) -> Settings {
        self.settings_with(defaults, &[])
    }

    /// The same with further settings, which count as flags: the file, and then all that the command line has, each in the order
    /// of [`Setting::all`].
    #[must_use]
    pub fn settings_with(&self, mut defaults: Settings, more: &[(&'static Setting, &str)]) -> Settings {
        let file =
            self.file.iter().flat_map(|file| file.iter()).map(|(setting, text)| (*setting, text.as_str()));
        let flags = self.flags.0.iter().map(|(setting, text)| (*setting, text.as_str()));
        let mut line: Vec<_> = flags.chain(more.iter().copied()).collect();
        line.sort_by_key(|(setting, _)| Setting::all().position(|known| known.name == setting.name));
        for (setting, text) in file.chain(line) {
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
}

impl Trial {
    /// What is asked.
    #[must_use]
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// The same question of the other policy, if there is one: what its file leaves out of a policy has the defaults.
    #[must_use]
    pub fn against(&self) -> Option<Settings> {
        let mut settings = self.question.settings(Settings::default());
        settings.policy = Settings::default().policy;
        for (setting, text) in self.against.as_ref()?.iter().filter(|(setting, _)| setting.is_policy()) {
            // Every text has been checked when it was read.
            let _ = setting.set(&mut settings, text);
        }
        Some(settings)
    }

    /// What no single flag shows.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self) -> Result<(), String> {
        let asked = self.question.settings(Settings::default());
        // With all that its file says of network and load.
        let mut other = asked.clone();
        for (setting, text) in self.against.iter().flat_map(|file| file.iter()) {
            if !setting.is_policy() && !self.question.has_flag(setting.name) {
                let _ = setting.set(&mut other, text);
            }
        }
        match Setting::all().find(|it| !it.is_policy() && it.get(&asked) != it.get(&other)) {
            None => Ok(()),
            Some(setting) => Err(format!(
                "`{}` is {} in the question and {} in --against; policies are compared on one network and load: give it as \
                 a flag",
                setting.name,
                setting.get(&asked),
                setting.get(&other)
            )),
        }
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
