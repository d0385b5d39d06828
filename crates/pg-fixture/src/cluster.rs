//! One cluster: its directory and port, and how it is created, started and checked.

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

/// How long a start may take, including crash recovery after a hard kill.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How often a starting server is checked.
const POLL: Duration = Duration::from_millis(20);
/// How long one check may take.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);
/// Below the range of ephemeral ports, so that no outgoing connection takes the port between the choice and the start,
/// or while a durable server is down.
const PORTS: std::ops::Range<u32> = 15_000..32_000;
/// How many characters of a log or of a program's output are included in an error.
const TAIL: usize = 4_000;

/// A cluster on this machine, running or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
}

impl Cluster {
    /// Creates a new cluster in a new directory below `parent`. The directory belongs to the caller.
    pub(crate) async fn create(installation: &Installation, parent: &Path) -> Result<Self, FixtureError> {
        let installation = installation.clone();
        let parent = parent.to_owned();
        let making = tokio::task::spawn_blocking(move || {
            let closed = fs::Permissions::from_mode(0o700);
            let created = tempfile::Builder::new()
                .prefix("cluster-")
                .permissions(closed)
                .tempdir_in(&parent);
            // Deleted by its destructor unless everything below succeeds.
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

    /// The command of the postmaster, with `settings` of the form `name=value`.
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

    /// The file of the server's log.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// Whether this cluster answers; another one could have taken its port.
    pub(crate) async fn answers(&self) -> bool {
        let query = async {
            let mut connection = PgConnection::connect(&self.url()).await?;
            let data: String = sqlx::query_scalar("SHOW data_directory")
                .fetch_one(&mut connection)
                .await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(Path::new(&data) == self.data())
        };
        matches!(timeout(QUESTION_LIMIT, query).await, Ok(Ok(true)))
    }

    /// Waits until the cluster answers. `exited` returns whether the started process has already ended.
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
    // The user that runs `initdb` may have no access to the caller's directory.
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

/// The package of `setpriv`, `setsid` and `flock`.
pub(crate) const UTIL_LINUX: &str = "util-linux";

/// A port that no process listens on at the moment.
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
