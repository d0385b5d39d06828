//! Erased data is removed from the file.

use crate::common::{decide, open, workspace};
use selfsame_storage_conformance::{api_call, contact_of, erase, merge, merge_of, run, undo};
use std::path::Path;

/// How often a text occurs in the files of a directory.
fn count(directory: &Path, text: &str) -> usize {
    let files = std::fs::read_dir(directory).expect("list the files");
    let bytes = files.map(|file| std::fs::read(file.expect("a file").path()).expect("read a file"));
    bytes
        .map(|bytes| {
            bytes
                .windows(text.len())
                .filter(|part| *part == text.as_bytes())
                .count()
        })
        .sum()
}

#[test]
fn the_file_has_nothing_of_an_erased_contact() {
    let directory = tempfile::tempdir().expect("make a directory");
    run(async {
        let store = open(directory.path()).await;
        let (app, workspace) = workspace(&store).await;
        let decide = async |command| decide(&app, workspace, command).await;
        let survivor = contact_of(&decide(api_call().external("stays").upsert()).await);
        let builder = api_call()
            .email("gone@example.com")
            .sms("+380501234567")
            .first("Gonerla");
        let erased = contact_of(&decide(builder.mobile("app", "gone-token").device("gone-device").upsert()).await);
        let merged = merge_of(&decide(merge(survivor, erased)).await);
        decide(
            api_call()
                .external("stays")
                .email("gone@example.com")
                .first("Ann")
                .upsert(),
        )
        .await;
        decide(api_call().external("stays").email("stays@example.com").upsert()).await;
        decide(undo(merged)).await;
        decide(api_call().external("stays").mobile("app", "was-both-s").upsert()).await;
        decide(
            api_call()
                .email("gone@example.com")
                .mobile("app", "was-both-s")
                .upsert(),
        )
        .await;
        app.close().await;
        drop(app);
        store.close().await.expect("close the store");
        assert!(count(directory.path(), "gone") > 0 && count(directory.path(), "Gonerla") > 0);
        let store = open(directory.path()).await;
        let app = crate::common::application(&store);
        crate::common::decide(&app, workspace, erase(erased)).await;
        app.close().await;
        store.close().await.expect("close the store");
        for text in ["gone", "Gonerla", "501234567"] {
            assert_eq!(count(directory.path(), text), 0, "{text}");
        }
        for text in ["stays@example.com", "was-both-s"] {
            assert!(count(directory.path(), text) > 0, "{text}");
        }
    });
}
