//! The map as a picture: a field of shaded cells for each figure, readable without colours.

use super::{map::Map, measure::MEASURES, order::NOT_TOLD};
use crate::output::plot::{Anchor, Svg, WIDTH, width};

const MARGIN: f64 = 14.0;
/// Of the head and the legend.
const HEAD: f64 = 58.0;
/// Between two fields.
const GAP: f64 = 24.0;
const CELL_HEIGHT: f64 = 26.0;
/// What a cell takes where there is room.
const CELL_WIDTH: f64 = 96.0;
/// Beside a text in its cell.
const PADDING: f64 = 12.0;
/// Room for the title above a field, and for its axis below.
const ABOVE: f64 = 18.0;
const BELOW: f64 = 50.0;
const LINE: f64 = 16.0;
/// Of a setting's heading, below the fields.
const HEADING: f64 = 56.0;
/// How many fields side by side may be wider than a plot.
const WIDEST: f64 = 860.0;

/// Where the fields stand and how large they are.
struct Layout {
    /// Of the rows' names, and of what they are, above the cells.
    names: f64,
    above: f64,
    cell: f64,
    /// Of a field with its names.
    field: (f64, f64),
    /// Beside each other rather than below.
    abreast: bool,
}

/// The whole picture.
pub(crate) fn svg(map: &Map) -> Svg {
    let varied: Vec<&str> = map.axes().map(|axis| axis.setting.name).collect();
    let title = format!("Success, time and cost by {}", varied.join(" and "));
    let below = map.described();
    let layout = Layout::of(map);
    let (width, height) = layout.all();
    let height = HEAD + height + 8.0 + LINE * below.lines().count() as f64;
    let mut svg = Svg::sized("sweep", &title, (width.max(WIDTH), height));
    svg.text(MARGIN, 22.0, Anchor::Start, "head", &title);
    svg.text(MARGIN, 42.0, Anchor::Start, "small", "White is the best of its field, dark the worst; ~: these seeds do not tell it from the best of its row.");
    for index in 0..MEASURES.len() {
        field(&mut svg, map, index, &layout, layout.corner(index));
    }
    for (index, line) in below.lines().enumerate() {
        let y = height - LINE * (below.lines().count() - index) as f64;
        // The heading takes nine characters, or as many spaces.
        let (heading, parts) = line.split_at_checked(9).unwrap_or((line, ""));
        svg.text(MARGIN, y, Anchor::Start, "small", heading.trim_end());
        svg.text(MARGIN + HEADING, y, Anchor::Start, "small", parts);
    }
    svg
}

impl Layout {
    fn of(map: &Map) -> Self {
        let widest =
            |texts: &mut dyn Iterator<Item = String>| texts.map(|text| width("", &text)).fold(0.0, f64::max);
        let (names, above) = match &map.rows {
            Some(axis) => {
                (widest(&mut axis.values.iter().cloned().chain([axis.title()])) + 8.0, ABOVE + LINE)
            }
            None => (0.0, ABOVE),
        };
        let figures = MEASURES
            .into_iter()
            .flat_map(|measure| map.cells.iter().map(move |cell| measure.text(cell) + " ~"));
        let least = widest(&mut figures.chain(map.columns.values.iter().cloned())) + PADDING;
        let titles = MEASURES.map(|measure| width("caption", measure.title)).into_iter().fold(0.0, f64::max);
        let titles = titles.max(names + width("", &map.columns.title()));
        let columns = map.columns.values.len() as f64;
        let height = above + map.lines().count() as f64 * CELL_HEIGHT + BELOW;
        let field = |cell: f64| ((names + columns * cell).max(titles), height);
        let count = MEASURES.len() as f64;
        let abreast = 2.0 * MARGIN + count * (field(least).0 + GAP) - GAP <= WIDEST;
        let room = if abreast {
            ((WIDTH - 2.0 * MARGIN + GAP) / count - GAP).max(titles)
        } else {
            WIDTH - 2.0 * MARGIN
        };
        let cell = least.max(CELL_WIDTH.min((room - names) / columns));
        Self { names, above, cell, field: field(cell), abreast }
    }

    /// Of all fields with their margins.
    fn all(&self) -> (f64, f64) {
        let (width, height) = self.field;
        let count = if self.abreast { MEASURES.len() as f64 } else { 1.0 };
        let across = 2.0 * MARGIN + count * (width + GAP) - GAP;
        (across, if self.abreast { height } else { height * MEASURES.len() as f64 })
    }

    fn corner(&self, index: usize) -> (f64, f64) {
        let (width, height) = self.field;
        let index = index as f64;
        if self.abreast { (MARGIN + index * (width + GAP), HEAD) } else { (MARGIN, HEAD + index * height) }
    }
}

