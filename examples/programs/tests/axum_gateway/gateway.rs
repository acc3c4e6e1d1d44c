//! The program, as its user starts it.

use std::{
    env,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// A gateway on a port of its own; it ends with this.
pub(crate) struct Gateway {
    pub(crate) address: String,
    pub(crate) metrics: String,
    process: Child,
    printed: Lines<BufReader<ChildStdout>>,
}

impl Gateway {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, Stdio::null()).await
    }

    /// With this as its standard error.
    pub(crate) async fn start_with(arguments: &[&str], errors: Stdio) -> Self {
        Self::from(Command::new(program("axum_gateway")), arguments, errors).await
    }

    /// With so many descriptors.
    #[cfg(unix)]
    pub(crate) async fn with_descriptors(count: u32, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {count}; exec \"$0\" \"$@\"")]);
        command.arg(program("axum_gateway"));
        Self::from(command, arguments, Stdio::null()).await
    }

    async fn from(mut command: Command, arguments: &[&str], errors: Stdio) -> Self {
        let mut process = command
            .args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut printed = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = printed.next_line().await.unwrap().unwrap();
        let address = line.strip_prefix("listening on http://").unwrap().to_owned();
        let line = printed.next_line().await.unwrap().unwrap();
        let metrics =
            line.strip_prefix("metrics on http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
        Self { address, metrics, process, printed }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id().unwrap()
    }

    #[cfg(unix)]
    pub(crate) async fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().await.unwrap();
        assert!(status.success());
    }

    /// The first line of its standard error, if that is a pipe.
    pub(crate) async fn complaint(&mut self) -> String {
        let mut lines = BufReader::new(self.process.stderr.take().unwrap()).lines();
        timeout(Duration::from_secs(10), lines.next_line()).await.expect("a line").unwrap().unwrap()
    }

    /// How it ended, and the last line that it printed.
    pub(crate) async fn ended(mut self) -> (ExitStatus, Option<String>) {
        let mut last = None;
        while let Some(line) = self.printed.next_line().await.unwrap() {
            last = Some(line);
        }
        let ended = timeout(Duration::from_secs(30), self.process.wait()).await.expect("the program ends");
        (ended.unwrap(), last)
    }
}

/// What the program prints when it ends by itself.
pub(crate) async fn refused(arguments: &[&str]) -> String {
    let output = Command::new(program("axum_gateway")).args(arguments).kill_on_drop(true).output();
    let output = timeout(Duration::from_secs(30), output).await.expect("the program ends").unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// Examples are built beside the directory of the tests' own executables.
fn program(name: &str) -> PathBuf {
    let own = env::current_exe().unwrap();
    let path = own.parent().unwrap().with_file_name("examples").join(name);
    let path = path.with_extension(env::consts::EXE_EXTENSION);
    // cargo builds them before it runs all tests of a package, and not for one file of tests
    assert!(path.exists(), "{} is missing: cargo build -p programs --examples", path.display());
    path
}
