//! Network namespaces without names: they last as long as a thread in them.

use super::Missing;
use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
    unistd::{getegid, geteuid},
};
use std::{fs, io};

const REFUSED: &str =
    "the kernel refuses namespaces (a container's rules, user.max_user_namespaces, AppArmor)";

/// Takes the whole process off the machine's network, and makes whoever has no rights to that root of a user namespace
/// of its own. Before there is any further thread: the kernel asks for that.
pub(super) fn leave() -> Result<(), Missing> {
    match unshare(CloneFlags::CLONE_NEWNET) {
        Err(Errno::EPERM) => as_root_of_its_own().map_err(Missing::new(REFUSED)),
        result => result.map_err(io::Error::from).map_err(Missing::new(REFUSED)),
    }
}

/// Takes this thread into a network of its own, in which there is nothing yet.
pub(super) fn enter() -> Result<(), Missing> {
    unshare(CloneFlags::CLONE_NEWNET).map_err(io::Error::from).map_err(Missing::new(REFUSED))
}

fn as_root_of_its_own() -> io::Result<()> {
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    // user_namespaces(7): without it nobody without rights may map a group.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}
