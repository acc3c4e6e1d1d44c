//! The probe's effect.

use super::{
    Page,
    html::{figure, paragraph, section},
    loss::{Tendency, forgetting, tendency, without_a_probe},
};
use crate::sim::network::GilbertElliott;

pub(super) fn probe(page: &Page<'_>) -> String {
    // Written by this program, so it can be read again.
    let loss = page.summary.loss.parse().unwrap_or(GilbertElliott::TALK);
    let mut content = paragraph(&format!(
        "The talk ran a UDP probe beside the download, through the same queue, to show that the network was \
         alive. netem keeps one chain per queue, and every packet of any flow moves it. With thousands of probe \
         packets a second the chain had long forgotten its state when TCP sent a lost packet again. {}",
        without_a_probe(&loss)
    ));
    if let Some(plot) = &page.overview.memory {
        content += &figure(plot, forgetting(&loss));
    }
    match &page.overview.probe_effect {
        Some(plot) => {
            let words = match tendency(&loss) {
                Tendency::Bursts => {
                    "So the tool that measured the network made it a better one. The talk's figures are those of a network \
                     with the probe; a download by itself has a harder time."
                }
                _ => {
                    "With this run's loss a probe does the download no good. The talk's figures are those of a network whose \
                     losses come in bursts."
                }
            };
            content += &figure(plot, words);
        }
        None => {
            let words = "None of the stages of this run is one that the talk showed on the lossy network.";
            content += &paragraph(words);
        }
    }
    section("probe", "The probe changed the experiment", &content)
}
