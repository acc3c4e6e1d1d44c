//! An SVG picture in the making.

pub(crate) use super::label::{Anchor, Label};
use super::style::{Palette, sheet};
use std::fmt::{self, Write};

/// A picture: what it shows, its size, and its elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Svg {
    name: String,
    shows: String,
    width: f64,
    height: f64,
    body: String,
    labels: Vec<Label>,
}

/// A coordinate with one decimal at most: a tenth of a pixel is seen by nobody.
pub(crate) struct At(pub(crate) f64);

/// The width of the plots: what fits beside the margins of a page of text.
pub(crate) const WIDTH: f64 = 720.0;

impl Svg {
    /// An empty picture; `name` is its file's, `shows` is for those who cannot see it.
    pub(crate) fn new(name: &str, shows: &str, height: f64) -> Self {
        Self::sized(name, shows, (WIDTH, height))
    }

    /// One of another width.
    pub(crate) fn sized(name: &str, shows: &str, (width, height): (f64, f64)) -> Self {
        let (name, shows) = (name.to_owned(), shows.to_owned());
        Self { name, shows, width, height, body: String::new(), labels: Vec::new() }
    }

    /// The name, which is also its file's without the extension.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it shows, in a sentence.
    #[must_use]
    pub fn shows(&self) -> &str {
        &self.shows
    }

    /// For a page whose style sheet has the rules of [`sheet`].
    #[must_use]
    pub fn inline(&self) -> String {
        self.document("", "")
    }

    /// For a file: dark on light everywhere, on a background of its own.
    #[must_use]
    pub fn standalone(&self) -> String {
        let style = format!("<style>{}</style>\n", sheet(Palette::LIGHT));
        let paper = format!("<rect width=\"100%\" height=\"100%\" fill=\"{}\"/>\n", Palette::LIGHT.paper);
        self.document(&style, &paper)
    }

