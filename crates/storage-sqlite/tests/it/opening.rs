//! Opening a store: what is refused, what is created, and concurrent openings.

use crate::common::{child, child_of, child_url, decide, lines_of, open, say, url};
use selfsame_application::ports::{ApiKey, Contacts, KeyToStore, Maintenance, StorageError, Workspaces};
use selfsame_domain::{KeyId, Rights, Timestamp, WorkspaceId};
use selfsame_storage_conformance::{api_call, run};
use selfsame_storage_sqlite::{SqliteOptions, SqliteStore};
use std::fs::Permissions;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;

async fn reason(url: &str) -> String {
    match SqliteStore::open(url, SqliteOptions::default()).await {
        Err(StorageError::Unavailable { reason }) => reason,
        Err(error) => panic!("{url}: {error:?}"),
        Ok(_) => panic!("{url} was opened"),
    }
}

#[test]
fn memory_is_refused() {
    run(async {
        for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://x.db?mode=memory"] {
            assert!(reason(url).await.contains("in memory"), "{url}");
        }
    });
}

#[test]
fn a_file_that_cannot_be_used_gives_one_clear_error() {
    let directory = tempfile::tempdir().expect("make a directory");
    std::fs::write(
        directory.path().join("text.db"),
        "this is no database, as anybody can see".repeat(99),
    )
    .expect("write");
    run(async {
        let at = |name: &str| format!("sqlite://{}/{name}", directory.path().display());
        assert_eq!(reason(&at("text.db")).await, "the file is not a SQLite database");
        assert!(reason(&at("")).await.contains("unable to open"));
        assert!(
            reason(&at("text.db/below.db"))
                .await
                .contains("directory of the database")
        );
        let missing = directory.path().join("no/such");
        let why = reason(&format!("sqlite://{}/x.db", missing.display())).await;
        assert!(why.contains(&missing.display().to_string()), "{why}");
        assert!(
            !directory.path().join("no").exists(),
            "a mistyped path begins no database"
        );
    });
}

#[test]
fn the_directory_is_made_and_data_stay() {
    let directory = tempfile::tempdir().expect("make a directory");
    let below = directory.path().join("b c");
    run(async {
        let store = open(&below).await;
        let (app, workspace) = crate::common::workspace(&store).await;
        let made = decide(&app, workspace, api_call().external("one").upsert()).await;
        store.ping().await.expect("ping");
        store.migrate().await.expect("migrate again");
        store.close().await.expect("close the store");
        assert!(matches!(store.ping().await, Err(StorageError::Unavailable { .. })));
        let store = open(&below).await;
        let found = store
            .contact(workspace, made.contact.expect("a contact"))
            .await
            .expect("read");
        assert_eq!(found.expect("the contact").contact.external_id(), Some("one"));
    });
}

fn key() -> KeyToStore {
    let (id, workspace, created_at) = (KeyId(uuid::Uuid::nil()), WorkspaceId(0), Timestamp::UNIX_EPOCH);
    let (name, prefix, rights) = ("key".to_owned(), "sk".to_owned(), Rights::Full);
    let (expires_at, last_used_at, revoked_at) = (None, None, None);
    let key = ApiKey {
        id,
        workspace,
        name,
        prefix,
        rights,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
    };
    KeyToStore {
        key,
        digest: vec![7; 32],
    }
}

/// The child: waits for the start signal, then opens a file that may not exist yet, and creates the first workspace in
/// it.
#[test]
fn child_starts_a_server() {
    let Some(url) = child_url() else { return };
    std::io::stdin().read_exact(&mut [0]).expect("wait for the word");
    run(async move {
        let store = SqliteStore::open(&url, SqliteOptions::default())
            .await
            .expect("open the store");
        let made = store
            .bootstrap("first", &key(), Timestamp::UNIX_EPOCH)
            .await
            .expect("bootstrap");
        say(if made { "made" } else { "there" });
    });
}

#[test]
fn several_processes_start_at_once_on_a_new_file() {
    for _ in 0..3 {
        let directory = tempfile::tempdir().expect("make a directory");
        let mut children: Vec<_> = (0..6)
            .map(|_| child("opening::child_starts_a_server", &url(directory.path())))
            .collect();
        for child in &mut children {
            child
                .stdin
                .as_mut()
                .expect("the child's input")
                .write_all(b"!")
                .expect("give the word");
        }
        let mut made = Vec::new();
        for mut child in children {
            made.extend(lines_of(&mut child));
            assert!(child.wait().expect("wait for the child").success());
        }
        made.sort();
        assert_eq!(made, ["made", "there", "there", "there", "there", "there"]);
        run(async {
            let store = open(directory.path()).await;
            assert_eq!(store.workspaces().await.expect("read workspaces").len(), 1);
        });
    }
}

/// The child: reports why a file cannot be opened.
#[test]
fn child_prints_error() {
    let Some(url) = child_url() else { return };
    run(async move {
        say(&reason(&url).await);
    });
}

#[test]
fn a_read_only_file_gives_one_clear_error() {
    let directory = tempfile::tempdir().expect("make a directory");
    let data = directory.path().join("data");
    run(async { open(&data).await.close().await.expect("close the store") });
    let set = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("set rights");
    set(&data.join("selfsame.db"), 0o444);
    set(&data, 0o555);
    set(directory.path(), 0o755);
    let why = error_without_permission(directory.path(), &url(&data));
    set(&data, 0o755);
    assert_eq!(why, ["the database file is read-only"]);
}

/// The error of a process without write permission. Root may write everywhere, so the child runs as another user.
fn error_without_permission(directory: &Path, url: &str) -> Vec<String> {
    let binary = directory.join("test");
    let running = std::env::current_exe().expect("find the test binary");
    if std::fs::hard_link(&running, &binary).is_err() {
        std::fs::copy(&running, &binary).expect("copy the test binary");
    }
    let mut command = child_of(&binary, "opening::child_prints_error", url);
    command.current_dir(directory);
    if std::fs::metadata("/proc/self").expect("who am I").uid() == 0 {
        command.uid(65_534).gid(65_534);
    }
    let mut child = command.spawn().expect("start a child");
    let why = lines_of(&mut child).collect();
    assert!(child.wait().expect("wait for the child").success());
    why
}
