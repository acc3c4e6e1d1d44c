use super::{
    Act::{Close, Reset, Say, Silent, Slowly},
    At, Fault,
    Frame::{
        self, Answer, Data, GoAway, GoingAway, Head, HeadOnly, Last, Mute, Oversized, Raw, ResetStream,
        Trailers,
    },
    Handshake,
};

const NO_ERROR: u32 = 0x0;
const PROTOCOL_ERROR: u32 = 0x1;
const INTERNAL_ERROR: u32 = 0x2;
const REFUSED_STREAM: u32 = 0x7;
const CANCEL: u32 = 0x8;
const ENHANCE_YOUR_CALM: u32 = 0xb;

/// The whole answer: what a connection says that no fault meets.
const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n{whole}";
const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n{half}";
const CHUNK: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nc\r\n{half}\r\n";
const UNTIL_CLOSED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
const OK: Frame = Head(&[(":status", "200"), ("content-length", "24")]);
const OK_OF_ANY_LENGTH: Frame = Head(&[(":status", "200")]);

const fn lost(reason: u32) -> Frame {
    GoAway { seen: true, reason }
}

const fn unseen(reason: u32) -> Frame {
    GoAway { seen: false, reason }
}

macro_rules! status {
    ($name:literal, $status:literal $(, $field:literal: $value:literal)?) => {
        Fault::new(
            $name,
            &[Say(concat!("HTTP/1.1 ", $status, " X\r\n", $($field, ": ", $value, "\r\n",)? "content-length: 0\r\n\r\n"))],
            &[HeadOnly(&[(":status", $status), $(($field, $value),)? ("content-length", "0")])],
        )
    };
}

