//! Which of the kernel's settings a run depends on.

use clap::ValueEnum;

/// The settings of the kernel's TCP.
///
/// Distributions differ in both of them, and both move the talk's figures: BBR and four linear timeouts instead of CUBIC
/// and none make it several successes of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[non_exhaustive]
pub enum Tcp {
    /// CUBIC, and a SYN's timeouts double from the first on, as when the talk was held.
    #[default]
    Fixed,
    /// As this machine has them.
    Stock,
}

impl Tcp {
    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Stock => "stock",
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::Tcp;
    use crate::sim::kernel::Missing;
    use nix::sys::socket::{setsockopt, sockopt::TcpCongestion};
    use std::{
        ffi::OsString,
        fs,
        io::{self, ErrorKind},
        os::fd::AsFd,
        process::Command,
    };
    use tun_rs::SyncDevice;

    /// Of the namespace in which it is opened.
    const LINEAR_TIMEOUTS: &str = "/proc/sys/net/ipv4/tcp_syn_linear_timeouts";

    const NO_CUBIC: &str = "no congestion control `cubic`, so that it would run with `--tcp stock` only";

    impl Tcp {
        /// Sets what this thread's namespace has.
        pub(in crate::sim::kernel) fn set_in_namespace(self) -> Result<(), Missing> {
            if self == Self::Stock {
                return Ok(());
            }
            match fs::write(LINEAR_TIMEOUTS, "0") {
                // Kernels before 6.5 have no such setting, and no linear timeouts.
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                result => result.map_err(Missing::new(
                    "/proc/sys/net cannot be written to, so that it would run with `--tcp stock` only",
                )),
            }
        }

        /// Sets what a socket has, and the connections that it accepts. The namespace's setting would not do: the kernel
        /// refuses a congestion control there that is not the machine's own.
        pub(in crate::sim::kernel) fn set_on(self, socket: &impl AsFd) -> Result<(), Missing> {
            if self == Self::Stock {
                return Ok(());
            }
            setsockopt(socket, TcpCongestion, &OsString::from("cubic"))
                .map_err(io::Error::from)
                .map_err(Missing::new(NO_CUBIC))
        }

        /// Sets what all connections have that go through this device, for a program whose sockets are its own.
        pub(in crate::sim::kernel) fn set_on_route(self, device: &SyncDevice) -> Result<(), Missing> {
            if self == Self::Stock {
                return Ok(());
            }
            let set = || {
                let mut command = Command::new("ip");
                command.args(["route", "replace", "10.0.0.0/24", "dev", &device.name()?, "congctl", "cubic"]);
                let output = command.output()?;
                if output.status.success() {
                    return Ok(());
                }
                Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
            };
            set().map_err(Missing::new(NO_CUBIC))
        }
    }
}
