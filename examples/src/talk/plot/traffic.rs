//! Traffic per tenth of a second: the probe above, the download below, each on a scale of its own.

use crate::{
    output::plot::{
        axis,
        scale::Scale,
        svg::{Anchor, At, Svg},
    },
    talk::capture::Traffic,
};
use std::fmt::Write;

const LEFT: f64 = 56.0;
const RIGHT: f64 = 704.0;
/// Of the probe's plot and the download's.
const HEIGHTS: (f64, f64) = (52.0, 84.0);
/// Above each plot, for its caption.
const CAPTION: f64 = 26.0;
/// Under the plots, for the axis.
const AXIS: f64 = 34.0;
const TICKS: usize = 3;
const BINS_PER_SECOND: f64 = 10.0;

/// The height of both plots; without a probe, or where nothing arrived, there is only a line about it.
pub(super) fn height(traffic: &Traffic) -> f64 {
    if is_empty(traffic) {
        return CAPTION;
    }
    CAPTION + traffic.probe().map_or(0.0, |_| HEIGHTS.0) + CAPTION + HEIGHTS.1 + AXIS
}

/// `cut` says that the run went on after the last bin.
pub(super) fn traffic(svg: &mut Svg, top: f64, traffic: &Traffic, cut: bool) {
    if is_empty(traffic) {
        let words = match traffic.probe() {
            Some(_) => "Nothing arrived, neither of the probe nor of the download.",
            None => "Nothing arrived. No probe runs in this stage.",
        };
        svg.text(LEFT, top + CAPTION - 10.0, Anchor::Start, "caption", words);
        return;
    }
    let bins = traffic.download().len();
    // A run on a perfect network takes no time, and its one bin needs some room around it.
    let time = Scale::linear((0.0, (bins as f64 / BINS_PER_SECOND).max(1.0)), (LEFT, RIGHT));
    let probe_bottom = top + CAPTION + traffic.probe().map_or(0.0, |_| HEIGHTS.0);
    match traffic.probe() {
        Some(probe) => {
            let caption = "Probe that arrived, MB per 0.1 s (least and most of each pixel)";
            let scale = plot(svg, caption, probe_bottom, HEIGHTS.0, most(probe).max(100_000) as f64 / 1e6);
            band(svg, probe, time, |bytes| scale.at(bytes as f64 / 1e6));
        }
        None => {
            svg.text(LEFT, probe_bottom - 10.0, Anchor::Start, "caption", "No probe runs in this stage.");
        }
    }
    let bottom = probe_bottom + CAPTION + HEIGHTS.1;
    let download = traffic.download();
    let caption = "Download that arrived, kB per 0.1 s";
    let scale = plot(svg, caption, bottom, HEIGHTS.1, most(download).max(1_000) as f64 / 1e3);
    bars(svg, download, time, |bytes| scale.at(bytes as f64 / 1e3));
    let unit = if cut {
        "seconds since the start; what came later was not captured"
    } else {
        "seconds since the start"
    };
    axis::bottom(svg, &time, bottom, unit);
}

/// Two plots of nothing would only take room.
fn is_empty(traffic: &Traffic) -> bool {
    most(traffic.download()) == 0 && traffic.probe().is_none_or(|probe| most(probe) == 0)
}

fn most(bytes: &[u64]) -> u64 {
    bytes.iter().copied().max().unwrap_or(0)
}

/// Caption and left axis.
fn plot(svg: &mut Svg, caption: &str, bottom: f64, height: f64, most: f64) -> Scale {
    let scale = Scale::up_to(most, TICKS, (bottom, bottom - height));
    svg.text(LEFT, bottom - height - 10.0, Anchor::Start, "caption", caption);
    axis::left(svg, &scale, (LEFT, RIGHT), TICKS);
    svg.line("axis", (LEFT, bottom), (RIGHT, bottom));
    scale
}

/// Thousands of bins on hundreds of pixels: from the least to the most of each pixel.
fn band(svg: &mut Svg, bytes: &[u64], time: Scale, height: impl Fn(u64) -> f64) {
    // The last bin is rarely a whole one.
    let bytes = &bytes[..(bytes.len() - 1).max(1)];
    let per_pixel = bytes.len().div_ceil((RIGHT - LEFT) as usize).max(1);
    let columns: Vec<(f64, u64, u64)> = bytes
        .chunks(per_pixel)
        .enumerate()
        .map(|(index, chunk)| {
            let x = time.at(((index * per_pixel) as f64 + chunk.len() as f64 / 2.0) / BINS_PER_SECOND);
            (x, chunk.iter().copied().min().unwrap_or(0), most(chunk))
        })
        .collect();
    svg.path("band", |data| {
        let upper = columns.iter().map(|&(x, _, most)| (x, most));
        let lower = columns.iter().rev().map(|&(x, least, _)| (x, least));
        for (index, (x, bytes)) in upper.chain(lower).enumerate() {
            let _ = write!(data, "{}{} {}", if index == 0 { 'M' } else { 'L' }, At(x), At(height(bytes)));
        }
        data.push('Z');
    });
}

/// A bar for every bin in which something arrived, a pixel wide at least.
fn bars(svg: &mut Svg, bytes: &[u64], time: Scale, height: impl Fn(u64) -> f64) {
    let width = ((time.at(1.0) - time.at(0.0)) / BINS_PER_SECOND).max(1.2);
    let foot = height(0);
    svg.path("good", |data| {
        for (index, bytes) in bytes.iter().enumerate().filter(|(_, bytes)| **bytes > 0) {
            let x = time.at(index as f64 / BINS_PER_SECOND);
            let _ =
                write!(data, "M{} {}h{}V{}h-{}Z", At(x), At(foot), At(width), At(height(*bytes)), At(width));
        }
    });
}
