//! The page as its reader sees it: what it links to is there, and a browser shows it well.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod program;

use network_lab::talk::stages::STAGES;
use program::{Scratch, files, talk};
use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write, stderr},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

fn index(scratch: &Scratch, arguments: &[&str]) -> BTreeMap<String, String> {
    let out = scratch.join("out");
    let output = talk(&out, arguments);
    assert!(output.status.success(), "{output:?}");
    files(&out)
}

/// The values of this attribute.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.match_indices(&start)
        .map(|(at, found)| {
            let value = &html[at + found.len()..];
            &value[..value.find('"').unwrap()]
        })
        .collect()
}

#[test]
fn every_link_leads_somewhere_and_nothing_is_loaded() {
    let scratch = Scratch::new("page-links");
    for arguments in
        [&["--seeds", "2", "--requests", "20"][..], &["--seeds", "1", "--requests", "3", "--stage", "ideal"]]
    {
        let files = index(&scratch, arguments);
        let html = &files["index.html"];
        let ids = attributes(html, "id");
        for link in attributes(html, "href") {
            match link.strip_prefix('#') {
                Some(id) => assert!(ids.contains(&id), "#{id}"),
                None => assert!(files.contains_key(link), "{link}"),
            }
        }
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "an id stands twice");
        for loads in [" src=", "@import", "<script", "<link", "<iframe", "<object", "srcset="] {
            assert!(!html.contains(loads), "{loads}");
        }
        // Addresses only as names: of the SVG format.
        let addresses = html.matches("://").count();
        assert_eq!(addresses, html.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
        assert!(html.contains("<main>") && html.contains("<nav aria-label=") && html.contains("lang=\"en\""));
        fs::remove_dir_all(scratch.join("out")).unwrap();
    }
}

#[test]
fn the_page_shows_every_stage_with_its_stack_and_its_figures() {
    let scratch = Scratch::new("page-stages");
    let files = index(&scratch, &["--seeds", "2", "--requests", "20", "--seed", "5"]);
    let html = &files["index.html"];
    let summary: serde_json::Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let mut at = 0;
    for (index, stage) in summary["stages"].as_array().unwrap().iter().enumerate() {
        let name = stage["name"].as_str().unwrap();
        let heading = format!("<h2 id=\"{name}\">{}. {name}</h2>", index + 1);
        let place = html.find(&heading).unwrap_or_else(|| panic!("{heading}"));
        assert!(place > at, "{name} comes in the talk's order");
        at = place;
        let section = &html[place..];
        let section = &section[..section.find("</section>").unwrap()];
        let (ok, failed) = (&stage["ok"], &stage["failed"]);
        assert!(section.contains(&format!("seed 5: {ok} calls succeeded, {failed} failed")), "{name}");
        assert!(section.contains(">pub async fn get_json(") && section.contains("<svg"), "{name}");
        for file in [".csv", ".pcap", "-probe.csv", "-download.csv", ".svg"] {
            assert!(section.contains(&format!("href=\"{name}{file}\"")), "{name}{file}");
        }
        // The plot on the page is the plot beside it.
        let drawn = section.split_once("<defs>").unwrap().1.split_once("</svg>").unwrap().0;
        let (_, last) = drawn.rsplit_once("</text>\n").unwrap();
        assert!(files[&format!("{name}.svg")].contains(last), "{name}");
    }
    // Tables are of all seeds, and one of them stands in the words of its own plot.
    assert!(html.contains("<th scope=\"col\">mean</th>") && !html.contains("this run</th>"));
    for plot in ["successes", "time-success", "requests", "pairs", "timelines", "memory", "probe-effect"] {
        assert_eq!(html.matches(&format!("href=\"{plot}.svg\"")).count(), 1, "{plot}");
    }
}

/// What begins with this and ends with that.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn the_contents_are_the_headings_and_lead_on_from_the_talk() {
    let scratch = Scratch::new("page-contents");
    let files = index(&scratch, &["--seeds", "1", "--requests", "3"]);
    let html = &files["index.html"];
    let contents: Vec<(&str, &str)> = between(html, "<nav ", "</nav>")
        .split("<a href=\"#")
        .skip(1)
        .map(|entry| (entry.split_once('"').unwrap().0, between(entry, ">", "</a>")))
        .collect();
    let headings: Vec<(&str, &str)> = html
        .split("<h")
        .filter_map(|heading| heading.strip_prefix("2 id=\"").or(heading.strip_prefix("3 id=\"")))
        .map(|heading| (heading.split_once('"').unwrap().0, between(heading, ">", "</h")))
        .collect();
    assert_eq!(contents, headings);
    let ids: Vec<&str> = contents.iter().map(|(id, _)| *id).collect();
    let onward = ["beside", "storm", "jitter", "download", "hedging", "library", "files"];
    assert!(ids.ends_with(&onward), "{ids:?}");
    let library = between(html, "<h2 id=\"library\">", "</section>");
    assert!(
        library.contains("RetryLayer::new(RetryPolicy::standard())") && library.contains("with_native_roots")
    );
}

