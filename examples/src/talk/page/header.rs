//! The title, what was run, and the contents.

use super::{Page, command::changed, html::paragraph};

pub(super) fn header(page: &Page<'_>) -> String {
    let summary = page.summary;
    let mut contents = String::from("<li><a href=\"#overview\">All stages</a></li>\n");
    contents += "<li><a href=\"#experiment\">The experiment</a></li>\n";
    for stage in &summary.stages {
        contents += &format!("<li><a href=\"#{0}\">{0}</a></li>\n", stage.name);
    }
    contents += "<li><a href=\"#probe\">The probe changed the experiment</a></li>\n";
    contents += "<li><a href=\"#beside\">Beside the talk</a></li>\n";
    contents += "<li><a href=\"#files\">The files</a></li>\n";
    let about = format!(
        "The experiment of Anton Marchukov's talk of that name (PyCon CZ 2016), replayed in virtual time: \
         {requests} calls by {workers} workers for 7 kB of JSON, while the network loses packets. Real HTTP \
         clients and a real server, over two TCP stacks and a simulated link. The plots of one run are those of \
         seed {seed}; means and distributions are over {seeds} seed(s). Loss {loss} %, preset {preset}.",
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
        "<h1>Do you want to retry?</h1>\n{about}<nav aria-label=\"Contents\">\n<ol>\n{contents}</ol>\n</nav>\n"
    )
}
