//! The map as a picture: a field of shaded cells for each figure, readable without colours.

use std::fmt::Write;

use super::{
    map::Map,
    measure::{MEASURES, Measure},
};
use crate::what_if::{Settings, report::describe};

const CELL_WIDTH: usize = 72;
const CELL_HEIGHT: usize = 30;
const MARGIN: usize = 24;
/// Room for the title above a field, and for its axis below.
const ABOVE: usize = 34;
const BELOW: usize = 58;
/// Of the digits and letters at 13 pixels.
const LETTER: usize = 8;

/// The whole picture.
pub(crate) fn svg(settings: &Settings, map: &Map) -> String {
    let (columns, rows) = (map.columns.values.len(), map.lines().count());
    let names = map.rows.iter().flat_map(|axis| &axis.values).map(|value| value.chars().count());
    let left = MARGIN + if map.rows.is_some() { 34 + LETTER * names.max().unwrap_or(0) } else { 0 };
    let varied: Vec<&str> = map.axes().map(|axis| axis.setting.name).collect();
    let below = describe(settings, &varied);
    let text_width = below.lines().map(|line| line.chars().count()).max().unwrap_or(0) * 7;
    let title = format!("Success, time and cost by {}", varied.join(" and "));
    let width = (left + columns * CELL_WIDTH).max(text_width + MARGIN).max(title.len() * 10) + MARGIN;
    let field = ABOVE + rows * CELL_HEIGHT + BELOW;
    let height = 2 * MARGIN + 24 + MEASURES.len() * field + 16 * (below.lines().count() + 1);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        escaped(&title)
    );
    line(&mut text, MARGIN, MARGIN + 16, "font-size=\"18\" font-weight=\"bold\"", &title);
    for (index, measure) in MEASURES.iter().enumerate() {
        draw(&mut text, map, *measure, (left, MARGIN + 24 + index * field));
    }
    let mut y = MARGIN + 24 + MEASURES.len() * field + 16;
    for said in below.lines() {
        line(&mut text, MARGIN, y, "font-size=\"12\" fill=\"#444\" xml:space=\"preserve\"", said);
        y += 16;
    }
    text + "</svg>\n"
}

/// One field at this corner.
fn draw(text: &mut String, map: &Map, measure: Measure, (x, y): (usize, usize)) {
    let top = y + ABOVE;
    let shades = measure.shades(&map.cells);
    let (columns, rows) = (map.columns.values.len(), map.lines().count());
    let title = format!("{}; white is best, dark is worst", measure.title);
    line(text, MARGIN, top - 10, "font-weight=\"bold\"", &title);
    for (index, cell) in map.cells.iter().enumerate() {
        let (left, upper) = (x + index % columns * CELL_WIDTH, top + index / columns * CELL_HEIGHT);
        // Down to a quarter of the light: darker cells would look alike.
        let grey = (255.0 - 190.0 * shades[index]).round() as u8;
        let ink = if grey > 117 { "black" } else { "white" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "<rect x=\"{left}\" y=\"{upper}\" width=\"{CELL_WIDTH}\" height=\"{CELL_HEIGHT}\" fill=\"rgb({grey},{grey},{grey})\" \
             stroke=\"#777\"/>"
        );
        let style = format!("text-anchor=\"middle\" fill=\"{ink}\"");
        line(text, left + CELL_WIDTH / 2, upper + CELL_HEIGHT / 2 + 5, &style, &measure.text(cell));
    }
    let bottom = top + rows * CELL_HEIGHT;
    for (index, value) in map.columns.values.iter().enumerate() {
        line(text, x + index * CELL_WIDTH + CELL_WIDTH / 2, bottom + 17, "text-anchor=\"middle\"", value);
    }
    let middle = x + columns * CELL_WIDTH / 2;
    line(text, middle, bottom + 36, "text-anchor=\"middle\" font-style=\"italic\"", &map.columns.title());
    if let Some(axis) = &map.rows {
        for (index, value) in axis.values.iter().enumerate() {
            line(text, x - 8, top + index * CELL_HEIGHT + CELL_HEIGHT / 2 + 5, "text-anchor=\"end\"", value);
        }
        let (at, middle) = (MARGIN + 10, top + rows * CELL_HEIGHT / 2);
        let turned =
            format!("text-anchor=\"middle\" font-style=\"italic\" transform=\"rotate(-90 {at} {middle})\"");
        line(text, at, middle, &turned, &axis.title());
    }
}

fn line(text: &mut String, x: usize, y: usize, style: &str, said: &str) {
    let _ = writeln!(text, "<text x=\"{x}\" y=\"{y}\" {style}>{}</text>", escaped(said));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