#[test]
fn a_stage_in_which_nothing_arrives_takes_little_room() {
    let scratch = Scratch::new("page-nothing");
    let files = index(&scratch, &["--seeds", "1", "--requests", "20"]);
    let height =
        |name: &str| between(&files[&format!("{name}.svg")], " height=\"", "\"").parse::<f64>().unwrap();
    for name in ["network-off", "fixed-retry"] {
        assert!(files[&format!("{name}.svg")].contains("Nothing arrived"), "{name}");
        assert!(height(name) < 300.0 && height(name) < 0.75 * height("timeout"), "{name}: {}", height(name));
    }
    assert!(!files["timeout.svg"].contains("Nothing arrived"));
}

#[test]
fn what_is_beside_the_talk_has_its_plot_and_its_command() {
    let scratch = Scratch::new("page-beside");
    let files = index(&scratch, &["--seeds", "1", "--requests", "3", "--stage", "ideal"]);
    let (_, chapter) = files["index.html"].split_once("<h2 id=\"beside\">").unwrap();
    let mut parts = chapter.split("<h3 id=\"").skip(1);
    let plots = Path::new(env!("CARGO_MANIFEST_DIR")).join("plots");
    for (id, plot) in
        [("storm", "storm"), ("jitter", "jitter"), ("download", "download"), ("hedging", "tail")]
    {
        let part = parts.next().unwrap().split_once("</section>").unwrap().0;
        assert!(part.starts_with(&format!("{id}\"")), "{id}");
        assert!(
            part.contains(&format!("<code>cargo run --release -- {plot} --seed 1 --seeds 20</code>")),
            "{id}"
        );
        // The plot on the page is the committed one, from its first element to its last.
        let committed = fs::read_to_string(plots.join(format!("{plot}.svg"))).unwrap();
        let (_, elements) = committed.split_once("<text").unwrap();
        assert!(part.contains(elements), "{id}");
    }
}

#[test]
fn the_words_about_the_loss_follow_the_loss() {
    let scratch = Scratch::new("page-loss");
    let page = |loss: &str| {
        let arguments = ["--seeds", "1", "--requests", "3", "--stage", "timeout", "--loss", loss];
        index(&scratch, &arguments)["index.html"].clone()
    };
    let talks = page("50,20");
    assert!(
        talks.contains("p = 50 % and back with r = 20 %")
            && talks.contains("what makes losses come in bursts")
    );
    let other = page("5,95,80,1");
    assert!(other.contains("p = 5 % and back with r = 95 %. In the bad state 80 % of the packets are lost"));
    assert!(other.contains("this run's loss is 5,95,80,1 %"));
    assert!(
        other.contains("Losses do not come in bursts here") && !other.contains("makes losses come in bursts")
    );
    assert!(!other.contains("meets the state that lost it") && !other.contains("made it a better one"));
}

// ===== in a browser =====

