//! All stages in a table and in the plots of the seeds; what the network does.

use super::{
    Page,
    html::{figure, paragraph, section, table},
    loss::{memory, states},
};
use crate::{sim::network::GilbertElliott, talk::report::StageSummary};

pub(super) fn overview(page: &Page<'_>) -> String {
    let rows: Vec<Vec<String>> = page.summary.stages.iter().map(row).collect();
    let content = table(&headings(page), &rows)
        + &paragraph(&format!(
            "Each stage mends what the one before it lacks. \"Talk\" is the talk's one run, in successes; all other \
             figures are over {} seed(s): the mean of the successes, where {} lie, and the means of the rest.",
            page.summary.seeds,
            page.summary.range_in_words(),
        ))
        + &figure(
            &page.overview.successes,
            "The talk had one run of each stage; here is the whole distribution. A row's bars are as high as \
             the share of seeds that had so many successes.",
        )
        + &figure(
            &page.overview.time_success,
            "Upward is better, and so is to the left: fewer calls fail, and all are done sooner. Each line upward is a tenth of the \
             failures.",
        )
        + &figure(
            &page.overview.requests,
            "What it costs the server. The last column is what a stage allows itself for one call.",
        );
    section("overview", "All stages", &content)
}

pub(super) fn experiment(page: &Page<'_>) -> String {
    // Written by this program, so it can be read again.
    let loss = page.summary.loss.parse().unwrap_or(GilbertElliott::TALK);
    let talks = GilbertElliott::TALK;
    let content = paragraph(&format!(
        "The server's packets pass a queue that loses them as Linux netem's \"gemodel\" does (Gilbert and Elliott): {} {}",
        states(&loss),
        memory(&loss)
    )) + &figure(
        &page.overview.pairs,
        &format!(
            "The three pairs that the talk compares, and the one that its experiment uses{}. The three have p + r = 1, which \
             is a chain without memory: each packet is lost by itself, whatever became of the one before.",
            if loss == talks {
                String::new()
            } else {
                format!("; this run's loss is {} %", page.summary.loss)
            }
        ),
    ) + &paragraph(
        "The client's packets all arrive. From own-retry on, the server lies now and then: its answer is \
         empty, or cut short behind a length that matches.",
    );
    section("experiment", "The experiment", &content)
}

/// Of [`row`].
pub(super) fn headings<'a>(page: &Page<'a>) -> [&'a str; 7] {
    let range = page.summary.range();
    ["stage", "talk", "mean", range, "requests per call", "seconds", "longest, s"]
}

/// A stage in figures.
pub(super) fn row(stage: &StageSummary) -> Vec<String> {
    vec![
        stage.name.to_owned(),
        stage.talk_ok.map_or_else(|| "-".to_owned(), |ok| ok.to_string()),
        format!("{:.2}", stage.mean_ok),
        format!("{}..{}", stage.p5_ok, stage.p95_ok),
        format!("{:.2}", stage.attempts_per_call),
        format!("{:.1}", stage.virtual_seconds),
        format!("{:.1}", stage.longest_seconds),
    ]
}
