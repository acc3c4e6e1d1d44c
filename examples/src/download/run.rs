use super::{
    fetch::{Variant, fetch},
    file::File,
    server::{FileServer, URL, sent},
};
use crate::sim::{
    client::Client,
    network::{GilbertElliott, Network, Preset},
    random::{Purpose, Random},
    seeds::over_seeds,
};
use http::Uri;
use std::{io, time::Duration};
use tokio::{runtime, time::Instant};

/// Every way to download: first the silence of `recommended`, then shorter ones.
pub const VARIANTS: [Variant; 10] = {
    const MILLIS: [u64; 5] = [35_000, 5_000, 2_000, 1_000, 500];
    let mut variants = [Variant { silence: Duration::ZERO, resume: false }; 10];
    let mut index = 0;
    while index < variants.len() {
        variants[index] =
            Variant { silence: Duration::from_millis(MILLIS[index / 2]), resume: index % 2 == 1 };
        index += 1;
    }
    variants
};

/// One packet in six is lost, two in a row on average.
pub(super) const LOSS: GilbertElliott = GilbertElliott { p: 0.1, r: 0.5, bad_loss: 1.0, good_loss: 0.0 };

/// Without the probe: nothing else is on the wire, so that losses come in bursts as the chain has them.
pub(super) const PRESET: Preset = Preset::NoProbe;

/// Downloads per run, one after the other.
pub(super) const DOWNLOADS: u64 = 10;

/// One download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// Whether the file came, byte for byte.
    pub exact: bool,
    /// Whether something came that is not the file.
    pub damaged: bool,
    /// Requests sent, the first included.
    pub requests: u64,
    /// Bytes that the server's TCP stack took for it, heads included.
    pub sent: u64,
    /// Virtual time.
    pub took: Duration,
}

/// All downloads of one variant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The variant.
    pub variant: Variant,
    /// The downloads of each seed.
    pub runs: Vec<Vec<Download>>,
}

/// Downloads with every variant over these seeds; `done` is called after each run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn downloads(seed: u64, seeds: u64, threads: usize, done: impl Fn() + Sync) -> io::Result<Vec<Outcome>> {
    let of = |variant| {
        let runs = over_seeds(seed, seeds, threads, |seed| run(seed, variant), &done);
        Ok(Outcome { variant, runs: runs.into_iter().collect::<io::Result<_>>()? })
    };
    VARIANTS.into_iter().map(of).collect()
}

/// One run in a world of its own.
fn run(seed: u64, variant: Variant) -> io::Result<Vec<Download>> {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let network = Network::start(seed, Some(LOSS), PRESET.knobs());
        let file = File::of(seed);
        let count = FileServer::new(file.clone()).start(&network);
        let mut seeds = Random::new(seed, Purpose::Calls);
        let mut downloads = Vec::new();
        for _ in 0..DOWNLOADS {
            let client = Client::new(network.clone(), seeds.next_u64());
            let counters = client.counters().clone();
            let (began, before) = (Instant::now(), sent(&count));
            let result = fetch(client, Uri::from_static(URL), variant).await;
            downloads.push(Download {
                exact: result.as_ref().is_ok_and(|content| *content == file.content),
                damaged: result.as_ref().is_ok_and(|content| *content != file.content),
                requests: counters.requests(),
                sent: sent(&count) - before,
                took: began.elapsed(),
            });
        }
        downloads
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(outcome: &Outcome, of: fn(&Download) -> u64) -> u64 {
        outcome.runs.iter().flatten().map(of).sum()
    }

    #[test]
    fn every_file_is_exact_and_resumption_sends_fewer_bytes() {
        let outcomes = downloads(1, 4, 2, || ()).unwrap();
        for outcome in &outcomes {
            let mut downloads = outcome.runs.iter().flatten();
            assert!(downloads.all(|download| download.exact && !download.damaged), "{:?}", outcome.variant);
        }
        for pair in outcomes.chunks(2) {
            let (without, with) = (&pair[0], &pair[1]);
            assert_eq!(without.variant.silence, with.variant.silence);
            assert!(!without.variant.resume && with.variant.resume);
            if without.variant.silence > Duration::from_secs(1) {
                continue;
            }
            assert!(total(without, |download| download.requests) > 50, "downloads break off at all");
            let sent = [without, with].map(|outcome| total(outcome, |download| download.sent));
            assert!(sent[1] * 100 < sent[0] * 95, "{:?}: {sent:?}", without.variant);
        }
    }

    #[test]
    fn runs_do_not_depend_on_the_number_of_threads() {
        assert_eq!(downloads(7, 2, 1, || ()).unwrap(), downloads(7, 2, 3, || ()).unwrap());
        assert_ne!(downloads(7, 1, 1, || ()).unwrap(), downloads(8, 1, 1, || ()).unwrap());
    }
}
