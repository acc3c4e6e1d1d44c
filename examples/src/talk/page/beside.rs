//! The experiments beside the talk: what they show, and the commands that make them again.
//!
//! Their plots are those in the repository, of the default runs; a test says when they are no longer current. The words
//! have no figures that a change of the lab would falsify.

use super::html::{code, drawn_before, entry, paragraph, section, subsection};

/// One experiment.
struct Beside {
    id: &'static str,
    title: &'static str,
    /// The plot's name, and its file.
    plot: (&'static str, &'static str),
    words: &'static str,
    command: &'static str,
}

const ALL: [Beside; 4] = [
    Beside {
        id: "storm",
        title: "Storm: a budget for retries",
        plot: ("storm", include_str!("../../../plots/storm.svg")),
        words: "A fleet calls a server that has little to spare, and the server stands still for a while. Afterwards its \
                queue is full of requests whose clients have left. With short waits the retries alone keep it full, \
                jitter or not, so the server stays busy and answers nothing in time long after the outage is over. \
                Long first waits end that too (storm --map shows from where on). A budget ends it whatever the waits \
                are, because it limits the retries to a share of the calls; it does not limit the calls, so it cannot \
                help where those alone are too many. A throttle in front of it also spares the server during the \
                outage, and notices later that it is over.",
        command: "cargo run --release -- storm --seed 1 --seeds 20",
    },
    Beside {
        id: "jitter",
        title: "Jitter: clients that compete",
        plot: ("jitter", include_str!("../../../plots/jitter.svg")),
        words: "Clients want to write the same row at the same moment, and whoever read a stale version backs off and \
                starts over (AWS's experiment). Without backoff they are done soonest, and make by far the most calls. \
                Exponential backoff without jitter saves some of those and takes longest by far, since clients that met \
                once wait the same time and meet again. With jitter most of the calls are saved, and nearly all of \
                that time.",
        command: "cargo run --release -- jitter --seed 1 --seeds 20",
    },
    Beside {
        id: "download",
        title: "Download: going on where it broke off",
        plot: ("download", include_str!("../../../plots/download.svg")),
        words: "Files are fetched over a network that loses packets in bursts, and over connections that die. A download \
                that starts over sends the same bytes again and again, and a long file may never be whole. Resumed, \
                it sends what is missing, until the attempts are used up, and holds in memory what has come. Continued \
                while it is read, it holds next to nothing, and progress renews its attempts.",
        command: "cargo run --release -- download --seed 1 --seeds 20",
    },
    Beside {
        id: "hedging",
        title: "Hedging: a second attempt beside a slow one",
        plot: ("tail", include_str!("../../../plots/tail.svg")),
        words: "The network is good, and one answer in a hundred is slow. A second attempt that starts when the first is \
                later than usual ends the slow calls for about one more request in a hundred. One that starts too early \
                costs far more; a budget bounds that cost, and the slow calls then wait until it has a token for them.",
        command: "cargo run --release -- tail --seed 1 --seeds 20",
    },
];

/// Their lines in the contents.
pub(super) fn contents() -> String {
    ALL.iter().map(|Beside { id, title, .. }| entry(id, title, "")).collect()
}

pub(super) fn beside() -> String {
    let mut content = paragraph(
        "The talk ends here, and retries do not. What happens when a thousand clients retry at once, when they wait for the \
         same time, when a file is too long to start over, and when nothing fails but one answer in a hundred is slow? \
         The plots are those of the default runs, whatever this page's run was.",
    );
    for Beside { id, title, plot: (name, file), words, command } in ALL {
        let parts = drawn_before(name, file) + &paragraph(words) + &code(command);
        content += &subsection(id, title, &parts);
    }
    section("beside", "Beside the talk", &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plot_follows_the_page_and_has_its_own_pattern() {
        let html = beside();
        assert_eq!(html.matches("<svg ").count(), ALL.len());
        assert!(!html.contains("<style"), "a style would be the whole page's");
        assert!(!html.contains("#ffffff"), "a background would stay light");
        for Beside { plot: (name, _), command, .. } in ALL {
            assert_eq!(html.matches(&format!("<pattern id=\"{name}-hatch\"")).count(), 1, "{name}");
            assert!(
                html.contains(&format!("<code>{command}</code>")) && command.contains(&format!("-- {name} "))
            );
        }
    }
}
