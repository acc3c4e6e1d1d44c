use bytes::Bytes;
#[cfg(feature = "tonic")]
use http::StatusCode;
#[cfg(feature = "tonic")]
use tower_content_check::check::GrpcStatus;
#[cfg(feature = "json")]
use tower_content_check::check::Json;
use tower_content_check::{
    Check, ContentCheckLayer, End, Head, Rejection,
    check::{ExpectedContent, Length, PartialContent},
};

/// What a [`Standard`](super::Standard) stack asks of a body. One type for all of them, so that the type of the stack can be
/// written down.
#[derive(Clone, Debug)]
pub struct StandardCheck(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Plain((Length, PartialContent, ExpectedContent)),
    #[cfg(feature = "json")]
    Json((Length, PartialContent, ExpectedContent, Json)),
    #[cfg(feature = "tonic")]
    Grpc(GrpcStatus),
}

// ===== impl StandardCheck =====

impl StandardCheck {
    /// Whole, and not empty where content is expected.
    pub(super) fn plain() -> ContentCheckLayer<Self> {
        let check = (Length::new(), PartialContent::new(), ExpectedContent);
        ContentCheckLayer::new(Self(Kind::Plain(check)))
    }

    #[cfg(feature = "json")]
    pub(super) fn json() -> ContentCheckLayer<Self> {
        ContentCheckLayer::json().map_check(|check| Self(Kind::Json(check)))
    }

    /// A status in the head is left to the policy, which sees the server's pushback beside it; other codes than
    /// `UNAVAILABLE`, and what is not a 200, are left to the client above, which makes of them what it always does.
    #[cfg(feature = "tonic")]
    pub(super) fn grpc() -> ContentCheckLayer<Self> {
        ContentCheckLayer::new(Self(Kind::Grpc(GrpcStatus::new().only_transient())))
            .judge_when(|head| head.status() == StatusCode::OK && !head.headers().contains_key("grpc-status"))
    }

    fn each<T>(&self, ask: impl FnOnce(&dyn Check) -> T) -> T {
        match &self.0 {
            Kind::Plain(check) => ask(check),
            #[cfg(feature = "json")]
            Kind::Json(check) => ask(check),
            #[cfg(feature = "tonic")]
            Kind::Grpc(check) => ask(check),
        }
    }

    fn each_mut<T>(&mut self, ask: impl FnOnce(&mut dyn Check) -> T) -> T {
        match &mut self.0 {
            Kind::Plain(check) => ask(check),
            #[cfg(feature = "json")]
            Kind::Json(check) => ask(check),
            #[cfg(feature = "tonic")]
            Kind::Grpc(check) => ask(check),
        }
    }
}

impl Check for StandardCheck {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
        self.each_mut(|check| check.head(head))
    }

    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.each_mut(|check| check.frame(data))
    }

    fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
        self.each_mut(|check| check.end(end))
    }

    fn needs_plain_content(&self) -> bool {
        self.each(|check| check.needs_plain_content())
    }
}
