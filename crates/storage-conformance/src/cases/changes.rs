//! The change feed.

use crate::{Backend, Fixture, api_call, erase, keep, keep_order, merge_of, remove, undo};
use futures::future::join_all;
use selfsame_application::ports::{Clock, PruneUpTo, StorageError};
use selfsame_application::{ChangeQuery, ChangesError, Submission};
use selfsame_domain::{ChangeKind, ContactId, OrderStatus, Revision, WorkspaceId};
use std::collections::BTreeSet;

type ChangeOf = (ChangeKind, ContactId);

fn query(after: i64, limit: u32) -> ChangeQuery {
    ChangeQuery {
        after: Some(Revision(after)),
        limit,
        kinds: ChangeKind::ALL.into(),
    }
}

/// All changes after a revision, in pages of about so many, and the last revision.
async fn read(f: &Fixture<'_>, after: Revision, limit: u32) -> (Vec<ChangeOf>, Revision) {
    let (mut found, mut after) = (Vec::new(), after);
    loop {
        let page = f
            .app()
            .changes(f.workspace, &query(after.0, limit))
            .await
            .expect("read");
        let mut last = after;
        for change in &page.items {
            assert!(last <= change.revision && change.revision <= page.next, "{page:?}");
            last = change.revision;
        }
        found.extend(page.items.iter().map(|change| (change.kind, change.contact)));
        if page.next == after {
            return (found, after);
        }
        after = page.next;
    }
}

async fn now(f: &Fixture<'_>) -> Revision {
    let query = ChangeQuery {
        after: None,
        ..query(0, 1)
    };
    let page = f.app().changes(f.workspace, &query).await.expect("read");
    assert_eq!(page.items, []);
    page.next
}

pub async fn changes_of_contacts_are_listed_in_commit_order(backend: &mut dyn Backend) {
    use ChangeKind::{Created, Erased, Merged, Removed, Restored, Unmerged, Updated};
    let f = Fixture::new(backend).await;
    let begin = now(&f).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    f.decide(api_call().external("ann").first("Ann").upsert()).await;
    f.decide(api_call().external("ann").first("Ann").upsert()).await;
    f.decide(remove(ann)).await;
    f.decide(api_call().external("ann").upsert()).await;
    let merged = f.decide(crate::merge(ann, bob)).await;
    f.decide(undo(merge_of(&merged))).await;
    let (found, end) = read(&f, begin, 100).await;
    assert_eq!(
        found,
        [
            (Created, ann),
            (Created, bob),
            (Updated, ann),
            (Removed, ann),
            (Restored, ann),
            (Updated, ann),
            (Merged, bob),
            (Updated, ann),
            (Unmerged, bob),
        ]
    );
    assert_eq!(end, now(&f).await);
    for limit in [1, 2, 3] {
        assert_eq!(read(&f, begin, limit).await, (found.clone(), end), "pages of {limit}");
    }
    f.decide(erase(bob)).await;
    let (left, _) = read(&f, begin, 2).await;
    let of_ann: Vec<ChangeOf> = found.into_iter().filter(|(_, contact)| *contact == ann).collect();
    assert_eq!(
        left,
        [of_ann, vec![(Erased, bob)]].concat(),
        "an erasure takes what came before"
    );
}

pub async fn a_contact_that_loses_something_is_updated(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").device("d").upsert()).await;
    let begin = now(&f).await;
    let bob = f.id(api_call().external("bob").device("d").upsert()).await;
    let (found, begin) = read(&f, begin, 1).await;
    assert_eq!(found, [(ChangeKind::Updated, ann), (ChangeKind::Created, bob)]);
    // What contacts do and order is no change of theirs.
    f.decide(keep(api_call().external("bob").happened("Login"))).await;
    let at = f.clock().now();
    f.decide(keep_order(api_call().external("bob").ordered(
        "1",
        OrderStatus::Delivered,
        at,
    )))
    .await;
    assert_eq!(read(&f, begin, 1).await.0, []);
}

