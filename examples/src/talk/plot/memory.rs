//! How long the loss remembers: P(lost | the packet before was lost), over the time between the two.

use crate::{
    output::plot::{
        axis,
        scale::{Scale, number},
        svg::{Anchor, Svg},
    },
    sim::{
        network::{Chain, GilbertElliott},
        random::{Purpose, Random},
    },
};
use std::time::Duration;

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
const TOP: f64 = 76.0;
const BOTTOM: f64 = 310.0;
/// Milliseconds of the axis.
const GAPS: (f64, f64) = (0.01, 1_000.0);
/// Pieces of a curve.
const CURVE: u32 = 240;
/// Packets of the simulated stream.
const PACKETS: usize = 2_000_000;

/// Draws it for this loss: without a probe, with one packet in ten milliseconds, and with the talk's probe.
#[must_use]
pub fn memory(model: GilbertElliott, probe: u32, least_rto: Duration, seed: u64) -> Svg {
    let gap = Scale::logarithmic(GAPS, (LEFT, RIGHT));
    let stationary = model.loss_after_loss(u64::MAX);
    let neighbour = model.loss_after_loss(1);
    let (least, most) = (stationary.min(neighbour) * 100.0, stationary.max(neighbour) * 100.0);
    let margin = ((most - least) * 0.35).max(2.0);
    let chance = Scale::linear(((least - margin).max(0.0), (most + margin).min(100.0)), (BOTTOM, TOP));
    let stream = stream(model, seed);

    let shows = "The chance that a packet is lost if the one before it was, over the time between the two, \
                 with and without a probe";
    let mut svg = Svg::new("memory", shows, BOTTOM + 42.0);
    svg.text(14.0, 22.0, Anchor::Start, "head", "How long the loss remembers");
    svg.text(
        14.0,
        44.0,
        Anchor::Start,
        "small",
        "% of the download's packets that are lost if the one before was; lines: theory, marks: simulated",
    );
    axis::left(&mut svg, &chance, (LEFT, RIGHT), 6);
    axis::bottom(&mut svg, &gap, BOTTOM, "milliseconds between two packets of the download");

    let rto = gap.at(least_rto.as_secs_f64() * 1e3);
    svg.line("limit", (rto, TOP), (rto, BOTTOM));
    svg.text(rto, TOP - 6.0, Anchor::Middle, "small", "TCP sends again: from here on");

    let at = |share: f64| chance.at(share * 100.0);
    // Away from the curves in between.
    let between = (at(neighbour) + at(stationary)) / 2.0;
    let beside = |y: f64| {
        let above = y <= between && y - 18.0 > TOP || y + 24.0 > BOTTOM;
        if above { y - 9.0 } else { y + 18.0 }
    };
    svg.line("bad-line", (LEFT, at(neighbour)), (RIGHT, at(neighbour)));
    let simulated = simulated(&stream, 1);
    for power in -2..3 {
        svg.cross("axis", gap.at(10_f64.powi(power) * 3.0), at(simulated), 4.0);
    }
    let words = format!("no probe: {} %", percent(neighbour));
    svg.text(LEFT + 8.0, beside(at(neighbour)), Anchor::Start, "small", &words);

    for (rate, circle) in [(100, false), (probe, true)] {
        curve(&mut svg, model, &stream, rate, (&gap, &chance), circle);
    }
    let words = format!("forgotten: {} %", percent(stationary));
    svg.text(rto + 3.0, beside(at(stationary)), Anchor::Start, "small", &words);
    // Each name beside the middle of its curve.
    let half = |steps: u64| {
        (model.loss_after_loss(steps) - stationary).abs() * 2.0 <= (neighbour - stationary).abs()
    };
    let probes = (1..1_000).find(|probes| half(probes + 1)).unwrap_or(1);
    let y = at(model.loss_after_loss(probes + 1)).max(TOP + 22.0) - 6.0;
    for rate in [100, probe] {
        let x = gap.at((probes as f64 * 1e3 / f64::from(rate.max(1))).min(GAPS.1));
        let (x, anchor) = if x > RIGHT - 110.0 { (x - 10.0, Anchor::End) } else { (x + 10.0, Anchor::Start) };
        svg.text(x, y, anchor, "small", &format!("probe of {rate}/s"));
    }
    svg
}

/// A probe of this rate: in theory, and simulated for the gaps in which it sends a whole number of packets.
fn curve(
    svg: &mut Svg,
    model: GilbertElliott,
    stream: &[bool],
    rate: u32,
    (gap, chance): (&Scale, &Scale),
    circle: bool,
) {
    let probes_in = |milliseconds: f64| milliseconds * f64::from(rate) / 1e3;
    let points = (0..=CURVE).map(|step| {
        let share = f64::from(step) / f64::from(CURVE);
        let milliseconds = GAPS.0 * (GAPS.1 / GAPS.0).powf(share);
        // Between two whole numbers of packets, it depends on when the first of them comes.
        let probes = probes_in(milliseconds);
        let (fewer, more) = (probes.floor(), probes - probes.floor());
        let loss = |probes: f64| model.loss_after_loss(probes as u64 + 1);
        (gap.at(milliseconds), chance.at(100.0 * ((1.0 - more) * loss(fewer) + more * loss(fewer + 1.0))))
    });
    svg.curve("good-line", points);
    for probes in [1, 2, 3, 5, 10, 30, 100, 1_000] {
        let milliseconds = f64::from(probes) * 1e3 / f64::from(rate.max(1));
        let (x, y) = (milliseconds, chance.at(simulated(stream, probes as usize + 1) * 100.0));
        if (GAPS.0..=GAPS.1).contains(&x) {
            if circle {
                svg.circle("ink", gap.at(x), y, 3.5);
            } else {
                svg.diamond("paper", gap.at(x), y, 4.5);
            }
        }
    }
}

/// With one decimal, where it needs one.
fn percent(share: f64) -> String {
    number((share * 1e3).round() / 10.0)
}

/// The fate of every packet that steps the chain, one after the other.
fn stream(model: GilbertElliott, seed: u64) -> Vec<bool> {
    let mut random = Random::new(seed, Purpose::ProbePath);
    let mut chain = Chain::stationary(model, &mut random);
    (0..PACKETS).map(|_| chain.loses(&mut random)).collect()
}

/// The share of lost packets among those that follow a lost one by so many steps.
fn simulated(stream: &[bool], steps: usize) -> f64 {
    let later = stream.iter().skip(steps);
    let (mut lost, mut both) = (0_u32, 0_u32);
    for (before, after) in stream.iter().zip(later) {
        lost += u32::from(*before);
        both += u32::from(*before && *after);
    }
    f64::from(both) / f64::from(lost.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn theory_and_simulation_agree() {
        let simple = |p, r| GilbertElliott { p, r, ..GilbertElliott::TALK };
        let blurred = GilbertElliott { p: 0.3, r: 0.2, bad_loss: 0.8, good_loss: 0.1 };
        for model in [GilbertElliott::TALK, simple(0.01, 0.1), simple(0.5, 0.5), simple(0.9, 0.8), blurred] {
            let stream = stream(model, 1);
            for steps in [1, 2, 3, 4, 11, 101] {
                let (theory, simulated) = (model.loss_after_loss(steps), simulated(&stream, steps as usize));
                assert!((theory - simulated).abs() < 0.01, "{model:?} {steps}: {theory} {simulated}");
            }
        }
    }
}
