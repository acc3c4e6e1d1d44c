use super::{
    fetch::{Content, fetch},
    file::File,
    held::Held,
    server::{FileServer, URL, sent},
    variants::{Variant, variants},
};
use crate::sim::{
    client::Client,
    random::{Purpose, Random},
    seeds::over_seeds,
};
use http::Uri;
use std::{io, time::Duration};
use tokio::{runtime, time::Instant};

/// One download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// Whether the file came, byte for byte.
    pub exact: bool,
    /// Whether something came that is not the file, without an error.
    pub damaged: bool,
    /// Requests sent, the first included.
    pub requests: u64,
    /// Bytes that the server's TCP stack took for it, heads included.
    pub sent: u64,
    /// Bytes of the file that had come and that its reader did not have yet, at most.
    pub held: u64,
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

/// Downloads in every variant over these seeds, those of the long file over a tenth of them; `done` is called after each
/// run.
///
/// # Errors
/// If a run's runtime cannot be built.
pub fn downloads(seed: u64, seeds: u64, threads: usize, done: impl Fn() + Sync) -> io::Result<Vec<Outcome>> {
    variants().into_iter().map(|variant| outcome(seed, seeds, threads, variant, &done)).collect()
}

fn outcome(
    seed: u64,
    seeds: u64,
    threads: usize,
    variant: Variant,
    done: &(impl Fn() + Sync),
) -> io::Result<Outcome> {
    let runs = over_seeds(seed, variant.runs(seeds), threads, |seed| run(seed, variant), done);
    Ok(Outcome { variant, runs: runs.into_iter().collect::<io::Result<_>>()? })
}

/// One run in a world of its own.
fn run(seed: u64, variant: Variant) -> io::Result<Vec<Download>> {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let network = variant.trouble.network(seed);
        let file = File::of(seed, variant.length as usize);
        let count = FileServer::new(file.clone()).with_lives(variant.trouble.lives(seed)).start(&network);
        let mut seeds = Random::new(seed, Purpose::Calls);
        let mut downloads = Vec::new();
        for _ in 0..variant.downloads() {
            let client = Client::new(network.clone(), seeds.next_u64());
            let (counters, held) = (client.counters().clone(), Held::default());
            let (began, before) = (Instant::now(), sent(&count));
            let way = (variant.way, variant.silence);
            let result = fetch(client, Uri::from_static(URL), way, &file, &held).await;
            downloads.push(Download {
                exact: matches!(result, Ok(Content::Exact)),
                damaged: matches!(result, Ok(Content::Other)),
                requests: counters.requests(),
                sent: sent(&count) - before,
                held: held.most(),
                took: began.elapsed(),
            });
        }
        downloads
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::download::{trouble::Trouble, way::Way};

    fn outcomes(seed: u64, threads: usize, of: impl Fn(&Variant) -> bool) -> Vec<Outcome> {
        let variants = variants().into_iter().filter(of);
        variants.map(|variant| outcome(seed, 4, threads, variant, &|| ()).unwrap()).collect()
    }

    fn total(outcome: &Outcome, of: fn(&Download) -> u64) -> u64 {
        outcome.runs.iter().flatten().map(of).sum()
    }

    fn short(variant: &Variant) -> bool {
        variant.downloads() > 1
    }

    #[test]
    fn every_file_is_exact_and_continuing_sends_fewer_bytes() {
        for ways in outcomes(1, 2, |variant| short(variant) && variant.trouble == Trouble::Loss).chunks(3) {
            for outcome in ways {
                let mut downloads = outcome.runs.iter().flatten();
                assert!(
                    downloads.all(|download| download.exact && !download.damaged),
                    "{:?}",
                    outcome.variant
                );
            }
            let [restart, others @ ..] = ways else { unreachable!() };
            assert_eq!(restart.variant.way, Way::Restart);
            if restart.variant.silence > Duration::from_secs(1) {
                continue;
            }
            assert!(total(restart, |download| download.requests) > 50, "downloads break off at all");
            for other in others {
                let sent = [restart, other].map(|outcome| total(outcome, |download| download.sent));
                assert!(sent[1] * 100 < sent[0] * 95, "{:?}: {sent:?}", other.variant);
            }
        }
    }

    /// What is begun anew never ends. What is resumed runs out of attempts, and holds what has come; each of the parts that
    /// are read as they come begins the count anew.
    #[test]
    fn a_long_file_over_connections_that_die_comes_only_where_it_is_continued() {
        let ways = outcomes(1, 2, |variant| variant.trouble == Trouble::Dies { every: 1_000_000 });
        let [restart, resume, stream] = [0, 1, 2].map(|way| ways[way].runs[0][0]);
        for held in [restart, resume] {
            assert!(!held.exact && !held.damaged && held.requests == 20, "{held:?}");
        }
        assert!(resume.held > 5_000_000, "{resume:?}");
        assert!(stream.exact && stream.requests > 10, "{stream:?}");
        assert!(stream.sent < 20_200_000, "{stream:?}");
        assert!(stream.held <= 64 * 1024, "{stream:?}");
    }

    #[test]
    fn runs_do_not_depend_on_the_number_of_threads() {
        let one = |variant: &Variant| short(variant) && variant.silence == Duration::from_secs(5);
        assert_eq!(outcomes(7, 1, one), outcomes(7, 3, one));
        assert_ne!(outcomes(7, 1, one), outcomes(8, 1, one));
    }
}
