//! How much room a text takes.

/// Which point of a text its position names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// The box around a text, as wide as the widest usual font draws it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Label {
    pub(crate) fn new(x: f64, y: f64, anchor: Anchor, class: &str, text: &str) -> Self {
        let (size, width) = (size(class), width(class, text));
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        Self {
            text: text.to_owned(),
            left,
            right: left + width,
            top: y - 0.8 * size,
            bottom: y + 0.25 * size,
        }
    }

    /// A point with a little room around it.
    pub(crate) fn around(x: f64, y: f64) -> Self {
        Self { text: String::new(), left: x - 1.0, right: x + 1.0, top: y - 1.0, bottom: y + 1.0 }
    }

    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.left < other.left
            && other.right < self.right
            && self.top < other.top
            && other.bottom < self.bottom
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// How wide a text is at the most.
pub(crate) fn width(class: &str, text: &str) -> f64 {
    // Text of a sans-serif font is about half as wide as its size for each character; bold text is wider.
    let per_character = if matches!(class, "head" | "caption") { 0.6 } else { 0.55 };
    text.chars().count() as f64 * size(class) * per_character
}

fn size(class: &str) -> f64 {
    match class {
        "head" => 14.0,
        "small" => 11.0,
        _ => 12.0,
    }
}
