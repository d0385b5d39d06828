//! A thread that lives as long as the process and starts the servers.
//!
//! The kernel sends a child its parent-death signal when the *thread* that started it ends. Test threads and runtime
//! workers end long before the process, and would take the server with them.

use std::io;
use std::process::{Child, Command};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::error::FixtureError;

type Order = (Command, Sender<io::Result<Child>>);

static SPAWNER: LazyLock<Sender<Order>> = LazyLock::new(|| {
    let (orders, incoming) = channel::<Order>();
    thread::spawn(move || {
        for (mut command, reply) in incoming {
            // The caller may be gone; its child is then reaped when the process ends.
            drop(reply.send(command.spawn()));
        }
    });
    orders
});

/// Starts `command` from the long-lived thread.
pub(crate) fn spawn(command: Command, package: &'static str) -> Result<Child, FixtureError> {
    let gone = FixtureError::System("the thread that starts servers is gone");
    let (reply, answer) = channel();
    if SPAWNER.send((command, reply)).is_err() {
        return Err(gone);
    }
    let program = "setpriv";
    let Ok(child) = answer.recv() else { return Err(gone) };
    child.map_err(|source| FixtureError::Program {
        program,
        package,
        source,
    })
}