    fn document(&self, style: &str, paper: &str) -> String {
        let Self { name, shows, width, height, body, .. } = self;
        let (width, height, shows) = (At(*width), At(*height), escape(shows));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {width} {height}\" \
width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{shows}\">\n{style}<defs><pattern id=\"{name}-hatch\" \
width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path class=\"hatch-line\" \
d=\"M0 0V5\"/></pattern></defs>\n{paper}{body}</svg>\n"
        )
    }

    // ===== elements =====

    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        self.labels.push(Label::new(x, y, anchor, class, text));
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.push(format_args!(
            "<text x=\"{}\" y=\"{}\"{anchor}{class}>{}</text>",
            At(x),
            At(y),
            escape(text)
        ));
    }

    pub(crate) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.push(format_args!(
            "<path class=\"{class}\" d=\"M{} {}L{} {}\"/>",
            At(x1),
            At(y1),
            At(x2),
            At(y2)
        ));
    }

    /// A path whose data is made by `draw`; nothing if that is empty.
    pub(crate) fn path(&mut self, class: &str, draw: impl FnOnce(&mut String)) {
        let mut data = String::new();
        draw(&mut data);
        if !data.is_empty() {
            self.push(format_args!("<path class=\"{class}\" d=\"{data}\"/>"));
        }
    }

    /// A line through these points.
    pub(crate) fn curve(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>) {
        self.path(class, |data| {
            for (index, (x, y)) in points.enumerate() {
                let _ = write!(data, "{}{} {}", if index == 0 { 'M' } else { 'L' }, At(x), At(y));
            }
        });
    }

    pub(crate) fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        self.push(format_args!(
            "<rect{} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            self.fill(class),
            At(x),
            At(y),
            At(width),
            At(height)
        ));
    }

    /// A cell of a map, so dark: 0 is the paper, 1 the ink.
    pub(crate) fn cell(&mut self, darkness: f64, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.push(format_args!(
            "<rect class=\"cell\" fill-opacity=\"{darkness:.3}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            At(x),
            At(y),
            At(width),
            At(height)
        ));
    }

    pub(crate) fn circle(&mut self, class: &str, x: f64, y: f64, radius: f64) {
        self.push(format_args!(
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            At(x),
            At(y),
            At(radius)
        ));
    }

    /// A triangle that points up to here.
    pub(crate) fn pointer(&mut self, class: &str, x: f64, y: f64) {
        self.path(class, |data| {
            let _ = write!(
                data,
                "M{} {}L{} {}L{} {}Z",
                At(x),
                At(y),
                At(x + 5.0),
                At(y + 9.0),
                At(x - 5.0),
                At(y + 9.0)
            );
        });
    }

    /// A diamond around this point.
    pub(crate) fn diamond(&mut self, class: &str, x: f64, y: f64, radius: f64) {
        self.path(class, |data| {
            let (left, right, top, bottom) = (x - radius, x + radius, y - radius, y + radius);
            let _ = write!(
                data,
                "M{} {}L{} {}L{} {}L{} {}Z",
                At(x),
                At(top),
                At(right),
                At(y),
                At(x),
                At(bottom),
                At(left),
                At(y)
            );
        });
    }

    /// A cross around this point.
    pub(crate) fn cross(&mut self, class: &str, x: f64, y: f64, radius: f64) {
        let (left, right, top, bottom) = (x - radius, x + radius, y - radius, y + radius);
        self.path(class, |data| {
            let _ = write!(
                data,
                "M{} {}L{} {}M{} {}L{} {}",
                At(left),
                At(top),
                At(right),
                At(bottom),
                At(left),
                At(bottom),
                At(right),
                At(top)
            );
        });
    }

    /// Whether a text here would lie on another one.
    pub(crate) fn is_free(&self, label: &Label) -> bool {
        self.labels.iter().all(|other| !other.overlaps(label))
    }

    /// The class, and the pattern where the class has one.
    fn fill(&self, class: &str) -> String {
        match class {
            "hatch" => format!(" class=\"hatch\" fill=\"url(#{}-hatch)\"", self.name),
            class => format!(" class=\"{class}\""),
        }
    }

    fn push(&mut self, element: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    /// What is wrong with the labels: those that cover each other or leave the picture.
    #[cfg(test)]
    pub(crate) fn faults(&self) -> Vec<String> {
        let outside = self.labels.iter().filter(|label| {
            label.left < 0.0 || label.right > self.width || label.top < 0.0 || label.bottom > self.height
        });
        let mut faults: Vec<String> = outside.map(|label| format!("outside: {label:?}")).collect();
        for (index, label) in self.labels.iter().enumerate() {
            let covered = self.labels[index + 1..].iter().filter(|other| label.overlaps(other));
            faults.extend(covered.map(|other| format!("{label:?} and {other:?}")));
        }
        faults
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        match tenths % 10 {
            0 => write!(f, "{}", tenths / 10),
            _ => write!(f, "{}", tenths as f64 / 10.0),
        }
    }
}

/// Text for an element or an attribute in double quotes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short() {
        for (value, text) in [(0.0, "0"), (1.25, "1.3"), (-0.04, "0"), (-3.1, "-3.1"), (700.04, "700")] {
            assert_eq!(At(value).to_string(), text);
        }
    }

    #[test]
    fn faults_are_found() {
        let mut svg = Svg::new("a", "nothing", 100.0);
        svg.text(100.0, 50.0, Anchor::Start, "", "first");
        assert_eq!(svg.faults(), Vec::<String>::new());
        svg.text(110.0, 55.0, Anchor::Start, "", "second");
        svg.text(700.0, 20.0, Anchor::Start, "", "too far right");
        assert_eq!(svg.faults().len(), 2);
    }

    #[test]
    fn what_is_written_is_escaped() {
        let mut svg = Svg::new("a", "\"a\" < b", 100.0);
        svg.text(0.0, 50.0, Anchor::Start, "", "<1 & more");
        let text = svg.standalone();
        assert!(text.contains("aria-label=\"&quot;a&quot; &lt; b\"") && text.contains(">&lt;1 &amp; more<"));
        assert!(text.contains("fill=\"#ffffff\"") && !svg.inline().contains("<style>"));
    }
}
