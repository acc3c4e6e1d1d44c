use super::{arguments::SweepQuestion, map::Map, svg::svg, text::text};
use crate::{
    output::{Answer, progress::Progress},
    what_if::{
        Estimate,
        report::{FigureReport, finite, settings_map, text_of},
    },
};
use serde::Serialize;
use serde_json::{Map as JsonMap, Value};
use std::{error::Error, io};

/// The file `sweep.json`.
#[derive(Debug, Serialize)]
struct Report {
    varied: JsonMap<String, Value>,
    cells: Vec<CellReport>,
}

#[derive(Debug, Serialize)]
struct CellReport {
    values: Vec<String>,
    /// All of them, as they ran.
    settings: JsonMap<String, Value>,
    figures: FigureReport,
}

/// Measures the map and draws it.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn sweep(question: &SweepQuestion, threads: usize) -> Result<Answer, Box<dyn Error>> {
    let settings = question.settings();
    let cells: usize = question.axes().iter().map(|axis| axis.values.len()).product();
    let progress = Progress::new(settings.load.seeds.saturating_mul(cells as u64));
    let map = Map::measure(
        question.axes(),
        |varied| question.settings_with(varied),
        threads,
        || progress.advance(),
    )?;
    drop(progress);
    let map = map.ok_or("nothing is varied")?;
    let files = vec![
        ("sweep.csv".to_owned(), csv(&map)?),
        ("sweep.json".to_owned(), json(&map)?),
        ("sweep.svg".to_owned(), svg(&map).standalone()),
    ];
    Ok(Answer::new(files, text(&map)))
}

fn csv(map: &Map) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut heading: Vec<String> = map.axes().map(|axis| axis.setting.name.to_owned()).collect();
    for name in [
        "success_percent",
        "p50_seconds",
        "p90_seconds",
        "p99_seconds",
        "requests_per_call",
        "server_kilobytes_per_call",
    ] {
        heading.extend([name.to_owned(), format!("{name}_low"), format!("{name}_high")]);
    }
    heading.extend(["max_seconds".to_owned(), "unfinished".to_owned()]);
    // Whether it is told from the best of its row: 1 or 0, or empty where nothing is known.
    heading.extend(["success", "p99", "requests"].map(|name| format!("{name}_told_from_best")));
    let told = [0, 1, 2].map(|measure| map.told(measure));
    writer.write_record(heading)?;
    for (index, cell) in map.cells.iter().enumerate() {
        let figures = &cell.figures;
        let mut record = cell.values.clone();
        for estimate in
            [figures.success, figures.p50, figures.p90, figures.p99, figures.requests, figures.kilobytes]
        {
            record.extend(three(estimate));
        }
        record.extend([number(figures.max), figures.unfinished.to_string()]);
        record.extend(
            told.iter().map(|told| told[index].map_or_else(String::new, |told| u8::from(told).to_string())),
        );
        writer.write_record(record)?;
    }
    text_of(writer)
}

fn three(estimate: Estimate) -> [String; 3] {
    let (low, high) =
        estimate.interval.map_or((f64::INFINITY, f64::INFINITY), |interval| (interval.low, interval.high));
    [number(estimate.value), number(low), number(high)]
}

/// Empty where there is none.
fn number(value: f64) -> String {
    finite(value).map_or_else(String::new, |value| value.to_string())
}

fn json(map: &Map) -> serde_json::Result<String> {
    let axes = map.axes();
    let report = Report {
        varied: axes.map(|axis| (axis.setting.name.to_owned(), axis.values.clone().into())).collect(),
        cells: map
            .cells
            .iter()
            .map(|cell| CellReport {
                values: cell.values.clone(),
                settings: settings_map(&cell.settings),
                figures: FigureReport::of(&cell.figures),
            })
            .collect(),
    };
    serde_json::to_string_pretty(&report).map(|text| text + "\n")
}
