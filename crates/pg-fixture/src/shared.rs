//! The cluster that the test processes of one user share. The crate's documentation describes the protocol.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::cluster::{Cluster, UTIL_LINUX};
use crate::error::FixtureError;
use crate::installation::Installation;
use crate::lasting;
use crate::lock::{self, Mode};
use crate::state;

/// Open to every user and short enough for the path of a socket, unlike the directory of `TMPDIR`.
const PARENT: &str = "/tmp";
/// How long a cluster stays after its last user: longer than the pause between two test binaries of one run.
const GRACE: Duration = Duration::from_secs(20);
/// How many ports are tried when another process takes the first one.
const PORT_ATTEMPTS: u32 = 5;
const SUPERVISOR: &str = include_str!("supervise.sh");
/// Nothing in this cluster outlives the tests, so nothing must reach the disk; vacuuming would only make timings vary,
/// and block the dropping of databases.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=300",
    "shared_buffers=128MB",
];

/// The right to use the shared cluster, until dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) cluster: Cluster,
    /// Its lock is the lease.
    _held: File,
}

/// Joins the running cluster, or starts it.
pub(crate) async fn join(installation: &Installation) -> Result<Lease, FixtureError> {
    let state = state::claim(PARENT, &(installation.bin(), SETTINGS, SUPERVISOR))?;
    join_in(installation, &state, GRACE).await
}

async fn join_in(installation: &Installation, state: &Path, grace: Duration) -> Result<Lease, FixtureError> {
    let turn = lock::lock(&state.join("start.lock"), Mode::Exclusive).await?;
    let lease = state.join("lease");
    let mut held = lock::lock(&lease, Mode::Shared).await?;
    // Any write updates the modification time, which records the last use of the cluster.
    held.write_all(b"\n").map_err(FixtureError::file("write", &lease))?;

    let cluster = match current(state) {
        Some(cluster) if cluster.answers().await => cluster,
        _ => {
            lock::sweep(state)?;
            let cluster = start(installation, state, grace).await?;
            announce(state, &cluster)?;
            cluster
        }
    };
    drop(turn);
    Ok(Lease { cluster, _held: held })
}

async fn start(installation: &Installation, state: &Path, grace: Duration) -> Result<Cluster, FixtureError> {
    let mut cluster = Cluster::create(installation, state).await?;
    let mut attempt = 1;
    loop {
        let mut supervisor = lasting::spawn(supervised(installation, state, &cluster, grace), UTIL_LINUX)?;
        let ready = cluster.until_ready(installation, || supervisor.try_wait()).await;
        let Err(failure) = ready else { return Ok(cluster) };
        let port_taken = matches!(&failure, FixtureError::NotReady { log, .. } if log.contains("already in use"));
        if !port_taken || attempt == PORT_ATTEMPTS {
            return Err(failure);
        }
        attempt += 1;
        cluster = cluster.moved()?;
    }
}

/// The supervisor, in a session of its own: neither the terminal's Ctrl-C nor nextest's clean-up of a test's process
/// group reaches it, and it keeps none of the test's pipes open.
fn supervised(installation: &Installation, state: &Path, cluster: &Cluster, grace: Duration) -> Command {
    let postmaster = cluster.postmaster(installation, SETTINGS);
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", SUPERVISOR, "supervise.sh"]);
    command.arg(state).arg(&cluster.dir).arg(grace.as_secs().to_string());
    command.arg(postmaster.get_program()).args(postmaster.get_args());
    command.current_dir(&cluster.dir);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The last announced cluster, whether or not it still runs.
fn current(state: &Path) -> Option<Cluster> {
    let text = fs::read_to_string(state.join("current")).ok()?;
    let (port, dir) = text.trim_end().split_once('\n')?;
    Some(Cluster {
        port: port.parse().ok()?,
        dir: PathBuf::from(dir),
    })
}

fn announce(state: &Path, cluster: &Cluster) -> Result<(), FixtureError> {
    let path = state.join("current");
    let text = format!("{}\n{}\n", cluster.port, cluster.dir.display());
    fs::write(&path, text).map_err(FixtureError::file("write", path))
}

#[cfg(test)]
mod tests;
