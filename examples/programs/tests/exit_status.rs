//! Whoever starts a program in a script learns from its exit status whether the call was good.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod program;

use program::{Server, status};

#[tokio::test]
async fn a_program_whose_call_failed_exits_1() {
    let server = Server::start().await;
    let at = |path: &str| format!("http://{}{path}", server.address);
    let nobody = "http://127.0.0.1:1".to_owned();
    let table = [
        ("hyper_client", vec![at("/good")], 0),
        ("hyper_client", vec![at("/busy")], 0),
        ("hyper_client", vec![at("/down")], 1),
        ("hyper_client", vec![at("/nothing")], 1),
        ("hyper_client", vec![nobody.clone()], 1),
        ("reqwest_client", vec![at("/good")], 0),
        ("reqwest_client", vec![at("/moved")], 0),
        ("reqwest_client", vec![at("/down")], 1),
        ("reqwest_client", vec![nobody.clone()], 1),
        ("follow_redirects", vec![at("/moved")], 0),
        ("follow_redirects", vec![at("/nothing")], 1),
        ("grpc_client", vec![at(""), "Good".to_owned()], 0),
        ("grpc_client", vec![at(""), "Good".to_owned(), "Missing".to_owned()], 1),
        ("grpc_client", vec![nobody.clone()], 1),
        // some of their calls fail on purpose
        ("library_author", vec![at("")], 0),
        ("library_author", vec![nobody.clone()], 1),
        ("per_request", vec![at("")], 0),
        ("per_request", vec![nobody.clone()], 1),
        // asked for something that cannot be
        ("hyper_client", vec!["http://127.0.0.1:99999/".to_owned()], 2),
        ("hyper_client", vec!["http://user:word@127.0.0.1/".to_owned()], 2),
        ("grpc_client", vec!["http://[::1]:99999".to_owned()], 2),
    ];
    for (name, arguments, expected) in table {
        assert_eq!(status(name, &arguments).await, Some(expected), "{name} {arguments:?}");
    }
}

/// A process without descriptors accepts nothing, and goes on when there are some again.
#[cfg(unix)]
#[tokio::test]
async fn the_server_outlives_a_lack_of_descriptors() {
    let server = Server::with_descriptors(24).await;
    let mut held = Vec::new();
    for _ in 0..40 {
        held.push(tokio::net::TcpStream::connect(&server.address).await.unwrap());
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    drop(held);
    let asked = [format!("http://{}/good", server.address)];
    assert_eq!(status("hyper_client", &asked).await, Some(0));
}
