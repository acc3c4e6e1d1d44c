//! `index.html`: the chapter "the lab and the kernel", in the talk's page's style. It needs nothing but itself.

use super::{
    KernelRuns,
    command::command,
    difference::Figure,
    files::Report,
    plot::both,
    table::{HEADINGS, between, different, legend},
};
use crate::{
    output::{
        File,
        plot::{Svg, escape},
    },
    talk::page::{
        html::{code, document, entry, figure, links, paragraph, section, table},
        style,
    },
};

const TITLE: &str = "The lab and the kernel";

/// The plots are as wide as a telephone; five columns of figures fit beside each other there, too.
const NARROW: &str = "figure svg.plot { min-width: 0; max-width: 36rem }\n\
                      @media (max-width: 34rem) { table { font-size: .78rem } th, td { padding: .25rem .3rem } }\n";

/// The plots, and after them the page, so that whoever finds it finds what it links to.
pub(super) fn page(asked: &KernelRuns, report: &Report, beside: &[File]) -> Vec<File> {
    let plots = [
        both(report, Figure::Successes, "kernel-successes", "Calls that succeed", "% of a run's calls"),
        both(
            report,
            Figure::Seconds,
            "kernel-seconds",
            "How long a run takes",
            "seconds until the last call has ended",
        ),
    ];
    let svgs = plots.iter().map(|svg| (format!("{}.svg", svg.name()), svg.standalone().into_bytes()));
    let mut files: Vec<File> = svgs.collect();
    let names: Vec<&str> = beside.iter().map(|(name, _)| name.as_str()).collect();
    let html =
        document(TITLE, &(style() + NARROW), &header(report), &main(report, &plots, &names), &footer(asked));
    files.push(("index.html".to_owned(), html.into_bytes()));
    files
}

fn header(report: &Report) -> String {
    let contents = [
        ("successes", "Successes"),
        ("seconds", "Time"),
        ("cost", "The longest call, and the requests"),
        ("differences", "Where they differ"),
        ("network", "The kernel's network"),
        ("files", "The files"),
    ];
    let contents: String = contents.iter().map(|(id, title)| entry(id, title, "")).collect();
    let about = paragraph(
        "A simulation of TCP is not TCP. Here the talk's stages call a server over this machine's kernel, in real time, \
         under the loss that the lab simulates, beside the same stages in the lab.",
    ) + &paragraph(&legend(report).replace('\n', " "));
    format!(
        "<h1>{}</h1>\n{about}<nav aria-label=\"Contents\">\n<ul>\n{contents}</ul>\n</nav>\n",
        escape(TITLE)
    )
}

fn main(report: &Report, [successes, seconds]: &[Svg; 2], files: &[&str]) -> String {
    let mut main = section(
        "successes",
        "Successes",
        &(figure(successes, "Calls of a run that brought the document.") + &means(report, Figure::Successes)),
    );
    main += &section(
        "seconds",
        "Time",
        &(figure(seconds, "Seconds until the last call of a run had ended.")
            + &means(report, Figure::Seconds)),
    );
    let cost = paragraph("The longest call of a run that ended, in seconds:")
        + &means(report, Figure::Longest)
        + &paragraph("Requests per call, the first included:")
        + &means(report, Figure::Requests);
    main += &section("cost", "The longest call, and the requests", &cost);
    main + &section("differences", "Where they differ", &differences(report))
        + &section("network", "The kernel's network", &network(report))
        + &section("files", "The files", &(paragraph(FILES) + &links(&names(files))))
}

/// A figure's means, a row a stage.
fn means(report: &Report, figure: Figure) -> String {
    let decimals = figure.decimals();
    let rows: Vec<Vec<String>> = report
        .stages
        .iter()
        .filter_map(|stage| {
            let cells = stage
                .both(figure)?
                .into_iter()
                .flat_map(|(mean, interval)| [format!("{mean:.decimals$}"), between(figure, interval)]);
            Some(std::iter::once(stage.name.to_owned()).chain(cells).collect())
        })
        .collect();
    table(&["stage", "kernel", "95 %", "lab", "95 %"], &rows)
}

fn differences(report: &Report) -> String {
    if !report.has_spread() {
        return paragraph("One run has no spread by which the two could be compared.");
    }
    let rows = different(&report.stages);
    if rows.is_empty() {
        return paragraph("Nowhere by more than the runs differ among themselves.");
    }
    paragraph(
        "Figures whose means are further apart than the runs among themselves explain (Welch's test, 95 %). With so many \
         figures one in twenty would be here by chance.",
    ) + &table(&HEADINGS, &rows)
}

fn network(report: &Report) -> String {
    let probe = match report.probe {
        "real" => "The probe's packets are sent: 10,000 a second through the same device and the same chain.",
        "formula" => {
            "The chain is stepped by as many packets as a probe of 10,000 a second would send; none are sent."
        }
        _ => "There is no probe: only the download's own packets step the chain.",
    };
    paragraph(
        "Each run has two network namespaces in one process, one with the client and one with the server, a TUN device in \
         each, and between them the lab's loss chain. What a program writes in one piece crosses it whole, as with \
         segmentation offload in front of netem: one decision for all of it.",
    ) + &paragraph(probe)
        + &paragraph(
            "The machine is part of the measurement: which packet meets which step of the chain is a matter of time, so \
             that a run cannot be repeated, and its mean can.",
        )
}

const FILES: &str = "NAME.pcap is what the client's host saw of a stage's first run: what it sent, and what reached it. A \
                     lost packet is missing. Segments are as large as the kernel made them, and their checksums are left to \
                     a device that is not there, as in every capture with offload. NAME-download.csv has a row time,length \
                     for each packet from the server; kernel.csv a row for each run, calls.csv for each call, kernel.json \
                     the figures.";

fn names(files: &[&str]) -> Vec<String> {
    files.iter().map(|name| (*name).to_owned()).collect()
}

fn footer(asked: &KernelRuns) -> String {
    paragraph("The same again, with other luck:") + &code(&command(asked))
}
