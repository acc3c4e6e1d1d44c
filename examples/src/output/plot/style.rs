//! What the plots' classes look like.

/// The colours of one scheme. No plot depends on them: what must be told apart differs in shape or pattern too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Palette {
    /// Text and axes.
    pub ink: &'static str,
    /// Behind everything.
    pub paper: &'static str,
    /// What went well.
    pub good: &'static str,
    /// What went wrong.
    pub bad: &'static str,
}

impl Palette {
    /// Dark on light.
    pub const LIGHT: Self = Self { ink: "#1c2126", paper: "#ffffff", good: "#1f66ad", bad: "#b4401d" };

    /// Light on dark.
    pub const DARK: Self = Self { ink: "#e4e7ea", paper: "#14181c", good: "#6db3f8", bad: "#ff9473" };
}

/// The rules for the classes, for a style sheet.
#[must_use]
pub fn sheet(Palette { ink, paper, good, bad }: Palette) -> String {
    format!(
        "svg.plot{{color:{ink};font-family:system-ui,'Helvetica Neue',Arial,sans-serif;font-size:12px}}\
svg.plot text{{fill:{ink};stroke:none}}\
svg.plot .head{{font-size:14px;font-weight:600}}\
svg.plot .caption{{font-weight:600}}\
svg.plot .small{{font-size:11px}}\
svg.plot .axis{{stroke:{ink};stroke-width:1;fill:none}}\
svg.plot .grid{{stroke:{ink};stroke-width:1;stroke-opacity:.14;fill:none}}\
svg.plot .limit{{stroke:{ink};stroke-width:1;stroke-dasharray:5 3;fill:none}}\
svg.plot .lead{{stroke:{ink};stroke-width:.7;stroke-opacity:.6;fill:none}}\
svg.plot .ink{{fill:{ink};stroke:none}}\
svg.plot .paper{{fill:{paper};stroke:{ink};stroke-width:1.3}}\
svg.plot .good{{fill:{good};stroke:none}}\
svg.plot .band{{fill:{good};fill-opacity:.45;stroke:{good};stroke-width:.8}}\
svg.plot .good-line{{stroke:{good};stroke-width:1.8;fill:none}}\
svg.plot .bad-line{{stroke:{bad};stroke-width:1.8;fill:none}}\
svg.plot .hatch-line{{stroke:{bad};stroke-width:1.9;fill:none}}\
svg.plot .hatch{{stroke:{bad};stroke-width:1}}\
svg.plot .outage{{fill:{ink};fill-opacity:.12;stroke:none}}\
svg.plot .cell{{fill:{ink};stroke:{ink};stroke-width:.6}}\
svg.plot .on-dark{{fill:{paper}}}\
svg.plot .open{{fill:none;stroke:{ink};stroke-width:1}}"
    )
}
