//! The command line that measures the same again.

use super::KernelRuns;
use clap::{Args, Command, FromArgMatches, ValueEnum};

/// The flags that are not as they are by default; where the results go is not among them.
pub(super) fn command(asked: &KernelRuns) -> String {
    let by_default = defaults().map_or_else(Vec::new, |default| flags(&default));
    let mut command = "cargo run --release -- kernel".to_owned();
    for (name, value) in flags(asked).into_iter().filter(|flag| !by_default.contains(flag)) {
        command += &format!(" --{name} {value}");
    }
    if asked.compare {
        command += " --compare";
    }
    command
}

fn defaults() -> Option<KernelRuns> {
    let command = KernelRuns::augment_args(Command::new("kernel"));
    KernelRuns::from_arg_matches(&command.try_get_matches_from(["kernel"]).ok()?).ok()
}

fn flags(asked: &KernelRuns) -> Vec<(&'static str, String)> {
    let setup = asked.setup();
    let mut flags: Vec<_> = asked.stages.iter().map(|stage| ("stage", stage.name.to_owned())).collect();
    flags.extend([
        ("runs", asked.runs.to_string()),
        ("preset", name(&asked.preset)),
        ("probe", name(&setup.probing)),
        ("tcp", name(&setup.tcp)),
        ("server", name(&setup.server)),
        ("loss", asked.loss.to_string()),
        ("requests", asked.requests.to_string()),
        ("workers", asked.workers.to_string()),
        ("seed", asked.seed.to_string()),
        ("lab-seeds", asked.lab_seeds.to_string()),
    ]);
    flags.extend(asked.lies.map(|lies| ("lies", lies.to_string())));
    flags.extend(asked.at_once.map(|networks| ("at-once", networks.to_string())));
    flags
}

fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_by_default_is_not_said() {
        let said = |line: &str| {
            let parser = KernelRuns::augment_args(Command::new("kernel").no_binary_name(true));
            command(&KernelRuns::from_arg_matches(&parser.get_matches_from(line.split_whitespace())).unwrap())
        };
        assert_eq!(said("--runs 12 --preset talk --out elsewhere"), "cargo run --release -- kernel");
        let flags = "--stage naive --stage flat --runs 3 --probe real --server nginx --loss 2,70,100,0 --lies 0 --at-once 5 \
                     --compare";
        assert_eq!(said(flags), format!("cargo run --release -- kernel {flags}"));
    }
}