#[rustfmt::skip]
pub(crate) static ALL: &[Fault] = &[
    // nothing is wrong
    Fault::new("answers", &[Say(GOOD)], &[Answer]),
    Fault::new("answers in chunks", &[Say(CHUNK), Say("c\r\n{rest}\r\n0\r\n\r\n")], &[OK_OF_ANY_LENGTH, Data("{half}"), Last("{rest}")]),
    Fault::new("answers with trailers", &[Say(CHUNK), Say("c\r\n{rest}\r\n0\r\nx-end: 1\r\n\r\n")], &[OK, Data("{whole}"), Trailers(&[("x-end", "1")])]),
    Fault::new("answers until it closes", &[Say(UNTIL_CLOSED), Say("{whole}"), Close], &[]),
    Fault::new("answers and resets", &[Say(GOOD), Reset], &[OK, Last("{whole}"), Frame::Reset]),
    Fault::new("answers after 103", &[Say("HTTP/1.1 103 Early Hints\r\n\r\n"), Say(GOOD)], &[Head(&[(":status", "103")]), OK, Last("{whole}")]),
    Fault::new("answers before the upload ends", &[Say(GOOD)], &[OK, Last("{whole}")]).early(),

    // before the request can leave
    Fault::at("refuses the connection", At::Refused),
    Fault::at("is silent at the connect", At::SilentConnect).slow(),
    Fault::at("closes in the TLS handshake", At::Tls(Handshake::Closes)),
    Fault::at("is silent in the TLS handshake", At::Tls(Handshake::Silent)).slow(),
    Fault::at("does not speak TLS", At::Tls(Handshake::Plain)),
    Fault::at("refuses the TLS handshake", At::Tls(Handshake::Alert)),
    Fault::at("shows an unknown certificate", At::Tls(Handshake::Unknown)),
    Fault::at("requires a client certificate", At::Tls(Handshake::AsksForCertificate)).race(),

    // before the head is there
    Fault::new("closes before the head", &[Close], &[Frame::Close]),
    Fault::new("resets before the head", &[Reset], &[Frame::Reset]),
    Fault::new("closes in the head", &[Say("HTTP/1.1 200 O"), Close], &[Raw(b"\0\0\x40\x01\x04\0\0\0\x01\x88"), Frame::Close]),
    Fault::new("resets in the head", &[Say("HTTP/1.1 200 O"), Reset], &[Raw(b"\0\0\x40\x01\x04\0\0\0\x01\x88"), Frame::Reset]),
    Fault::new("does not speak HTTP", &[Say("SSH-2.0-OpenSSH_9.2\r\n\r\n"), Close], &[Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), Frame::Close]),
    Fault::new("sends a head that is too large", &[Say("HTTP/1.1 200 OK\r\n{fields}content-length: 24\r\n\r\n{whole}")], &[Oversized]),
    Fault::new("is silent", &[Silent], &[Frame::Silent]).slow(),
    Fault::new("is silent after 103", &[Say("HTTP/1.1 103 Early Hints\r\n\r\n"), Silent], &[Head(&[(":status", "103")]), Frame::Silent]).slow(),
    Fault::new("is silent in the head", &[Say("HTTP/1.1 200 O"), Silent], &[Raw(b"\0\0\x40\x01\x04\0\0\0\x01\x88"), Mute]).slow(),
    Fault::new("does not answer PINGs", &[], &[Mute]).with_pings(),
    Fault::new("reads an upload that fails", &[Say(GOOD)], &[OK, Last("{whole}")]).failing_upload(),

    // HTTP/2 takes the stream or the connection back
    Fault::new("refuses the stream", &[], &[ResetStream(REFUSED_STREAM)]).refused(),
    Fault::new("resets the stream", &[], &[ResetStream(INTERNAL_ERROR)]),
    Fault::new("cancels the stream", &[], &[ResetStream(CANCEL)]),
    Fault::new("resets the stream without an error", &[], &[ResetStream(NO_ERROR)]),
    Fault::new("goes away, our stream unseen", &[], &[unseen(NO_ERROR), Frame::Close]).refused(),
    Fault::new("goes away, our stream answered", &[], &[lost(NO_ERROR), OK, Last("{whole}"), Frame::Close]),
    Fault::new("goes away in two steps, our stream answered", &[], &[GoingAway, OK, Data("{half}"), lost(NO_ERROR), Last("{rest}"), Frame::Close]),
    Fault::new("goes away, our stream lost", &[], &[lost(NO_ERROR), Frame::Close]),
    Fault::new("goes away with an error", &[], &[lost(ENHANCE_YOUR_CALM), Frame::Close]),
    Fault::new("goes away with an error, our stream unseen", &[], &[unseen(PROTOCOL_ERROR), Frame::Close]).refused(),

    // a status
    status!("answers 400", "400"),
    status!("answers 408", "408"),
    status!("answers 421", "421").refused(),
    status!("answers 425", "425").refused(),
    status!("answers 429 with `Retry-After`", "429", "retry-after": "0"),
    status!("answers 500", "500"),
    status!("answers 501", "501"),
    status!("answers 503", "503"),
    status!("answers 503 with `Retry-After`", "503", "retry-after": "0"),
    status!("answers 503 with a `Retry-After` of a day", "503", "retry-after": "86400"),
    Fault::new("answers 413 before the upload ends and closes", &[Say("HTTP/1.1 413 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"), Close], &[HeadOnly(&[(":status", "413")]), ResetStream(NO_ERROR)]).early(),

    // in the body
    Fault::new("closes after the head", &[Say("HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n"), Close], &[OK, Frame::Close]),
    Fault::new("cuts the body by length", &[Say(HALF), Close], &[OK, Last("{half}")]),
    Fault::new("closes in the body", &[Say(HALF), Close], &[OK, Data("{half}"), Frame::Close]),
    Fault::new("closes in a body of unknown length", &[Say(UNTIL_CLOSED), Say("{half}"), Close], &[OK_OF_ANY_LENGTH, Data("{half}"), Frame::Close]),
    Fault::new("ends without the last chunk", &[Say(CHUNK), Close], &[]),
    Fault::new("ends in a chunk", &[Say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n18\r\n{half}"), Close], &[]),
    Fault::new("sends a chunk that is none", &[Say(CHUNK), Say("zz\r\n")], &[]),
    Fault::new("resets in the body", &[Say(HALF), Reset], &[OK, Data("{half}"), Frame::Reset]),
    Fault::new("resets the stream in the body", &[], &[OK, Data("{half}"), ResetStream(INTERNAL_ERROR)]),
    Fault::new("cancels the stream in the body", &[], &[OK, Data("{half}"), ResetStream(CANCEL)]),
    Fault::new("refuses the stream in the body", &[], &[OK, Data("{half}"), ResetStream(REFUSED_STREAM)]),
    Fault::new("ends the stream in the body by a reset without an error", &[], &[OK_OF_ANY_LENGTH, Data("{half}"), ResetStream(NO_ERROR)]),
    Fault::new("ends the stream before the last byte by a reset without an error", &[], &[OK_OF_ANY_LENGTH, Data("{almost}"), ResetStream(NO_ERROR)]),
    Fault::new("ends the stream after the body by a reset without an error", &[], &[OK_OF_ANY_LENGTH, Data("{whole}"), ResetStream(NO_ERROR)]),
    Fault::new("goes away in the body", &[], &[OK, Data("{half}"), lost(NO_ERROR), Frame::Close]),
    Fault::new("falls silent in the body", &[Say(HALF), Silent], &[OK, Data("{half}"), Frame::Silent]).slow(),
    Fault::new("drips the body", &[Say("HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n"), Slowly("{whole}")], &[OK, Frame::Slowly("{whole}"), Last("")]).slow(),

    // whole and wrong
    Fault::new("answers with nothing", &[Say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")], &[HeadOnly(&[(":status", "200"), ("content-length", "0")])]),
    Fault::new("states a length that is too small", &[Say("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{whole}")], &[Head(&[(":status", "200"), ("content-length", "12")]), Last("{whole}")]),
    Fault::new("states a length that is too large", &[Say("HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n{whole}"), Close], &[Head(&[(":status", "200"), ("content-length", "25")]), Last("{whole}")]),
    Fault::new("states two lengths", &[Say("HTTP/1.1 200 OK\r\ncontent-length: 24\r\ncontent-length: 12\r\n\r\n{whole}"), Close], &[]),
    Fault::new("answers with half of the JSON", &[Say("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{half}")], &[Head(&[(":status", "200"), ("content-length", "12")]), Last("{half}")]),
    Fault::new("answers with a page", &[Say("HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n<html>no</html>\n")], &[Head(&[(":status", "200"), ("content-length", "16")]), Last("<html>no</html>\n")]),

    // a connection of the pool, good until the call
    Fault::new("closes a pooled connection at the call", &[Close], &[Frame::Close]).pooled(),
    Fault::new("resets a pooled connection at the call", &[Reset], &[Frame::Reset]).pooled(),
    Fault::new("sends surplus bytes after an answer", &[Say(GOOD), Say("surplus")], &[]).pooled().race(),
    Fault::new("goes away after an answer", &[], &[Answer, GoingAway]).pooled().race(),
    Fault::new("goes away at the call on a pooled connection", &[], &[unseen(NO_ERROR), Frame::Close]).refused().pooled(),
];
