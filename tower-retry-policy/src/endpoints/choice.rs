use super::{
    list::Entry,
    tried::{Rank, Visits},
};
use tower_backoff::Draws;

/// Of those that may be: the ones that this call has least reason to avoid, and of two random ones of these the one with
/// fewer requests in flight.
///
/// Two at random rather than the fewest of all: clients that look at the same moment would all choose the same. Not in turn
/// either, because turns in step with the number of attempts come back to the endpoint that has just failed
/// (envoyproxy/envoy#4859).
pub(super) fn choose<'a>(
    entries: &'a mut [Entry],
    may_be: impl Fn(&Entry) -> bool,
    tried: Option<&Visits>,
    draws: &Draws,
) -> Option<&'a mut Entry> {
    let rank = |entry: &Entry| -> Rank { tried.map_or((0, 0), |tried| tried.rank(&entry.address)) };
    let least = entries.iter().filter(|entry| may_be(entry)).map(rank).min()?;
    let equals = |entry: &Entry| may_be(entry) && rank(entry) == least;
    let count = entries.iter().filter(|entry| equals(entry)).count();
    let nth = |nth| entries.iter().enumerate().filter(|(_, entry)| equals(entry)).nth(nth);
    let index = if count == 1 {
        nth(0)?.0
    } else {
        let (first, second) = two_of(count, draws.draw());
        let ((one, a), (other, b)) = (nth(first)?, nth(second)?);
        if b.counts.in_flight < a.counts.in_flight { other } else { one }
    };
    entries.get_mut(index)
}

/// Two different numbers below `count`, which is two at least: each pair as likely as any other.
fn two_of(count: usize, random: u64) -> (usize, usize) {
    let below = |count: usize, random: u64| (((random & 0xffff_ffff) * count as u64) >> 32) as usize;
    let first = below(count, random >> 32);
    let second = below(count - 1, random);
    (first, second + usize::from(second >= first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_drawn_equally_often() {
        let draws = Draws::seeded(1);
        for count in 2..6 {
            let mut seen = vec![0_u32; count * count];
            for _ in 0..10_000 * count * (count - 1) {
                let (first, second) = two_of(count, draws.draw());
                seen[first * count + second] += 1;
            }
            for (pair, times) in seen.into_iter().enumerate() {
                let same = pair / count == pair % count;
                assert!(if same { times == 0 } else { (9_600..10_400).contains(&times) }, "{pair}: {times}");
            }
        }
    }
}
