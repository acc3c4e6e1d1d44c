//! The probe's effect.

use super::{
    Page,
    html::{figure, paragraph, section},
};

pub(super) fn probe(page: &Page<'_>) -> String {
    let mut content = paragraph(
        "The talk ran a UDP probe beside the download, through the same queue, to show that the network was \
         alive. netem keeps one chain per queue, and every packet of any flow moves it. With thousands of probe \
         packets a second the chain had long forgotten its state when TCP sent a lost packet again. Without the \
         probe only TCP's own packets move it: the packet after a lost one meets the state that lost it.",
    );
    if let Some(plot) = &page.overview.memory {
        content += &figure(
            plot,
            "The chance that a packet of the download is lost if the one before it was. TCP waits a fifth of a \
             second before it repeats itself, and by then the talk's probe has made the chain forget; a hundred \
             packets a second would do. The overall loss is the same.",
        );
    }
    match &page.overview.probe_effect {
        Some(plot) => {
            content += &figure(
                plot,
                "So the tool that measured the network made it a better one. The talk's figures are those of a \
                 network with the probe; a download by itself has a harder time.",
            );
        }
        None => {
            let words = "None of the stages of this run is one that the talk showed on the lossy network.";
            content += &paragraph(words);
        }
    }
    section("probe", "The probe changed the experiment", &content)
}
