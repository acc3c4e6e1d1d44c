//! A plot's file within a page.

/// A [standalone](super::Svg::standalone) plot as its [inline](super::Svg::inline) form: without the style, which would
/// be the whole page's, and without the background, so that it follows the page's scheme.
pub(crate) fn embedded(standalone: &str) -> String {
    let styled = standalone.split_once("<style>").zip(standalone.split_once("</style>\n"));
    let plain =
        styled.map_or_else(|| standalone.to_owned(), |((before, _), (_, after))| before.to_owned() + after);
    let background = |line: &&str| !line.starts_with("<rect width=\"100%\"");
    plain.lines().filter(background).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plot::{Anchor, Svg};

    #[test]
    fn a_file_becomes_what_the_page_would_have_drawn() {
        let mut svg = Svg::new("a", "nothing", 100.0);
        assert_eq!(embedded(&svg.standalone()), svg.inline());
        svg.text(10.0, 50.0, Anchor::Start, "", "first");
        svg.rect("hatch", 0.0, 0.0, 10.0, 10.0);
        assert_eq!(embedded(&svg.standalone()), svg.inline());
        assert_eq!(embedded(&svg.inline()), svg.inline());
    }
}
