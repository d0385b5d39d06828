//! Acknowledged writes survive the death of the process.

use crate::common::{application, child, child_url, lines_of, open, say, url, workspace};
use selfsame_application::Submission;
use selfsame_application::ports::{Identity, Maintenance};
use selfsame_domain::WorkspaceId;
use selfsame_storage_conformance::{Kind, api_call, identifier, run};
use selfsame_storage_sqlite::{SqliteOptions, SqliteStore};
use std::collections::BTreeSet;

const CLIENTS: usize = 8;

/// The child: clients add contacts until it is killed, and report every acknowledgement.
#[test]
fn child_adds_contacts() {
    let Some(url) = child_url() else { return };
    run(async move {
        let (url, round) = url.rsplit_once('#').expect("a round");
        let store = SqliteStore::open(url, SqliteOptions::default())
            .await
            .expect("open the store");
        let app = application(&store);
        let clients = (0..CLIENTS).map(|client| {
            let (app, round) = (app.clone(), round.to_owned());
            async move {
                for number in 0_u64.. {
                    let name = format!("{round}-{client}-{number}");
                    let builder = api_call().external(&name).email(&format!("{name}@example.org"));
                    app.submit(WorkspaceId(1), Submission::of(builder.upsert()))
                        .await
                        .expect("submit");
                    say(&name);
                }
            }
        });
        futures::future::join_all(clients).await;
    });
}

#[test]
fn a_killed_process_loses_nothing_that_it_acknowledged() {
    let directory = tempfile::tempdir().expect("make a directory");
    run(async {
        let store = open(directory.path()).await;
        workspace(&store).await;
        store.close().await.expect("close the store");
    });
    let mut acknowledged = BTreeSet::new();
    for round in 0..4 {
        let mut child = child(
            "durability::child_adds_contacts",
            &format!("{}#{round}", url(directory.path())),
        );
        let mut lines = lines_of(&mut child);
        // A different number each time, so that the child dies at different moments. It continues to write while it is
        // killed.
        acknowledged.extend(lines.by_ref().take(40 + 17 * round));
        child.kill().expect("kill the child");
        acknowledged.extend(lines);
        child.wait().expect("wait for the child");
    }
    assert!(acknowledged.len() >= 4 * 40);
    run(async {
        let store = open(directory.path()).await;
        let mut contacts = BTreeSet::new();
        for name in &acknowledged {
            let key = identifier(Kind::ExternalId, name).key;
            let holders = store.lookup(WorkspaceId(1), &key).await.expect("look up").holders;
            assert_eq!(holders.len(), 1, "{name}");
            contacts.insert(holders[0].contact);
        }
        assert_eq!(contacts.len(), acknowledged.len(), "a contact each");
        assert_eq!(store.violations().await.expect("check the invariants"), []);
    });
}
