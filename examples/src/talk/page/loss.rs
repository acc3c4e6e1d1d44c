//! The loss that ran, in words.

use crate::sim::network::GilbertElliott;

/// The talk's sentence about each state, with this loss's figures.
pub(super) fn states(loss: &GilbertElliott) -> String {
    let GilbertElliott { p, r, bad_loss, good_loss } = loss;
    let of_packets = |share: f64| match share {
        share if share >= 1.0 => "all packets are lost".to_owned(),
        share if share <= 0.0 => "no packet is lost".to_owned(),
        share => format!("{} of the packets are lost", percent(share)),
    };
    format!(
        "a chain with a good and a bad state, which moves with every packet, from good to bad with probability p = {} and \
         back with r = {}. In the bad state {}, in the good one {}.",
        percent(*p),
        percent(*r),
        of_packets(*bad_loss),
        of_packets(*good_loss)
    )
}

/// What a packet behind a lost one has to expect.
pub(super) fn memory(loss: &GilbertElliott) -> String {
    let (next, later) = (loss.loss_after_loss(1), loss.loss_after_loss(u64::MAX));
    match tendency(loss) {
        Tendency::Nothing => "Nothing is lost.".to_owned(),
        Tendency::None => format!(
            "Losses do not come in bursts here: behind a lost packet the next is lost with {}, as any other is.",
            percent(next)
        ),
        Tendency::Bursts => format!(
            "The chain's state is what makes losses come in bursts: behind a lost packet the next is lost with {}, and one far \
             behind it with {}.",
            percent(next),
            percent(later)
        ),
        Tendency::Apart => format!(
            "The chain's state keeps losses apart: behind a lost packet the next is lost with {}, and one far behind it with {}.",
            percent(next),
            percent(later)
        ),
    }
}

/// What the probe does to a download under this loss.
pub(super) fn without_a_probe(loss: &GilbertElliott) -> &'static str {
    match tendency(loss) {
        Tendency::Nothing => "Here nothing is lost, with the probe or without it.",
        Tendency::None => {
            "With the loss of this run that is all the same: it has no state that could be forgotten."
        }
        Tendency::Bursts => {
            "Without the probe only TCP's own packets move it: the packet after a lost one meets the state that lost it."
        }
        Tendency::Apart => {
            "Without the probe only TCP's own packets move it: with the loss of this run, the packet after a lost one is less \
             likely to be lost than any other."
        }
    }
}

/// What the plot of the loss's memory shows.
pub(super) fn forgetting(loss: &GilbertElliott) -> &'static str {
    match tendency(loss) {
        Tendency::Bursts | Tendency::Apart => {
            "The chance that a packet of the download is lost if the one before it was. TCP waits a fifth of a second before it \
             repeats itself, and by then the talk's probe has made the chain forget. The overall loss is the same."
        }
        Tendency::Nothing | Tendency::None => {
            "The chance that a packet of the download is lost if the one before it was: the same over any time, with a probe \
             and without."
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tendency {
    Nothing,
    None,
    Bursts,
    Apart,
}

/// Whether a loss makes the next one more likely.
pub(super) fn tendency(loss: &GilbertElliott) -> Tendency {
    let (next, later) = (loss.loss_after_loss(1), loss.loss_after_loss(u64::MAX));
    match next - later {
        _ if next <= 0.0 && later <= 0.0 => Tendency::Nothing,
        more if more > 0.001 => Tendency::Bursts,
        more if more < -0.001 => Tendency::Apart,
        _ => Tendency::None,
    }
}

/// With a decimal where there is one.
fn percent(share: f64) -> String {
    let tenths = (share * 1000.0).round() / 10.0;
    format!("{tenths} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(text: &str) -> GilbertElliott {
        text.parse().unwrap()
    }

    #[test]
    fn the_words_are_those_of_the_loss() {
        for (text, tends, said) in [
            (
                "50,20",
                Tendency::Bursts,
                "p = 50 % and back with r = 20 %. In the bad state all packets are lost, in the good one no packet is lost.",
            ),
            (
                "10,50,70,1",
                Tendency::Bursts,
                "p = 10 % and back with r = 50 %. In the bad state 70 % of the packets are lost, in the good one 1 % of the packets are lost.",
            ),
            ("2.5,97.5", Tendency::None, "p = 2.5 % and back with r = 97.5 %"),
            ("90,90", Tendency::Apart, "p = 90 %"),
            ("0,20", Tendency::Nothing, "p = 0 %"),
            ("50,20,100,100", Tendency::None, "in the good one all packets are lost"),
        ] {
            assert_eq!(tendency(&loss(text)), tends, "{text}");
            assert!(states(&loss(text)).contains(said), "{text}: {}", states(&loss(text)));
        }
        assert!(memory(&loss("50,20")).contains("lost with 80 %, and one far behind it with 71.4 %"));
        assert!(memory(&loss("90,90")).contains("apart") && !memory(&loss("90,90")).contains("bursts:"));
    }
}
