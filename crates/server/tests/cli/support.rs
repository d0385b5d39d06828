//! Runs the binary in a separate directory.

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The time-out of short operations. It is generous, because the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A client. Its library needs the cryptography of TLS to be set, although the tests speak plain HTTP.
pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Its output. Asserts that it succeeded and printed no error.
    pub(crate) fn text(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self.stdout
    }

    /// Its error. Asserts that the exit code is `code` and the error is one line.
    pub(crate) fn complaint(&self, code: i32) -> &str {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        self.stderr.trim_end()
    }
}

/// A directory in which the binary runs. Its default database is in there, too.
#[derive(Debug)]
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The binary, without the settings of the environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_selfsame"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SELFSAME_")) {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    /// The same with environment variables.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = self
            .command(arguments)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Starts a server on a free port, and returns when it takes requests.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        self.spawn(arguments, &[]).listening()
    }

    /// Starts a server on a free port.
    pub(crate) fn spawn(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Starting {
        static LOGS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let log = self.path(&format!(
            "log-{}",
            LOGS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
        ));
        let stderr = File::create(&log).unwrap();
        self.spawn_logging(arguments, variables, log, stderr)
    }

    /// Starts a server on a free port, and closes the reading end of its standard error.
    pub(crate) fn spawn_unread(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Starting {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.spawn_logging(arguments, variables, PathBuf::from("/dev/null"), writer)
    }

    fn spawn_logging(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
        log: PathBuf,
        stderr: impl Into<Stdio>,
    ) -> Starting {
        let mut command = self.command(&["serve"]);
        command
            .env("SELFSAME_LISTEN", "127.0.0.1:0")
            .env("SELFSAME_DRAIN_DELAY", "0s")
            .args(arguments)
            .envs(variables.iter().copied());
        command.stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        Starting {
            process: Process { child, log },
            lines,
        }
    }
}

fn lines_of(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            if sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A process that is killed at the end of its test.
#[derive(Debug)]
struct Process {
    child: Child,
    log: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A starting server, which may not take requests yet.
#[derive(Debug)]
pub(crate) struct Starting {
    process: Process,
    lines: Receiver<String>,
}

impl Starting {
    pub(crate) fn listening(self) -> Server {
        let first = self.lines.recv_timeout(PATIENCE);
        let first = first.unwrap_or_else(|_| panic!("no server: {}", fs::read_to_string(&self.process.log).unwrap()));
        let (_, url) = first.split_once(" listens on ").unwrap_or_else(|| panic!("{first}"));
        Server {
            url: url.to_owned(),
            process: self.process,
            lines: self.lines,
            printed: Vec::new(),
            client: client(),
        }
    }
}

/// A server that takes requests.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) client: Client,
    process: Process,
    lines: Receiver<String>,
    /// The lines that were read from `lines`.
    printed: Vec<String>,
}

impl Server {
    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Waits for a line that it prints after its address, and returns it without outer blanks.
    pub(crate) fn line(&mut self, beginning: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            self.printed.push(line.clone());
            if line.trim().starts_with(beginning) {
                return line.trim().to_owned();
            }
        }
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.process.log).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.process.child.id(), name);
    }

    /// Waits for its end, and returns its output after the address.
    pub(crate) fn wait(mut self) -> Ended {
        let status = self.process.child.wait().unwrap();
        // The pipe is closed, so the reader ends.
        self.printed.extend(self.lines.iter());
        let stdout = self.printed.join("\n") + "\n";
        Ended {
            code: status.code(),
            stdout,
            stderr: fs::read_to_string(&self.process.log).unwrap(),
        }
    }

    /// Stops it as a service manager does, and returns its output.
    pub(crate) fn stop(self) -> Ended {
        self.signal("TERM");
        self.wait()
    }

    /// Creates a contact with a key, and returns the status of the answer.
    pub(crate) async fn create_contact(&self, key: &str, external_id: &str) -> u16 {
        self.post_contact(key, external_id)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    }

    pub(crate) fn post_contact(&self, key: &str, external_id: &str) -> RequestBuilder {
        let body = contact(external_id);
        self.client
            .post(format!("{}/api/v1/contact", self.url))
            .basic_auth("", Some(key))
            .json(&body)
    }

    pub(crate) async fn get(&self, key: &str, path: &str) -> Response {
        self.client
            .get(format!("{}{path}", self.url))
            .basic_auth("", Some(key))
            .send()
            .await
            .unwrap()
    }

    /// Its memory without its code, in kB.
    pub(crate) fn anonymous_kilobytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many contacts hold an external ID.
    pub(crate) async fn count(&self, key: &str, external_id: &str) -> usize {
        let found = self
            .get(key, &format!("/api/v1/contacts?externalCustomerId={external_id}"))
            .await;
        found.json::<Vec<Value>>().await.unwrap().len()
    }
}

/// A contact as clients send it.
pub(crate) fn contact(external_id: &str) -> Value {
    json!({
        "externalCustomerId": external_id,
        "channels": [{ "type": "email", "value": format!("{external_id}@example.com") }],
    })
}

/// Sends a signal by the shell, because any other way needs `unsafe`.
fn signal(process: u32, name: &str) {
    let sent = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -{name} {process}"))
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Polls until a condition holds.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "not in {PATIENCE:?}: {what}");
        thread::yield_now();
    }
}

/// The secret in a line of its own.
pub(crate) fn secret_in(text: &str) -> Option<&str> {
    text.lines()
        .map(str::trim)
        .find(|line| line.starts_with("sk_") && !line.contains(' '))
}

/// A `SQLite` URL of a file.
pub(crate) fn sqlite(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}