pub async fn the_feed_is_filtered_by_kind(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    f.decide(api_call().external("ann").first("Ann").upsert()).await;
    f.decide(remove(ann)).await;
    let query = ChangeQuery {
        kinds: BTreeSet::from([ChangeKind::Removed]),
        ..query(0, 2)
    };
    let page = f.app().changes(f.workspace, &query).await.expect("read");
    assert_eq!(page.items, [], "the first two are of other kinds");
    let query = ChangeQuery {
        after: Some(page.next),
        ..query
    };
    let page = f.app().changes(f.workspace, &query).await.expect("read");
    let found: Vec<ChangeOf> = page.items.iter().map(|change| (change.kind, change.contact)).collect();
    assert_eq!(found, [(ChangeKind::Removed, ann)]);
    assert_eq!(page.next, now(&f).await);
}

pub async fn a_commit_is_never_cut(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let begin = now(&f).await;
    let names = ["a", "b", "c"];
    f.decide_all(names.map(|name| api_call().external(name).upsert()).into())
        .await;
    f.decide(api_call().external("d").upsert()).await;
    let page = f.app().changes(f.workspace, &query(begin.0, 2)).await.expect("read");
    assert_eq!(page.items.len(), 3);
    let page = f
        .app()
        .changes(f.workspace, &query(page.next.0, 2))
        .await
        .expect("read");
    assert_eq!(page.items.len(), 1);
}

/// While several servers write, a reader that follows sees every change once.
pub async fn a_reader_misses_nothing_while_servers_write(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let begin = now(&f).await;
    let servers = [f.second_server(), f.second_server()];
    let number = |server: usize, round: usize| format!("{server}-{round}");
    let write = async |server: usize| {
        for round in 0..20 {
            let command = api_call().external(&number(server, round)).upsert();
            let written = servers[server].submit(f.workspace, Submission::of(command)).await;
            written.expect("submit");
        }
    };
    let follow = async {
        let (mut seen, mut after) = (Vec::new(), begin);
        while seen.len() < 40 {
            let page = f.app().changes(f.workspace, &query(after.0, 3)).await.expect("read");
            seen.extend(page.items.iter().map(|change| (change.revision, change.contact)));
            after = page.next;
            tokio::task::yield_now().await;
        }
        seen
    };
    let (_, seen) = futures::join!(join_all([write(0), write(1)]), follow);
    let contacts: BTreeSet<ContactId> = seen.iter().map(|(_, contact)| *contact).collect();
    assert_eq!(contacts, f.all().await.into_iter().collect());
    assert_eq!(contacts.len(), seen.len(), "a change came twice");
    let mut ordered = seen.clone();
    ordered.sort_by_key(|(revision, _)| *revision);
    assert_eq!(ordered, seen);
}

pub async fn a_place_that_is_forgotten_or_unknown_is_refused(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let before = now(&f).await;
    f.decide(erase(ann)).await;
    let latest = now(&f).await;
    let up_to = PruneUpTo {
        contacts: before,
        others: latest,
    };
    assert_eq!(f.store().prune_deleted(f.workspace, up_to).await.expect("prune"), 0);
    assert_eq!(read(&f, before, 10).await.0, [(ChangeKind::Erased, ann)]);
    let up_to = PruneUpTo {
        contacts: latest,
        others: Revision(0),
    };
    assert_eq!(f.store().prune_deleted(f.workspace, up_to).await.expect("prune"), 1);
    let changes_after = async |after: Revision| f.app().changes(f.workspace, &query(after.0, 10)).await;
    let refused = changes_after(before).await;
    assert!(
        matches!(refused, Err(ChangesError::TooOld { begins }) if begins == latest),
        "{refused:?}"
    );
    assert_eq!(changes_after(latest).await.expect("read").next, latest);
    let refused = changes_after(latest.next()).await;
    assert!(
        matches!(refused, Err(ChangesError::Ahead { latest: reported }) if reported == latest),
        "{refused:?}"
    );
    f.enter_new_workspace("two").await;
    assert_eq!(read(&f, Revision(0), 10).await.0, [], "a feed is of one workspace");
    let refused = f
        .store()
        .logged(WorkspaceId(f.workspace.0 + 1_000), Revision(0), 1)
        .await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}
