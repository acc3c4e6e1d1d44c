//! Lines for whoever runs the program. Nobody waits for them: what cannot be written is left out.

use std::{
    io::{self, Write},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

/// Standard output and standard error, each behind a queue and a thread of its own. A pipe that nobody reads and a disk that is
/// full stop that thread, and no call; when a queue is full its lines are dropped and counted.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    output: SyncSender<Entry>,
    errors: SyncSender<Entry>,
}

#[derive(Debug)]
enum Entry {
    Line(String),
    /// All before this is written.
    Written(SyncSender<()>),
}

const QUEUE: usize = 1024;

// ===== impl Log =====

impl Log {
    pub(crate) fn start() -> Self {
        Self { output: written_to(io::stdout()), errors: written_to(io::stderr()) }
    }

    pub(crate) fn say(&self, line: impl Into<String>) {
        enqueue(&self.output, line.into());
    }

    pub(crate) fn complain(&self, line: impl Into<String>) {
        enqueue(&self.errors, line.into());
    }

    /// Waits for the last lines, but not for long.
    pub(crate) fn flush(&self, limit: Duration) {
        for queue in [&self.output, &self.errors] {
            let (written, is_written) = sync_channel(1);
            if queue.try_send(Entry::Written(written)).is_ok() {
                let _ = is_written.recv_timeout(limit);
            }
        }
    }
}

fn enqueue(queue: &SyncSender<Entry>, line: String) {
    if queue.try_send(Entry::Line(line)).is_err() {
        metrics::counter!("gateway.lines.dropped").increment(1);
    }
}

fn written_to(mut stream: impl Write + Send + 'static) -> SyncSender<Entry> {
    let (queue, entries) = sync_channel(QUEUE);
    thread::spawn(move || write(&entries, &mut stream));
    queue
}

fn write(entries: &Receiver<Entry>, stream: &mut impl Write) {
    for entry in entries {
        match entry {
            // one call, so that lines of other processes do not come between; its failure is nobody's
            Entry::Line(line) => {
                let _ = stream.write_all(format!("{line}\n").as_bytes());
                let _ = stream.flush();
            }
            Entry::Written(written) => {
                let _ = written.send(());
            }
        }
    }
}
