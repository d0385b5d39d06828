//! The findings of `doctor` and `migrate`.

use crate::support::{Place, sqlite};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use std::process::Command;

const KEY: &str = "the-first-key-of-this-workspace";

#[tokio::test]
async fn a_database_in_order_is_found_in_order_beside_a_running_server() {
    let place = Place::new();
    let server = place.spawn(&[], &[("SELFSAME_BOOTSTRAP_API_KEY", KEY)]).listening();
    assert_eq!(server.create_contact(KEY, "1").await, 200);
    let text = place.run(&["doctor"]).text();
    assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), 4, "{text}");
    let report: Value = serde_json::from_str(&place.run(&["doctor", "--json"]).text()).unwrap();
    assert_eq!(
        report,
        serde_json::json!({ "status": "ok", "violations": [], "eventsApart": 0, "segments": [] })
    );
}

#[tokio::test]
async fn a_broken_invariant_is_reported_without_values() {
    let place = Place::new();
    let server = place.spawn(&[], &[("SELFSAME_BOOTSTRAP_API_KEY", KEY)]).listening();
    assert_eq!(server.create_contact(KEY, "broken").await, 200);
    server.stop();
    let mut database = SqliteConnection::connect(&sqlite(&place.path("data/selfsame.db")))
        .await
        .unwrap();
    let broken = "UPDATE contacts SET state = 'merged', merged_into = 999, canonical_id = 999";
    assert_eq!(
        sqlx::query(broken)
            .execute(&mut database)
            .await
            .unwrap()
            .rows_affected(),
        1
    );
    database.close().await.unwrap();

    let ended = place.run(&["doctor"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    assert!(
        ended.stdout.contains("FAIL  rules of identity are broken"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("workspace 1: the canonical contact of 1 is stored as 999"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("example.com"), "{}", ended.stdout);
    let ended = place.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &report["status"]), (Some(1), &"violations".into()));
}

/// A limit of the file size simulates a full disk: the database is complete, and no file of 1 MiB can be written.
#[tokio::test]
async fn a_full_disk_is_noticed() {
    let place = Place::new();
    place.serve(&[]).stop();
    let binary = env!("CARGO_BIN_EXE_selfsame");
    let doctor = |limit: &str| {
        let mut shell = Command::new("bash");
        // The ignored signal turns the end of the process into an error of the write.
        shell.args([
            "-c",
            "trap '' XFSZ; ulimit -f \"$1\"; exec \"$2\" doctor",
            "bash",
            limit,
            binary,
        ]);
        let ended = shell.current_dir(place.path("")).output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    };
    assert_eq!(doctor("unlimited"), (Some(0), String::new()));
    // In KiB: larger than the database, and smaller than the test write.
    let (code, complaint) = doctor("1000");
    assert_eq!(code, Some(2), "{complaint}");
    assert!(
        complaint.contains("the disk of the database takes no more data"),
        "{complaint}"
    );
    assert!(!place.path("data/selfsame.db.doctor").exists());
}

#[test]
fn a_database_that_cannot_be_checked_is_said_to_be() {
    let place = Place::new();
    assert!(place.run(&["doctor"]).complaint(2).contains("there is no database yet"));
    let ended = place.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &report["status"]), (Some(2), &"unchecked".into()));
    assert!(!place.path("data").exists());
}

#[tokio::test]
async fn migrate_says_what_it_did_and_others_ask_for_it() {
    let place = Place::new();
    let applied = place.run(&["migrate"]).text();
    let expected = "sqlite://./data/selfsame.db is up to date: it lacked migrations 0001 tables, 0002 imports, 0003 import undo, \
         0004 segment formulas, 0005 exports, 0006 import files, 0007 console users, 0008 change feed, 0009 search, 0010 webhooks, 0011 segment record, \
         0012 deleted segments, 0013 segment due, 0014 console lists, 0015 segment counts, 0016 sign in";
    assert!(applied.starts_with(expected), "{applied}");
    assert_eq!(
        place.run(&["migrate"]).text(),
        "sqlite://./data/selfsame.db is up to date, nothing to do\n"
    );
    assert_eq!(place.run(&["workspace", "list"]).text(), "ID  NAME  CREATED\n");

    let mut database = SqliteConnection::connect(&sqlite(&place.path("data/selfsame.db")))
        .await
        .unwrap();
    sqlx::query("PRAGMA user_version = 0")
        .execute(&mut database)
        .await
        .unwrap();
    database.close().await.unwrap();
    for complaint in [
        place.run(&["key", "list"]).complaint(1),
        place.run(&["doctor"]).complaint(2),
    ] {
        let lacks = "the database lacks migrations 0001 tables, 0002 imports, 0003 import undo, 0004 segment formulas, \
                     0005 exports, 0006 import files, 0007 console users, 0008 change feed, 0009 search, 0010 webhooks, 0011 segment record, \
                     0012 deleted segments, 0013 segment due, 0014 console lists, 0015 segment counts, 0016 sign in";
        assert!(
            complaint.contains(lacks) && complaint.contains("; run `selfsame migrate`"),
            "{complaint}"
        );
    }
}

#[tokio::test]
async fn a_release_runs_on_a_database_that_the_next_one_has_expanded() {
    let place = Place::new();
    place.run(&["migrate"]).text();
    let mut database = SqliteConnection::connect(&sqlite(&place.path("data/selfsame.db")))
        .await
        .unwrap();
    sqlx::query("PRAGMA user_version = 9999")
        .execute(&mut database)
        .await
        .unwrap();
    database.close().await.unwrap();
    assert_eq!(place.serve(&[]).stop().code, Some(0));
    assert!(place.run(&["doctor"]).text().contains("no rule of identity is broken"));
}
