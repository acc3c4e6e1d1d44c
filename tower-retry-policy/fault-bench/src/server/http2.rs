//! HTTP/2: the `h2` crate reads what the client sends and answers its SETTINGS and PINGs; the scripts' frames go to the
//! client between those of `h2`, which knows nothing of them.

use super::{BEFORE_RESET, DRIP, Part, Stream};
use crate::{
    fault::{At, Fields, Frame, filled},
    request::ID,
};
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::Response;
use std::{future::pending, io};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split},
    select,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::sleep,
};

const GOOD: &[Frame] = &[Frame::Answer];

/// What is done to the connection, in this order.
enum Wire {
    Frame(Vec<u8>),
    Close,
    Reset,
    Mute,
}

type ToWire = UnboundedSender<Wire>;

pub(super) async fn serve(part: Part, stream: Box<dyn Stream>) {
    let (near, far) = duplex(64 * 1024);
    let (mut from_client, to_client) = split(stream);
    let (mut from_h2, mut to_h2) = split(far);
    let (to_wire, wire) = unbounded_channel();
    let forwarded = to_wire.clone();
    select! {
        // ends with the client's side of the connection
        _ = tokio::io::copy(&mut from_client, &mut to_h2) => {}
        // ends with a reset
        _ = write(to_client, wire) => {}
        () = async {
            while let Ok(frame) = read_frame(&mut from_h2).await {
                let _ = forwarded.send(Wire::Frame(frame));
            }
            pending::<()>().await;
        } => {}
        () = answer_all(part, near, to_wire) => {}
    }
}

async fn write(mut client: impl AsyncWriteExt + Unpin, mut wire: UnboundedReceiver<Wire>) -> io::Result<()> {
    let mut mute = false;
    while let Some(step) = wire.recv().await {
        match step {
            Wire::Frame(_) if mute => {}
            Wire::Frame(frame) => {
                client.write_all(&frame).await?;
                client.flush().await?;
            }
            Wire::Close => {
                client.shutdown().await?;
                mute = true;
            }
            Wire::Reset => {
                sleep(BEFORE_RESET).await;
                return Ok(());
            }
            Wire::Mute => mute = true,
        }
    }
    pending().await
}

/// A whole frame, so that none of a script's comes in its midst.
async fn read_frame(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 9];
    from.read_exact(&mut frame).await?;
    let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]) as usize;
    frame.resize(9 + length, 0);
    from.read_exact(&mut frame[9..]).await?;
    Ok(frame)
}

async fn answer_all(part: Part, near: DuplexStream, to_wire: ToWire) {
    if let Ok(mut connection) = h2::server::handshake(near).await {
        let mut answers = JoinSet::new();
        let mut warmed = false;
        while let Some(Ok((request, respond))) = connection.accept().await {
            let id = request.headers().get(ID).map(|id| id.to_str().unwrap().to_owned()).unwrap();
            let meets = part.meets(&id, warmed);
            warmed |= !meets;
            let exchange = Exchange { part: part.clone(), id, respond, to_wire: to_wire.clone() };
            answers.spawn(exchange.play(meets, request.into_body()));
        }
    }
    pending::<()>().await;
}

/// A request and its answer.
struct Exchange {
    part: Part,
    id: String,
    respond: SendResponse<Bytes>,
    to_wire: ToWire,
}

// ===== impl Exchange =====

impl Exchange {
    async fn play(mut self, meets: bool, body: RecvStream) {
        let early = meets && self.part.fault.early;
        let mut body = Some(body);
        if !early && read_to_end(body.take()).await.is_none() {
            return pending().await;
        }
        let At::Answer { http2, .. } = self.part.fault.at else { return };
        for frame in if self.part.plays(&self.id, meets) { http2 } else { GOOD } {
            self.step(frame).await;
        }
        let _ = read_to_end(body).await;
        // `h2` would reset a stream whose handle is dropped without an answer of its own
        pending::<()>().await;
    }

    async fn step(&mut self, frame: &Frame) {
        const DATA: u8 = 0x0;
        const HEADERS: u8 = 0x1;
        const END_STREAM: u8 = 0x1;
        const END_HEADERS: u8 = 0x4;
        let stream = u32::from(self.respond.stream_id());
        let filled = |text| filled(text, &self.id).into_bytes();
        let bytes = match frame {
            Frame::Answer => return self.answer(0),
            Frame::Oversized => return self.answer(200),
            Frame::Head(fields) => encoded(HEADERS, END_HEADERS, stream, &block(fields)),
            Frame::HeadOnly(fields) | Frame::Trailers(fields) => {
                encoded(HEADERS, END_HEADERS | END_STREAM, stream, &block(fields))
            }
            Frame::Data(text) => encoded(DATA, 0, stream, &filled(text)),
            Frame::Slowly(text) => {
                for byte in filled(text) {
                    sleep(DRIP).await;
                    self.wire(Wire::Frame(encoded(DATA, 0, stream, &[byte])));
                }
                return;
            }
            Frame::Last(text) => encoded(DATA, END_STREAM, stream, &filled(text)),
            Frame::ResetStream(reason) => encoded(0x3, 0, stream, &reason.to_be_bytes()),
            Frame::GoAway { seen, reason } => go_away(if *seen { stream } else { 0 }, *reason),
            Frame::GoingAway => go_away(u32::MAX >> 1, 0),
            Frame::Raw(bytes) => bytes.to_vec(),
            Frame::Close => return self.wire(Wire::Close),
            Frame::Reset => return self.wire(Wire::Reset),
            Frame::Silent => return self.part.account.fell_silent(),
            Frame::Mute => {
                self.part.account.fell_silent();
                return self.wire(Wire::Mute);
            }
        };
        self.wire(Wire::Frame(bytes));
    }

    fn wire(&self, step: Wire) {
        // nobody listens any more when the connection has ended
        let _ = self.to_wire.send(step);
    }

    /// The whole answer by `h2`, with so many header fields of 400 bytes more.
    fn answer(&mut self, fields: usize) {
        let whole = filled("{whole}", &self.id);
        let mut response = Response::builder().header("content-length", whole.len());
        for n in 0..fields {
            response = response.header(format!("x-{n}"), "x".repeat(400));
        }
        // the client may have gone
        if let Ok(mut stream) = self.respond.send_response(response.body(()).unwrap(), false) {
            let _ = stream.send_data(whole.into(), true);
        }
    }
}

async fn read_to_end(body: Option<RecvStream>) -> Option<()> {
    let mut body = body?;
    while let Some(data) = body.data().await {
        let _ = body.flow_control().release_capacity(data.ok()?.len());
    }
    Some(())
}

fn go_away(last: u32, reason: u32) -> Vec<u8> {
    encoded(0x7, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat())
}

/// Literal fields that enter no table and are not compressed (RFC 7541 section 6.2.2): `h2`'s own heads do not notice.
fn block(fields: Fields) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.bytes());
        }
    }
    block
}

fn encoded(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}
