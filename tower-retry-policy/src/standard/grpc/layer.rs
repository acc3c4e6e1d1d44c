use super::{StandardGrpc, service::ToTonic};
use crate::{
    AttemptTimeoutLayer, DeadlineLayer, ReplayBodyLayer, RetryLayer, RetryPolicy,
    attempt_timeout::AttemptTimeouts,
    deadline::{DeadlineFormat, DeadlineHeaderLayer},
    standard::{StandardCheck, StandardLayer},
};
use std::time::Duration;
use tonic::Code;
use tower_layer::Layer;

/// The recommended stack for unary gRPC calls over tonic's channel: what [`StandardLayer`](super::super::StandardLayer) is
/// for HTTP.
///
/// ```no_run
/// use std::time::Duration;
/// use tonic::transport::Channel;
/// use tower_retry_policy::{StandardGrpc, StandardGrpcLayer};
///
/// let channel = Channel::from_static("http://127.0.0.1:50051").connect_lazy();
/// let channel: StandardGrpc<Channel> = StandardGrpcLayer::new().deadline(Duration::from_secs(5)).service(channel);
/// // let client = weather_client::WeatherClient::new(channel); // as tonic-build makes it
/// # let _ = channel;
/// ```
///
/// # What may be repeated
///
/// Every gRPC call is a `POST`, and nobody but its owner knows which change something. By default only what was certainly
/// not processed is sent again. [`any_method`](Self::any_method) says that all methods of the service may be repeated, an
/// [`Idempotent`](crate::Idempotent) in the extensions of a `tonic::Request` that this call may.
///
/// # What it consists of
///
/// | layer | set to |
/// |---|---|
/// | [`DeadlineLayer`] | 30 s for the call, or what `tonic::Request::set_timeout` says if that is less |
/// | [`ReplayBodyLayer`] | records up to 64 KiB of the message, because tonic's body can be read once |
/// | [`RetryLayer`] | the standard policy; `UNAVAILABLE` is retried, and the server's pushback obeyed (gRPC A6) |
/// | [`ContentCheckLayer`](tower_content_check::ContentCheckLayer) with `GrpcStatus` | reads the answer to its trailers: `UNAVAILABLE` there and a missing status are failed attempts |
/// | [`DeadlineHeaderLayer`] | tells the server by `grpc-timeout` what is left |
/// | [`AttemptTimeoutLayer`] | a third of the deadline for an attempt, a sixth for its head and for each silence |
///
/// What the stack gives up on is a [`tonic::Status`]: `DEADLINE_EXCEEDED` where the time was over, `UNAVAILABLE` otherwise,
/// with the story of the call as its message and the [`RetryError`](crate::RetryError) as its source.
///
/// # What this cannot do
///
/// Stream: an answer is held until it is whole. Calls with streams of messages go over the channel itself.
#[derive(Clone, Debug)]
pub struct StandardGrpcLayer {
    settings: StandardLayer,
}

// ===== impl StandardGrpcLayer =====

impl StandardGrpcLayer {
    /// Repeats only what was certainly not processed; see [`any_method`](Self::any_method).
    pub fn new() -> Self {
        let policy = RetryPolicy::standard().grpc([Code::Unavailable as u8]);
        Self { settings: StandardLayer::checking(StandardCheck::grpc()).policy(policy) }
    }

    /// Says that every call may be repeated, because none of the service's methods changes anything, or because it does
    /// no harm to do it twice.
    #[must_use]
    pub fn any_method(self) -> Self {
        let retry = self.settings.retry.clone().map_policy(RetryPolicy::any_method);
        self.retry(retry)
    }

    /// The time of a call with all of its attempts and waits. Default: 30 s. The limits of an attempt follow it, unless
    /// [`attempt`](Self::attempt) sets them.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { settings: self.settings.deadline(deadline) }
    }

    /// The limits of an attempt. Default: a third of the deadline in total, a sixth until the head and for each silence.
    #[must_use]
    pub fn attempt(self, limits: AttemptTimeouts) -> Self {
        Self { settings: self.settings.attempt(limits) }
    }

    /// What is repeated, how often and when; name the [codes](RetryPolicy::grpc) that ask for a retry.
    #[must_use]
    pub fn policy(self, policy: RetryPolicy) -> Self {
        Self { settings: self.settings.policy(policy) }
    }

    /// The whole retry, where it is more than a policy: attempts that overlap, say.
    #[must_use]
    pub fn retry(self, retry: RetryLayer) -> Self {
        Self { settings: self.settings.retry(retry) }
    }

    /// How many bytes of an answer are held at the most. Default: 16 MiB; tonic itself decodes 4 MiB unless told
    /// otherwise.
    #[must_use]
    pub fn max_bytes(self, max_bytes: u64) -> Self {
        Self { settings: self.settings.max_bytes(max_bytes) }
    }

    /// This stack around tonic's channel, or another client of gRPC.
    pub fn service<S>(&self, channel: S) -> StandardGrpc<S> {
        let StandardLayer { limits, retry, check } = &self.settings;
        let limited = AttemptTimeoutLayer::from(limits.attempt()).layer(ToTonic::new(channel));
        let told =
            DeadlineHeaderLayer::new(DeadlineFormat::GRPC_TIMEOUT, DeadlineFormat::Grpc).layer(limited);
        let retried = retry.layer(check.layer(told));
        let replayed = ReplayBodyLayer::new().layer(retried);
        StandardGrpc::new(DeadlineLayer::new(limits.deadline()).layer(replayed))
    }
}

impl Default for StandardGrpcLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for StandardGrpcLayer {
    type Service = StandardGrpc<S>;

    fn layer(&self, inner: S) -> StandardGrpc<S> {
        self.service(inner)
    }
}
