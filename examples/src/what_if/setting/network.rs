//! What the network does.

use super::{
    Get, Set, Setting,
    value::{is_off, off, percent, put, share, shown_percent, shown_share, whole},
};
use crate::{
    sim::network::{GilbertElliott, Preset},
    what_if::duration,
};
use clap::ValueEnum;
use std::{str::FromStr, time::Duration};

pub(super) const NETWORK: &[Setting] = &[
    network(
        "loss",
        "P,R[,1-H[,1-K]]",
        "%",
        "Loss of the server's packets in percent, as netem's `gemodel`",
        |settings, text| {
            settings.network.loss =
                text.parse().map_err(|error: <GilbertElliott as FromStr>::Err| error.to_string())?;
            Ok(())
        },
        |settings| settings.network.loss.to_string(),
    ),
    network(
        "p",
        "PERCENT",
        "%",
        "netem's p: from the good state to the bad one after a packet",
        |settings, text| put(&mut settings.network.loss.p, share(text)),
        |settings| shown_share(settings.network.loss.p),
    ),
    network(
        "r",
        "PERCENT",
        "%",
        "netem's r: from the bad state to the good one",
        |settings, text| put(&mut settings.network.loss.r, share(text)),
        |settings| shown_share(settings.network.loss.r),
    ),
    network(
        "1-h",
        "PERCENT",
        "%",
        "netem's 1-h: loss in the bad state",
        |settings, text| put(&mut settings.network.loss.bad_loss, share(text)),
        |settings| shown_share(settings.network.loss.bad_loss),
    ),
    network(
        "1-k",
        "PERCENT",
        "%",
        "netem's 1-k: loss in the good state",
        |settings, text| put(&mut settings.network.loss.good_loss, share(text)),
        |settings| shown_share(settings.network.loss.good_loss),
    ),
    network(
        "preset",
        "NAME",
        "",
        "Where the network's other numbers come from: talk, no-probe",
        |settings, text| {
            settings.network.preset = Preset::from_str(text, false).map_err(|_| {
                format!("the presets are {}, {}", Preset::Talk.name(), Preset::NoProbe.name())
            })?;
            settings.network.probe = settings.network.preset.knobs().probe;
            Ok(())
        },
        |settings| settings.network.preset.name().to_owned(),
    ),
    network(
        "probe",
        "PER_SECOND",
        "packets/s",
        "Packets a second of other traffic through the same queue, or off",
        |settings, text| {
            settings.network.probe = if is_off(text) {
                None
            } else {
                Some(whole(text, 1..=1_000_000, " packets a second, or off")?)
            };
            Ok(())
        },
        |settings| settings.network.probe.map_or_else(off, |rate| rate.to_string()),
    ),
    network(
        "delay",
        "DURATION",
        "s",
        "Delay of each direction, in whole milliseconds",
        |settings, text| {
            let delay = duration::read(text)?;
            if delay.subsec_nanos() % 1_000_000 != 0 || delay > Duration::from_secs(60) {
                return Err("expected whole milliseconds, at most 60s".into());
            }
            settings.network.delay = delay;
            Ok(())
        },
        |settings| duration::show(settings.network.delay),
    ),
    network(
        "size",
        "BYTES",
        "bytes",
        "Length of the document",
        |settings, text| {
            settings.network.size = whole(text, 2..=10_000_000, " bytes")? as usize;
            Ok(())
        },
        |settings| settings.network.size.to_string(),
    ),
    network(
        "lies",
        "PERCENT",
        "%",
        "How many responses are empty, or cut short behind a matching length",
        |settings, text| put(&mut settings.network.lies, percent(text)),
        |settings| shown_percent(settings.network.lies),
    ),
];

const fn network(
    name: &'static str,
    value: &'static str,
    unit: &'static str,
    help: &'static str,
    set: Set,
    get: Get,
) -> Setting {
    Setting { name, value, unit, help, heading: "Network", set, get }
}
