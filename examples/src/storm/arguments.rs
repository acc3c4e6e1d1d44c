//! The flags of `storm`.

use super::setting::Setting;
use clap::{Args, value_parser};
use std::{path::PathBuf, time::Duration};

/// A run of more attempts takes minutes.
const MOST_ATTEMPTS: f64 = 1e6;

/// Which storm, and how often.
#[derive(Debug, Clone, Args)]
#[non_exhaustive]
pub struct Storm {
    /// How many clients there are; each waits for its answer and pauses before it calls again
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u64).range(1..=100_000), conflicts_with = "open")]
    clients: u64,

    /// Calls per second of all clients together, as long as they are answered at once
    #[arg(long, value_name = "PER_SECOND", default_value = "82", value_parser = per_second, allow_negative_numbers = true)]
    load: f64,

    /// Calls keep coming, whether or not earlier ones have ended
    #[arg(long)]
    open: bool,

    /// Requests per second that the server manages with an empty queue; with a full one it is five sixths of that
    #[arg(long, value_name = "PER_SECOND", default_value = "100", value_parser = per_second, allow_negative_numbers = true)]
    rate: f64,

    /// How many requests may be in the server
    #[arg(long, value_name = "REQUESTS", default_value_t = 120, value_parser = value_parser!(u32).range(1..=1_000_000), allow_negative_numbers = true)]
    queue: u32,

    /// How long the server stands still; the run ends 130 s later
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = time, allow_hyphen_values = true)]
    outage: Duration,

    /// The wait before the first retry, which doubles up to 10 s; no-backoff has none
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = time, allow_hyphen_values = true)]
    first_wait: Duration,

    /// Retries of a call
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = value_parser!(u32).range(0..=100), allow_negative_numbers = true)]
    retries: u32,

    /// How long a client waits for an attempt
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = patience, allow_hyphen_values = true)]
    patience: Duration,

    /// Vary the load and the first wait instead: a map of who recovers where
    #[arg(long, conflicts_with_all = ["load", "first_wait"])]
    pub map: bool,

    /// The first seed
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    pub seed: u64,

    /// How many seeds
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u64).range(1..=1_000_000))]
    pub seeds: u64,

    /// The directory for the figures and the plot
    #[arg(long, value_name = "DIR", default_value = "target/storm")]
    pub out: PathBuf,
}

impl Storm {
    /// What is to be run.
    #[must_use]
    pub fn setting(&self) -> Setting {
        Setting {
            clients: self.clients,
            load: self.load,
            open: self.open,
            rate: self.rate,
            queue: self.queue as usize,
            outage: self.outage,
            first_wait: self.first_wait,
            retries: self.retries,
            patience: self.patience,
        }
    }

    /// What no single flag shows.
    ///
    /// # Errors
    /// What would be right.
    pub fn check(&self) -> Result<(), String> {
        let setting = self.setting();
        let settings = if self.map { super::map::settings(&setting) } else { vec![setting] };
        settings.iter().try_for_each(possible)
    }
}

fn possible(setting: &Setting) -> Result<(), String> {
    let Setting { clients, load, rate, open, .. } = setting;
    if !open && setting.pause().is_none() {
        let most = *clients as f64 / (1.0 / rate + 0.001);
        return Err(format!(
            "{clients} client(s) that wait for each answer cannot make {load} calls/s; expected more --clients, --open, or \
             a --load of at most {most:.1}"
        ));
    }
    if setting.most_attempts() > MOST_ATTEMPTS {
        return Err(format!(
            "a run may have {:.0} attempts; expected a smaller --load, --outage or --retries, for at most {MOST_ATTEMPTS:.0}",
            setting.most_attempts()
        ));
    }
    Ok(())
}

fn per_second(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.01..=10_000.0).contains(&number) => Ok(number),
        _ => Err("expected a number per second, 0.01..10000".into()),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time <= Duration::from_secs(3_600) => Ok(time),
        Ok(_) => Err("expected at most an hour".into()),
        Err(_) => Err("expected a duration with its unit, such as 20s, 100ms or 1.5s".into()),
    }
}

fn patience(text: &str) -> Result<Duration, String> {
    match time(text)? {
        Duration::ZERO => Err("expected a positive duration".into()),
        time => Ok(time),
    }
}
