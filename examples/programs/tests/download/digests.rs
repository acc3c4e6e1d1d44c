//! What is not what it should be is not kept, whoever says so.

use crate::{
    run::Folder,
    server::{File, Server},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::fs;

pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn base64(content: &[u8]) -> String {
    BASE64_STANDARD.encode(Sha256::digest(content))
}

#[tokio::test]
async fn the_digest_of_the_command_line() {
    let server = Server::of(File::new(1).lasts(200_000)).await;
    let folder = Folder::new("command-line");
    fs::write(folder.path("map.bin"), "what was there").unwrap();
    let wrong = sha256(b"another file");
    let ended = folder.download(&["--sha256", &wrong, &server.url()]).await;
    ended.failed(1, "what came is not kept: content rejected: its SHA-256 is not the one of --sha256");
    assert_eq!(folder.names(), ["map.bin"]);
    assert_eq!(folder.read("map.bin"), b"what was there");

    let right = sha256(&server.content()).to_uppercase();
    let ended = folder.download(&["--sha256", &right, &server.url()]).await;
    ended.said("map.bin: 500000 bytes, continued 2 times, its SHA-256 is the one given");
    assert!(folder.read("map.bin") == server.content());
}

#[tokio::test]
async fn those_of_the_server() {
    let right = base64(&File::new(1).content);
    let wrong = base64(b"another file");
    for (name, line) in [
        ("repr-digest", "repr-digest: sha-256=:#:"),
        ("content-digest", "content-digest: sha-256=:#:"),
        ("x-amz", "x-amz-checksum-sha256: #"),
    ] {
        let folder = Folder::new(name);
        let server = Server::of(File::new(1).field(line.replace('#', &wrong))).await;
        folder.download(&[&server.url()]).await.failed(1, "what came is not kept: content rejected: ");
        assert!(folder.names().is_empty(), "{name}");
        let server = Server::of(File::new(1).field(line.replace('#', &right))).await;
        folder.download(&[&server.url()]).await.said("map.bin: 500000 bytes");
    }
}

/// They are those of the whole, and of the first answer: what an earlier run has left is part of it.
#[tokio::test]
async fn the_bytes_of_an_earlier_run_are_judged_too() {
    for (name, is_damaged) in [("kept-well", false), ("kept-badly", true)] {
        let file = File::new(1);
        let line = format!("content-digest: sha-256=:{}:", base64(&file.content));
        let server = Server::of(file.field(line).lasts(200_000)).await;
        let folder = Folder::new(name);
        assert_eq!(folder.download(&["--retries", "0", &server.url()]).await.code, 1);
        if is_damaged {
            let mut part = folder.read("map.bin.part");
            part[100] ^= 1;
            fs::write(folder.path("map.bin.part"), part).unwrap();
        }
        // as RFC 9530 has it, a part's is of the part
        server.change(|file| file.fields = vec!["etag: \"1\"".into()]);
        let ended = folder.download(&[&server.url()]).await;
        if is_damaged {
            ended.failed(1, "what came is not kept: ");
            assert!(folder.names().is_empty(), "{:?}", folder.names());
        } else {
            ended.said("map.bin: 500000 bytes, 199999 of them from an earlier run, continued once");
            assert!(folder.read("map.bin") == server.content());
        }
    }
}
