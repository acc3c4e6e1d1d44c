//! The program in a folder of its own.

#[path = "../program/mod.rs"]
mod program;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{process::Command, time::timeout};

pub(crate) struct Folder(PathBuf);

#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

// ===== impl Folder =====

impl Folder {
    /// Empty; the name is the test's.
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("download-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) async fn download(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(program::program("download"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null()).kill_on_drop(true);
        let ended =
            timeout(Duration::from_secs(60), command.output()).await.expect("the program ends").unwrap();
        Ended {
            code: ended.status.code().unwrap(),
            output: String::from_utf8(ended.stdout).unwrap(),
            errors: String::from_utf8(ended.stderr).unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// What is there, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

// ===== impl Ended =====

impl Ended {
    /// One line, and it says so.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, told: &str) {
        assert_eq!((self.code, self.output.as_str()), (code, ""), "{self:?}");
        assert!(self.errors.starts_with("error: ") && self.errors.contains(told), "{self:?}");
        assert_eq!(self.errors.lines().count(), 1, "{self:?}");
    }

    #[track_caller]
    pub(crate) fn said(&self, line: &str) {
        assert_eq!(
            (self.code, self.output.as_str(), self.errors.as_str()),
            (0, format!("{line}\n").as_str(), "")
        );
    }
}
