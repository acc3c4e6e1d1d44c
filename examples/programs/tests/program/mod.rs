//! The programs as processes.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, SystemTime},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// The server that misbehaves, on a port of its own; it ends with this.
pub(crate) struct Server {
    pub(crate) address: String,
    _process: Child,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::from(Command::new(program("misbehaving_server"))).await
    }

    /// With so many descriptors.
    #[cfg(unix)]
    pub(crate) async fn with_descriptors(count: u32) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {count}; exec \"$0\" \"$@\"")]);
        command.arg(program("misbehaving_server"));
        Self::from(command).await
    }

    async fn from(mut command: Command) -> Self {
        let mut process =
            command.arg("127.0.0.1:0").stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { address, _process: process }
    }
}

/// What the program prints, its errors last.
pub(crate) async fn run(name: &str, arguments: &[String], environment: &[(&str, &str)]) -> String {
    run_in(Path::new(env!("CARGO_TARGET_TMPDIR")), name, arguments, environment).await
}

/// The same, where it writes its files.
pub(crate) async fn run_in(
    folder: &Path,
    name: &str,
    arguments: &[String],
    environment: &[(&str, &str)],
) -> String {
    let mut command = Command::new(program(name));
    command.args(arguments).envs(environment.iter().copied()).current_dir(folder).kill_on_drop(true);
    // far above what any of them needs: a program that hangs must not hang the tests
    let output = timeout(Duration::from_secs(60), command.output()).await.expect("the program ends").unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.is_empty() || !output.status.success(), "{name} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap() + &errors
}

/// Its exit status.
pub(crate) async fn status(name: &str, arguments: &[String]) -> Option<i32> {
    let output = Command::new(program(name)).args(arguments).kill_on_drop(true).output();
    timeout(Duration::from_secs(60), output).await.expect("the program ends").unwrap().status.code()
}

/// Examples are built beside the directory of the tests' own executables; by `cargo test`, unless it is asked for one
/// file of tests or for a name.
pub(crate) fn program(name: &str) -> PathBuf {
    let own = env::current_exe().unwrap();
    let path = own.parent().unwrap().with_file_name("examples").join(name);
    let path = path.with_extension(env::consts::EXE_EXTENSION);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = [directory.join(name).with_extension("rs"), directory.join(name).join("main.rs")];
    let written = source.iter().find_map(|source| modified(source)).unwrap();
    let is_built = modified(&path).is_some_and(|built| built >= written);
    assert!(is_built, "{} is missing or old: cargo build -p programs --examples", path.display());
    path
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}
