//! The four requests that every fault meets, and the answer that each of them is owed.

use crate::{fault::Sends, upload::Upload};
use http::{Method, Request};

/// The request that opens a connection before a fault meets it in the pool.
pub(crate) const WARM: &str = "warm";

/// The field that tells the server which call a request belongs to.
pub(crate) const ID: &str = "x-call";

/// A kind of request.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `GET`.
    Get,
    /// `PUT` with a body.
    Put,
    /// `POST` with a body: never to be processed twice.
    Post,
    /// The same with an `Idempotency-Key`.
    PostWithKey,
}

/// What the server owes to this call: the same length for each, so that scripts can state it. All but its last byte is
/// JSON too, so that a check of the syntax alone does not see whether that one is there.
pub(crate) fn owed(id: &str) -> String {
    format!("{{\"for\":\"{id}\",\"ok\":123}}\n")
}

pub(crate) fn warm_up(base: &str) -> Request<Upload> {
    Request::get(format!("{base}/")).header(ID, WARM).body(Upload::nothing()).unwrap()
}

// ===== impl Call =====

impl Call {
    /// All of them, in the order in which the table has them.
    pub const ALL: [Self; 4] = [Self::Get, Self::Put, Self::Post, Self::PostWithKey];

    /// The name in the table's head and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::PostWithKey => "POST+key",
        }
    }

    /// Four characters each; see [`owed`].
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Get => "get1",
            Self::Put => "put1",
            Self::Post => "post",
            Self::PostWithKey => "keyd",
        }
    }

    /// Whether nothing but the server's word that it did not process the request permits a second one.
    pub(crate) fn once(self) -> bool {
        self == Self::Post
    }

    pub(crate) fn request(self, base: &str, sends: Sends) -> Request<Upload> {
        let method = match self {
            Self::Get => Method::GET,
            Self::Put => Method::PUT,
            Self::Post | Self::PostWithKey => Method::POST,
        };
        let mut request = Request::builder().method(method).uri(format!("{base}/")).header(ID, self.id());
        if self == Self::PostWithKey {
            request = request.header("idempotency-key", "0b8f6f3a-1");
        }
        let body = if self == Self::Get { Upload::nothing() } else { Upload::new(sends) };
        request.body(body).unwrap()
    }
}
