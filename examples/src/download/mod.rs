//! Downloads that break off: what it saves to go on where they did.
//!
//! Files of 200 kB and of 20 MB are fetched over a network that loses packets in bursts, and over connections that die
//! after so many bytes, with the settings of the stage [`recommended`](crate::talk::stages::recommended) and with shorter
//! limits on the silence within the body, in three [ways](Way): begun anew, resumed (`ResumeLayer`), and continued while they
//! are read (`ContinueLayer`). The shorter the limit, the more often a download breaks off that would have gone on; what
//! that costs depends on whether the next attempt begins at the first byte or at the missing one. The longer the file, the
//! less likely it is that any attempt sees its end; and the more is held of it until it is whole, unless it is read as it
//! comes.

mod answer;
mod counted;
mod fetch;
mod file;
mod held;
mod lives;
mod plot;
mod report;
mod row;
mod run;
mod server;
mod trouble;
mod variants;
mod way;

pub use self::{
    answer::{answer, picture},
    file::File,
    report::{csv, json, table},
    run::{Download, Outcome, downloads},
    server::FileServer,
    trouble::Trouble,
    variants::{Variant, variants},
    way::Way,
};
