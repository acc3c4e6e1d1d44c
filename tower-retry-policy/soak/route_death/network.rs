//! client 10.77.1.2 - 10.77.1.1 router 10.77.2.1 - 10.77.2.2 server

use crate::{BoxError, case::Loss, role::Role};
use std::{fs, io};
use tokio::process::Command;

pub(crate) const SERVER: &str = "10.77.2.2:8080";

const CLIENT_SIDE: &str = "10.77.1.1/24";
const CLIENT_GATEWAY: &str = "10.77.1.1";
const SERVER_SIDE: &str = "10.77.2.1/24";
const SERVER_GATEWAY: &str = "10.77.2.1";

/// Two cables, seen from the router, whose namespace is this process's own.
pub(crate) struct Network {
    client: String,
    server: String,
}

/// Whether this machine can do it; if not, why.
pub(crate) async fn possible() -> Result<(), String> {
    for [tool, package] in [["unshare", "util-linux"], ["nsenter", "util-linux"], ["ip", "iproute2"]] {
        let found = Command::new(tool).arg("-V").output().await;
        found.map_err(|error| format!("{tool} of {package} cannot be started: {error}"))?;
    }
    let cable = "ip link add probe0 type veth peer name probe1 && test -w /proc/sys/net/ipv4/ip_forward";
    let tried =
        Command::new("unshare").args(["--user", "--map-root-user", "--net", "sh", "-c", cable]).output();
    let tried = tried.await.map_err(|error| error.to_string())?;
    if tried.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&tried.stderr);
    Err(format!("no network namespaces for users here: {}, {}", tried.status, said.trim()))
}

impl Network {
    pub(crate) async fn between(client: &Role, server: &Role) -> Result<Self, BoxError> {
        let network = Self { client: client.id()?, server: server.id()? };
        for (id, cable, near, far, gateway) in [
            (&network.client, "client0", CLIENT_SIDE, "10.77.1.2/24", CLIENT_GATEWAY),
            (&network.server, "server0", SERVER_SIDE, "10.77.2.2/24", SERVER_GATEWAY),
        ] {
            ip(&["link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", id]).await?;
            ip(&["addr", "add", near, "dev", cable]).await?;
            ip(&["link", "set", cable, "up"]).await?;
            ip_in(id, &["addr", "add", far, "dev", "eth0"]).await?;
            ip_in(id, &["link", "set", "eth0", "up"]).await?;
            ip_in(id, &["route", "add", "default", "via", gateway]).await?;
        }
        forward(true)?;
        // else the router tells of some lost packets only, and whether the client hears of it is chance
        fs::write("/proc/sys/net/ipv4/icmp_ratelimit", "0")?;
        Ok(network)
    }

    /// From here on what the client sends gets lost without a word.
    pub(crate) fn swallow(&self) -> io::Result<()> {
        forward(false)
    }

    /// And from here on the kernel knows that there is no route.
    pub(crate) async fn take_route(&self, loss: Loss) -> Result<(), BoxError> {
        match loss {
            Loss::Router => ip(&["addr", "del", SERVER_SIDE, "dev", "server0"]).await?,
            Loss::Client => ip_in(&self.client, &["route", "del", "default"]).await?,
            Loss::Answer => {
                ip_in(&self.server, &["route", "del", "default"]).await?;
                ip(&["addr", "del", SERVER_SIDE, "dev", "server0"]).await?;
            }
        }
        Ok(forward(true)?)
    }

    pub(crate) async fn give_back_route(&self, loss: Loss) -> Result<(), BoxError> {
        match loss {
            Loss::Router => ip(&["addr", "add", SERVER_SIDE, "dev", "server0"]).await,
            Loss::Client => ip_in(&self.client, &["route", "add", "default", "via", CLIENT_GATEWAY]).await,
            Loss::Answer => {
                ip(&["addr", "add", SERVER_SIDE, "dev", "server0"]).await?;
                ip_in(&self.server, &["route", "add", "default", "via", SERVER_GATEWAY]).await
            }
        }
    }
}

/// Whether the router hands on what is for others; if not, it drops it and says nothing.
fn forward(on: bool) -> io::Result<()> {
    fs::write("/proc/sys/net/ipv4/ip_forward", if on { "1" } else { "0" })
}

async fn ip(arguments: &[&str]) -> Result<(), BoxError> {
    run("ip", arguments).await
}

/// In the network namespace of another process.
async fn ip_in(process: &str, arguments: &[&str]) -> Result<(), BoxError> {
    run("nsenter", &[&["--target", process, "--net", "ip"], arguments].concat()).await
}

async fn run(program: &str, arguments: &[&str]) -> Result<(), BoxError> {
    let output = Command::new(program).args(arguments).output().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} {}: {}", arguments.join(" "), said.trim()).into())
}
