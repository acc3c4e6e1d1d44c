//! The directory of results: checked before the run, and changed only by whole files.

use crate::output::interrupt;
use std::{
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
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

impl OutputDirectory {
    /// Makes the directory if it is not there and tries whether it can be written to.
    ///
    /// # Errors
    /// If it cannot.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let directory = Self { path: path.to_owned() };
        let fail = |source| OutputError { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(fail)?;
        let _whole = interrupt::whole();
        let trial = directory.beside("trial");
        fs::write(&trial, "").and_then(|()| fs::remove_file(&trial)).map_err(fail)?;
        Ok(directory)
    }

    /// Writes all files beside their places, and only then puts them there; Ctrl-C waits for it.
    ///
    /// # Errors
    /// If a file cannot be written; then the earlier files are as they were.
    pub fn write<C: AsRef<[u8]>>(&self, files: &[(String, C)]) -> Result<(), OutputError> {
        let _whole = interrupt::whole();
        let written = self.write_beside(files);
        if written.is_err() {
            for (name, _) in files {
                // What was not written cannot be removed either.
                let _ = fs::remove_file(self.beside(name));
            }
        }
        written?;
        for (name, _) in files {
            let path = self.path.join(name);
            fs::rename(self.beside(name), &path).map_err(|source| OutputError { path, source })?;
        }
        Ok(())
    }

    fn write_beside<C: AsRef<[u8]>>(&self, files: &[(String, C)]) -> Result<(), OutputError> {
        for (name, contents) in files {
            let path = self.beside(name);
            fs::write(&path, contents).map_err(|source| OutputError { path, source })?;
        }
        Ok(())
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.path.join(format!(".{name}.new"))
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
    use std::env;

    fn directory(name: &str) -> PathBuf {
        let path = env::temp_dir().join(format!("network-lab-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    fn file(name: &str, contents: &str) -> (String, String) {
        (name.to_owned(), contents.to_owned())
    }

    #[test]
    fn files_replace_earlier_ones_and_leave_nothing_beside() {
        let path = directory("replace");
        let output = OutputDirectory::open(&path).unwrap();
        output.write(&[file("a", "1"), file("b", "1")]).unwrap();
        output.write(&[file("a", "2")]).unwrap();
        assert_eq!(fs::read_to_string(path.join("a")).unwrap(), "2");
        assert_eq!(fs::read_to_string(path.join("b")).unwrap(), "1");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_all_earlier_ones() {
        let path = directory("fail");
        let output = OutputDirectory::open(&path).unwrap();
        output.write(&[file("a", "1")]).unwrap();
        let error = output.write(&[file("a", "2"), file("no/such/place", "2")]).unwrap_err();
        assert!(error.to_string().starts_with("cannot write to `"), "{error}");
        assert!(error.source().is_some());
        assert_eq!(fs::read_to_string(path.join("a")).unwrap(), "1");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        fs::remove_dir_all(path).unwrap();
    }
}
