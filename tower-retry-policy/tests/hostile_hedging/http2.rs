//! As much of HTTP/2 as a server needs that wants every frame in its own hands.

use crate::{
    fault::Fault,
    server::{Board, Gone, Seen, content},
};
use std::{collections::BTreeMap, io, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

struct Stream {
    request: usize,
    fault: Fault,
    /// Octets that came and were not given back to its window.
    owed: u32,
}

struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    streams: BTreeMap<u32, Stream>,
    board: Arc<Board>,
    number: usize,
}

pub(crate) async fn serve(stream: TcpStream, board: Arc<Board>, number: usize) {
    let mut connection =
        Connection { stream, read: Vec::new(), streams: BTreeMap::new(), board: board.clone(), number };
    let _ = connection.run().await;
    for stream in connection.streams.values() {
        board.gone(stream.request, Gone::Closed);
    }
}

impl Connection {
    async fn run(&mut self) -> io::Result<()> {
        self.fill(24).await?;
        self.read.drain(..24);
        // SETTINGS_MAX_CONCURRENT_STREAMS
        let settings = self.board.max_streams.map(|most| [&[0, 3], &most.to_be_bytes()[..]].concat());
        self.send(SETTINGS, 0, 0, &settings.unwrap_or_default()).await?;
        let mut seen = self.board.subscribe();
        loop {
            tokio::select! {
                filled = self.fill(9) => {
                    filled?;
                    let length = u32::from_be_bytes([0, self.read[0], self.read[1], self.read[2]]) as usize;
                    self.fill(9 + length).await?;
                    let frame: Vec<_> = self.read.drain(..9 + length).collect();
                    let id = u32::from_be_bytes([frame[5], frame[6], frame[7], frame[8]]) & (u32::MAX >> 1);
                    if !self.frame(frame[3], frame[4], id, &frame[9..]).await? {
                        return Ok(());
                    }
                }
                _ = seen.changed() => {
                    let seen = seen.borrow_and_update().clone();
                    self.late(&seen).await?;
                    self.release().await?;
                }
            }
        }
    }

