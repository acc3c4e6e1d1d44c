use crate::BoxError;
use std::time::Duration;

/// What goes away, over which protocol, and whether the server gets to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) protocol: Protocol,
    pub(crate) loss: Loss,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// An upload that goes on keeps bytes on their way.
    Http1,
    /// A further request on the same connection does.
    Http2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The router loses its address next to the server, and says so by ICMP.
    Router,
    /// The client loses its own route, with bytes on their way that nobody has acknowledged.
    Client,
    /// The server has processed all of the request and answers when no route is left in either direction. Over HTTP/1
    /// nothing is on its way from the client, so it hears of nothing and ends by its own limit.
    Answer,
}

impl Case {
    pub(crate) const ALL: [Self; 6] = [
        Self { protocol: Protocol::Http2, loss: Loss::Router },
        Self { protocol: Protocol::Http2, loss: Loss::Client },
        Self { protocol: Protocol::Http2, loss: Loss::Answer },
        Self { protocol: Protocol::Http1, loss: Loss::Router },
        Self { protocol: Protocol::Http1, loss: Loss::Client },
        Self { protocol: Protocol::Http1, loss: Loss::Answer },
    ];

    pub(crate) const fn name(self) -> &'static str {
        match (self.protocol, self.loss) {
            (Protocol::Http1, Loss::Router) => "http1-router",
            (Protocol::Http1, Loss::Client) => "http1-client",
            (Protocol::Http1, Loss::Answer) => "http1-answer",
            (Protocol::Http2, Loss::Router) => "http2-router",
            (Protocol::Http2, Loss::Client) => "http2-client",
            (Protocol::Http2, Loss::Answer) => "http2-answer",
        }
    }

    pub(crate) fn of(name: &str) -> Result<Self, BoxError> {
        let known = Self::ALL.into_iter().find(|case| case.name() == name);
        known.ok_or_else(|| {
            format!("no case is called {name}; there are {:?}", Self::ALL.map(Self::name)).into()
        })
    }

    /// Whether the server has all of the request before the route goes.
    pub(crate) fn sends_all(self) -> bool {
        self.protocol == Protocol::Http2 || self.loss == Loss::Answer
    }

    /// Whether the kernel tells the client of the lost route, so that the test is of that.
    pub(crate) fn is_heard_of(self) -> bool {
        self.protocol == Protocol::Http2 || self.loss != Loss::Answer
    }

    /// How long the client waits for an answer: long, where the kernel is to end it.
    pub(crate) fn limit(self) -> Duration {
        Duration::from_secs(if self.is_heard_of() { 30 } else { 6 })
    }
}
