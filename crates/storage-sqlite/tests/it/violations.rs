//! The SQL checks of the invariants find every kind of damage.

use crate::common::{decide, open, url, workspace};
use rusqlite::Connection;
use selfsame_application::ports::Maintenance;
use selfsame_domain::{ContactId, Revision, Violation, WorkspaceId};
use selfsame_storage_conformance::{Kind, api_call, force_merge, identifier, run};
use std::collections::BTreeSet;
use std::path::Path;

/// A store with contacts 1 to 5, of which 3 is absorbed by 2 and 2 by 1, with the damage applied.
async fn found_after(directory: &Path, damage: &'static str) -> Vec<Violation> {
    let store = open(directory).await;
    let (app, workspace) = workspace(&store).await;
    for name in ["a", "b", "c", "d", "e"] {
        let builder = api_call()
            .external(name)
            .with(Kind::Cookie, &format!("cookie-{name}"))
            .segment("s");
        decide(&app, workspace, builder.upsert()).await;
    }
    for (survivor, absorbed) in [(2, 3), (1, 2)] {
        decide(&app, workspace, force_merge(ContactId(survivor), ContactId(absorbed))).await;
    }
    assert_eq!(store.violations().await.expect("check"), [], "before the damage");
    store.close().await.expect("close the store");
    let url = url(directory);
    let connection = Connection::open(url.trim_start_matches("sqlite://")).expect("connect");
    for sql in ["PRAGMA ignore_check_constraints = ON", damage] {
        connection.execute_batch(sql).expect("do damage");
    }
    connection.close().expect("close");
    let found = open(directory).await.violations().await.expect("check");
    assert!(found.iter().all(|(workspace, _)| *workspace == WorkspaceId(1)));
    found.into_iter().map(|(_, violation)| violation).collect()
}

fn damage(sql: &'static str) -> Vec<Violation> {
    let directory = tempfile::tempdir().expect("make a directory");
    run(found_after(directory.path(), sql))
}

fn orphan(what: &str, owner: i64) -> Violation {
    Violation::Orphan {
        what: what.to_owned(),
        owner: ContactId(owner),
    }
}

#[test]
fn an_exclusive_identifier_with_two_owners() {
    let found = damage(
        "DROP INDEX identifiers_exclusive;
         INSERT INTO identifiers SELECT workspace_id, kind, value, 4, 4, typed, state, hidden_by, channels, details,
            confirmed, source, first_seen, last_seen, revision
         FROM identifiers WHERE kind = 8 AND value = 'cookie-e'",
    );
    let key = identifier(Kind::Cookie, "cookie-e").key;
    assert_eq!(
        found,
        [Violation::TwoOwners {
            key,
            owners: BTreeSet::from([ContactId(4), ContactId(5)])
        }]
    );
}

#[test]
fn a_cycle_of_merges() {
    let found = damage(
        "UPDATE contacts SET state = 'merged', merged_into = 5, canonical_id = 5 WHERE contact_id = 4;
         UPDATE contacts SET state = 'merged', merged_into = 4, canonical_id = 4 WHERE contact_id = 5",
    );
    let cycle = |contact| Violation::MergeCycle {
        contact: ContactId(contact),
    };
    assert!(found.contains(&cycle(4)) && found.contains(&cycle(5)), "{found:?}");
    assert!(
        found.contains(&orphan("identifier", 4)) && found.contains(&orphan("membership", 5)),
        "{found:?}"
    );
}

#[test]
fn a_chain_that_leads_elsewhere_or_nowhere() {
    let wrong = |contact, canonical| {
        let (contact, canonical) = (ContactId(contact), ContactId(canonical));
        Violation::WrongCanonical { contact, canonical }
    };
    assert_eq!(
        damage("UPDATE contacts SET canonical_id = 4 WHERE contact_id = 3"),
        [wrong(3, 4)]
    );
    assert_eq!(
        damage("UPDATE contacts SET canonical_id = 4 WHERE contact_id = 5"),
        [wrong(5, 4)]
    );
    let gone = "UPDATE contacts SET merged_into = 77, canonical_id = 77 WHERE contact_id = 2;
        UPDATE contacts SET canonical_id = 77 WHERE contact_id = 3";
    let contact = ContactId(2);
    assert_eq!(
        damage(gone),
        [wrong(2, 77), wrong(3, 77), Violation::UnrecordedMerge { contact }]
    );
}

#[test]
fn orphans() {
    let found =
        damage("DELETE FROM contacts WHERE contact_id = 5; UPDATE revisions SET active_contacts = active_contacts - 1");
    let expected = ["decision", "identifier", "membership", "visitor"].map(|what| orphan(what, 5));
    assert_eq!(found.iter().collect::<BTreeSet<_>>(), expected.iter().collect());
    let found = damage("UPDATE identifiers SET owner_id = 3 WHERE kind = 8 AND value = 'cookie-c'");
    assert_eq!(found, [orphan("identifier", 3)]);
}

#[test]
fn two_external_ids_of_its_own() {
    let found = damage("UPDATE identifiers SET home_id = 1 WHERE kind = 1 AND value = 'b'");
    assert_eq!(found, [Violation::TwoExternalIds { contact: ContactId(1) }]);
}

#[test]
fn a_merge_that_no_record_could_undo() {
    let unrecorded = |contact| Violation::UnrecordedMerge {
        contact: ContactId(contact),
    };
    assert_eq!(damage("DELETE FROM merges"), [unrecorded(2), unrecorded(3)]);
    assert_eq!(
        damage("UPDATE merges SET undone_at = merged_at WHERE absorbed_id = 3"),
        [unrecorded(3)]
    );
    assert_eq!(
        damage("UPDATE merges SET survivor_id = 5 WHERE absorbed_id = 2"),
        [unrecorded(2)]
    );
}

#[test]
fn a_total_that_is_not_the_number_of_active_contacts() {
    let found = damage("UPDATE revisions SET active_contacts = active_contacts + 3");
    assert!(
        matches!(found[..], [Violation::WrongTotal { kept, found }] if kept == found + 3),
        "{found:?}"
    );
}

#[test]
fn a_row_of_a_commit_to_come() {
    assert_eq!(
        damage("UPDATE contacts SET revision = 1000 WHERE contact_id = 4"),
        [Violation::RevisionAhead {
            what: "contact".to_owned(),
            revision: Revision(1000)
        }]
    );
    assert_eq!(
        damage(
            "INSERT INTO segments (workspace_id, segment_id, name, created_at, revision) VALUES (1, 77, 'new', 0, 1001)"
        ),
        [Violation::RevisionAhead {
            what: "segment".to_owned(),
            revision: Revision(1001)
        }]
    );
}
