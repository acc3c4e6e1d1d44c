//! The plots of whole runs: no label covers another, whatever the figures.

use crate::{
    output::plot::Svg,
    sim::network::{GilbertElliott, Preset},
    talk::{Talk, experiment::Experiment, plot::timelines, stages::STAGES},
};
use std::time::Duration;

/// Every plot of a run with so many seeds after these changes.
fn plots(seeds: u64, change: impl Fn(&mut Experiment)) -> Vec<Svg> {
    let mut experiment = Experiment::new(3, seeds, STAGES.iter().collect());
    experiment.requests = 40;
    change(&mut experiment);
    let talk = Talk::run(experiment, 1.0, 2, || ()).unwrap();
    talk.plots()
}

fn loss(text: &str) -> GilbertElliott {
    text.parse().unwrap()
}

#[test]
fn no_label_covers_another() {
    let cases: [(&str, Vec<Svg>); 9] = [
        ("the talk's", plots(3, |experiment| experiment.requests = 100)),
        ("no probe", plots(1, |experiment| experiment.preset = Preset::NoProbe)),
        ("one call", plots(1, |experiment| experiment.requests = 1)),
        ("all at once", plots(1, |experiment| (experiment.requests, experiment.workers) = (200, 200))),
        ("hardly any loss", plots(1, |experiment| experiment.loss = loss("1,90"))),
        ("no memory", plots(1, |experiment| experiment.loss = loss("50,50"))),
        ("long bursts", plots(1, |experiment| experiment.loss = loss("1,2"))),
        ("no loss", plots(1, |experiment| experiment.loss = loss("0,100"))),
        ("nothing but loss", plots(1, |experiment| experiment.loss = loss("100,0,100,100"))),
    ];
    for (case, plots) in cases {
        assert!(plots.len() >= STAGES.len() + 5, "{case}: {}", plots.len());
        for plot in plots {
            assert_eq!(plot.faults(), Vec::<String>::new(), "{case}, {}", plot.name());
            if plot.name() == "time-success" {
                names_stand_at_their_points(case, &plot);
            }
        }
    }
    for (outage, delay, retries) in [(0, 1, 0), (10, 25, 3), (3_600, 60, 10), (40, 25, 3)] {
        let plot = timelines(Duration::from_secs(outage), Duration::from_secs(delay), retries);
        assert_eq!(plot.faults(), Vec::<String>::new(), "outage of {outage} s");
    }
}

#[test]
fn plots_are_well_formed_and_say_what_they_show() {
    for plot in plots(1, |experiment| experiment.requests = 20) {
        for text in [plot.standalone(), plot.inline()] {
            assert!(!text.contains("NaN") && !text.contains("inf"), "{}", plot.name());
            let document = roxmltree::Document::parse(&text).unwrap();
            let root = document.root_element();
            assert_eq!(root.tag_name().name(), "svg");
            assert!(root.attribute("aria-label").is_some_and(|shows| shows.len() > 10));
            let elements = || document.descendants().filter(roxmltree::Node::is_element);
            for class in elements().filter_map(|element| element.attribute("class")) {
                let known = crate::output::plot::sheet(crate::output::plot::Palette::LIGHT)
                    .contains(&format!(".{class}{{"));
                assert!(known || class == "plot", "{} has the class {class}", plot.name());
            }
            // References are to what is in the picture itself, under its own name.
            for reference in elements().filter_map(|element| element.attribute("fill")) {
                let own = format!("url(#{}-hatch)", plot.name());
                assert!(reference.starts_with('#') || reference == own || reference == "none", "{reference}");
            }
        }
    }
}

/// Every stage has its name, and none is far from its point.
fn names_stand_at_their_points(case: &str, plot: &Svg) {
    let text = plot.standalone();
    let document = roxmltree::Document::parse(&text).unwrap();
    let elements = || document.descendants().filter(roxmltree::Node::is_element);
    for stage in STAGES {
        let mut texts = elements().filter_map(|element| element.text());
        let named = texts.any(|text| text.split(", ").any(|name| name.trim_end_matches(',') == stage.name));
        assert!(named, "{case}: no {}", stage.name);
    }
    for lead in elements().filter(|element| element.attribute("class") == Some("lead")) {
        let data = lead.attribute("d").unwrap();
        let numbers: Vec<f64> =
            data.split(['M', 'L', ' ']).filter_map(|number| number.parse().ok()).collect();
        let &[x1, y1, x2, y2] = &numbers[..] else { panic!("{data}") };
        let length = (x2 - x1).hypot(y2 - y1);
        assert!(length < 60.0, "{case}: a name stands {length} away");
    }
}
