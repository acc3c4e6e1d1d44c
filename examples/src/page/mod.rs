//! `index.html`: the talk's slides again, from a run of one's own. It needs nothing but itself, and links to the
//! files beside it.

mod chapters;
mod html;

pub(crate) use self::chapters::chapter;
use self::html::{code, document, figure, heading, links, paragraph, section, table};
use crate::{
    experiment::Experiment,
    plot::{Palette, Svg, sheet},
    report::{StageSummary, Summary},
    stages::STAGES,
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
    let style = format!(
        "{}{}\n@media (prefers-color-scheme: dark) {{ {} }}\n",
        include_str!("style.css"),
        sheet(Palette::LIGHT),
        sheet(Palette::DARK)
    );
    let title = "Do you want to retry?";
    document(title, &style, &header(page), &main(page), &footer(page))
}

fn header(page: &Page<'_>) -> String {
    let summary = page.summary;
    let mut contents = String::from("<li><a href=\"#overview\">All stages</a></li>\n");
    contents += "<li><a href=\"#experiment\">The experiment</a></li>\n";
    for stage in &summary.stages {
        contents += &format!("<li><a href=\"#{0}\">{0}</a></li>\n", stage.name);
    }
    contents += "<li><a href=\"#probe\">The probe changed the experiment</a></li>\n";
    contents += "<li><a href=\"#files\">The files</a></li>\n";
    let about = format!(
        "The experiment of Anton Marchukov's talk of that name (PyCon CZ 2016), replayed in virtual time: {requests} calls \
         by {workers} workers for 7 kB of JSON, while the network loses packets. Real HTTP clients and a real server, \
         over two TCP stacks and a simulated link. The plots of one run are those of seed {seed}; means and \
         distributions are over {seeds} seed(s). Loss {loss} %, preset {preset}.",
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
            "This run has settings of its own. What is said about the stages was written about the talk's, and may not be \
             true here: the figures are.",
        );
    }
    format!(
        "<h1>Do you want to retry?</h1>\n{about}<nav aria-label=\"Contents\">\n<ol>\n{contents}</ol>\n</nav>\n"
    )
}

fn main(page: &Page<'_>) -> String {
    let mut main = overview(page) + &experiment(page);
    for (index, (summary, plot)) in page.summary.stages.iter().zip(page.stages).enumerate() {
        main += &stage(index + 1, summary, plot, page);
    }
    main + &probe(page) + &files(page)
}

fn overview(page: &Page<'_>) -> String {
    let rows: Vec<Vec<String>> = page.summary.stages.iter().map(row).collect();
    let content = table(&HEADINGS, &rows)
        + &paragraph(
            "Each stage mends what the one before it lacks. \"This run\" is that of the first seed; the other figures \
             are means over all seeds, and the range is that of nine runs in ten.",
        )
        + &figure(
            &page.overview.successes,
            "The talk had one run of each stage; here is the whole distribution. A row's bars are as high as the share of \
             seeds that had so many successes.",
        )
        + &figure(
            &page.overview.time_success,
            "Upward is better, and so is to the left: more calls succeed, and all are done sooner.",
        )
        + &figure(
            &page.overview.requests,
            "What it costs the server. The last column is what a stage allows itself for one call.",
        );
    section("overview", "All stages", &content)
}

const HEADINGS: [&str; 8] =
    ["stage", "talk", "this run", "mean", "5..95 %", "requests per call", "seconds", "longest, s"];

fn row(stage: &StageSummary) -> Vec<String> {
    vec![
        stage.name.to_owned(),
        stage.talk_ok.map_or_else(|| "-".to_owned(), |ok| ok.to_string()),
        stage.ok.to_string(),
        format!("{:.2}", stage.mean_ok),
        format!("{}..{}", stage.p5_ok, stage.p95_ok),
        format!("{:.2}", stage.attempts_per_call),
        format!("{:.1}", stage.virtual_seconds),
        format!("{:.1}", stage.longest_seconds),
    ]
}

fn experiment(page: &Page<'_>) -> String {
    let content = paragraph(
        "The server's packets pass a queue that loses them as Linux netem's \"gemodel\" does (Gilbert and Elliott): a chain \
         with a good and a bad state, which moves with every packet, from good to bad with probability p and back with r. \
         In the bad state all packets are lost, in the good one none. The chain's state is what makes losses come in \
         bursts.",
    ) + &figure(
        &page.overview.pairs,
        "The three pairs that the talk compares, and the one that its experiment uses. The three have p + r = 1, which is \
         a chain without memory: each packet is lost by itself, whatever became of the one before.",
    ) + &paragraph(
        "The client's packets all arrive. From own-retry on, the server lies now and then: its answer is empty, or cut \
         short behind a length that matches.",
    );
    section("experiment", "The experiment", &content)
}

