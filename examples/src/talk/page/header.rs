//! The title, what was run, and the contents.

use super::{
    Page, beside,
    command::changed,
    html::{entry, paragraph},
    stage,
};

pub(super) fn header(page: &Page<'_>) -> String {
    let summary = page.summary;
    let mut contents = entry("overview", "All stages", "") + &entry("experiment", "The experiment", "");
    for (index, stage) in summary.stages.iter().enumerate() {
        contents += &entry(stage.name, &stage::title(index + 1, stage.name), "");
    }
    contents += &entry("probe", "The probe changed the experiment", "");
    contents += &entry("beside", "Beside the talk", &beside::contents());
    contents += &entry("library", "The layers in your own client", "");
    contents += &entry("files", "The files", "");
    let about = format!(
        "The experiment of Anton Marchukov's talk of that name (PyCon CZ 2016), replayed in virtual time: \
         {requests} calls by {workers} workers for 7 kB of JSON, while the network loses packets. Real HTTP \
         clients and a real server, over two TCP stacks and a simulated link. Tables are means over {seeds} seed(s); a stage's \
         own plot is the run of seed {seed}. Loss {loss} %, preset {preset}.",
        requests = summary.requests,
        workers = summary.workers,
        seed = summary.seed,
        seeds = summary.seeds,
        loss = summary.loss,
        preset = summary.preset,
    );
    let mut about = paragraph(&about);
    if !changed(summary).is_empty() {
        about += &paragraph(
            "This run has settings of its own. What is said about the stages was written about the talk's, and \
             may not be true here: the figures are.",
        );
    }
    format!(
        "<h1>Do you want to retry?</h1>\n{about}<nav aria-label=\"Contents\">\n<ul>\n{contents}</ul>\n</nav>\n"
    )
}
