//! Helpers of this adapter's tests.

#![allow(dead_code, reason = "every test binary uses some of it")]

use selfsame_application::{Application, Options, Submission};
use selfsame_domain::{Command, Decision, WorkspaceId};
use selfsame_storage_conformance::{ManualClock, SequenceIds};
use selfsame_storage_sqlite::{SqliteOptions, SqliteStore};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Arc;

/// The URL of the file that these tests use in a directory.
pub(crate) fn url(directory: &Path) -> String {
    format!("sqlite://{}/selfsame.db", directory.display())
}

pub(crate) async fn open(directory: &Path) -> SqliteStore {
    SqliteStore::open(&url(directory), SqliteOptions::default())
        .await
        .expect("open the store")
}

pub(crate) fn application(store: &SqliteStore) -> Application {
    let (clock, ids) = (Arc::new(ManualClock::new()), Arc::new(SequenceIds::new()));
    Application::new(Arc::new(store.clone()), clock, ids, Options::default())
}

/// A workspace in a new store.
pub(crate) async fn workspace(store: &SqliteStore) -> (Application, WorkspaceId) {
    let app = application(store);
    let workspace = app.create_workspace("one").await.expect("make a workspace").id;
    (app, workspace)
}

pub(crate) async fn decide(app: &Application, workspace: WorkspaceId, command: Command) -> Decision {
    app.submit(workspace, Submission::of(command))
        .await
        .expect("submit")
        .remove(0)
}

/// The variable that makes a test the child of another one; it contains the URL of the file.
const CHILD: &str = "SELFSAME_TEST_CHILD";

/// The URL that this process works on, when it is a child.
pub(crate) fn child_url() -> Option<String> {
    std::env::var(CHILD).ok()
}

/// Prepares a process that runs one test of a binary, which calls [`child_url`].
pub(crate) fn child_of(binary: &Path, test: &str, url: &str) -> std::process::Command {
    let mut command = std::process::Command::new(binary);
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, url);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

/// As [`child_of`], from the running binary.
pub(crate) fn child(test: &str, url: &str) -> Child {
    let binary = std::env::current_exe().expect("find the test binary");
    child_of(&binary, test, url).spawn().expect("start a child")
}

/// In a child: sends a line to the parent. The test harness may have written the start of the line.
pub(crate) fn say(text: &str) {
    writeln!(std::io::stdout().lock(), "=> {text}").expect("say it");
}

/// The lines that a child sends until it ends.
pub(crate) fn lines_of(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let output: ChildStdout = child.stdout.take().expect("the child's output");
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    lines.filter_map(|line| line.split_once("=> ").map(|(_, text)| text.to_owned()))
}