fn stage(number: usize, summary: &StageSummary, plot: &Svg, page: &Page<'_>) -> String {
    let name = summary.name;
    let Some(chapter) = chapter(name) else { return String::new() };
    let mut content = heading("What changed") + &paragraph(chapter.changed);
    content += &heading("The idea of the talk's code");
    content += &code("wrap", chapter.idea);
    content += &heading("This project's stack for it");
    content += &code("", &chapter.excerpt());
    content += &paragraph(&format!("From examples/src/stages/{}, without its imports.", chapter.file));
    content += &heading("What came of it");
    content += &table(&HEADINGS, &[row(summary)]);
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
    section(name, &format!("{number}. {name}"), &content)
}

fn words(summary: &StageSummary, page: &Page<'_>) -> String {
    let StageSummary { name, ok, failed, unfinished, .. } = summary;
    let seed = page.summary.seed;
    let unfinished = if *unfinished > 0 { format!(", {unfinished} had not ended") } else { String::new() };
    format!("{name}, the run of seed {seed}: {ok} calls succeeded, {failed} failed{unfinished}.")
}

fn probe(page: &Page<'_>) -> String {
    let mut content = paragraph(
        "The talk ran a UDP probe beside the download, through the same queue, to show that the network was alive. netem \
         keeps one chain per queue, and every packet of any flow moves it. With thousands of probe packets a second \
         the chain had long forgotten its state when TCP sent a lost packet again. Without the probe only TCP's own \
         packets move it: the packet after a lost one meets the state that lost it.",
    );
    if let Some(plot) = &page.overview.memory {
        content += &figure(
            plot,
            "The chance that a packet of the download is lost if the one before it was. TCP waits a fifth of a second \
             before it repeats itself, and by then the probe has made the chain forget. The overall loss is the same.",
        );
    }
    match &page.overview.probe_effect {
        Some(plot) => {
            content += &figure(
                plot,
                "So the tool that measured the network made it a better one. The talk's figures are those of a network \
                 with the probe; a download by itself has a harder time.",
            );
        }
        None => {
            let words = "None of the stages of this run is one that the talk showed on the lossy network.";
            content += &paragraph(words);
        }
    }
    section("probe", "The probe changed the experiment", &content)
}

fn files(page: &Page<'_>) -> String {
    let share = page.probe_share;
    let captured = format!(
        "NAME.pcap is what dumpcap would have seen on the client's host: what it sent, and what reached it. A lost packet \
         is missing. Times are virtual seconds since the start. TCP's packets are whole. Of the probe's packets there \
         are those of the first {share} % of every tenth of a second, with their headers and their number; the traffic \
         plots count all of them. (The run itself does not simulate the probe's packets one by one: their fates are \
         drawn afterwards, under the condition that the loss chain passes through every state that it had at a packet of \
         TCP.) A run is captured for its first hour at most."
    );
    let content = paragraph(
        "NAME.csv has a row for each call in order of completion: 0 for success or 1 for an error, and the seconds it took.",
    ) + &paragraph(&captured)
        + &paragraph(
            "NAME-probe.csv and NAME-download.csv have a row time,length for each captured packet of the probe, and for each packet from the server's port 80. They can be had from the capture too:",
        )
        + &code(
            "",
            "tshark -r naive.pcap -Y 'udp.port == 65535' -T fields -E separator=, -e frame.time_epoch -e frame.len\n\
             tshark -r naive.pcap -Y 'tcp.srcport == 80' -T fields -E separator=, -e frame.time_epoch -e frame.len\n\
             tcpdump -n -tt -r naive.pcap 'tcp port 80'",
        )
        + &links(&["summary.json".to_owned()]);
    section("files", "The files", &content)
}

fn footer(page: &Page<'_>) -> String {
    let conclusions = "What the talk concludes: a network can be emulated well enough; tests on one's own machine do not \
                       show this, and those on a local network may not; retrying is not easy, so use what exists; a library \
                       that speaks to a network should have retries built in, and let its users change them.";
    let again = "The same seed gives the same files, byte for byte. This page again:";
    paragraph(conclusions) + &paragraph(again) + &code("wrap", &command(page))
}

/// The command line of this run.
fn command(page: &Page<'_>) -> String {
    let summary = page.summary;
    let mut command = format!("cargo run --release -- --seed {} --seeds {}", summary.seed, summary.seeds);
    for (name, value) in changed(summary) {
        command += &format!(" --{name} {value}");
    }
    if page.probe_share.to_string() != "1" {
        command += &format!(" --capture-probe {}", page.probe_share);
    }
    if summary.stages.len() < STAGES.len() {
        summary.stages.iter().for_each(|stage| command += &format!(" --stage {}", stage.name));
    }
    command
}

/// The settings that are not the talk's, by the names of their options.
fn changed(summary: &Summary) -> Vec<(&'static str, String)> {
    let default = Experiment::new(1, 100, Vec::new());
    let settings = [
        ("loss", summary.loss.clone(), default.loss.to_string()),
        ("preset", summary.preset.to_owned(), default.preset.name().to_owned()),
        ("requests", summary.requests.to_string(), default.requests.to_string()),
        ("workers", summary.workers.to_string(), default.workers.to_string()),
        ("lies", summary.lies.to_string(), default.lies.to_string()),
    ];
    let changed = settings.into_iter().filter(|(_, value, by_default)| value != by_default);
    changed.map(|(name, value, _)| (name, value)).collect()
}