/// Looks at the page from within, and leaves what it finds where `--dump-dom` shows it.
const LOOK: &str = r##"<script>
const faults = [];
const box = element => element.getBoundingClientRect();
const root = document.documentElement;
if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide, its window ${root.clientWidth}`);
for (const code of document.querySelectorAll("pre"))
  if (code.scrollWidth > code.clientWidth) faults.push(`code is ${code.scrollWidth} wide: ${code.textContent.slice(0, 80)}`);
for (const wide of document.querySelectorAll("figure > *, table"))
  if (box(wide).right > root.clientWidth && !wide.closest(".scroll")) faults.push(`${wide.tagName} is cut off`);
const plots = [...document.querySelectorAll("svg.plot")];
for (const plot of plots) {
  const name = plot.getAttribute("aria-label"), frame = box(plot);
  const around = getComputedStyle(plot.closest(".scroll"));
  if (around.overflowX !== "auto" || !around.backgroundImage.includes("gradient")) faults.push(`${name} does not scroll`);
  if (frame.width < 300 || frame.height < 100) faults.push(`${name}: ${frame.width} x ${frame.height}`);
  const texts = [...plot.querySelectorAll("text")].map(text => [text.textContent, box(text)]);
  texts.forEach(([text, a], index) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
      faults.push(`${name}: "${text}" is outside`);
    for (const [other, b] of texts.slice(index + 1))
      if (a.left + 1 < b.right && b.left + 1 < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom)
        faults.push(`${name}: "${text}" and "${other}" overlap`);
  });
}
const style = getComputedStyle(document.body);
const found = { faults, plots: plots.length, width: innerWidth, paper: style.backgroundColor, ink: style.color,
  drawn: getComputedStyle(document.querySelector("svg.plot text")).fill, refused };
const pre = document.createElement("pre");
pre.textContent = "FOUND" + JSON.stringify(found) + "END";
document.body.append(pre);
parent.postMessage(pre.textContent, "*");
</script>"##;

/// A browser's window has a least width, and a frame in it has none.
const FRAME: &str = r#"<!DOCTYPE html><iframe src="seeing.html" style="width:390px;height:800px;border:0"></iframe>
<pre></pre><script>addEventListener("message", said => document.querySelector("pre").textContent = said.data)</script>"#;

/// Counts what the page's own policy refuses to load.
const WATCH: &str =
    "<script>let refused = 0; addEventListener('securitypolicyviolation', () => refused++)</script>";

fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.into_iter().find(|name| {
        let mut version = Command::new(name);
        version
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    });
    if found.is_none() {
        // Not by println!, which the test harness keeps to itself.
        let _ = writeln!(stderr(), "skipped: none of {} is installed", names.join(", "));
    }
    found
}

/// Runs the browser in a profile of its own; what it prints, and what the page's console says.
fn browse(browser: &str, scratch: &Scratch, dark: bool, arguments: &[String]) -> (String, Vec<String>) {
    let profile = scratch.join("profile");
    let _ = fs::remove_dir_all(&profile);
    let mut command = Command::new(browser);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]);
    command.args([
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--enable-logging=stderr",
    ]);
    // 0 is dark, 1 is light.
    command.arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)));
    command.arg(format!("--user-data-dir={}", profile.display())).args(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (written, said) = (text(child.stdout.take().unwrap()), text(child.stderr.take().unwrap()));
    let texts = [written, said].map(|text| text.recv_timeout(Duration::from_secs(120)));
    if texts.iter().any(Result::is_err) {
        child.kill().unwrap();
    }
    let [written, said] = texts.map(|text| text.expect("the browser ends"));
    assert!(child.wait().unwrap().success(), "{said}");
    (written, said.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect())
}

/// All that comes out of a pipe, once it is closed.
fn text(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        send.send(String::from_utf8_lossy(&bytes).into_owned()).unwrap();
    });
    receive
}

fn address(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[test]
fn a_browser_shows_it_wide_and_narrow_light_and_dark() {
    let Some(browser) = browser() else { return };
    let scratch = Scratch::new("page-browser");
    let html = &index(&scratch, &["--seeds", "4"])["index.html"];
    let plots = html.matches("<svg ").count();
    assert_eq!(plots, STAGES.len() + 7 + 4, "of each stage, of all stages, and of what is beside the talk");
    // The same page with eyes in it, which its policy must allow.
    let seeing = html
        .replace(
            "style-src 'unsafe-inline'\">",
            &format!("style-src 'unsafe-inline'; script-src 'unsafe-inline'\">{WATCH}"),
        )
        .replace("</body>", &format!("{LOOK}</body>"));
    assert_eq!(seeing.len(), html.len() + WATCH.len() + LOOK.len() + "; script-src 'unsafe-inline'".len());
    fs::write(scratch.join("out/seeing.html"), seeing).unwrap();
    fs::write(scratch.join("out/frame.html"), FRAME).unwrap();
    for (file, width, dark) in
        [("seeing", 1_200, false), ("seeing", 1_200, true), ("seeing", 760, false), ("frame", 390_u64, true)]
    {
        let page = address(&scratch.join(&format!("out/{file}.html")));
        let arguments = [format!("--window-size={},900", width.max(500)), "--dump-dom".into(), page];
        let (dom, console) = browse(browser, &scratch, dark, &arguments);
        let found = dom.rsplit_once("FOUND").unwrap().1.split_once("END").unwrap().0;
        let found =
            found.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
        let found: serde_json::Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["width"].as_u64(), Some(width));
        assert_eq!(found["faults"], serde_json::json!([]), "{width} wide");
        assert_eq!((found["plots"].as_u64(), found["refused"].as_u64()), (Some(plots as u64), Some(0)));
        assert_eq!(console, Vec::<String>::new());
        let (ink, paper) = match dark {
            true => ("rgb(228, 231, 234)", "rgb(20, 24, 28)"),
            false => ("rgb(28, 33, 38)", "rgb(255, 255, 255)"),
        };
        assert_eq!((found["ink"].as_str(), found["drawn"].as_str()), (Some(ink), Some(ink)));
        assert_eq!(found["paper"].as_str(), Some(paper));
    }

    // What is seen is far from blank, and not the same in both schemes.
    let shot = |address: &str, dark: bool| {
        let picture = scratch.join("shot.png");
        let arguments = [
            "--window-size=1000,4000".to_owned(),
            format!("--screenshot={}", picture.display()),
            address.to_owned(),
        ];
        browse(browser, &scratch, dark, &arguments);
        fs::read(picture).unwrap()
    };
    let page = address(&scratch.join("out/index.html"));
    let (blank, light, dark) = (shot("about:blank", false), shot(&page, false), shot(&page, true));
    assert!(light.len() > 10 * blank.len(), "{} bytes, and {} of a blank page", light.len(), blank.len());
    assert!(dark.len() > 10 * blank.len());
    assert_ne!(light, dark);
}
