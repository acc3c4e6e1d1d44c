//! The same program in another namespace: told what to do by lines, and ended by the end of its input.

use crate::BoxError;
use std::{
    env,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, Stdin, stdin},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// For whatever takes a second or two on an idle machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process of this program in a network namespace of its own.
pub(crate) struct Role {
    name: &'static str,
    child: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

/// Runs one case as root of a user namespace, where namespaces may be wired to each other.
pub(crate) async fn in_new_user_namespace(case: &str) -> Result<(), BoxError> {
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--net", "--"])
        .arg(env::current_exe()?)
        .args(["router", case]);
    let mut child = command.kill_on_drop(true).stdin(Stdio::piped()).spawn()?;
    let status: ExitStatus = timeout(2 * PATIENCE, child.wait()).await.map_err(|_| "it did not end")??;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}").into()) }
}

/// The lines that this process is told, for the roles themselves.
pub(crate) fn orders() -> Lines<BufReader<Stdin>> {
    BufReader::new(stdin()).lines()
}

impl Role {
    /// Starts it, and waits until it is in its namespace.
    pub(crate) async fn start(name: &'static str, case: &str) -> Result<Self, BoxError> {
        let mut command = Command::new("unshare");
        command.args(["--net", "--"]).arg(env::current_exe()?).args([name, case]);
        let mut child = command.kill_on_drop(true).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = child.stdin.take().ok_or("no input")?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let mut role = Self { name, child, orders, lines };
        role.until("ready").await?;
        Ok(role)
    }

    /// The process whose namespace it is.
    pub(crate) fn id(&self) -> Result<String, BoxError> {
        Ok(self.child.id().ok_or("it has ended")?.to_string())
    }

    pub(crate) async fn tell(&mut self, order: &str) -> Result<(), BoxError> {
        Ok(self.orders.write_all(format!("{order}\n").as_bytes()).await?)
    }

    /// The next line that it says.
    pub(crate) async fn hear(&mut self) -> Result<String, BoxError> {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.map_err(|_| format!("the {} says nothing", self.name))??;
        line.ok_or_else(|| format!("the {} has ended", self.name).into())
    }

    /// Passes over what it says before this word.
    pub(crate) async fn until(&mut self, word: &str) -> Result<(), BoxError> {
        while self.hear().await? != word {}
        Ok(())
    }

    /// Ends it, and returns what it still had to say.
    pub(crate) async fn end(mut self) -> Result<Vec<String>, BoxError> {
        drop(self.orders);
        let mut rest = Vec::new();
        while let Some(line) = timeout(PATIENCE, self.lines.next_line()).await?? {
            rest.push(line);
        }
        timeout(PATIENCE, self.child.wait()).await??;
        Ok(rest)
    }
}
