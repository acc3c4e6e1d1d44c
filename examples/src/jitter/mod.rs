//! AWS's experiment of competing writers: what jitter saves.
//!
//! N clients want to write the same row at the same moment, under optimistic concurrency control: of those who have
//! read one version, one writes, and the others wait and begin anew. Marc Brooker:
//! ["Exponential Backoff And Jitter"](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), AWS
//! Architecture Blog, 2015. The delays are those of `tower-backoff` itself.
//!
//! Unlike in AWS's simulator each wait ends on the next whole millisecond, the grain of the run's clock. [`rounding`] says what
//! that adds: the contest without backoff is simulated once more with the same draws and without any grain ([`grained`]).

mod answer;
mod contest;
mod experiment;
mod grain;
mod plot;
mod report;
mod row;
mod variants;

pub use self::{
    answer::answer,
    contest::{Contest, contest},
    experiment::{CLIENTS, Point, Rounding, contests, point, rounding},
    grain::grained,
    plot::picture,
    report::{csv, json, table},
    row::Row,
    variants::{BASE, CAP, VARIANTS, Variant},
};
