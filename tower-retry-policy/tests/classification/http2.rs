//! HTTP/2: frames (RFC 9113 section 6), and what becomes of the connection after them.

use crate::{http1::Then, server::Seen};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sent in answer to each request.
#[derive(Clone, Debug)]
pub(crate) struct Http2 {
    pub(crate) frames: Vec<Frame>,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Frame {
    /// 200 with a length of four bytes.
    Head,
    /// Fewer bytes than the frame's length says.
    PartOfHead,
    /// 503 that may be tried again at once; ends the stream.
    Busy,
    /// Four bytes.
    Data,
    /// Ends the stream.
    End,
    Reset(u32),
    /// With the request's stream as the last one seen, or with none.
    GoAway {
        seen: bool,
        reason: u32,
    },
    /// Not a frame.
    Noise,
}

impl Http2 {
    pub(crate) async fn serve(self, mut connection: TcpStream, seen: Seen) {
        const PREFACE: usize = 24;
        let mut preface = [0; PREFACE];
        if connection.read_exact(&mut preface).await.is_err() {
            return;
        }
        let _ = connection.write_all(&frame(0x4, 0, 0, &[])).await; // SETTINGS
        while let Some(stream) = next_request(&mut connection).await {
            seen.one_more();
            for frame in &self.frames {
                let _ = connection.write_all(&frame.encode(stream)).await;
            }
            if self.then != Then::Listen {
                return self.then.end(connection).await;
            }
        }
    }
}

/// Reads up to the next head and returns its stream.
async fn next_request(connection: &mut TcpStream) -> Option<u32> {
    const HEADERS: u8 = 0x1;
    loop {
        let mut head = [0; 9];
        connection.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        connection.read_exact(&mut payload).await.ok()?;
        if head[3] == HEADERS {
            return Some(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        }
    }
}

impl Frame {
    fn encode(self, stream: u32) -> Vec<u8> {
        const DATA: u8 = 0x0;
        const HEADERS: u8 = 0x1;
        const END_STREAM: u8 = 0x1;
        const END_HEADERS: u8 = 0x4;
        // HPACK (RFC 7541 appendix A): entry 8 is `:status: 200`, 28 `content-length`, 53 `retry-after`
        const OK: &[u8] = b"\x88\x0f\x0d\x014";
        const UNAVAILABLE: &[u8] = b"\x08\x03503\x0f\x26\x010";
        match self {
            Self::Head => frame(HEADERS, END_HEADERS, stream, OK),
            Self::PartOfHead => frame(HEADERS, END_HEADERS, stream, OK)[..10].to_vec(),
            Self::Busy => frame(HEADERS, END_HEADERS | END_STREAM, stream, UNAVAILABLE),
            Self::Data => frame(DATA, 0, stream, b"good"),
            Self::End => frame(DATA, END_STREAM, stream, b""),
            Self::Reset(reason) => frame(0x3, 0, stream, &reason.to_be_bytes()),
            Self::GoAway { seen, reason } => {
                let last: u32 = if seen { stream } else { 0 };
                frame(0x7, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat())
            }
            Self::Noise => b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}
