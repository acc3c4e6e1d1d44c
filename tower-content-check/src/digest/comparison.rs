use super::{Algorithm, Hash, algorithm::Hasher};
use crate::Rejection;
use bytes::Bytes;
use smallvec::{SmallVec, smallvec};

/// The hashes that were stated, and those of the content as far as it has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comparison {
    // One algorithm, stated by one field, is what most responses have: no allocation for that.
    running: SmallVec<[Running; 1]>,
}

/// One algorithm; several fields may state its hash, and it is computed once.
#[derive(Clone, Debug)]
struct Running {
    algorithm: Algorithm,
    hasher: Hasher,
    stated: SmallVec<[(&'static str, Hash); 1]>,
}

// ===== impl Comparison =====

impl Comparison {
    /// Begins to compute a hash before it is known whether a field will state one.
    pub(crate) fn compute(&mut self, algorithm: Algorithm) {
        if !self.computes(algorithm) {
            self.running.push(Running { algorithm, hasher: algorithm.hasher(), stated: SmallVec::new() });
        }
    }

    /// Whether a hash of this kind is being computed.
    pub(crate) fn computes(&self, algorithm: Algorithm) -> bool {
        self.running.iter().any(|running| running.algorithm == algorithm)
    }

    /// Takes note of a hash that a field states; `behind` is the content that has already come.
    pub(crate) fn expect<'a>(
        &mut self,
        field: &'static str,
        algorithm: Algorithm,
        hash: Hash,
        behind: impl Iterator<Item = &'a Bytes>,
    ) {
        if let Some(running) = self.running.iter_mut().find(|running| running.algorithm == algorithm) {
            running.stated.push((field, hash));
            return;
        }
        let mut hasher = algorithm.hasher();
        behind.for_each(|frame| hasher.update(frame));
        self.running.push(Running { algorithm, hasher, stated: smallvec![(field, hash)] });
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        self.running.iter_mut().for_each(|running| running.hasher.update(data));
    }

    /// Whether no field has stated anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.running.iter().all(|running| running.stated.is_empty())
    }

    /// Compares at the end of the content. Any difference counts, however many others agree.
    pub(crate) fn finish(&mut self) -> Result<(), Rejection> {
        for Running { hasher, stated, .. } in self.running.drain(..) {
            if stated.is_empty() {
                continue;
            }
            let hash = hasher.finish();
            if let Some((field, _)) = stated.iter().find(|(_, stated)| *stated != hash) {
                return Err({
                    Rejection::transient(format!("content does not agree with its {field}")).unless_repeated()
                });
            }
        }
        Ok(())
    }
}
