//! The directory of results: checked before the run, and changed only by whole sets of files.

use crate::output::interrupt;
use std::{
    error::Error,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

/// A directory that could be written to when it was opened.
#[derive(Debug)]
pub struct OutputDirectory {
    path: PathBuf,
}

/// A directory or file that cannot be written.
#[derive(Debug)]
pub struct OutputError {
    path: PathBuf,
    source: io::Error,
}

/// A directory beside the results for those that are not complete yet; removed with what is in it.
#[derive(Debug)]
struct Beside {
    path: PathBuf,
}

/// Names for directories beside the results, of one process. More are only taken by somebody who means to be in the way.
const NAMES: u32 = 1_000;

impl OutputDirectory {
    /// Makes the directory if it is not there, tries whether it can be written to, and looks whether another directory is where
    /// a file may have to go.
    ///
    /// # Errors
    /// If it cannot be written to, or a directory is in the way.
    pub fn open(path: &Path, may_write: impl Fn(&str) -> bool) -> Result<Self, OutputError> {
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| OutputError { path, source }
        };
        fs::create_dir_all(path).map_err(fail(path))?;
        {
            let _whole = interrupt::whole();
            let beside = Beside::new(path).map_err(fail(path))?;
            beside.write("trial", b"").map_err(fail(path))?;
        }
        // What cannot be read can be written to all the same.
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            // Of a link, which would be replaced, this says that it is none.
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory && entry.file_name().to_str().is_some_and(&may_write) {
                return Err(fail(&entry.path())(io::ErrorKind::IsADirectory.into()));
            }
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Writes all files beside their places, and only then puts them there, and removes those of an earlier run that are not of
    /// this set. Ctrl-C waits for it, and so does another process that writes into the same directory: whose set comes last,
    /// stays as a whole.
    ///
    /// # Errors
    /// If a file cannot be written; then the earlier files are as they were.
    pub fn write<C: AsRef<[u8]>>(&self, files: &[(String, C)], stale: &[&str]) -> Result<(), OutputError> {
        let fail = |name: &str| {
            let path = self.path.join(name);
            move |source| OutputError { path, source }
        };
        // Where directories cannot be locked, sets of processes that end in the same millisecond may mix. Before Ctrl-C is held
        // off, because another process may be stopped while it holds the lock.
        let lock = File::open(&self.path).ok();
        let _ = lock.as_ref().map(File::lock);
        let _whole = interrupt::whole();
        let beside = Beside::new(&self.path).map_err(fail(""))?;
        for (name, contents) in files {
            beside.write(name, contents.as_ref()).map_err(fail(name))?;
        }
        for (name, _) in files {
            fs::rename(beside.path.join(name), self.path.join(name)).map_err(fail(name))?;
        }
        for name in stale.iter().filter(|stale| files.iter().all(|(name, _)| name != *stale)) {
            match fs::remove_file(self.path.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(name)(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Beside {
    /// Under a name that nobody has: neither another run nor a link that was put there.
    fn new(directory: &Path) -> io::Result<Self> {
        for number in 0..NAMES {
            let path = directory.join(format!(".new-{}-{number}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn write(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        OpenOptions::new().write(true).create_new(true).open(path)?.write_all(contents)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // What is left there is of a set that failed.
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write to `{}`", self.path.display())
    }
}

impl Error for OutputError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, thread};

    fn directory(name: &str) -> PathBuf {
        let path = env::temp_dir().join(format!("network-lab-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    fn open(path: &Path) -> OutputDirectory {
        OutputDirectory::open(path, |name| !name.starts_with('.')).unwrap()
    }

    fn file(name: &str, contents: &str) -> (String, String) {
        (name.to_owned(), contents.to_owned())
    }

    #[test]
    fn files_replace_earlier_ones_and_leave_nothing_beside() {
        let path = directory("replace");
        let output = open(&path);
        output.write(&[file("a", "1"), file("b", "1"), file("c", "1")], &[]).unwrap();
        output.write(&[file("a", "2")], &["a", "c", "d"]).unwrap();
        assert_eq!(fs::read_to_string(path.join("a")).unwrap(), "2");
        assert_eq!(fs::read_to_string(path.join("b")).unwrap(), "1");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2, "what is stale is gone, but not what is new");
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_all_earlier_ones() {
        let path = directory("fail");
        let output = open(&path);
        output.write(&[file("a", "1")], &[]).unwrap();
        let error = output.write(&[file("a", "2"), file("no/such/place", "2")], &["a"]).unwrap_err();
        assert!(error.to_string().starts_with("cannot write to `"), "{error}");
        assert!(error.source().is_some());
        assert_eq!(fs::read_to_string(path.join("a")).unwrap(), "1");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_directory_in_the_way_is_found_at_once_and_others_are_let_be() {
        let path = directory("in-the-way");
        fs::create_dir_all(path.join("try.csv")).unwrap();
        let error = OutputDirectory::open(&path, |name| name == "try.csv").unwrap_err();
        assert!(error.to_string().contains("try.csv"), "{error}");
        OutputDirectory::open(&path, |name| name == "try.json").unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        fs::remove_dir_all(path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn planted_links_are_neither_followed_nor_in_the_way() {
        use std::os::unix::fs::symlink;
        let path = directory("planted");
        fs::create_dir_all(path.join("out")).unwrap();
        let (out, target) = (path.join("out"), path.join("target"));
        fs::write(&target, "precious").unwrap();
        let pid = process::id();
        for name in [".trial.new", ".a.new", "a", &format!(".new-{pid}-0"), &format!(".new-{pid}-1")] {
            symlink(&target, out.join(name)).unwrap();
        }
        symlink(&path, out.join("b")).unwrap();
        open(&out).write(&[file("a", "1"), file("b", "1")], &[]).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
        for name in ["a", "b"] {
            let kind = fs::symlink_metadata(out.join(name)).unwrap().file_type();
            assert!(kind.is_file(), "{name}: {kind:?}");
        }
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        fs::remove_dir_all(path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn of_many_sets_at_once_one_stays_as_a_whole() {
        let path = directory("sets");
        let names: Vec<String> = (0..40).map(|name| name.to_string()).collect();
        for _ in 0..5 {
            thread::scope(|scope| {
                for set in 0..12 {
                    let files: Vec<_> = names.iter().map(|name| file(name, &set.to_string())).collect();
                    let path = &path;
                    scope.spawn(move || open(path).write(&files, &[]).unwrap());
                }
            });
            let set = |name: &String| fs::read_to_string(path.join(name)).unwrap();
            let sets: Vec<String> = names.iter().map(set).collect();
            assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
            assert_eq!(fs::read_dir(&path).unwrap().count(), names.len());
        }
        fs::remove_dir_all(path).unwrap();
    }
}
