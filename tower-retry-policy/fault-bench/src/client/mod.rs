//! The clients, each with its own retries switched off: the bench counts what the layers send.

mod hyper_util;
mod reqwest;
mod tonic;

use crate::{
    fault::Fault,
    server::Server,
    stack::{Attempts, Caller, Stack},
};
use std::time::Duration;

/// The columns of the table.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// hyper-util's client.
    HyperUtil {
        /// Whether it speaks HTTP/2 rather than HTTP/1.
        http2: bool,
    },
    /// reqwest.
    Reqwest {
        /// Whether it speaks HTTP/2 rather than HTTP/1.
        http2: bool,
    },
    /// tonic's channel, as a client of plain HTTP/2.
    Tonic,
}

/// What a client is told besides its protocol.
#[derive(Clone, Copy, Debug)]
struct Setting {
    connect_timeout: Duration,
    /// The interval of HTTP/2's PINGs and the time that the answer may take.
    keep_alive: Option<Duration>,
}

// ===== impl Client =====

impl Client {
    /// All of them, in the order of the table's columns.
    pub const ALL: [Self; 5] = [
        Self::HyperUtil { http2: false },
        Self::HyperUtil { http2: true },
        Self::Reqwest { http2: false },
        Self::Reqwest { http2: true },
        Self::Tonic,
    ];

    /// The name in the table's head and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HyperUtil { http2: false } => "hyper-util, HTTP/1",
            Self::HyperUtil { http2: true } => "hyper-util, HTTP/2",
            Self::Reqwest { http2: false } => "reqwest, HTTP/1",
            Self::Reqwest { http2: true } => "reqwest, HTTP/2",
            Self::Tonic => "tonic",
        }
    }

    pub(crate) const fn speaks_http2(self) -> bool {
        matches!(self, Self::HyperUtil { http2: true } | Self::Reqwest { http2: true } | Self::Tonic)
    }

    pub(crate) fn stack(self, stack: Stack, fault: &Fault, server: &Server, attempts: &Attempts) -> Caller {
        let limits = fault.limits();
        let setting = Setting { connect_timeout: fault.connect_timeout(), keep_alive: fault.keep_alive() };
        match self {
            Self::HyperUtil { http2 } => stack.over(hyper_util::client(http2, setting), limits, attempts),
            Self::Reqwest { http2 } => stack.over(reqwest::client(http2, setting), limits, attempts),
            Self::Tonic => stack.over(tonic::client(server, setting), limits, attempts),
        }
    }
}
