//! How much is asked, and how often.

use super::{
    Get, Set, Setting,
    value::{number, put, whole},
};

pub(super) const LOAD: &[Setting] = &[
    load(
        "requests",
        "COUNT",
        "",
        "Calls per run",
        |settings, text| {
            settings.load.requests = whole(text, 1..=1_000_000, " calls")? as usize;
            Ok(())
        },
        |settings| settings.load.requests.to_string(),
    ),
    load(
        "workers",
        "COUNT",
        "",
        "Calls at a time",
        |settings, text| {
            settings.load.workers = whole(text, 1..=1_000, " workers")? as usize;
            Ok(())
        },
        |settings| settings.load.workers.to_string(),
    ),
    load(
        "seed",
        "SEED",
        "",
        "The seed of the runs: different seeds share no run, and the first run has the seed itself",
        |settings, text| put(&mut settings.load.seed, number(text, 0..=u64::MAX, "")),
        |settings| settings.load.seed.to_string(),
    ),
    load(
        "seeds",
        "COUNT",
        "",
        "How many runs, each with its own seed",
        |settings, text| put(&mut settings.load.seeds, number(text, 1..=1_000_000, " seeds")),
        |settings| settings.load.seeds.to_string(),
    ),
];

const fn load(
    name: &'static str,
    value: &'static str,
    unit: &'static str,
    help: &'static str,
    set: Set,
    get: Get,
) -> Setting {
    Setting { name, value, unit, help, heading: "Load", set, get }
}
