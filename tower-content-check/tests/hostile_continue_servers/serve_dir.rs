//! tower-http's `ServeDir`: strong tags of time and size, ranges, and what it makes of `If-Range`.

use crate::{
    cutting::{Came, read},
    files::Folder,
};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use std::{fs, net::SocketAddr};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

const LEN: usize = 1_000_000;

async fn serve(folder: &Folder) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = ServeDir::new(folder.path());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
        }
    });
    address
}

#[tokio::test]
async fn a_file_comes_whole_over_connections_that_are_cut() {
    let folder = Folder::new("serve-dir");
    let file = folder.write("file", 1, LEN, 0);
    let Came { content, error, continuations, answers } =
        read(serve(&folder).await, "/file", &[], 150_000, None).await;
    assert!(error.is_none(), "{error:?}");
    assert!(content == file);
    assert_eq!(continuations, Some(6), "{answers:?}");
    assert!(answers[1..].iter().all(|(range, status)| range.is_some() && *status == 206), "{answers:?}");
}

#[tokio::test]
async fn nothing_of_a_file_that_changed_is_read() {
    // it is the same length, shorter, so that it ends before what was read, and longer
    for len in [LEN, LEN / 4, LEN * 2] {
        let folder = Folder::new(&format!("serve-dir-{len}"));
        let file = folder.write("file", 1, LEN, 0);
        let mut change = || {
            folder.write("file", 2, len, 5);
        };
        let came = read(serve(&folder).await, "/file", &[], 300_000, Some((LEN / 2, &mut change))).await;
        assert!(came.content.len() < LEN && came.content == file[..came.content.len()], "{len}");
        assert!(came.is_changed(), "{len}: {:?} {:?}", came.error, came.answers);
    }
}

#[tokio::test]
async fn a_file_that_is_removed_is_gone() {
    let folder = Folder::new("serve-dir-gone");
    let file = folder.write("file", 1, LEN, 0);
    let mut remove = || fs::remove_file(folder.path().join("file")).unwrap();
    let came = read(serve(&folder).await, "/file", &[], 300_000, Some((LEN / 2, &mut remove))).await;
    assert!(came.content == file[..came.content.len()]);
    assert!(came.is_gone(), "{:?} {:?}", came.error, came.answers);
}
