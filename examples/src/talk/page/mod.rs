//! `index.html`: the talk's slides again, from a run of one's own. It needs nothing but itself, and links to the
//! files beside it.

mod beside;
mod chapters;
mod command;
mod files;
mod header;
pub(crate) mod html;
mod library;
mod loss;
mod overview;
mod probe;
mod stage;

pub(crate) use self::chapters::chapter;
use self::{
    beside::beside,
    command::command,
    files::files,
    header::header,
    html::{code, document, paragraph},
    library::library,
    overview::{experiment, overview},
    probe::probe,
    stage::stage,
};
use crate::{
    output::plot::{Palette, Svg, sheet},
    talk::report::Summary,
};

/// What the page is made of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<'a> {
    /// The figures.
    pub summary: &'a Summary,
    /// Each stage's own plot, in the order of the summary.
    pub stages: &'a [Svg],
    /// The plots of all stages.
    pub overview: &'a Overview,
    /// The share of the probe's packets in the captures, in percent.
    pub probe_share: f64,
}

/// The plots that are not of one stage.
#[derive(Debug)]
#[non_exhaustive]
pub struct Overview {
    /// Successes over the seeds.
    pub successes: Svg,
    /// Time against success.
    pub time_success: Svg,
    /// Requests per call.
    pub requests: Svg,
    /// The loss parameters.
    pub pairs: Svg,
    /// The backoffs against an outage.
    pub timelines: Svg,
    /// How long the loss remembers.
    pub memory: Option<Svg>,
    /// With and without the probe.
    pub probe_effect: Option<Svg>,
}

impl Overview {
    /// All of them.
    pub fn plots(&self) -> impl Iterator<Item = &Svg> {
        let always = [&self.successes, &self.time_success, &self.requests, &self.pairs, &self.timelines];
        always.into_iter().chain(&self.memory).chain(&self.probe_effect)
    }
}

/// The page's HTML.
#[must_use]
pub fn page(page: &Page<'_>) -> String {
    let title = "Do you want to retry?";
    document(title, &style(), &header(page), &main(page), &footer(page))
}

/// The style sheet of a page with plots, light or dark as its reader has it.
pub(crate) fn style() -> String {
    format!(
        "{}{}\n@media (prefers-color-scheme: dark) {{ {} }}\n",
        include_str!("style.css"),
        sheet(Palette::LIGHT),
        sheet(Palette::DARK)
    )
}

fn main(page: &Page<'_>) -> String {
    let mut main = overview(page) + &experiment(page);
    for (index, (summary, plot)) in page.summary.stages.iter().zip(page.stages).enumerate() {
        main += &stage(index + 1, summary, plot, page);
    }
    main + &probe(page) + &beside() + &library() + &files(page)
}

fn footer(page: &Page<'_>) -> String {
    let conclusions = "What the talk concludes: a network can be emulated well enough; tests on one's own \
                       machine do not show this, and those on a local network may not; retrying is not easy, so \
                       use what exists; a library that speaks to a network should have retries built in, and \
                       let its users change them.";
    let again = "The same seed gives the same files, byte for byte. This page again:";
    paragraph(conclusions) + &paragraph(again) + &code(&command(page))
}
