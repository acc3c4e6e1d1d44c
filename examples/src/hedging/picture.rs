//! What both experiments look like.

use super::{
    experiment::{Stalled, Tail},
    stall::STALL,
};
use crate::{
    hedging::plot::{goodput, slower},
    output::plot::Svg,
};

/// Variants whose curves are drawn; the others lie on these.
const DRAWN: [&str; 4] = ["no hedge", "20 ms", "1.5 x p95", "12 ms, budget 10 %"];

/// The share of the calls that take longer than a time.
#[must_use]
pub fn slower_than(tails: &[Tail]) -> Svg {
    let drawn = tails.iter().filter(|tail| DRAWN.contains(&tail.variant));
    let mut curves: Vec<_> = drawn.map(|tail| (tail.variant, tail.latencies.slower())).collect();
    curves.sort_by_key(|(name, _)| DRAWN.iter().position(|drawn| drawn == name));
    slower(&curves)
}

/// The first seed's seconds around the stall.
#[must_use]
pub fn stalled(stalls: &[Stalled]) -> Svg {
    let panels: Vec<_> = stalls
        .iter()
        .map(|stalled| {
            let counts = stalled.first.iter().map(|second| (second.requests, second.goodput));
            (stalled.variant, counts.collect())
        })
        .collect();
    goodput(&panels, STALL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hedging::{stalls, tails};

    #[test]
    fn no_label_covers_another() {
        let plots = [slower_than(&tails(1, 1, 2, || ()).unwrap()), stalled(&stalls(1, 1, 2, || ()).unwrap())];
        for plot in plots {
            assert_eq!(plot.faults(), Vec::<String>::new(), "{}", plot.name());
            let text = plot.standalone();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{}", plot.name());
        }
    }
}
