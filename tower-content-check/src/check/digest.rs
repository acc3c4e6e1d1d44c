use super::FlowCheck;
use crate::{
    Check, End, Head, Rejection,
    digest::{Algorithm, Comparison, announces, digests},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// Accepts content that agrees with its `Content-Digest` and `Repr-Digest` (RFC 9530), in the headers or the
/// trailers, by SHA-256 and SHA-512.
///
/// A field may state several digests: all of known algorithms must agree, others are passed over. `Repr-Digest` is
/// of the whole representation and says nothing of a part of it, so it is not looked at with a 206.
///
/// The digests are of the content as sent, compressed if it was: this check belongs *below* a decompression layer.
/// Above one it would reject every response that was compressed. A check of the plain content can stand above:
///
/// ```
/// use tower::ServiceBuilder;
/// use tower_content_check::{ContentCheckLayer, check::{Digest, Length}};
///
/// # fn build<S>(client: S) {
/// let stack = ServiceBuilder::new()
///     .layer(ContentCheckLayer::new(())) // checks of the plain content
///     // tower_http::decompression::DecompressionLayer
///     .layer(ContentCheckLayer::new((Length::new(), Digest::new())))
///     .service(client);
/// # let _ = stack;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Digest {
    required: bool,
    comparison: Comparison,
}

// ===== impl Digest =====

impl Digest {
    /// Accepts what agrees with its digests, and what states none that can be compared.
    pub fn new() -> Self {
        Self::default()
    }

    /// Rejects what states no digest that can be compared; for good, because a server that states none will not
    /// state one the next time.
    #[must_use]
    pub fn require(mut self) -> Self {
        self.required = true;
        self
    }

    fn expect<'a>(
        &mut self,
        status: StatusCode,
        fields: &HeaderMap,
        behind: &(impl Iterator<Item = &'a Bytes> + Clone),
        passed: bool,
    ) {
        let known = |comparison: &Comparison, algorithm| !passed || comparison.computes(algorithm);
        for (algorithm, hash) in digests(fields, &CONTENT_DIGEST) {
            if known(&self.comparison, algorithm) {
                self.comparison.expect("Content-Digest", algorithm, hash, behind.clone());
            }
        }
        if status == StatusCode::PARTIAL_CONTENT {
            return;
        }
        for (algorithm, hash) in digests(fields, &REPR_DIGEST) {
            if known(&self.comparison, algorithm) {
                self.comparison.expect("Repr-Digest", algorithm, hash, behind.clone());
            }
        }
    }
}

impl Check for Digest {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.expect(head.status(), head.headers(), &std::iter::empty(), false);
        Ok(())
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.comparison.update(data);
        Ok(())
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        // Nobody announces trailers reliably, so a digest in them is computed now, of the frames that were kept.
        if let Some(trailers) = end.trailers() {
            self.expect(end.head().status(), trailers, &end.frames(), end.is_passed());
        }
        if self.required && self.comparison.is_empty() {
            return Err(Rejection::permanent("no digest that can be compared"));
        }
        self.comparison.finish()
    }

    fn needs_plain_content(&self) -> bool {
        false
    }
}

impl FlowCheck for Digest {
    /// A digest in the trailers can only be compared if it was computed on the way: it is, by both algorithms, where
    /// `Trailer` announces one, and where one is required and the head has none.
    fn begin(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        let announced = announces(head.headers(), &[CONTENT_DIGEST, REPR_DIGEST]);
        if announced || self.required && self.comparison.is_empty() {
            self.comparison.compute(Algorithm::Sha256);
            self.comparison.compute(Algorithm::Sha512);
        }
        Ok(())
    }
}
