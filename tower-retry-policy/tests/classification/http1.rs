use crate::{
    client::{self, Row},
    server::{Server, Then},
};
use tower_retry_policy::Phase::{Body, Connect, Other, Read};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";
const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
const CHUNKS: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";
const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood";

#[tokio::test]
async fn what_the_server_does_and_what_the_policy_sees() {
    use Then::{Close, Reset, Silence};
    #[rustfmt::skip]
    let table: [Row<Then>; 13] = [
        // after the request                       outcome    GETs  POSTs seen
        ("answers",                Close(WHOLE),   Err(200),  1, 1),
        ("closes before the head", Close(""),      Ok(Read),  3, 1),
        ("closes in the head",     Close("HTTP/1.1 200 O"), Ok(Read), 3, 1),
        ("resets before the head", Reset(""),      Ok(Read),  3, 1),
        ("resets in the head",     Reset("HTTP/1.1 200 O"), Ok(Read), 3, 1),
        ("is silent",              Silence(""),    Ok(Read),  3, 1),
        ("does not speak HTTP",    Close("SSH-2.0-OpenSSH_9.2\r\n\r\n"), Ok(Other), 1, 1),
        ("cuts by length",         Close(CUT),     Ok(Body),  3, 1),
        ("cuts at the head's end", Close(HEAD),    Ok(Body),  3, 1),
        ("ends without the last chunk", Close(CHUNKS), Ok(Body), 3, 1),
        ("resets in the body",     Reset(CUT),     Ok(Body),  3, 1),
        ("falls silent in the body", Silence(CUT), Ok(Body),  3, 1),
        ("answers and resets",     Reset(WHOLE),   Err(200),  1, 1),
    ];
    for (name, then, expected, gets, posts) in table {
        for (method, times) in [("GET", gets), ("POST", posts)] {
            let server = Server::start(then).await;
            let outcome = client::outcome(&client::stack(false), method, server.address).await;
            assert_eq!(outcome, expected, "{method}: {name}");
            assert_eq!(server.seen(), times, "{method}: {name}");
        }
    }
}

#[tokio::test]
async fn no_connection_is_no_request_whatever_the_method() {
    for method in ["GET", "POST"] {
        let refusing = Server::refusing().await;
        assert_eq!(client::outcome(&client::stack(false), method, refusing).await, Ok(Connect));
        assert_eq!(client::outcome(&client::without_names(), method, "nowhere.test").await, Ok(Connect));
    }
}
