//! The emulator `local-bigquery`, a Python package over `DuckDB`. It takes some ten seconds to start and to make its first dataset, so all
//! test processes of a user share one.
//!
//! The protocol is that of `selfsame-pg-fixture`. The files are in one directory under `/tmp`, named after the user and the installation:
//!
//! - `start.lock` is held while a process looks for the running emulator or starts one, and while the emulator is stopped.
//! - `lease` is locked, shared, by every process that uses the emulator.
//! - `turn` is held by one test at a time: the emulator is one Python process and gets slower, not faster, with several.
//! - `current` has the URL of the emulator.
//! - a detached shell (`supervise.sh`) stops the emulator when no process has held `lease` for [`GRACE`].

use crate::{Error, PROJECT};
use std::collections::hash_map::DefaultHasher;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Finds a Python that is new enough.
const FIND: &str = include_str!("../python.sh");

/// Installs the emulator; `make setup` runs it as well.
const INSTALL: &str = include_str!("../install.sh");

const SUPERVISE: &str = include_str!("../supervise.sh");

/// How long the emulator stays after its last user: longer than the pause between two test binaries of one run.
const GRACE: Duration = Duration::from_secs(20);

/// How long the emulator may take to start.
const START_TIME: Duration = Duration::from_mins(5);

/// How long its port may take to answer.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// The right to use the emulator, until dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    /// The base URL.
    pub(crate) base: String,
    /// Their locks are the lease and the turn.
    _held: [File; 2],
}

/// A Python of 3.13 or newer; none where there is none.
pub(crate) fn python() -> Result<Option<PathBuf>, Error> {
    let found = Command::new("sh").args(["-c", FIND]).output()?;
    let path = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    Ok((!path.is_empty()).then(|| path.into()))
}

/// Waits for this test's turn, and joins the running emulator or starts it.
pub(crate) fn join(python: &Path) -> Result<Lease, Error> {
    let at = install(python)?;
    let state = state(&at)?;
    let turn = open(&state.join("turn"))?;
    turn.lock()?;
    let starting = open(&state.join("start.lock"))?;
    starting.lock()?;
    let mut lease = open(&state.join("lease"))?;
    lease.lock_shared()?;
    // Any write updates the modification time, which records the last use of the emulator.
    lease.write_all(b"\n")?;
    let base = match fs::read_to_string(state.join("current")) {
        Ok(base) if answers(&base) => base,
        _ => start(&at, &state)?,
    };
    Ok(Lease {
        base,
        _held: [lease, turn],
    })
}

/// The folder in which the emulator is installed: below the target directory, as `make setup` does it.
fn install(python: &Path) -> Result<PathBuf, Error> {
    let test = std::env::current_exe()?;
    let target = test
        .ancestors()
        .nth(3)
        .ok_or_else(|| unusable("the test runs outside of a target directory"))?;
    let at = target.join("bigquery-emulator");
    let done = Command::new("sh")
        .args(["-c", INSTALL, "install.sh"])
        .args([python, &at])
        .output()?;
    if done.status.success() {
        return Ok(at);
    }
    Err(unusable(&String::from_utf8_lossy(&done.stderr)))
}

/// The directory that the processes share. Another user may have created it first: that one is not taken.
fn state(at: &Path) -> Result<PathBuf, Error> {
    let mut hasher = DefaultHasher::new();
    (at, SUPERVISE).hash(&mut hasher);
    let user = fs::metadata("/proc/self")?.uid();
    let path = PathBuf::from(format!(
        "/tmp/selfsame-bigquery-{user}-{:08x}",
        hasher.finish() & 0xffff_ffff
    ));
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(failure) if failure.kind() != io::ErrorKind::AlreadyExists => return Err(failure.into()),
        _ => {}
    }
    let found = fs::symlink_metadata(&path)?;
    if found.is_dir() && found.uid() == user {
        return Ok(path);
    }
    Err(unusable("its directory in /tmp belongs to another user"))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
}

fn answers(base: &str) -> bool {
    let address = base.strip_prefix("http://").map(str::parse::<SocketAddr>);
    let Some(Ok(address)) = address else { return false };
    TcpStream::connect_timeout(&address, CONNECT_TIME).is_ok()
}

/// Starts the emulator on a free port, and waits until it listens.
fn start(at: &Path, state: &Path) -> Result<String, Error> {
    for entry in fs::read_dir(state)?.flatten() {
        // Of an emulator that was killed.
        if entry.file_name().as_encoded_bytes().starts_with(b"run-") {
            fs::remove_dir_all(entry.path())?;
        }
    }
    let run = state.join(format!("run-{}", std::process::id()));
    fs::create_dir_all(run.join("data"))?;
    let mut supervisor = Command::new("setsid")
        .args(["sh", "-c", SUPERVISE, "supervise.sh"])
        .args([state, &run])
        .arg(GRACE.as_secs().to_string())
        .arg(at.join("venv/bin/local-bigquery"))
        .args(["serve", "--host", "127.0.0.1", "--port", "0", "--grpc-port", "0"])
        .args(["--project", PROJECT])
        .env("HOME", at.join("home"))
        .current_dir(&run)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + START_TIME;
    loop {
        let log = fs::read_to_string(run.join("log")).unwrap_or_default();
        if let Some(base) = listening(&log) {
            fs::write(state.join("current"), base)?;
            return Ok(base.to_owned());
        }
        if supervisor.try_wait()?.is_some() || Instant::now() > deadline {
            return Err(unusable(&log));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The URL in the line of the log that says where the emulator listens.
fn listening(log: &str) -> Option<&str> {
    let (_, rest) = log.split_once("running on ")?;
    let (base, _) = rest.split_once(' ')?;
    Some(base)
}

fn unusable(text: &str) -> Error {
    Error::Unusable(text.to_owned())
}
