//! A stage: its code in both languages, what came of it, and why.

use super::{
    Page, chapter,
    html::{code, figure, heading, links, listing, paragraph, section, table},
    overview::{headings, row},
};
use crate::{output::plot::Svg, talk::report::StageSummary};

pub(super) fn stage(number: usize, summary: &StageSummary, plot: &Svg, page: &Page<'_>) -> String {
    let name = summary.name;
    let Some(chapter) = chapter(name) else { return String::new() };
    let mut content = heading("What changed") + &paragraph(chapter.changed);
    content += &heading("The idea of the talk's code");
    content += &code(chapter.idea);
    content += &heading("This project's stack for it");
    content += &listing(&chapter.excerpt());
    content += &paragraph(&format!("From examples/src/talk/stages/{}, without its imports.", chapter.file));
    content += &heading("What came of it");
    content += &table(&headings(page), &[row(summary)]);
    content += &figure(plot, &words(summary, page));
    if name == "backoff" {
        content += &figure(
            &page.overview.timelines,
            "Backoff is for outages. Exponential waits outlast the longer ones with the same number of attempts, and \
             come back later from the shorter ones.",
        );
    }
    content += &heading("Why");
    content += &paragraph(chapter.why);
    content += &links(&[
        format!("{name}.csv"),
        format!("{name}.pcap"),
        format!("{name}-probe.csv"),
        format!("{name}-download.csv"),
    ]);
    section(name, &title(number, name), &content)
}

/// Of the chapter, and of its line in the contents.
pub(super) fn title(number: usize, name: &str) -> String {
    format!("{number}. {name}")
}

fn words(summary: &StageSummary, page: &Page<'_>) -> String {
    let StageSummary { name, ok, failed, unfinished, .. } = summary;
    let seed = page.summary.seed;
    let unfinished = if *unfinished > 0 { format!(", {unfinished} had not ended") } else { String::new() };
    format!("{name}, the one run of seed {seed}: {ok} calls succeeded, {failed} failed{unfinished}.")
}