/// One field at this corner.
fn field(svg: &mut Svg, map: &Map, which: usize, layout: &Layout, (corner, y): (f64, f64)) {
    let (left, top) = (corner + layout.names, y + layout.above);
    let measure = MEASURES[which];
    let (shades, told) = (measure.shades(&map.cells), map.told(which));
    let columns = map.width();
    svg.text(corner, y + 10.0, Anchor::Start, "caption", measure.title);
    let column = |index: usize| left + index as f64 * layout.cell;
    let row = |index: usize| top + index as f64 * CELL_HEIGHT;
    let middle = layout.cell / 2.0;
    for (index, cell) in map.cells.iter().enumerate() {
        let (x, y) = (column(index % columns), row(index / columns));
        let (darkness, ink) = shade(shades[index]);
        svg.cell(darkness, (x, y), (layout.cell, CELL_HEIGHT));
        let mut text = measure.text(cell);
        if told[index] == Some(false) {
            text.extend([' ', NOT_TOLD]);
        }
        svg.text(x + middle, y + 17.0, Anchor::Middle, ink, &text);
    }
    let bottom = row(map.lines().count());
    for (index, value) in map.columns.values.iter().enumerate() {
        svg.text(column(index) + middle, bottom + 15.0, Anchor::Middle, "", value);
    }
    svg.text(left, bottom + 30.0, Anchor::Start, "", &map.columns.title());
    if let Some(axis) = &map.rows {
        svg.text(left - 8.0, top - 6.0, Anchor::End, "", &axis.title());
        for (index, value) in axis.values.iter().enumerate() {
            svg.text(left - 8.0, row(index) + 17.0, Anchor::End, "", value);
        }
    }
}

/// How dark a cell is, and the class of the text on it. There is a step in the middle: on a grey in between neither ink
/// nor paper would have the contrast of 4.5 to 1 that WCAG 2.2 asks for in criterion 1.4.3.
fn shade(badness: f64) -> (f64, &'static str) {
    if badness < 0.5 { (badness, "") } else { (0.62 + (badness - 0.5) * 0.46, "on-dark") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        output::plot::Palette,
        what_if::{Settings, setting::Setting, sweep::Axis},
    };

    #[test]
    fn no_label_covers_another_and_a_small_map_takes_no_more_than_a_page() {
        let mut settings = Settings::default();
        (settings.load.requests, settings.load.seeds) = (2, 1);
        for (axes, wide) in [
            (&["attempts=1..3", "head=2s,10s,off"][..], false),
            (&["attempts=1", "jitter=none,decorrelated"], false),
            (&["loss=50,20/5,50/10,50,90,1", "preset=talk,no-probe"], true),
            (&["head=2s,10s,off"], false),
            (&["attempts=1..8"], false),
            (&["seed=1..50"], true),
        ] {
            let parsed: Vec<Axis> = axes.iter().map(|axis| Axis::parse(axis).unwrap()).collect();
            let with = |varied: &[(&'static Setting, &str)]| {
                let mut settings = settings.clone();
                varied.iter().for_each(|(setting, value)| setting.set(&mut settings, value).unwrap());
                settings
            };
            let map = Map::measure(&parsed, with, 1, || ()).unwrap().unwrap();
            let picture = svg(&map);
            assert_eq!(picture.faults(), Vec::<String>::new(), "{axes:?}");
            let text = picture.standalone();
            let document = roxmltree::Document::parse(&text).unwrap();
            let width: f64 = document.root_element().attribute("width").unwrap().parse().unwrap();
            assert_eq!(width > WIDEST, wide && width > WIDTH, "{axes:?}: {width}");
        }
    }

    #[test]
    fn every_shade_can_be_read() {
        let Palette { ink, paper, .. } = Palette::LIGHT;
        let channels = |colour: &str| {
            [1, 3, 5].map(|at| f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0)
        };
        let (ink, paper) = (channels(ink), channels(paper));
        // Relative luminance as WCAG 2.2 defines it.
        let luminance = |colour: [f64; 3]| {
            let linear = |channel: f64| {
                if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
            };
            let [red, green, blue] = colour.map(linear);
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let mut before = f64::INFINITY;
        for step in 0..=100 {
            let (darkness, class) = shade(f64::from(step) / 100.0);
            let ground = [0, 1, 2].map(|at| darkness * ink[at] + (1.0 - darkness) * paper[at]);
            let letters = if class == "on-dark" { paper } else { ink };
            let (one, other) = (luminance(ground), luminance(letters));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 4.5, "{step}: {contrast}");
            assert!(one < before, "worse is darker");
            before = one;
        }
    }
}
