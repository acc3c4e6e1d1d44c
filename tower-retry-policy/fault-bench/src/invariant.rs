//! What holds in every cell, whatever the table says.

use crate::{
    cell::{Cell, Seen},
    client::Client,
    outcome::Outcome,
    request::Call,
    stack::Stack,
};

/// The invariants that a cell breaks, in words.
///
/// The proof that a request was not processed is the server's: a request whose head it has read to its end counts as
/// processed, however the connection ends and whatever was answered, unless the server's own script refuses it
/// (REFUSED_STREAM, a GOAWAY whose last stream is an earlier one, 421, 425). After a `POST` without a key that counts so,
/// none may follow.
pub fn broken(cell: &Cell, seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    let processed = seen.arrivals.iter().position(|arrival| !arrival.refused);
    if let Some(first) = processed.filter(|first| cell.call.once() && first + 1 < seen.arrivals.len()) {
        broken.push(format!("doubled POST: another one came after number {}", first + 1));
    }
    match &seen.outcome {
        Outcome::Hangs => broken.push("hang".to_owned()),
        Outcome::Wrong(_) if cell.stack.is_full() && !hides_its_end(cell) => {
            broken.push("wrong body".to_owned());
        }
        // a `PUT` or `POST` may be answered by nothing, and the server said so
        Outcome::Empty if cell.stack.is_full() && cell.call == Call::Get => {
            broken.push("empty body".to_owned());
        }
        outcome
            if cell.fault.pooled && !cell.call.once() && !outcome.is_whole() && !shares_the_bad_one(cell) =>
        {
            broken.push("given up although a new connection is good".to_owned());
        }
        Outcome::Waits if cell.stack != Stack::Retry => broken.push("hang".to_owned()),
        _ => {}
    }
    broken
}

/// Whether hedges may use up the attempts of a call on the connection that goes: over HTTP/2 they share it.
pub(crate) fn shares_the_bad_one(cell: &Cell) -> bool {
    cell.stack == Stack::Hedged && cell.fault.pooled && cell.client.speaks_http2()
}

/// Whether nobody above the client can see where the stream ended. hyper's body tells a reset without an error from an end;
/// those of reqwest (behind its decompression) and of tonic (around any body) may never say so, so no rule can rest on them.
fn hides_its_end(cell: &Cell) -> bool {
    matches!(cell.client, Client::Reqwest { http2: true } | Client::Tonic)
        && cell.fault.resets_without_error()
}
