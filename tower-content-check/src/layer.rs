#[cfg(feature = "json")]
use crate::check::{ExpectedContent, Json, Length, PartialContent};
use crate::{Check, ContentCheck, Head, settings::Settings};
use std::sync::Arc;
use tower_layer::Layer;

/// Applies [`ContentCheck`] to a service: place it inside the retry and outside the limits of one attempt.
///
/// ```
/// use tower_content_check::{ContentCheckLayer, check::{ContentType, Length, NotEmpty}};
///
/// let layer = ContentCheckLayer::new((Length::new(), NotEmpty, ContentType::new("text/csv")))
///     .max_bytes(2 * 1024 * 1024);
/// # let _ = layer;
/// ```
#[derive(Clone, Debug)]
pub struct ContentCheckLayer<C> {
    check: C,
    settings: Settings,
}

// ===== impl ContentCheckLayer =====

impl<C> ContentCheckLayer<C> {
    /// A layer that judges each successful response with a copy of `check`.
    ///
    /// Several checks are combined by a tuple or by [`Check::and`].
    pub fn new(check: C) -> Self
    where
        C: Check + Clone,
    {
        Self { check, settings: Settings::default() }
    }

    /// The same settings with a check that is made of this layer's, to add to a ready-made one or to wrap it.
    ///
    /// ```
    /// use tower_content_check::{Check, ContentCheckLayer, check::{ContentType, Length}};
    ///
    /// let layer = ContentCheckLayer::new(Length::new()).max_bytes(1024).map_check(|check| check.and(ContentType::new("text/csv")));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn map_check<D>(self, map: impl FnOnce(C) -> D) -> ContentCheckLayer<D>
    where
        D: Check + Clone,
    {
        ContentCheckLayer { check: map(self.check), settings: self.settings }
    }

    /// Sets how many bytes of a judged body are held at the most; a longer one is rejected for good, and so is one that
    /// comes in more frames than one for each 32 bytes of the limit (32,768 at least).
    ///
    /// Default: 16 MiB, far above what an API answers in one piece; a server that never stops sending cannot
    /// take much more than this of each call ([`compact`](Self::compact) says how much). The rejection
    /// comes with the head when `Content-Length` shows it.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.settings.max_bytes = max_bytes;
        self
    }

    /// Holds copies of the frames, as long as they are, in place of the buffers in which they arrived.
    ///
    /// A frame is a part of its client's read buffer and keeps all of it alive. By default frames of less than 4 KiB are
    /// copied together once there are more than eight, and longer ones are copied where an eighth or more of their buffer is
    /// seen to be unused. With hyper's client over HTTP/1.1 a hundred held bodies of 1 MB take 1.01 times their sum so, in
    /// chunks of 100 bytes too, 1.03 times in chunks of 1400 bytes and 1.07 times in chunks of 16 KiB; with this setting
    /// all but the chunks of 1400 bytes take 1.01 times at the most, for a `memcpy` of every body (`tests/memory.rs`). Where
    /// a server sends chunks of 8 to 64 KiB one at a time, several share a buffer whose unused end does not show: up to 1.6
    /// times by default (`tests/hostile_memory.rs`). A body that came in one buffer of a connection that goes on, 8 KiB and
    /// more in hyper, keeps it by default: worth it where very many short bodies are held at once.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.settings.compact = true;
        self
    }

    /// Sets how many bytes of a response that is not judged and no success (a 503, say) are read inside
    /// the attempt, so that its connection can serve the next one; 0 reads none.
    ///
    /// Default: 64 KiB. What was read is handed on as the body, so the response is as complete as before. A
    /// body that is longer is handed on with its rest unread, one that is declared longer is not read at all.
    /// The head waits for as long as this takes: a time limit belongs to the layer below.
    #[must_use]
    pub fn drain_bytes(mut self, drain_bytes: u64) -> Self {
        self.settings.drain_bytes = drain_bytes;
        self
    }

    /// Sets which responses are judged, instead of those with a status of 2xx that are no stream without end.
    ///
    /// By default `text/event-stream` and `multipart/x-mixed-replace` pass unread: they are wanted as they come, and held
    /// until their end they would not come at all.
    ///
    /// It is asked only about responses that have a body: none to HEAD or with 204, for example, is judged.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_content_check::{ContentCheckLayer, check::NotEmpty};
    ///
    /// let layer = ContentCheckLayer::new(NotEmpty).judge_when(|head| head.status() == StatusCode::OK);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn judge_when<F>(mut self, predicate: F) -> Self
    where
        F: Fn(&Head<'_>) -> bool + Send + Sync + 'static,
    {
        self.settings.judge_when = Some(Arc::new(predicate));
        self
    }
}

#[cfg(feature = "json")]
impl ContentCheckLayer<(Length, PartialContent, ExpectedContent, Json)> {
    /// The usual check of a JSON API: whole, not empty where content is expected, and JSON.
    ///
    /// An empty answer passes if it says so itself, except one with 200 or 203 to `GET`, `QUERY` or `POST`
    /// ([`ExpectedContent`]). A part (206) is only compared with the range that was asked for ([`PartialContent`]). Streams
    /// of events pass unjudged, as [everywhere](Self::judge_when), and so do sequences of JSON texts (`application/x-ndjson`,
    /// `application/jsonl`, `application/json-seq` and the like), which are no JSON text.
    ///
    /// It says nothing of `Content-Type`, because many APIs state a wrong one; add
    /// [`ContentType`](crate::check::ContentType) where yours does not.
    pub fn json() -> Self {
        let mut layer = Self::new((Length::new(), PartialContent::new(), ExpectedContent, Json::new()));
        layer.settings.one_text = true;
        layer
    }
}

impl<S, C: Clone> Layer<S> for ContentCheckLayer<C> {
    type Service = ContentCheck<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        ContentCheck { inner, check: self.check.clone(), settings: self.settings.clone() }
    }
}
