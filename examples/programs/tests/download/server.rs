//! A server of one file on loopback, each of whose connections carries one answer, or the beginning of it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// What the server has and does; changed by the tests at any time.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) content: Vec<u8>,
    /// Lines of the head, such as `etag: "1"`.
    pub(crate) fields: Vec<String>,
    /// So much of a body, and the connection is gone.
    pub(crate) lasts: usize,
    pub(crate) knows_ranges: bool,
    /// Whether it looks at `If-Range`.
    pub(crate) knows_conditions: bool,
    pub(crate) has_length: bool,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

struct Shared {
    file: Mutex<File>,
    /// The heads of the requests.
    asked: Mutex<Vec<String>>,
    sent: Mutex<usize>,
}

// ===== impl File =====

impl File {
    /// 500 kB that never break, and a strong tag.
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        Self {
            content: std::iter::repeat_with(|| random.u8(..)).take(500_000).collect(),
            fields: vec![format!("etag: \"{seed}\"")],
            lasts: usize::MAX,
            knows_ranges: true,
            knows_conditions: true,
            has_length: true,
        }
    }

    pub(crate) fn lasts(mut self, bytes: usize) -> Self {
        self.lasts = bytes;
        self
    }

    pub(crate) fn field(mut self, line: impl Into<String>) -> Self {
        self.fields.push(line.into());
        self
    }
}

// ===== impl Server =====

impl Server {
    pub(crate) async fn of(file: File) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared =
            Arc::new(Shared { file: Mutex::new(file), asked: Mutex::default(), sent: Mutex::default() });
        let of_task = Arc::clone(&shared);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let _ = of_task.serve(connection).await;
            }
        });
        Self { address, shared, _task: task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/map.bin", self.address)
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut File)) {
        change(&mut self.shared.file.lock().unwrap());
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        self.shared.file.lock().unwrap().content.clone()
    }

    /// The field's values in the requests since the last time, `-` where there is none.
    pub(crate) fn asked(&self, field: &str) -> Vec<String> {
        let value = |head: String| {
            let of_line =
                |line: &str| Some(line.split_once(": ").filter(|(name, _)| *name == field)?.1.to_owned());
            head.lines().find_map(of_line).unwrap_or_else(|| "-".to_owned())
        };
        self.shared.asked.lock().unwrap().drain(..).map(value).collect()
    }

    /// Bytes of bodies since the last time.
    pub(crate) fn sent(&self) -> usize {
        std::mem::take(&mut *self.shared.sent.lock().unwrap())
    }
}

// ===== impl Shared =====

impl Shared {
    async fn serve(&self, mut connection: TcpStream) -> std::io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(connection.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap();
        let (answer, body) = self.answer(&head);
        self.asked.lock().unwrap().push(head);
        *self.sent.lock().unwrap() += body.len();
        connection.write_all(answer.as_bytes()).await?;
        connection.write_all(&body).await
    }

    fn answer(&self, asked: &str) -> (String, Vec<u8>) {
        let file = self.file.lock().unwrap();
        let field = |name: &str| asked.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let holds = field("if-range").is_none_or(|validator| {
            !file.knows_conditions || file.fields.iter().any(|line| line.ends_with(&format!(": {validator}")))
        });
        let whole = file.content.len();
        let range = field("range").filter(|_| holds && file.knows_ranges).map(|range| {
            let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            (first.parse::<usize>().unwrap(), last.parse::<usize>().map_or(whole, |last| whole.min(last + 1)))
        });
        let (first, end) = range.unwrap_or((0, whole));
        let mut head = match range {
            Some(_) => format!(
                "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {first}-{}/{whole}\r\n",
                end - 1
            ),
            None => "HTTP/1.1 200 OK\r\n".to_owned(),
        };
        if file.has_length {
            head += &format!("content-length: {}\r\n", end - first);
        }
        for line in &file.fields {
            head += &format!("{line}\r\n");
        }
        let part = &file.content[first..end];
        (head + "connection: close\r\n\r\n", part[..part.len().min(file.lasts)].to_vec())
    }
}
