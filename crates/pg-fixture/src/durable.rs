//! A cluster for one owner, which can be killed and restarted.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cluster::{Cluster, UTIL_LINUX};
use crate::error::FixtureError;
use crate::installation::Installation;
use crate::lasting;
use crate::lock::{self, Mode};
use crate::server::{Held, Server};
use crate::state;

/// On a disk, because the directory survives a restart of the machine by convention. `/tmp` may be in memory, where
/// syncing is free and a benchmark would be wrong.
const PARENT: &str = "/var/tmp";
/// Durability settings are the server's defaults. A benchmark may open many connections.
const SETTINGS: &[&str] = &["max_connections=300", "shared_buffers=128MB"];
/// How long killed processes may take to end.
const END_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);

/// A cluster for the caller alone that syncs to disk. Dropping it stops and removes it. The death of this process stops
/// it as well; the next start of a durable server then removes its directory.
#[derive(Debug)]
pub struct DurableServer {
    server: Server,
    installation: Installation,
    cluster: Cluster,
    /// `None` between a kill and a restart.
    postmaster: Option<Child>,
    /// Its lock marks the directory as in use.
    _alive: File,
}

impl DurableServer {
    pub(crate) async fn start(installation: Installation) -> Result<Self, FixtureError> {
        let state = state::claim(PARENT, &installation.bin())?;
        let turn = lock::lock(&state.join("start.lock"), Mode::Exclusive).await?;
        lock::sweep(&state)?;
        let cluster = Cluster::create(&installation, &state).await?;
        let alive = lock::lock(&cluster.dir.join("alive"), Mode::Exclusive).await?;
        drop(turn);
        let server = Server {
            admin_url: cluster.url(),
            _held: Held::Nothing,
        };
        let mut started = Self {
            server,
            installation,
            cluster,
            postmaster: None,
            _alive: alive,
        };
        started.restart().await?;
        Ok(started)
    }

    /// The server, to create databases on, as on the shared server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Kills all processes of the server at the same time, like a power cut: nothing is written any more, and commits
    /// that were not acknowledged may be lost. Data in the operating system's cache survives.
    pub async fn kill_hard(&mut self) -> Result<(), FixtureError> {
        let Some(mut postmaster) = self.postmaster.take() else {
            return Ok(());
        };
        let ended = kill(&mut postmaster)?;
        until_gone(&ended).await
    }

    /// Restarts the server on the same port, and waits until it has recovered. Kills it first if it runs.
    pub async fn restart(&mut self) -> Result<(), FixtureError> {
        self.kill_hard().await?;
        let path = self.cluster.log();
        let log = File::options().create(true).append(true).open(&path);
        let log = log.map_err(FixtureError::file("open", &path))?;
        let copy = log.try_clone().map_err(FixtureError::file("open", &path))?;
        let mut command = self.cluster.postmaster(&self.installation, SETTINGS);
        command.stdin(Stdio::null()).stdout(log).stderr(copy);
        let postmaster = self.postmaster.insert(lasting::spawn(command, UTIL_LINUX)?);
        self.cluster
            .until_ready(&self.installation, || postmaster.try_wait())
            .await
    }
}

impl Drop for DurableServer {
    /// Best effort: the next start removes a directory that stays.
    fn drop(&mut self) {
        if let Some(postmaster) = &mut self.postmaster {
            drop(kill(postmaster));
        }
        drop(fs::remove_dir_all(&self.cluster.dir));
    }
}

/// Kills the postmaster and all its children, and returns their IDs. The postmaster is stopped first, so that it can
/// neither start another child nor ask the others to end cleanly.
fn kill(postmaster: &mut Child) -> Result<Vec<u32>, FixtureError> {
    let id = postmaster.id();
    signal("STOP", &[id])?;
    let mut family = children(id);
    family.push(id);
    signal("KILL", &family)?;
    postmaster
        .wait()
        .map_err(FixtureError::file("wait for the server in", "/proc"))?;
    Ok(family)
}

/// Uses the shell's built-in `kill`, because the separate program is not installed everywhere. Processes that have
/// ended already are ignored.
fn signal(name: &str, ids: &[u32]) -> Result<(), FixtureError> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "kill -s \"$@\" 2>/dev/null", "sh", name])
        .args(ids.iter().map(u32::to_string));
    let ran = shell.status();
    ran.map(drop).map_err(|source| FixtureError::Program {
        program: "sh",
        package: "every system",
        source,
    })
}

fn children(parent: u32) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ids = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| status(*id).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// The state and the parent of a process; `None` when there is no such process.
fn status(id: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("stat")).ok()?;
    // The second field is the program's name in brackets, which may contain any characters.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Waits until all processes have ended: a new postmaster refuses to start while old ones hold its shared memory.
async fn until_gone(ids: &[u32]) -> Result<(), FixtureError> {
    let deadline = Instant::now() + END_LIMIT;
    while ids.iter().any(|id| status(*id).is_some_and(|(state, _)| state != 'Z')) {
        if Instant::now() > deadline {
            return Err(FixtureError::System(
                "the killed server's processes are still there after ten seconds",
            ));
        }
        sleep(POLL).await;
    }
    Ok(())
}
