//! The file while it is not whole: beside its place, with the head that it came with.

use crate::{address::Address, failure::Failure, resumed::Beginning};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, DATE, ETAG, LAST_MODIFIED},
};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, OpenOptions, TryLockError},
    io::{self, SeekFrom},
    path::{Path, PathBuf},
};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
};
use tower_content_check::continuation::strong_validator;

/// `NAME.part`, and `NAME.part.head`, which says what it is a part of.
pub(crate) struct Part {
    path: PathBuf,
    head_path: PathBuf,
    file: File,
    of: HeaderValue,
    /// Bytes in the file, and the head of the answer that they are the beginning of.
    kept: Option<(u64, HeaderMap)>,
}

/// What a later run needs to know: which version it is, and what it must agree with. Nothing else is stored, such as
/// cookies.
const FIELDS: [HeaderName; 13] = [
    ETAG,
    LAST_MODIFIED,
    DATE,
    CONTENT_LENGTH,
    CONTENT_ENCODING,
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("x-amz-checksum-crc32"),
    HeaderName::from_static("x-amz-checksum-crc32c"),
    HeaderName::from_static("x-amz-checksum-crc64nvme"),
    HeaderName::from_static("x-amz-checksum-sha1"),
    HeaderName::from_static("x-amz-checksum-sha256"),
];

/// The SHA-256 of the URL, whose query may hold secrets. A tag says nothing of another resource.
const OF: HeaderName = HeaderName::from_static("url-sha-256");

// ===== impl Part =====

impl Part {
    pub(crate) fn open(output: &Path, address: &Address) -> Result<Self, Failure> {
        if output.is_dir() || output.file_name().is_none() {
            return Err(Failure::input(format!("{} is no name for a file", output.display())));
        }
        let beside = |end: &str| {
            let mut path = output.as_os_str().to_owned();
            path.push(end);
            PathBuf::from(path)
        };
        let (path, head_path) = (beside(".part"), beside(".part.head"));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file =
            file.map_err(|error| Failure::input(format!("cannot write {}: {error}", path.display())))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::input(format!("another download is writing {}", path.display())));
            }
            // a file system that knows no locks is not in the way
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let digits: String =
            Sha256::digest(address.uri.to_string()).iter().map(|octet| format!("{octet:02x}")).collect();
        let of = HeaderValue::try_from(digits).map_err(|error| Failure::input(error.to_string()))?;
        let length = file.metadata().map_err(|error| Failure::file("read", &path, &error))?.len();
        let kept = read(&head_path).filter(|head| head.get(OF) == Some(&of)).map(|head| (length, head));
        Ok(Self { path, head_path, file: File::from_std(file), of, kept })
    }

    /// What an earlier run has left, if it is of any use.
    pub(crate) async fn beginning(&mut self) -> Result<Option<Beginning>, Failure> {
        let Some((length, head)) = self.kept.take() else { return Ok(None) };
        let file = File::open(&self.path).await.map_err(|error| Failure::file("read", &self.path, &error))?;
        Ok(Beginning::new(file, length, head))
    }

    /// From here on it is written: behind what was kept, or from the first byte of what comes with this head.
    pub(crate) async fn begin(&mut self, kept: u64, head: &HeaderMap) -> Result<(), Failure> {
        if kept == 0 {
            let _ = fs::remove_file(&self.head_path);
        }
        let begun = async {
            self.file.set_len(kept).await?;
            self.file.seek(SeekFrom::Start(kept)).await
        };
        begun.await.map_err(|error| Failure::file("write", &self.path, &error))?;
        // what cannot be gone on with needs none
        if kept == 0 && strong_validator(head).is_some() {
            let written = fs::write(&self.head_path, self.told(head));
            written.map_err(|error| Failure::file("write", &self.head_path, &error))?;
        }
        Ok(())
    }

    /// The name of the URL comes last: without it, the file was not written to its end.
    fn told(&self, head: &HeaderMap) -> Vec<u8> {
        let mut text = Vec::new();
        for name in FIELDS {
            for value in head.get_all(&name) {
                text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
            }
        }
        text.extend([OF.as_str().as_bytes(), b": ", self.of.as_bytes(), b"\n"].concat());
        text
    }

    pub(crate) async fn write(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.file.write_all(data).await.map_err(|error| Failure::file("write", &self.path, &error))
    }

    /// It is whole, and right.
    pub(crate) async fn keep_as(mut self, output: &Path) -> Result<(), Failure> {
        let written = async {
            self.file.flush().await?;
            self.file.sync_all().await
        };
        written.await.map_err(|error| Failure::file("write", &self.path, &error))?;
        fs::rename(&self.path, output).map_err(|error| Failure::file("write", output, &error))?;
        let _ = fs::remove_file(&self.head_path);
        Ok(())
    }

    /// It is not. What another run can go on with stays.
    pub(crate) async fn leave(mut self, failure: &Failure) {
        let flushed = self.file.flush().await.is_ok();
        let length = self.file.metadata().await.map_or(0, |of| of.len());
        let is_useless = matches!(failure, Failure::Useless(_)) || !flushed;
        if is_useless || length == 0 || !self.head_path.exists() {
            let _ = fs::remove_file(&self.head_path);
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Nothing, if it is not all there.
fn read(path: &Path) -> Option<HeaderMap> {
    let text: io::Result<String> = fs::read_to_string(path);
    let mut head = HeaderMap::new();
    for line in text.ok()?.lines() {
        let (name, value) = line.split_once(": ")?;
        head.append(HeaderName::try_from(name).ok()?, value.parse().ok()?);
    }
    Some(head)
}
