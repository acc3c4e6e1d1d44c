//! Where the reader goes from here: the layers, and questions of one's own.

use super::html::{code, listing, paragraph, section};

const PROGRAM: &str = include_str!("../../../programs/by_parts.rs");

pub(super) fn library() -> String {
    let content = paragraph(
        "The stages from flat on are made of this project's Tower layers, which work over hyper-util, reqwest, tonic, an \
         axum router or any other Tower service that speaks HTTP. This is a whole program with TLS; README.md says how \
         to add the crates, and examples/programs has more of them.",
    ) + &listing(program())
        + &paragraph("The lab answers questions about your own network, and finds limits for it:")
        + &code(
            "cargo run --release -- try --file examples/my-network.toml\n\
             cargo run --release -- tune --file examples/my-network.toml --success 99.9 --requests-per-call 1.5",
        )
        + &paragraph(
            "examples/README.md explains these and all other commands. The guide says which layers, limits and checks fit \
             which call:",
        )
        + &code("cargo doc --open -p tower-retry-policy");
    section("library", "The layers in your own client", &content)
}

/// From its imports on.
fn program() -> &'static str {
    &PROGRAM[PROGRAM.find("\nuse ").map_or(0, |at| at + 1)..]
}
