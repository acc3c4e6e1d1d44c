//! What the talk's parameter pairs do to a stream: megabytes per tenth of a second.

use crate::{
    output::plot::{
        axis,
        scale::Scale,
        svg::{Anchor, Svg},
    },
    sim::{
        network::{Chain, GilbertElliott},
        random::{Purpose, Random},
    },
};

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
const PLOT: f64 = 56.0;
const ROW: f64 = PLOT + 34.0;
const HEAD: f64 = 34.0;
/// Of a line of single packets.
const STRIP: f64 = 24.0;
const PACKETS: u32 = 120;
/// Tenths of a second.
const BINS: u32 = 100;
/// The talk's three, and the one of its experiment.
const PAIRS: [(f64, f64); 4] = [(0.25, 0.75), (0.5, 0.5), (0.75, 0.25), (0.5, 0.2)];

/// Draws a stream of so many packets a second of so many bytes under each pair.
#[must_use]
pub fn pairs(packets_per_second: u32, bytes: usize, seed: u64) -> Svg {
    let height = HEAD + PAIRS.len() as f64 * ROW;
    let strips = height + 66.0;
    let shows = "A stream under four pairs of loss parameters, in MB per 0.1 s, and packet by packet";
    let mut svg = Svg::new("pairs", shows, strips + PAIRS.len() as f64 * STRIP + 4.0);
    svg.text(14.0, 22.0, Anchor::Start, "head", "The loss parameters, seen by the probe: MB per 0.1 s");
    let time = Scale::linear((0.0, f64::from(BINS) / 10.0), (LEFT, RIGHT));
    let packets = packets_per_second / 10;
    let whole = f64::from(packets) * bytes as f64 / 1e6;
    for (index, (p, r)) in PAIRS.into_iter().enumerate() {
        let model = GilbertElliott { p, r, ..GilbertElliott::TALK };
        let bottom = HEAD + (index + 1) as f64 * ROW;
        let size = Scale::linear((0.0, whole), (bottom, bottom - PLOT));
        let memory = match 1.0 - p - r {
            memory if memory.abs() < 1e-9 => "without memory",
            _ => "in bursts",
        };
        let what = if index == 3 { "; the talk's experiment" } else { "" };
        let loss = model.stationary_bad() * 100.0;
        let caption = format!("p = {p}, r = {r}: {loss:.1} % lost, {memory}{what}");
        svg.text(LEFT, bottom - PLOT - 9.0, Anchor::Start, "caption", &caption);
        axis::left(&mut svg, &size, (LEFT, RIGHT), 3);
        let mut random = Random::new(seed.wrapping_add(index as u64), Purpose::ProbePath);
        let mut chain = Chain::stationary(model, &mut random);
        let width = time.at(0.1) - time.at(0.0);
        for bin in 0..BINS {
            let arrived = (0..packets).filter(|_| !chain.loses(&mut random)).count();
            let head = size.at((arrived * bytes) as f64 / 1e6);
            svg.rect("good", time.at(f64::from(bin) / 10.0) + 0.6, head, width - 1.2, bottom - head);
        }
        svg.line("axis", (LEFT, bottom), (RIGHT, bottom));
        let y = strips + index as f64 * STRIP;
        strip(&mut svg, &format!("p = {p}, r = {r}"), y, || chain.loses(&mut random));
    }
    axis::bottom(&mut svg, &time, height, "seconds");
    let caption = format!("{PACKETS} packets in a row: those that arrive are filled");
    svg.text(LEFT, strips - 10.0, Anchor::Start, "caption", &caption);
    svg
}

/// One packet after the other.
fn strip(svg: &mut Svg, name: &str, y: f64, mut loses: impl FnMut() -> bool) {
    let from = LEFT + 104.0;
    let width = (RIGHT - from) / f64::from(PACKETS);
    svg.text(from - 8.0, y + 11.0, Anchor::End, "small", name);
    svg.rect("open", from, y, RIGHT - from, STRIP - 8.0);
    for packet in 0..PACKETS {
        if !loses() {
            svg.rect("good", from + f64::from(packet) * width, y, width, STRIP - 8.0);
        }
    }
}