    async fn fill(&mut self, bytes: usize) -> io::Result<()> {
        while self.read.len() < bytes {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    async fn send(&mut self, kind: u8, flags: u8, id: u32, payload: &[u8]) -> io::Result<()> {
        let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(id.to_be_bytes());
        frame.extend(payload);
        self.stream.write_all(&frame).await
    }

    /// Whether the connection goes on.
    async fn frame(&mut self, kind: u8, flags: u8, id: u32, payload: &[u8]) -> io::Result<bool> {
        let end = flags & END_STREAM != 0;
        match kind {
            SETTINGS if flags & ACK == 0 => self.send(SETTINGS, ACK, 0, &[]).await?,
            PING if flags & ACK == 0 => self.send(PING, ACK, 0, payload).await?,
            RST_STREAM => {
                if let Some(stream) = self.streams.remove(&id) {
                    let code = u32::from_be_bytes(payload.try_into().unwrap());
                    self.board.gone(stream.request, Gone::Reset(code));
                }
            }
            // trailers of a request
            HEADERS if self.streams.contains_key(&id) => {
                self.board.change(self.streams[&id].request, |seen| seen.trailers = true);
                return self.uploaded(id).await;
            }
            HEADERS => {
                assert!(flags & END_HEADERS != 0, "a head in several frames");
                let (request, fault) = self.board.begin(self.number);
                self.streams.insert(id, Stream { request, fault, owed: 0 });
                if matches!(fault, Fault::Closes | Fault::Resets) {
                    if fault == Fault::Resets {
                        self.stream.set_zero_linger().unwrap();
                    }
                    return Ok(self.end(id, false));
                }
                if end {
                    return self.uploaded(id).await;
                }
            }
            DATA => {
                let length = u32::try_from(payload.len()).unwrap();
                if length > 0 {
                    self.send(WINDOW_UPDATE, 0, 0, &length.to_be_bytes()).await?;
                }
                if let Some(stream) = self.streams.get_mut(&id) {
                    self.board.change(stream.request, |seen| seen.upload.extend(payload));
                    stream.owed += length;
                    if end {
                        return self.uploaded(id).await;
                    }
                    self.release().await?;
                }
            }
            _ => {}
        }
        Ok(true)
    }

    /// Gives the streams their windows back: at once, or, from the request on that the board names, only when two of those
    /// have used theirs up, and then a little at a time.
    async fn release(&mut self) -> io::Result<()> {
        let held = |stream: &Stream| stream.request >= self.board.hold_windows_from;
        let stuck = self
            .board
            .seen()
            .iter()
            .skip(self.board.hold_windows_from.min(1 << 20))
            .filter(|seen| seen.upload.len() >= 65_535)
            .count()
            >= 2;
        let due: Vec<_> = self
            .streams
            .iter_mut()
            .filter(|(_, stream)| stream.owed > 0 && (!held(stream) || stuck))
            .map(|(id, stream)| {
                let most = if stream.request >= self.board.hold_windows_from {
                    1 + (stream.owed ^ *id) % 997
                } else {
                    u32::MAX
                };
                let part = stream.owed.min(most);
                stream.owed -= part;
                (*id, part)
            })
            .collect();
        for (id, part) in due {
            self.send(WINDOW_UPDATE, 0, id, &part.to_be_bytes()).await?;
        }
        Ok(())
    }

    fn end(&mut self, id: u32, goes_on: bool) -> bool {
        let stream = self.streams.remove(&id).unwrap();
        self.board.ended(stream.request);
        goes_on
    }

    async fn answer(&mut self, id: u32, status: u16, again: bool, part: usize) -> io::Result<()> {
        let request = self.streams[&id].request;
        let content = content(request);
        let mut head = vec![0x08, 3];
        head.extend(status.to_string().bytes());
        for (name, value) in
            [("x-number", request.to_string()), ("content-length", content.len().to_string())]
        {
            field(&mut head, name, &value);
        }
        if again {
            field(&mut head, "retry-after", "0");
        }
        self.send(HEADERS, END_HEADERS, id, &head).await?;
        self.send(DATA, if part == 1 { END_STREAM } else { 0 }, id, &content[..content.len() / part]).await
    }

    async fn go_away(&mut self, last: u32, code: u32) -> io::Result<()> {
        let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
        self.send(GOAWAY, 0, 0, &payload).await
    }

    /// The request has come to its end. Whether the connection goes on.
    async fn uploaded(&mut self, id: u32) -> io::Result<bool> {
        let (request, fault) = (self.streams[&id].request, self.streams[&id].fault);
        self.board.change(request, |seen| seen.whole_upload = true);
        match fault {
            Fault::Answers => self.answer(id, 200, false, 1).await?,
            Fault::Status(status) => self.answer(id, status, false, 1).await?,
            Fault::Busy => self.answer(id, 503, true, 1).await?,
            Fault::Silent | Fault::Late | Fault::WhenWhole(_) => return Ok(true),
            Fault::Drains => {
                self.go_away(id, 0).await?;
                return Ok(true);
            }
            Fault::EarlyHints => {
                self.send(HEADERS, END_HEADERS, id, &[0x08, 3, b'1', b'0', b'3']).await?;
                return Ok(true);
            }
            Fault::SilentBody | Fault::SlowBody => {
                self.answer(id, 200, false, 2).await?;
                return Ok(true);
            }
            Fault::CutBody => {
                self.answer(id, 200, false, 2).await?;
                self.send(DATA, END_STREAM, id, &[]).await?;
            }
            Fault::ResetsBody => {
                self.answer(id, 200, false, 2).await?;
                self.stream.set_zero_linger().unwrap();
                return Ok(self.end(id, false));
            }
            Fault::Stream(code) => self.send(RST_STREAM, 0, id, &code.to_be_bytes()).await?,
            Fault::StreamInBody(code) => {
                self.answer(id, 200, false, 2).await?;
                self.send(RST_STREAM, 0, id, &code.to_be_bytes()).await?;
            }
            Fault::GoAway { code, above } => {
                let last = if above { id.saturating_sub(2) } else { id };
                self.go_away(last, code).await?;
                return Ok(self.end(id, false));
            }
            Fault::Closes | Fault::Resets => unreachable!("done at the head"),
        }
        Ok(self.end(id, true))
    }

    async fn late(&mut self, seen: &[Seen]) -> io::Result<()> {
        let due: Vec<_> = self
            .streams
            .iter()
            .filter(|(_, stream)| seen[stream.request].whole_upload)
            .filter(|(_, stream)| stream.fault.is_due(stream.request, seen))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let stream = &self.streams[&id];
            if stream.fault == Fault::SlowBody {
                let content = content(stream.request);
                self.send(DATA, END_STREAM, id, &content[content.len() / 2..]).await?;
            } else {
                self.answer(id, 200, false, 1).await?;
            }
            self.end(id, true);
        }
        Ok(())
    }
}

/// A field without a place in the table.
fn field(head: &mut Vec<u8>, name: &str, value: &str) {
    head.push(0);
    for text in [name, value] {
        head.push(u8::try_from(text.len()).unwrap());
        head.extend(text.bytes());
    }
}
