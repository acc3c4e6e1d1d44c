//! What happens within one run.

use crate::{
    run::Folder,
    server::{File, Server},
};

#[tokio::test]
async fn it_goes_on_where_it_broke_off() {
    let server = Server::of(File::new(1).lasts(200_000)).await;
    let folder = Folder::new("goes-on");
    let ended = folder.download(&[&server.url()]).await;
    ended.said("map.bin: 500000 bytes, continued 2 times");
    assert_eq!(folder.names(), ["map.bin"]);
    assert!(folder.read("map.bin") == server.content());
    assert_eq!(server.asked("range"), ["-", "bytes=200000-499999", "bytes=400000-499999"]);
    assert_eq!(server.sent(), 500_000);
}

/// A server that neither says how long it is nor frames it: its end is that of the connection.
#[tokio::test]
async fn what_only_the_connection_ends_needs_a_digest() {
    let mut file = File::new(1);
    file.has_length = false;
    let server = Server::of(file).await;
    let folder = Folder::new("no-length");
    folder.download(&[&server.url()]).await.failed(1, "only the end of the connection ends the body");
    assert!(folder.names().is_empty());
    let ended =
        folder.download(&["--sha256", &crate::digests::sha256(&server.content()), &server.url()]).await;
    ended.said("map.bin: 500000 bytes, its SHA-256 is the one given");
}

#[tokio::test]
async fn what_changes_on_the_way_is_not_mixed() {
    let server = Server::of(File::new(1).lasts(200_000)).await;
    server.change(|file| file.fields = vec!["etag: \"1\"".into()]);
    let folder = Folder::new("changes");
    let watched = async {
        while server.sent() == 0 {
            tokio::task::yield_now().await;
        }
        server.change(|file| *file = File::new(2));
    };
    let url = server.url();
    let arguments = [url.as_str()];
    let (ended, ()) = tokio::join!(folder.download(&arguments), watched);
    ended.failed(1, "what came is not kept: ");
    assert!(folder.names().is_empty());
}

#[tokio::test]
async fn an_empty_file_is_one() {
    let mut file = File::new(1);
    file.content.clear();
    let server = Server::of(file).await;
    let folder = Folder::new("empty");
    folder.download(&[&server.url()]).await.said("map.bin: 0 bytes");
    assert_eq!(folder.names(), ["map.bin"]);
}
