//! Goes on with what an earlier run has left.
//!
//! It stands below the `ContinueLayer` and makes the answer to the first request whole again: what is in the file, and
//! then what the server sends of the rest. So there is one place where bodies are continued, and one where digests are
//! compared, for those of the earlier run too.

use crate::spliced::Spliced;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, IF_RANGE, RANGE},
};
use http_body::Body;
use std::{
    io::SeekFrom,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};
use tokio::{fs::File, io::AsyncSeekExt};
use tower::{BoxError, Service, ServiceExt};
use tower_content_check::continuation::strong_validator;

/// The first bytes of a file, and the head that they came with.
pub(crate) struct Beginning {
    file: File,
    kept: u64,
    head: HeaderMap,
}

/// In the extensions of a response: so many bytes of its body are in the file already.
#[derive(Clone, Copy)]
pub(crate) struct Kept(pub(crate) u64);

#[derive(Clone)]
pub(crate) struct Resumed<S> {
    inner: S,
    /// For the first request; those that follow know where they are.
    beginning: Arc<Mutex<Option<Beginning>>>,
}

// ===== impl Beginning =====

impl Beginning {
    /// Nothing, if it is of no use. The last byte is asked for again, so that a file that is whole is nothing special.
    pub(crate) fn new(file: File, length: u64, head: HeaderMap) -> Option<Self> {
        let kept = length.checked_sub(1).filter(|kept| *kept > 0)?;
        let this = Self { file, kept, head };
        let fits = this.length().is_none_or(|whole| length <= whole);
        (fits && strong_validator(&this.head).is_some()).then_some(this)
    }

    /// Length of the whole, where it is known.
    fn length(&self) -> Option<u64> {
        one(&self.head, CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    fn ask(&self, headers: &mut HeaderMap) {
        let last = self.length().map(|length| (length - 1).to_string()).unwrap_or_default();
        let range = HeaderValue::try_from(format!("bytes={}-{last}", self.kept));
        if let (Ok(range), Some((_, validator))) = (range, strong_validator(&self.head)) {
            headers.insert(RANGE, range);
            headers.insert(IF_RANGE, validator.clone());
        }
    }

    /// Length of the whole, if this part follows what is kept: the server must say that it is of the same version,
    /// because not every one looks at `If-Range`.
    fn is_followed_by(&self, part: &HeaderMap) -> Option<u64> {
        let (name, validator) = strong_validator(&self.head)?;
        let coding = one(part, CONTENT_ENCODING);
        let is_same = one(part, name) == Some(validator)
            && (coding.is_none() || coding == one(&self.head, CONTENT_ENCODING));
        let range = one(part, CONTENT_RANGE).filter(|_| is_same)?.to_str().ok()?.strip_prefix("bytes ")?;
        let (range, whole) = range.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let whole = if whole == "*" { self.length()? } else { whole.parse().ok()? };
        let fits = first == self.kept && first <= last && last < whole;
        (fits && self.length().is_none_or(|length| length == whole)).then_some(whole)
    }

    /// The answer that there would have been to a request for the whole.
    async fn with<B>(mut self, part: Response<B>, whole: u64) -> Result<Response<Spliced<B>>, BoxError> {
        self.file.seek(SeekFrom::Start(0)).await?;
        let (mut parts, rest) = part.into_parts();
        parts.status = StatusCode::OK;
        parts.headers = self.head;
        parts.headers.insert(CONTENT_LENGTH, whole.into());
        parts.extensions.insert(Kept(self.kept));
        Ok(Response::from_parts(parts, Spliced::new(self.file, self.kept, rest)))
    }
}

// ===== impl Resumed =====

impl<S> Resumed<S> {
    pub(crate) fn new(inner: S, beginning: Option<Beginning>) -> Self {
        Self { inner, beginning: Arc::new(Mutex::new(beginning)) }
    }
}

impl<S, Q, B> Service<Request<Q>> for Resumed<S>
where
    S: Service<Request<Q>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static,
    Q: Clone + Send + 'static,
    B: Body<Data = Bytes> + Send,
{
    type Response = Response<Spliced<B>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let copy = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, copy); // this one is ready
        let beginning = self.beginning.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(async move {
            let Some(beginning) = beginning else {
                return Ok(inner.call(request).await.map_err(Into::into)?.map(Spliced::whole));
            };
            let mut ranged = request.clone();
            beginning.ask(ranged.headers_mut());
            let response = inner.call(ranged).await.map_err(Into::into)?;
            match response.status() {
                StatusCode::PARTIAL_CONTENT => {
                    if let Some(whole) = beginning.is_followed_by(response.headers()) {
                        return beginning.with(response, whole).await;
                    }
                }
                StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED => {}
                // another version, or a server that knows no ranges; or none that has it
                _ => return Ok(response.map(Spliced::whole)),
            }
            drop(response);
            let whole = inner.ready().await.map_err(Into::into)?.call(request).await;
            Ok(whole.map_err(Into::into)?.map(Spliced::whole))
        })
    }
}

/// The value of a field that occurs once.
fn one(head: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = head.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
