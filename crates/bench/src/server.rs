//! The server under test: the built binary, as users run it.

use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running server. Stopped when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts the server and waits until it reports its address.
    pub(crate) fn start(binary: &Path, url: &str, key: &str) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut child = Command::new(binary)
            .args(["serve", "--listen", &address.to_string(), "--database-url", url])
            .env("SELFSAME_BOOTSTRAP_API_KEY", key)
            .env("SELFSAME_LOG_LEVEL", "warn")
            // Exports go to databases of this machine.
            .env("SELFSAME_ALLOW_PRIVATE_NETWORKS", "true")
            .env("SELFSAME_SECRET_KEY", "key-of-the-benchmark-alone-of-no-use-elsewhere")
            .env("SELFSAME_RATE_LIMIT_PER_SECOND", "0")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}: build it first", binary.display()))?;
        let output = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        let ready = lines
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line.contains(&address.to_string()));
        ensure!(ready, "the server did not start");
        // Reads its output to the end, so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self { child, address })
    }

    /// Its address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        self.memory_kib("VmRSS:")
    }

    /// The greatest resident memory that it ever had, in KiB.
    pub(crate) fn peak_kib(&self) -> Result<u64> {
        self.memory_kib("VmHWM:")
    }

    fn memory_kib(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find(|line| line.starts_with(name))
            .with_context(|| format!("no {name}"))?;
        line.split_whitespace()
            .nth(1)
            .and_then(|kib| kib.parse().ok())
            .with_context(|| format!("{name} is no number"))
    }

    /// Checks the invariants while the server runs.
    pub(crate) fn doctor(binary: &Path, url: &str) -> Result<()> {
        let status = Command::new(binary)
            .args(["doctor", "--database-url", url])
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "doctor found violations: {status}");
        Ok(())
    }

    /// Stops the server and waits for its end.
    pub(crate) fn stop(mut self) -> Result<()> {
        let stopped = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()?;
        ensure!(stopped.success(), "kill failed");
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
