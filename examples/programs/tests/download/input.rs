//! What it is asked for, and what it says of it.

use crate::{
    run::Folder,
    server::{File, Server},
};
use std::fs;

#[tokio::test]
async fn what_cannot_be_is_told_in_a_line_that_shows_no_secret() {
    let folder = Folder::new("input");
    fs::create_dir(folder.path("folder")).unwrap();
    for (arguments, told) in [
        (&["example.com/map.bin?key=secret"][..], "a whole URL is needed"),
        (&["ftp://user:secret@example.com/map.bin"], "a whole URL is needed"),
        (&["http://user:secret@example.com:99999/map.bin"], "a whole URL is needed"),
        (&["http://user:secret@/map.bin"], "a whole URL is needed"),
        (&["http://user:secret@exa mple.com/"], "a whole URL is needed"),
        (&["http://127.0.0.1:1/?key=secret"], "the URL ends with no name: --output says where to write"),
        (&["http://127.0.0.1:1/.."], "the URL ends with no name"),
        (&["--output", "folder", "http://127.0.0.1:1/"], "folder is no name for a file"),
        (&["--output", "nowhere/map.bin", "http://127.0.0.1:1/"], "cannot write nowhere/map.bin.part: "),
    ] {
        let ended = folder.download(arguments).await;
        ended.failed(2, told);
        assert!(!ended.errors.contains("secret"), "{ended:?}");
    }
    // clap's own, of some lines
    let ended = folder.download(&["--sha256", "12", "http://127.0.0.1:1/a"]).await;
    assert!(ended.code == 2 && ended.errors.contains("64 hexadecimal digits are needed"), "{ended:?}");
    assert_eq!(folder.names(), ["folder"]);
}

#[tokio::test]
async fn user_and_password_reach_the_server_and_nobody_else() {
    let server = Server::of(File::new(1).lasts(200_000)).await;
    let folder = Folder::new("credentials");
    let url = format!("http://user:p%40ss@{}/map.bin?key=secret", server.address);
    let ended = folder.download(&["--retries", "0", &url]).await;
    ended.failed(1, "body broke off at 200000 of 500000 bytes");
    assert!(
        !["user", "p%40ss", "p@ss", "secret", "key"].iter().any(|word| ended.errors.contains(word)),
        "{ended:?}"
    );
    let kept = folder.read("map.bin.part.head");
    assert!(!String::from_utf8(kept).unwrap().contains("secret"));
    // user:p@ss
    assert_eq!(server.asked("authorization"), ["Basic dXNlcjpwQHNz"]);
    let ended = folder.download(&[&url]).await;
    ended.said("map.bin: 500000 bytes, 199999 of them from an earlier run, continued once");
    assert_eq!(server.asked("authorization"), ["Basic dXNlcjpwQHNz"; 2]);
}

#[cfg(unix)]
#[tokio::test]
async fn two_at_once_do_not_write_one_file() {
    let server = Server::of(File::new(1)).await;
    let folder = Folder::new("two-at-once");
    let other = fs::File::create(folder.path("map.bin.part")).unwrap();
    other.lock().unwrap();
    folder.download(&[&server.url()]).await.failed(2, "another download is writing map.bin.part");
    assert_eq!(folder.names(), ["map.bin.part"]);
}
