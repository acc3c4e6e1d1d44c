//! What a server may do to a request: the rows of the table.

use crate::{
    client::Client,
    http1::{Http1, Then},
    http2::{Frame, Http2},
    in_process::{self, Handler},
    server::Server,
    tls::Handshake,
};
use std::{sync::LazyLock, time::Duration};
use tower_retry_policy::AttemptTimeoutLayer;

const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood";
const BUSY: &str = "HTTP/1.1 503 Busy\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";
const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
const CHUNKS: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";

/// More fields than hyper takes by default, which is 100.
static CROWDED: LazyLock<String> =
    LazyLock::new(|| format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101)));

const NO_ERROR: u32 = 0x0;
const PROTOCOL_ERROR: u32 = 0x1;
const INTERNAL_ERROR: u32 = 0x2;
const REFUSED_STREAM: u32 = 0x7;
const ENHANCE_YOUR_CALM: u32 = 0xb;

#[derive(Clone, Debug)]
pub(crate) struct Misbehaviour {
    pub(crate) name: &'static str,
    /// Whether a request reaches the server at all.
    pub(crate) arrives: bool,
    /// What the final error says of it, for what could go wrong in other ways too.
    pub(crate) says: &'static str,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    /// Nobody listens at the address.
    Refusing,
    /// The name has no address.
    Nameless,
    /// A handshake that fails.
    Tls(Handshake),
    /// By protocol; `None` where the protocol has no such thing.
    Answering { http1: Option<Http1>, http2: Option<Http2>, in_process: Option<Handler> },
}

#[rustfmt::skip]
pub(crate) fn all() -> Vec<Misbehaviour> {
    use Frame::{Busy, Data, End, GoAway, Head, Noise, PartOfHead, Reset};
    use Then::{Close, Listen, Wait};
    let h1 = |text, then| Some(Http1 { text, then });
    let h2 = |frames: &[Frame], then| Some(Http2 { frames: frames.to_vec(), then });
    let lost = |reason| GoAway { seen: true, reason };
    let unseen = |reason| GoAway { seen: false, reason };
    vec![
        row("answers", h1(WHOLE, Close), h2(&[Head, Data, End], Listen), Some(Handler::Answers)),
        row("answers and resets", h1(WHOLE, Then::Reset), h2(&[Head, Data, End], Then::Reset), None),
        row("answers 503 with `Retry-After`", h1(BUSY, Close), h2(&[Busy], Listen), Some(Handler::Busy)),
        never("refuses the connection", How::Refusing, ""),
        never("has no address", How::Nameless, ""),
        never("closes in the TLS handshake", How::Tls(Handshake::Closes), "handshake eof"),
        never("does not speak TLS", How::Tls(Handshake::Plain), "corrupt message"),
        never("refuses the TLS handshake", How::Tls(Handshake::Alert), "HandshakeFailure"),
        never("shows an unknown certificate", How::Tls(Handshake::Unknown), "invalid peer certificate"),
        never("requires a client certificate", How::Tls(Handshake::WantsCertificate), "CertificateRequired"),
        row("closes before the head", h1("", Close), h2(&[], Close), None),
        row("closes in the head", h1("HTTP/1.1 200 O", Close), h2(&[PartOfHead], Close), None),
        row("resets before the head", h1("", Then::Reset), h2(&[], Then::Reset), None),
        row("resets in the head", h1("HTTP/1.1 200 O", Then::Reset), h2(&[PartOfHead], Then::Reset), None),
        row("is silent", h1("", Wait), h2(&[], Listen), Some(Handler::Silent)),
        row("does not speak HTTP", h1("SSH-2.0-OpenSSH_9.2\r\n\r\n", Close), h2(&[Noise], Close), None),
        row("sends too large a head", h1(&CROWDED, Wait), None, None),
        row("refuses the stream", None, h2(&[Reset(REFUSED_STREAM)], Listen), None),
        row("resets the stream", None, h2(&[Reset(INTERNAL_ERROR)], Listen), None),
        row("goes away, our stream unseen", None, h2(&[unseen(NO_ERROR)], Close), None),
        row("goes away, our stream answered", None, h2(&[lost(NO_ERROR), Head, Data, End], Close), None),
        row("goes away, our stream lost", None, h2(&[lost(NO_ERROR)], Close), None),
        row("goes away with an error", None, h2(&[lost(ENHANCE_YOUR_CALM)], Close), None),
        row("goes away with an error, our stream unseen", None, h2(&[unseen(PROTOCOL_ERROR)], Close), None),
        row("cuts the body by length", h1(CUT, Close), h2(&[Head, End], Listen), Some(Handler::Cuts)),
        row("closes after the head", h1(HEAD, Close), h2(&[Head], Close), None),
        row("closes in the body", h1(CUT, Close), h2(&[Head, Data], Close), Some(Handler::Fails)),
        row("ends without the last chunk", h1(CHUNKS, Close), None, None),
        row("resets in the body", h1(CUT, Then::Reset), h2(&[Head, Data], Then::Reset), None),
        row("resets the stream in the body", None, h2(&[Head, Data, Reset(INTERNAL_ERROR)], Listen), None),
        row("refuses the stream in the body", None, h2(&[Head, Data, Reset(REFUSED_STREAM)], Listen), None),
        row("goes away in the body", None, h2(&[Head, Data, lost(NO_ERROR)], Close), None),
        row("falls silent in the body", h1(CUT, Wait), h2(&[Head, Data], Listen), Some(Handler::FallsSilent)),
    ]
}

