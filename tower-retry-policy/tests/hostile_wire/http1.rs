use crate::{Plan, with_plan};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A server over bare TCP; ends with its runtime.
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

async fn converse(mut connection: TcpStream) -> Option<()> {
    let mut read = Vec::new();
    loop {
        while !read.ends_with(b"\r\n\r\n") {
            if connection.read_buf(&mut read).await.ok()? == 0 {
                return None;
            }
        }
        let request = String::from_utf8(std::mem::take(&mut read)).unwrap();
        let (answer, goes_on) = with_plan(|plan| answer(plan, &request));
        connection.write_all(&answer).await.ok()?;
        if !goes_on {
            connection.shutdown().await.ok()?;
            return None;
        }
    }
}

fn field(request: &str, name: &str) -> Option<String> {
    let line = request.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
    Some(line[name.len()..].trim().to_owned())
}

fn answer(plan: &mut Plan, request: &str) -> (Vec<u8>, bool) {
    let fails = plan.next_fails();
    let document = plan.versions[plan.current].clone().into_bytes();
    let tag = plan.tag();
    let start = match field(request, "range:") {
        Some(range) if field(request, "if-range:") == Some(tag.clone()) && !plan.random.one_in(4) => {
            Some(range["bytes=".len()..].split('-').next().unwrap().parse::<usize>().unwrap())
        }
        _ => None,
    };
    if fails && plan.random.one_in(8) {
        plan.log.push("503".into());
        let page = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy";
        return (page.to_vec(), true);
    }
    let total = document.len();
    let (status, content, extra) = match start {
        None => ("200 OK", &document[..], String::new()),
        Some(start) if start >= total => ("416 No", &b""[..], format!("Content-Range: bytes */{total}\r\n")),
        Some(start) => {
            let range = format!("Content-Range: bytes {start}-{}/{total}\r\n", total - 1);
            ("206 Part", &document[start..], range)
        }
    };
    let mut message =
        format!("HTTP/1.1 {status}\r\nETag: {tag}\r\nContent-Type: application/json\r\n{extra}");
    let mut goes_on = true;
    let framing = plan.random.below(5);
    let mut body = Vec::new();
    match framing {
        0 | 1 => {
            let longer = if fails && plan.random.one_in(3) { 1 + plan.random.index(9) } else { 0 };
            goes_on = longer == 0;
            message += &format!("Content-Length: {}\r\n", content.len() + longer);
            body.extend_from_slice(content);
        }
        2 | 3 => {
            message += "Transfer-Encoding: chunked\r\nTrailer: X-End\r\n";
            let mut rest = content;
            while !rest.is_empty() {
                let (chunk, after) = rest.split_at((1 + plan.random.index(700)).min(rest.len()));
                body.extend_from_slice(format!("{:x};a=b\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
                rest = after;
            }
            body.extend_from_slice(b"0\r\nX-End: yes\r\n\r\n");
        }
        _ => {
            message += "Connection: close\r\n";
            goes_on = false;
            body.extend_from_slice(content);
        }
    }
    let mut message = (message + "\r\n").into_bytes();
    message.extend_from_slice(&body);
    let whole = message.len();
    let cut = match plan.random.below(6) {
        _ if !fails => whole,
        0 => plan.random.index(whole),
        1 => whole - plan.random.index(8).min(whole),
        2 => whole - body.len(),
        _ => whole - plan.random.index(body.len() + 1),
    };
    message.truncate(cut);
    if fails && cut == whole && plan.random.one_in(2) && goes_on {
        // more than was announced: the next answer on this connection is no HTTP
        message.extend_from_slice(b"surplus");
    }
    goes_on &= cut == whole;
    plan.log.push(format!(
        "{status} {extra:?} of {total} framing {framing}: {cut} of {whole} bytes, goes on {goes_on}"
    ));
    (message, goes_on)
}
