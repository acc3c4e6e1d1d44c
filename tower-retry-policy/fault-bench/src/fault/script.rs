//! The words of the scripts. In a text `{whole}` stands for the answer that the call is owed, 24 bytes, and `{half}`
//! and `{rest}` for its halves, `{almost}` for all but its last byte.

use crate::request::owed;

/// The bytes of [`owed`].
pub(crate) const LENGTH: usize = 24;

/// Header fields; the first one is the status.
pub(crate) type Fields = &'static [(&'static str, &'static str)];

/// A step of an HTTP/1 connection, once it has read a request. After the last one the connection serves the next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Say(&'static str),
    /// A byte at a time.
    Slowly(&'static str),
    Close,
    /// A TCP reset.
    Reset,
    Silent,
}

/// A step of an HTTP/2 stream, as the bytes of a frame (RFC 9113 section 6) unless it says otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Frame {
    /// The whole answer, by the `h2` crate.
    Answer,
    /// A head beyond all limits, by the `h2` crate.
    Oversized,
    Head(Fields),
    /// A head that ends the stream.
    HeadOnly(Fields),
    Data(&'static str),
    /// A byte at a time.
    Slowly(&'static str),
    /// Data that ends the stream.
    Last(&'static str),
    /// Fields that end the stream.
    Trailers(Fields),
    /// RST_STREAM.
    ResetStream(u32),
    /// With the stream as the last one seen, or with none.
    GoAway {
        seen: bool,
        reason: u32,
    },
    /// The first step of a graceful shutdown: GOAWAY with the highest number that a stream can have.
    GoingAway,
    /// Not a frame.
    Raw(&'static [u8]),
    Close,
    /// A TCP reset.
    Reset,
    /// Nothing more on this stream.
    Silent,
    /// Nothing more on the connection, not even answers to PINGs.
    Mute,
}

/// Fills the placeholders for the call of this name.
pub(crate) fn filled(text: &str, id: &str) -> String {
    let owed = owed(id);
    let (half, rest) = owed.split_at(LENGTH / 2);
    let many = || (0..200).map(|n| format!("x-{n}: {n}\r\n")).collect::<String>();
    let text = text.replace("{whole}", &owed).replace("{half}", half).replace("{rest}", rest);
    let text = text.replace("{almost}", &owed[..LENGTH - 1]);
    if text.contains("{fields}") { text.replace("{fields}", &many()) } else { text }
}
