//! `NAME.csv`: the calls of one run as the talk's sampler wrote them.

use crate::talk::sampler::Sampled;
use std::fmt::Write;

/// One row `flag,seconds` per call that ended, in order of completion; flag 0 is success, 1 an error.
#[must_use]
pub fn samples_csv(sampled: &Sampled) -> String {
    let mut text = String::new();
    for sample in &sampled.samples {
        // Milliseconds are the grain of the run's clock. Writing to a string cannot fail.
        let _ = writeln!(text, "{},{:.3}", u8::from(!sample.ok), sample.took.as_secs_f64());
    }
    text
}