fn row(
    name: &'static str,
    http1: Option<Http1>,
    http2: Option<Http2>,
    in_process: Option<Handler>,
) -> Misbehaviour {
    Misbehaviour { name, arrives: true, says: "", how: How::Answering { http1, http2, in_process } }
}

fn never(name: &'static str, how: How, says: &'static str) -> Misbehaviour {
    Misbehaviour { name, arrives: false, says, how }
}

impl Misbehaviour {
    /// Whether this can happen to this client.
    pub(crate) fn concerns(&self, client: Client) -> bool {
        match &self.how {
            How::Refusing | How::Nameless | How::Tls(_) => client != Client::InProcess,
            How::Answering { http1, http2, in_process } => match client {
                Client::InProcess => in_process.is_some(),
                client if client.speaks_http2() => http2.is_some(),
                _ => http1.is_some(),
            },
        }
    }

    /// Whether it is the client's clock that ends it.
    pub(crate) fn is_timed(&self) -> bool {
        matches!(self.name, "is silent" | "falls silent in the body")
    }

    /// How long the client waits for anything to come. Real sockets need real time: little where the silence is
    /// the point, and so much elsewhere that a busy machine changes nothing.
    pub(crate) fn patience(&self) -> AttemptTimeoutLayer {
        let (short, long) = (Duration::from_millis(200), Duration::from_secs(30));
        let limits = AttemptTimeoutLayer::new();
        match self.name {
            "is silent" => limits.head(short).idle(long),
            "falls silent in the body" => limits.head(long).idle(short),
            _ => limits.head(long).idle(long),
        }
    }

    pub(crate) async fn start(&self, client: Client) -> Server {
        match self.how.clone() {
            How::Refusing => Server::refusing().await,
            How::Nameless => Server::nameless(),
            How::Tls(handshake) => Server::serving(move |io, _| handshake.fail(io)).await.with_tls(),
            How::Answering { http1, http2, in_process } => match client {
                Client::InProcess => in_process::start(in_process.unwrap()),
                client if client.speaks_http2() => {
                    let http2 = http2.unwrap();
                    Server::serving(move |io, seen| http2.clone().serve(io, seen)).await
                }
                _ => {
                    let http1 = http1.unwrap();
                    Server::serving(move |io, seen| http1.serve(io, seen)).await
                }
            },
        }
    }
}
