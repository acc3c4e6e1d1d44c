//! Ctrl-C without a terminal.

use std::process::{Child, Command};

/// Sends SIGINT; false, with the reason on stderr, where that is not possible.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn interrupt(child: &Child) -> bool {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    let sent = sent.is_ok_and(|status| status.success());
    if !sent {
        eprintln!("skipped: there is no command `kill` here to interrupt with");
    }
    sent
}
