//! The directory of results: checked before the run, and changed only by whole files.

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
        let trial = directory.beside("trial");
        fs::write(&trial, "").and_then(|()| fs::remove_file(&trial)).map_err(fail)?;
        Ok(directory)
    }

    /// Writes all files beside their places, and only then puts them there.
    ///
    /// # Errors
    /// If a file cannot be written; then the earlier files are as they were.
    pub fn write(&self, files: &[(String, String)]) -> Result<(), OutputError> {
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

    fn write_beside(&self, files: &[(String, String)]) -> Result<(), OutputError> {
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
