//! nginx, without a file that has a name: its configuration and the document are this process's, in memory.

use super::Missing;
use crate::sim::{
    document::document,
    network::SERVER,
    server::{PATH, PORT},
    world::Settings,
};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    os::fd::AsRawFd,
    process::{self, Child, Command, Stdio},
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// An nginx that listens; it ends when this is dropped, or this process.
#[derive(Debug)]
pub(super) struct Nginx {
    child: Child,
    _files: [File; 3],
}

/// How long it may take until it listens, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(20);

const FAILED: &str = "nginx does not run (it needs nginx, setpriv of util-linux, and root)";

impl Nginx {
    /// Starts it in this thread's namespace.
    pub(super) async fn start(settings: &Settings) -> Result<Self, Missing> {
        let mut nginx = Self::spawn(settings).map_err(Missing::new(FAILED))?;
        match timeout(PATIENCE, nginx.listens()).await {
            Ok(result) => result,
            Err(late) => Err(late.into()),
        }
        .map_err(Missing::new(FAILED))?;
        Ok(nginx)
    }

    fn spawn(settings: &Settings) -> io::Result<Self> {
        let document = in_memory(&document(settings.seed, settings.size))?;
        let pid = in_memory(b"")?;
        let keep_alive = settings.knobs.keep_alive.as_secs();
        // It asks for directories of its own for what it does not do here; at `/` nothing is to be made or changed.
        let directories: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|what| format!("{what}_temp_path /;\n"))
            .collect();
        let configuration = in_memory(
            format!(
                "daemon off; master_process off; user root; error_log stderr; pid {pid};\n\
                 events {{ worker_connections 4096; }}\n\
                 http {{\n{directories}access_log off; sendfile on; keepalive_timeout {keep_alive};\n\
                 default_type application/json;\n\
                 server {{ listen {SERVER}:{PORT}; location = {PATH} {{ alias {document}; }} }} }}\n",
                pid = name(&pid),
                document = name(&document),
            )
            .as_bytes(),
        )?;
        let mut command = Command::new("setpriv");
        // The signal is for when the thread ends that starts it, the server's: it needs no handler, and no process that waits.
        command.args(["--pdeathsig", "KILL", "nginx", "-e", "stderr", "-c"]).arg(name(&configuration));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        Ok(Self { child, _files: [document, pid, configuration] })
    }

    /// Waits for it.
    async fn listens(&mut self) -> io::Result<()> {
        let socket = format!(":{PORT:04X} 00000000:0000 0A ");
        while !fs::read_to_string("/proc/thread-self/net/tcp")?.contains(&socket) {
            if self.child.try_wait()?.is_some() {
                let mut said = String::new();
                if let Some(mut errors) = self.child.stderr.take() {
                    errors.read_to_string(&mut said)?;
                }
                return Err(io::Error::new(ErrorKind::NotFound, said.trim().replace('\n', "; ")));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn in_memory(content: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create("lab", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(content)?;
    Ok(file)
}

/// How another process finds a file that has no name.
fn name(file: &File) -> String {
    format!("/proc/{}/fd/{}", process::id(), file.as_raw_fd())
}
