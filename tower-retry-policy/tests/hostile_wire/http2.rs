use crate::{Plan, with_plan};
use bytes::Bytes;
use h2::{Reason, server};
use http::{HeaderMap, Request, Response, header};
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};

/// A server that ends its streams in every way; ends with its runtime.
pub(crate) async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            connection.set_nodelay(true).unwrap();
            tokio::spawn(converse(connection));
        }
    });
    address
}

async fn converse(connection: TcpStream) -> Option<()> {
    let mut connection = server::handshake(connection).await.ok()?;
    while let Some(stream) = connection.accept().await {
        let (request, mut respond) = stream.ok()?;
        let script = with_plan(|plan| script(plan, &request));
        let only_head = script.data.is_empty() && script.end == End::Stream;
        let mut stream = respond.send_response(script.head, only_head).ok()?;
        if only_head {
            continue;
        }
        let last = script.end == End::Stream;
        let count = script.data.len();
        for (index, data) in script.data.into_iter().enumerate() {
            stream.send_data(data, last && index + 1 == count).ok()?;
        }
        match script.end {
            End::Stream => {}
            End::EmptyFrame => stream.send_data(Bytes::new(), true).ok()?,
            End::Trailers => {
                let mut trailers = HeaderMap::new();
                trailers.insert("x-end", "yes".parse().unwrap());
                stream.send_trailers(trailers).ok()?;
            }
            End::Reset(reason) => {
                // frames that wait are dropped by a reset: let the connection write them first
                let left = async {
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                };
                tokio::select! {
                    biased;
                    () = left => {}
                    _ = connection.accept() => {}
                }
                stream.send_reset(reason);
            }
            End::GoAway(reason) => connection.abrupt_shutdown(reason),
            End::Connection => {
                tokio::task::yield_now().await;
                return None;
            }
        }
    }
    None
}

#[derive(PartialEq, Clone, Copy, Debug)]
enum End {
    Stream,
    EmptyFrame,
    Trailers,
    Reset(Reason),
    GoAway(Reason),
    Connection,
}

struct Script {
    head: Response<()>,
    data: Vec<Bytes>,
    end: End,
}

fn script(plan: &mut Plan, request: &Request<h2::RecvStream>) -> Script {
    let fails = plan.next_fails();
    let document = Bytes::from(plan.versions[plan.current].clone());
    let tag = plan.tag();
    let field = |name| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let total = document.len();
    let mut head = Response::builder().header(header::ETAG, &tag);
    let mut content = document;
    if let Some(range) = field(header::RANGE).filter(|_| field(header::IF_RANGE) == Some(tag)) {
        let start = range["bytes=".len()..].split('-').next().unwrap().parse::<usize>().unwrap();
        if start >= total {
            head = head.status(416).header(header::CONTENT_RANGE, format!("bytes */{total}"));
            content.clear();
        } else if !plan.random.one_in(4) {
            let range = format!("bytes {start}-{}/{total}", total - 1);
            head = head.status(206).header(header::CONTENT_RANGE, range);
            content = content.slice(start..);
        }
    }
    let declared = plan.random.one_in(2);
    if declared {
        head = head.header(header::CONTENT_LENGTH, content.len());
    }
    let whole = content.len();
    let status = if whole < total { "206" } else { "200" };
    let end = if fails {
        content.truncate(plan.random.index(whole + 1));
        let ends = [
            End::Reset(Reason::NO_ERROR),
            End::Reset(Reason::NO_ERROR),
            End::Reset(Reason::CANCEL),
            End::Reset(Reason::INTERNAL_ERROR),
            End::GoAway(Reason::NO_ERROR),
            End::GoAway(Reason::INTERNAL_ERROR),
            End::Connection,
        ];
        ends[plan.random.index(ends.len())]
    } else {
        [End::Stream, End::EmptyFrame, End::Trailers][plan.random.index(3)]
    };
    plan.log.push(format!("{status} declared {declared} {} of {whole} of {total}, {end:?}", content.len()));
    let mut data = Vec::new();
    while !content.is_empty() {
        let length = (1 + plan.random.index(700)).min(content.len());
        data.push(content.split_to(length));
    }
    Script { head: head.body(()).unwrap(), data, end }
}
