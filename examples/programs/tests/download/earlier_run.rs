//! What a run makes of what an earlier one has left.

use crate::{
    run::Folder,
    server::{File, Server},
};
use std::fs;

/// A run that fails after 200,000 of 500,000 bytes; from then on the server is well.
async fn after_a_failure(name: &str, file: File) -> (Server, Folder) {
    let server = Server::of(file.lasts(200_000)).await;
    let folder = Folder::new(name);
    let ended = folder.download(&["--retries", "0", &server.url()]).await;
    ended.failed(1, "");
    server.change(|file| file.lasts = usize::MAX);
    assert_eq!(server.asked("range"), ["-"]);
    server.sent();
    (server, folder)
}

#[track_caller]
fn is_whole(server: &Server, folder: &Folder) {
    assert_eq!(folder.names(), ["map.bin"]);
    assert!(folder.read("map.bin") == server.content());
}

/// The last byte is asked for again.
#[tokio::test]
async fn it_is_gone_on_with() {
    let (server, folder) = after_a_failure("gone-on-with", File::new(1)).await;
    assert_eq!(folder.names(), ["map.bin.part", "map.bin.part.head"]);
    let ended = folder.download(&[&server.url()]).await;
    ended.said("map.bin: 500000 bytes, 199999 of them from an earlier run");
    is_whole(&server, &folder);
    assert_eq!(server.asked("range"), ["bytes=199999-499999"]);
    assert_eq!(server.sent(), 300_001);
}

/// The same, over connections that still break.
#[tokio::test]
async fn it_is_gone_on_with_and_continued() {
    let (server, folder) = after_a_failure("and-continued", File::new(1)).await;
    server.change(|file| file.lasts = 150_000);
    let ended = folder.download(&[&server.url()]).await;
    ended.said("map.bin: 500000 bytes, 199999 of them from an earlier run, continued 2 times");
    is_whole(&server, &folder);
    assert_eq!(server.asked("range"), ["bytes=199999-499999", "bytes=349999-499999", "bytes=499999-499999"]);
}

/// A program that was ended between the last byte and the new name.
#[tokio::test]
async fn one_that_is_whole_costs_a_byte() {
    let (server, folder) = after_a_failure("costs-a-byte", File::new(1)).await;
    fs::write(folder.path("map.bin.part"), server.content()).unwrap();
    folder.download(&[&server.url()]).await.said("map.bin: 500000 bytes, 499999 of them from an earlier run");
    is_whole(&server, &folder);
    assert_eq!(server.sent(), 1);
}

#[tokio::test]
async fn another_version_begins_anew() {
    let (server, folder) = after_a_failure("another-version", File::new(1)).await;
    server.change(|file| *file = File::new(2));
    folder.download(&[&server.url()]).await.said("map.bin: 500000 bytes");
    is_whole(&server, &folder);
    assert_eq!(server.asked("if-range"), ["\"1\""]);
}

/// The tag of the part is the proof, because this server sends one of any version.
#[tokio::test]
async fn a_part_of_another_version_is_not_taken() {
    let (server, folder) = after_a_failure("not-taken", File::new(1)).await;
    server.change(|file| {
        *file = File::new(2);
        file.knows_conditions = false;
    });
    folder.download(&[&server.url()]).await.said("map.bin: 500000 bytes");
    is_whole(&server, &folder);
    assert_eq!(server.asked("range"), ["bytes=199999-499999", "-"]);
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_begins_anew() {
    let (server, folder) = after_a_failure("no-ranges", File::new(1)).await;
    server.change(|file| file.knows_ranges = false);
    folder.download(&[&server.url()]).await.said("map.bin: 500000 bytes");
    is_whole(&server, &folder);
}

/// A date will do where it is clearly before the answer, and no tag contradicts.
#[tokio::test]
async fn a_date_is_a_validator_if_it_is_old_enough() {
    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (name, date, is_strong) in [
        ("date-later", "Sun, 06 Nov 1994 08:50:37 GMT", true),
        ("date-at-once", "Sun, 06 Nov 1994 08:49:38 GMT", false),
    ] {
        let mut file = File::new(1);
        file.fields = vec![format!("last-modified: {MODIFIED}"), format!("date: {date}")];
        let (server, folder) = after_a_failure(name, file).await;
        assert_eq!(folder.names().is_empty(), !is_strong, "{name}");
        assert_eq!(folder.download(&[&server.url()]).await.code, 0);
        is_whole(&server, &folder);
        let asked = server.asked("if-range");
        assert_eq!(asked, [if is_strong { MODIFIED } else { "-" }], "{name}");
    }
}

/// A weak tag is of no use, even beside a date.
#[tokio::test]
async fn what_has_no_strong_validator_is_not_kept() {
    for (name, fields) in [("weak", vec!["etag: W/\"1\"".to_owned()]), ("none", Vec::new())] {
        let mut file = File::new(1);
        file.fields = fields;
        let server = Server::of(file.lasts(200_000)).await;
        let folder = Folder::new(name);
        assert_eq!(folder.download(&[&server.url()]).await.code, 1);
        assert!(folder.names().is_empty(), "{name}: {:?}", folder.names());
    }
}

/// Neither another URL's, nor one whose head was not written to its end.
#[tokio::test]
async fn what_it_is_not_sure_of_begins_anew() {
    let (server, folder) = after_a_failure("other-url", File::new(1)).await;
    let other = format!("{}?another", server.url());
    folder.download(&["--output", "map.bin", &other]).await.said("map.bin: 500000 bytes");
    assert_eq!(server.asked("range"), ["-"]);

    let (server, folder) = after_a_failure("half-a-head", File::new(1)).await;
    let head = folder.read("map.bin.part.head");
    fs::write(folder.path("map.bin.part.head"), &head[..head.len() / 2]).unwrap();
    folder.download(&[&server.url()]).await.said("map.bin: 500000 bytes");
    assert_eq!(server.asked("range"), ["-"]);
    is_whole(&server, &folder);
}

/// A server that has it no more, for now, costs nothing of what there is.
#[tokio::test]
async fn a_run_that_gets_nothing_leaves_what_there_is() {
    let (server, folder) = after_a_failure("leaves-it", File::new(1)).await;
    let address = server.address.to_string();
    let gone = tokio::net::TcpSocket::new_v4().unwrap();
    drop(server);
    // bound, and not listened at, or a test beside this one might get it
    let _ = gone.bind(address.parse().unwrap());
    let ended = folder.download(&["--retries", "0", &format!("http://{address}/map.bin")]).await;
    ended.failed(1, "onnection refused");
    assert_eq!(folder.names(), ["map.bin.part", "map.bin.part.head"]);
    assert_eq!(folder.read("map.bin.part").len(), 200_000);
}
