//! The pieces of the page.

use crate::output::plot::{Svg, embedded, escape, series::NARROW};
use std::fmt::Write;

/// A heading with an address, and what follows it.
pub(crate) fn section(id: &str, title: &str, content: &str) -> String {
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{content}</section>\n",
        escape(title)
    )
}

/// A part of a section, with an address of its own.
pub(super) fn subsection(id: &str, title: &str, content: &str) -> String {
    format!(
        "<section aria-labelledby=\"{id}\">\n<h3 id=\"{id}\">{}</h3>\n{content}</section>\n",
        escape(title)
    )
}

/// A line of the contents, with those below it.
pub(crate) fn entry(id: &str, title: &str, below: &str) -> String {
    let below = if below.is_empty() { String::new() } else { format!("\n<ul>\n{below}</ul>\n") };
    format!("<li><a href=\"#{id}\">{}</a>{below}</li>\n", escape(title))
}

pub(crate) fn heading(title: &str) -> String {
    format!("<h3>{}</h3>\n", escape(title))
}

pub(crate) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

pub(crate) fn code(text: &str) -> String {
    format!("<pre><code>{}</code></pre>\n", escape(text.trim_end()))
}

/// A program, whose long lines wrap below their own beginning.
pub(super) fn listing(text: &str) -> String {
    let line = |line: &str| {
        let indent = line.len() - line.trim_start().len() + 2;
        let style = format!("padding-left:{indent}ch;text-indent:-{indent}ch");
        format!("<span class=\"line\" style=\"{style}\">{}\n</span>", escape(line))
    };
    format!("<pre><code>{}</code></pre>\n", text.trim_end().lines().map(line).collect::<String>())
}

/// A plot, which a narrow page lets one scroll, with its words and its file.
pub(crate) fn figure(plot: &Svg, words: &str) -> String {
    format!(
        "<figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Plot: \
         {name}\">\n{}</div>\n<figcaption>{} (<a href=\"{name}.svg\">{name}.svg</a>)</figcaption>\n</figure>\n",
        plot.inline(),
        escape(words),
        name = plot.name(),
    )
}

/// A plot of another command, drawn before, which has no file beside the page.
pub(super) fn drawn_before(name: &str, plot: &str) -> String {
    let class = if plot.contains(&format!(" width=\"{NARROW}\"")) { " class=\"narrow\"" } else { "" };
    format!(
        "<figure{class}>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Plot: \
         {name}\">\n{}</div>\n</figure>\n",
        embedded(plot),
    )
}

/// A table whose first column names the rows.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut text =
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Figures\">\n<table>\n<thead><tr>"
            .to_owned();
    // Writing to a string cannot fail.
    for heading in headings {
        let _ = write!(text, "<th scope=\"col\">{}</th>", escape(heading));
    }
    text += "</tr></thead>\n<tbody>\n";
    for row in rows {
        text += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            let (open, close) = if column == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            let _ = write!(text, "<{open}>{}</{close}>", escape(cell));
        }
        text += "</tr>\n";
    }
    text + "</tbody>\n</table>\n</div>\n"
}

pub(crate) fn links(names: &[String]) -> String {
    let links = names.iter().map(|name| format!("<a href=\"{0}\">{0}</a>", escape(name)));
    format!("<p class=\"files\">{}</p>\n", links.collect::<Vec<_>>().join("\n"))
}

/// The whole page. Its policy forbids it to load anything.
pub(crate) fn document(title: &str, style: &str, header: &str, main: &str, footer: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{style}</style>\n</head>\n<body>\n<header>\n{header}</header>\n<main>\n{main}</main>\n\
         <footer>\n{footer}</footer>\n</body>\n</html>\n",
        escape(title)
    )
}
