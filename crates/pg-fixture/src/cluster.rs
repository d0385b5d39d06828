//! One cluster: its directory, its port, how it is made, started and found to answer.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use crate::error::FixtureError;
use crate::installation::Installation;

/// How long a start may take before it is an error. Crash recovery after a hard kill is part of it.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How often a starting server is asked whether it is ready.
const POLL: Duration = Duration::from_millis(20);
/// How long one of these questions may take.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);
/// Below the range from which the system gives out ports by itself, so that no outgoing connection takes the port
/// between the choice and the start, or while a durable server is down.
const PORTS: std::ops::Range<u32> = 15_000..32_000;
/// How much of a log or of a program's output goes into an error.
const TAIL: usize = 4_000;

/// A cluster on this machine, running or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
}

impl Cluster {
    /// Makes a new cluster in a directory of its own below `parent`. The directory belongs to the caller.
    pub(crate) async fn create(installation: &Installation, parent: &Path) -> Result<Self, FixtureError> {
        let installation = installation.clone();
        let parent = parent.to_owned();
        let making = tokio::task::spawn_blocking(move || {
            let closed = fs::Permissions::from_mode(0o700);
            let created = tempfile::Builder::new()
                .prefix("cluster-")
                .permissions(closed)
                .tempdir_in(&parent);
            // Removed again by its destructor unless everything below succeeds.
            let dir = created.map_err(FixtureError::file("create a directory in", &parent))?;
            installation.hand_over(dir.path())?;
            init(&installation, dir.path())?;
            Ok(Self {
                port: free_port()?,
                dir: dir.keep(),
            })
        });
        making
            .await
            .unwrap_or(Err(FixtureError::System("the runtime is shutting down")))
    }

    /// The same cluster on another port.
    pub(crate) fn moved(self) -> Result<Self, FixtureError> {
        Ok(Self {
            port: free_port()?,
            ..self
        })
    }

    /// The administrator's URL.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@{}:{}/postgres", Ipv4Addr::LOCALHOST, self.port)
    }

    /// The command that is the postmaster, with `settings` of the form `name=value`.
    pub(crate) fn postmaster(&self, installation: &Installation, settings: &[&str]) -> Command {
        let mut command = installation.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.dir);
        command.args(["-h", &Ipv4Addr::LOCALHOST.to_string(), "-p", &self.port.to_string()]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        command.current_dir(&self.dir);
        command
    }

    /// Where the server's log goes.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Whether this very cluster answers; on its port there could be another.
    pub(crate) async fn answers(&self) -> bool {
        let ask = async {
            let mut connection = PgConnection::connect(&self.url()).await?;
            let data: String = sqlx::query_scalar("SHOW data_directory")
                .fetch_one(&mut connection)
                .await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(Path::new(&data) == self.data())
        };
        matches!(timeout(QUESTION_LIMIT, ask).await, Ok(Ok(true)))
    }

    /// Waits until the cluster answers. `exited` says whether what was started has already ended.
    pub(crate) async fn until_ready(
        &self,
        installation: &Installation,
        mut exited: impl FnMut() -> io::Result<Option<ExitStatus>>,
    ) -> Result<(), FixtureError> {
        let deadline = Instant::now() + START_LIMIT;
        let outcome = loop {
            if self.answers().await {
                return Ok(());
            }
            match exited() {
                Ok(Some(status)) => break status.to_string(),
                Err(failure) => break failure.to_string(),
                Ok(None) if Instant::now() > deadline => break format!("no answer within {} s", START_LIMIT.as_secs()),
                Ok(None) => sleep(POLL).await,
            }
        };
        let log = tail(&fs::read(self.log()).unwrap_or_default());
        Err(FixtureError::NotReady {
            bin: installation.bin().to_owned(),
            outcome,
            log,
        })
    }
}

fn init(installation: &Installation, dir: &Path) -> Result<(), FixtureError> {
    let mut initdb = installation.command("initdb");
    initdb.arg("-D").arg(dir.join("data"));
    initdb.args(["-A", "trust", "-U", "postgres", "-N", "--locale=C", "-E", "UTF8"]);
    // The caller's directory may be closed to the user that this runs as.
    initdb.current_dir(dir);
    let run = initdb.output();
    let output = run.map_err(|source| FixtureError::Program {
        program: "setpriv",
        package: UTIL_LINUX,
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(FixtureError::Init {
        status: output.status,
        output: tail(&printed),
    })
}

/// Where `setpriv`, `setsid` and `flock` come from.
pub(crate) const UTIL_LINUX: &str = "util-linux";

/// A port that nobody listens on just now.
fn free_port() -> Result<u16, FixtureError> {
    for _ in 0..100 {
        let drawn = getrandom::u32().map_err(|_| FixtureError::System("the system gives no randomness"))?;
        let candidate = u16::try_from(PORTS.start + drawn % (PORTS.end - PORTS.start));
        if let Ok(port) = candidate
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        {
            return Ok(port);
        }
    }
    Err(FixtureError::System("no free port between 15000 and 32000"))
}

fn tail(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL)..]).into_owned()
}
