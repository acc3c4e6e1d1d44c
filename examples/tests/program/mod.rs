//! The program, run as its user runs it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A directory of this test's own, removed at its end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the program with its results in `out`.
pub(crate) fn talk(out: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_talk")).args(arguments).arg("--out").arg(out).output().unwrap()
}

/// What is in the directory; the bytes of what is no text become a character each.
pub(crate) fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let text = |path: PathBuf| {
        String::from_utf8(fs::read(path).unwrap())
            .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
    };
    entries.map(|entry| (entry.file_name().into_string().unwrap(), text(entry.path()))).collect()
}
