//! The built binary, as users run it.

use crate::client::Client;
use anyhow::{Context, Result, ensure};
use selfsame_pg_fixture::TestDatabase;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The first key of every database.
const KEY: &str = "sk_end_to_end_0000000000000000";

/// The database that a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A new file.
    Sqlite,
    /// A new database on the shared server.
    Postgres,
}

/// A running server and its database. Dropping it ends the server and deletes the database.
#[derive(Debug)]
pub struct Selfsame {
    child: Option<Child>,
    base: String,
    url: String,
    _directory: TempDir,
    _database: Option<TestDatabase>,
}

/// The built binary: beside the test's own, where cargo puts all of them.
pub fn binary() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let profile = test
        .ancestors()
        .nth(2)
        .context("the test runs outside of a target directory")?;
    let binary = profile.join("selfsame");
    ensure!(
        binary.exists(),
        "{} is missing: run `cargo build --bin selfsame`",
        binary.display()
    );
    Ok(binary)
}

impl Selfsame {
    /// Starts a server on a new database.
    pub async fn start(on: Database) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let (url, database) = match on {
            Database::Sqlite => (format!("sqlite://{}/test.db", directory.path().display()), None),
            Database::Postgres => {
                let server = selfsame_pg_fixture::server().await?;
                let database = server
                    .database("end_to_end_empty", |_| async { Ok::<(), std::io::Error>(()) })
                    .await?;
                (database.url().to_owned(), Some(database))
            }
        };
        let mut server = Self {
            child: None,
            base: String::new(),
            url,
            _directory: directory,
            _database: database,
        };
        server.run()?;
        Ok(server)
    }

    /// A second server on the same database.
    pub fn another(&self) -> Result<Running> {
        let (child, base) = launch(&self.url)?;
        Ok(Running { child, base })
    }

    fn run(&mut self) -> Result<()> {
        let (child, base) = launch(&self.url)?;
        (self.child, self.base) = (Some(child), base);
        Ok(())
    }

    /// Kills the server as a crash would (SIGKILL), and starts it again.
    pub fn crash_and_restart(&mut self) -> Result<()> {
        self.kill();
        self.run()
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only for a process that has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Its base URL, such as `http://127.0.0.1:1234`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The URL of its database.
    pub fn database_url(&self) -> &str {
        &self.url
    }

    /// A client with full rights on the default workspace.
    pub fn client(&self) -> Client {
        Client::new(&self.base, KEY)
    }

    /// Runs a sub-command on the same database.
    pub fn command(&self, arguments: &[&str]) -> Result<Output> {
        Ok(Command::new(binary()?)
            .args(arguments)
            .env("SELFSAME_DATABASE_URL", &self.url)
            .output()?)
    }

    /// Makes a key of a workspace, which is made when it does not exist; returns its secret.
    pub fn key(&self, workspace: &str, rights: &str) -> Result<String> {
        // An existing workspace makes it fail, which is fine.
        self.command(&["workspace", "create", workspace])?;
        let made = self.command(&[
            "key",
            "create",
            "--workspace",
            workspace,
            "--name",
            "test",
            "--rights",
            rights,
        ])?;
        let text = String::from_utf8(made.stdout)?;
        let secret = text
            .split(|c: char| c.is_whitespace() || c == '"')
            .find(|word| word.starts_with("sk_"));
        secret.map(str::to_owned).with_context(|| format!("no key in {text}"))
    }
}

impl Drop for Selfsame {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A further server; it is killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    base: String,
}

impl Running {
    /// A client with full rights on the default workspace.
    pub fn client(&self) -> Client {
        Client::new(&self.base, KEY)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server on a free port, and returns when it has printed its address.
fn launch(url: &str) -> Result<(Child, String)> {
    let mut child = Command::new(binary()?)
        .args(["serve", "--listen", "127.0.0.1:0", "--database-url", url])
        .env("SELFSAME_BOOTSTRAP_API_KEY", KEY)
        .env("SELFSAME_LOG_LEVEL", "error")
        .env("SELFSAME_DRAIN_DELAY", "0s")
        .env("SELFSAME_ALLOW_PRIVATE_NETWORKS", "true")
        .env("SELFSAME_SECRET_KEY", "end-to-end-secret-key-0000000000")
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().context("no output")?;
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let base = lines.by_ref().find_map(|line| {
        let start = line.find("http://")?;
        let address = line[start..].split_whitespace().next()?;
        Some(address.trim_end_matches(['/', '.']).to_owned())
    });
    // The rest of its output is read and dropped, so that it never blocks on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let base = base.context("the server did not say where it listens")?;
    Ok((child, base))
}
