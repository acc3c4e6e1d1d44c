//! An answer that breaks off is never delivered as whole.

use crate::{
    gateway::Gateway,
    raw::{End, Scripted, exchange},
};

const ASK_1_0: &str = "GET /up/x HTTP/1.0\r\n\r\n";
const ASK_1_1: &str = "GET /up/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// Answers of HTTP/1.0 end with their connection. One that falls silent has no end, and the client must see that.
#[tokio::test]
async fn a_cut_answer_of_an_old_upstream_has_no_end() {
    let upstream = Scripted::saying("HTTP/1.0 200 OK\r\n\r\nhalf").await;
    let gateway = Gateway::start(&[&upstream.argument(), "--patience", "0.3"]).await;
    let (answer, _) = exchange(&gateway.address, ASK_1_1).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("transfer-encoding: chunked\r\n") && answer.contains("half"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
}

/// To an old client every answer of unknown length ends with the connection: only a reset says that it is not whole.
#[tokio::test]
async fn a_cut_answer_resets_the_connection_of_an_old_client() {
    for answer in [
        "HTTP/1.0 200 OK\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let upstream = Scripted::saying(answer).await;
        let gateway = Gateway::start(&[&upstream.argument(), "--patience", "0.3"]).await;
        let (came, end) = exchange(&gateway.address, ASK_1_0).await;
        assert_eq!(end, End::Reset, "{came}");
    }
}

#[tokio::test]
async fn a_whole_answer_ends_in_order_for_an_old_client() {
    let whole = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n";
    let upstream = Scripted::saying(whole).await;
    let gateway = Gateway::start(&[&upstream.argument()]).await;
    let (came, end) = exchange(&gateway.address, ASK_1_0).await;
    assert!(came.starts_with("HTTP/1.0 200 OK\r\n") && came.ends_with("\r\n\r\nwhole"), "{came}");
    assert_eq!(end, End::Closed);
}
