//! A folder that is gone with its test.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    time::{Duration, SystemTime},
};

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("continued-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A file of `len` bytes, of a version, last changed so many seconds after 2025 began.
    pub(crate) fn write(&self, name: &str, version: u8, len: usize, second: u64) -> Vec<u8> {
        let content = content(version, len);
        let beside = self.0.join("beside");
        fs::write(&beside, &content).unwrap();
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_735_689_600 + second);
        fs::File::options().append(true).open(&beside).unwrap().set_modified(changed).unwrap();
        fs::rename(beside, self.0.join(name)).unwrap();
        content
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Lines of text, so that it can be packed.
pub(crate) fn content(version: u8, len: usize) -> Vec<u8> {
    let lines = (0_u64..).flat_map(|line| format!("{version} {}\n", line * 7919).into_bytes());
    lines.take(len).collect()
}
