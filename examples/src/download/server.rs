use super::{counted::Counted, file::File, lives::Lives};
use crate::sim::network::Network;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, IF_RANGE, RANGE},
};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Where the file is.
pub(super) const URL: &str = "http://10.0.0.2/file.bin";
const PATH: &str = "/file.bin";
const PORT: u16 = 80;

/// A server of one file, which answers requests for a part of it.
#[derive(Debug)]
pub struct FileServer {
    file: File,
    lives: Lives,
    sent: Arc<AtomicU64>,
}

/// The part of the file that a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// From the first of these bytes to the last.
    Range(usize, usize),
    /// None of the file's bytes.
    Nothing,
}

impl FileServer {
    /// A server of this file.
    #[must_use]
    pub fn new(file: File) -> Self {
        Self { file, lives: Lives::endless(), sent: Arc::default() }
    }

    /// Its connections last so long, one after the other.
    pub(super) fn with_lives(self, lives: Lives) -> Self {
        Self { lives, ..self }
    }

    /// Accepts and serves connections for as long as the run lasts; returns the count of the bytes that its TCP stack
    /// takes from it, the heads among them.
    pub fn start(self, network: &Network) -> Arc<AtomicU64> {
        let mut listener = network.listen(PORT);
        let mut http = http1::Builder::new();
        // As the talk's server: no Date from the wall clock, and nginx's keep-alive.
        http.timer(TokioTimer::new()).auto_date_header(false).header_read_timeout(network.knobs().keep_alive);
        let sent = Arc::clone(&self.sent);
        let server = Arc::new(self);
        tokio::spawn(async move {
            while let Ok(stream) = listener.accept().await {
                let stream = Counted::new(stream, Arc::clone(&server.sent), server.lives.next());
                let server = Arc::clone(&server);
                let service = service_fn(move |request: Request<Incoming>| {
                    let response = server.respond(&request);
                    async { Ok::<_, Infallible>(response) }
                });
                let connection = http.serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async {
                    // A broken connection is the client's to notice.
                    let _ = connection.await;
                });
            }
        });
        sent
    }

    fn respond<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        match (request.uri().path(), request.method()) {
            (PATH, &Method::GET) => self.file(request.headers()),
            // A range has no meaning for HEAD (RFC 9110 section 14.2).
            (PATH, &Method::HEAD) => self.file(&HeaderMap::new()),
            (PATH, _) => status(StatusCode::METHOD_NOT_ALLOWED),
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    fn file(&self, headers: &HeaderMap) -> Response<Full<Bytes>> {
        let content = &self.file.content;
        let mut response = match self.part(headers) {
            Part::Whole => Response::new(Full::new(content.clone())),
            Part::Range(first, last) => {
                let mut response = Response::new(Full::new(content.slice(first..=last)));
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                set_content_range(&mut response, &format!("bytes {first}-{last}/{}", content.len()));
                response
            }
            Part::Nothing => {
                let mut response = status(StatusCode::RANGE_NOT_SATISFIABLE);
                set_content_range(&mut response, &format!("bytes */{}", content.len()));
                response
            }
        };
        response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        response.headers_mut().insert(ETAG, self.file.etag.clone());
        response
    }

    /// Of `Range` and `If-Range`; a range that is not one of bytes from a first one on may be ignored (RFC 9110
    /// section 14.2), and one whose condition does not hold must be (section 13.1.5).
    fn part(&self, headers: &HeaderMap) -> Part {
        if headers.get(IF_RANGE).is_some_and(|tag| *tag != self.file.etag) {
            return Part::Whole;
        }
        let range = headers.get(RANGE).and_then(|value| value.to_str().ok());
        let Some((first, last)) = range.and_then(bounds) else { return Part::Whole };
        let end = self.file.content.len() - 1;
        match last.unwrap_or(end).min(end) {
            _ if first > end => Part::Nothing,
            last if first <= last => Part::Range(first, last),
            _ => Part::Whole,
        }
    }
}

/// First and last byte of `bytes=first-[last]`.
fn bounds(range: &str) -> Option<(usize, Option<usize>)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
    Some((first.parse().ok()?, last))
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn set_content_range(response: &mut Response<Full<Bytes>>, range: &str) {
    if let Ok(value) = HeaderValue::try_from(range) {
        response.headers_mut().insert(CONTENT_RANGE, value);
    }
}

/// The bytes that were sent by now.
pub(super) fn sent(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_sent_where_the_condition_holds() {
        let server = FileServer::new(File::of(1, 200_000));
        let tag = server.file.etag.to_str().unwrap().to_owned();
        let table = [
            // Range, If-Range, status, Content-Range, length
            (None, None, 200, None, 200_000),
            (Some("bytes=0-"), None, 206, Some("bytes 0-199999/200000"), 200_000),
            (Some("bytes=199999-"), None, 206, Some("bytes 199999-199999/200000"), 1),
            (Some("bytes=10-19"), None, 206, Some("bytes 10-19/200000"), 10),
            (Some("bytes=10-999999"), None, 206, Some("bytes 10-199999/200000"), 199_990),
            (Some("bytes=10-"), Some(tag.as_str()), 206, Some("bytes 10-199999/200000"), 199_990),
            (Some("bytes=10-"), Some("\"other\""), 200, None, 200_000),
            (Some("bytes=200000-"), None, 416, Some("bytes */200000"), 0),
            (Some("bytes=200000-"), Some("\"other\""), 200, None, 200_000),
            // what is no range, or none that this server knows, is ignored
            (Some("bytes=19-10"), None, 200, None, 200_000),
            (Some("bytes=-10"), None, 200, None, 200_000),
            (Some("bytes=1-2,5-6"), None, 200, None, 200_000),
            (Some("bytes=a-"), None, 200, None, 200_000),
            (Some("lines=1-2"), None, 200, None, 200_000),
            (Some(""), None, 200, None, 200_000),
        ];
        for (range, condition, status, content_range, length) in table {
            let mut request = Request::get(PATH);
            if let Some(range) = range {
                request = request.header(RANGE, range);
            }
            if let Some(condition) = condition {
                request = request.header(IF_RANGE, condition);
            }
            let response = server.respond(&request.body(()).unwrap());
            assert_eq!(response.status(), status, "{range:?} {condition:?}");
            let found = response.headers().get(CONTENT_RANGE).map(|value| value.to_str().unwrap());
            assert_eq!(found, content_range, "{range:?} {condition:?}");
            assert_eq!(response.headers()[ETAG], tag.as_str());
            let body = http_body::Body::size_hint(response.body()).exact();
            assert_eq!(body, Some(length), "{range:?} {condition:?}");
        }
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        let server = FileServer::new(File::of(1, 200_000));
        for (method, path, status) in
            [(Method::HEAD, PATH, 200), (Method::POST, PATH, 405), (Method::GET, "/", 404)]
        {
            let request = Request::builder().method(method).uri(path).header(RANGE, "bytes=1-").body(());
            assert_eq!(server.respond(&request.unwrap()).status(), status, "{path}");
        }
    }
}
