//! nginx, as its package installs it, in a folder of its own and on loopback.

use crate::{
    cutting::{Came, read},
    files::Folder,
};
use std::{
    fs,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};
use tokio::net::TcpStream;

const LEN: usize = 1_000_000;

struct Nginx {
    child: Child,
    address: SocketAddr,
    folder: Folder,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nothing where it is not installed.
async fn start(name: &str) -> Option<Nginx> {
    let folder = Folder::new(name);
    let path = folder.path().display().to_string();
    // free a moment ago; nginx takes no socket that is bound
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!(
        "daemon off; master_process off; pid {path}/pid; error_log {path}/errors;\n\
         events {{}}\n\
         http {{\n\
         access_log off; default_type text/plain; gzip_types text/plain;\n\
         client_body_temp_path {path}/t1; proxy_temp_path {path}/t2; fastcgi_temp_path {path}/t3;\n\
         uwsgi_temp_path {path}/t4; scgi_temp_path {path}/t5;\n\
         server {{\n\
         listen {address};\n\
         location /files/ {{ alias {path}/; }}\n\
         location /packed/ {{ alias {path}/; gzip on; gzip_min_length 1; }}\n\
         location /dated/ {{ alias {path}/; etag off; }}\n\
         location /whole/ {{ alias {path}/; max_ranges 0; }}\n\
         }} }}\n"
    );
    fs::write(folder.path().join("conf"), config).unwrap();
    let mut command = Command::new("nginx");
    command.args(["-p", &path, "-c", "conf", "-e", "errors"]).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        println!("skipped: there is no nginx here");
        return None;
    };
    while TcpStream::connect(address).await.is_err() {
        let ended = child.try_wait().unwrap();
        let errors = || fs::read_to_string(folder.path().join("errors"));
        assert!(ended.is_none(), "nginx ended: {:?}", errors());
        tokio::task::yield_now().await;
    }
    Some(Nginx { child, address, folder })
}

#[tokio::test]
async fn a_file_comes_whole_over_connections_that_are_cut() {
    let Some(nginx) = start("nginx").await else { return };
    let file = nginx.folder.write("file", 1, LEN, 0);
    // by its tag, by its date, and packed for a client that does not take it
    for (path, fields) in
        [("/files/file", &[][..]), ("/dated/file", &[]), ("/packed/file", &[("accept-encoding", "identity")])]
    {
        let Came { content, error, continuations, answers } =
            read(nginx.address, path, fields, 150_000, None).await;
        assert!(error.is_none(), "{path}: {error:?} {answers:?}");
        assert!(content == file, "{path}");
        assert_eq!(continuations, Some(6), "{path}: {answers:?}");
        assert!(answers[1..].iter().all(|(range, status)| range.is_some() && *status == 206), "{answers:?}");
    }
}

#[tokio::test]
async fn nothing_of_a_file_that_changed_is_read() {
    let Some(nginx) = start("nginx-changed").await else { return };
    for (path, len) in
        [("/files/file", LEN), ("/files/file", LEN / 4), ("/files/file", LEN * 2), ("/dated/file", LEN)]
    {
        let file = nginx.folder.write("file", 1, LEN, 0);
        let mut change = || {
            nginx.folder.write("file", 2, len, 5);
        };
        let came = read(nginx.address, path, &[], 300_000, Some((LEN / 2, &mut change))).await;
        assert!(came.content.len() < LEN && came.content == file[..came.content.len()], "{path} {len}");
        assert!(came.is_changed(), "{path} {len}: {:?} {:?}", came.error, came.answers);
    }
}

/// Its gzip filter makes the tag a weak one and takes ranges away.
#[tokio::test]
async fn what_it_packs_on_its_way_fails_as_it_did() {
    let Some(nginx) = start("nginx-packed").await else { return };
    nginx.folder.write("file", 1, LEN, 0);
    let came = read(nginx.address, "/packed/file", &[("accept-encoding", "gzip")], 50_000, None).await;
    assert_eq!((came.continuations, came.answers.len()), (None, 1));
    assert!(came.error.is_some_and(|error| error.is::<hyper::Error>()));
}

/// It sends the whole again, with the same tag: what came before is dropped, so that its end comes within the bound.
#[tokio::test]
async fn a_location_without_ranges_is_read_from_its_whole() {
    let Some(nginx) = start("nginx-whole").await else { return };
    let file = nginx.folder.write("file", 1, LEN, 0);
    let came = read(nginx.address, "/whole/file", &[], 600_000, None).await;
    // it says that it has no ranges, or it sends all again and is cut where it was
    assert!(came.error.is_some() && came.content == file[..came.content.len()], "{:?}", came.answers);
}

#[tokio::test]
async fn a_file_that_is_removed_is_gone() {
    let Some(nginx) = start("nginx-gone").await else { return };
    let file = nginx.folder.write("file", 1, LEN, 0);
    let mut remove = || fs::remove_file(nginx.folder.path().join("file")).unwrap();
    let came = read(nginx.address, "/files/file", &[], 300_000, Some((LEN / 2, &mut remove))).await;
    assert!(came.content == file[..came.content.len()]);
    assert!(came.is_gone(), "{:?} {:?}", came.error, came.answers);
}
