//! Nothing matches across workspaces.

use super::kinds::{alone, sample, values};
use crate::{Backend, Fixture, Kind, api_call, force_merge, identifier, merge_of, observe, undo};
use selfsame_application::ports::{Basis, Commit, ReadRequest, SegmentQuery, StorageError};
use selfsame_domain::{ChangeSet, Command, ContactId, ContactRef, IdentifierKind, Outcome, Rejection, WorkspaceId};

pub async fn one_identifier_in_two_workspaces(backend: &mut dyn Backend, kind: IdentifierKind) {
    let mut f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let keys = [sample(kind).key];
    let builder = || alone(kind, value).segment("s").upsert();
    let first = f.decide(builder()).await;
    let before = observe(f.store(), f.workspace, ContactId(3), &keys).await;
    let one = f.enter_new_workspace("two").await;
    assert!(f.holders(&keys[0]).await.is_empty());
    assert!(f.lookup(&keys[0]).await.holders.is_empty());
    assert!(f.store().token_owner(f.workspace, &keys).await.expect("read").is_none());
    assert!(!f.is_there(ContactId(1)).await);
    let second = f.decide(builder()).await;
    assert_eq!(
        (second.outcome, second.contact),
        (Outcome::Created, first.contact),
        "numbers are per workspace"
    );
    f.decide(api_call().external("x").with(kind, value).first("Ann").upsert())
        .await;
    f.decide(crate::erase(ContactId(1))).await;
    f.workspace = one;
    assert_eq!(
        observe(f.store(), one, ContactId(3), &keys).await,
        before,
        "the other workspace noticed nothing"
    );
}

pub async fn contact_ids_of_another_workspace_name_no_contact(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for external in ["a", "b", "c"] {
        ids.push(
            f.id(api_call().external(external).segment("s").cookie(external).upsert())
                .await,
        );
    }
    let merge = merge_of(&f.decide(force_merge(ids[0], ids[1])).await);
    let segment = f.segment("s").await;
    let before = observe(f.store(), f.workspace, ContactId(5), &[]).await;
    let one = f.enter_new_workspace("two").await;
    f.id(api_call().external("z").upsert()).await;
    assert_eq!(f.decide(undo(merge)).await.rejection, Some(Rejection::MergeNotFound));
    assert!(f.store().merge(f.workspace, merge).await.expect("read").is_none());
    assert!(f.store().merges(f.workspace, None, 10).await.expect("read").is_empty());
    assert!(
        f.store()
            .merges(f.workspace, Some(merge), 10)
            .await
            .expect("read")
            .is_empty()
    );
    let query = SegmentQuery {
        segment,
        by_time: false,
        ascending: true,
        offset: 0,
        limit: 9,
    };
    assert!(f.store().in_segment(f.workspace, &query).await.expect("read").is_none());
    let detach = Command::Detach {
        segment,
        contacts: vec![ContactRef::Id(ids[2])],
    };
    assert_eq!(f.decide(detach).await.rejection, Some(Rejection::SegmentNotFound));
    assert_eq!(
        f.decide(crate::erase(ids[2])).await.rejection,
        Some(Rejection::ContactNotFound)
    );
    assert!(f.store().emails(f.workspace, &ids).await.expect("read").is_empty());
    assert_eq!(
        f.store().segments(f.workspace, None, 0, 9).await.expect("read").total,
        0
    );
    f.id(api_call().external("y").cookie("c").upsert()).await;
    assert_eq!(observe(f.store(), one, ContactId(5), &[]).await, before);
}

pub async fn erasing_in_one_leaves_the_other(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let builder = || {
        api_call()
            .external("a")
            .email("a@example.com")
            .cookie("c")
            .segment("s")
            .upsert()
    };
    let id = f.id(builder()).await;
    let keys = [
        identifier(Kind::Email, "a@example.com").key,
        identifier(Kind::Cookie, "c").key,
    ];
    let one = f.enter_new_workspace("two").await;
    assert_eq!(f.id(builder()).await, id);
    let before = observe(f.store(), one, ContactId(2), &keys).await;
    f.decide(crate::erase(id)).await;
    assert_eq!(observe(f.store(), one, ContactId(2), &keys).await, before);
    f.workspace = one;
    f.decide(crate::erase(id)).await;
    assert!(f.all().await.is_empty());
}

pub async fn policies_are_their_own(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    f.policy(|policy| policy.merge_unclaimed = false).await;
    let one = f.enter_new_workspace("two").await;
    let policies: Vec<(WorkspaceId, bool)> = f
        .store()
        .workspaces()
        .await
        .expect("read workspaces")
        .iter()
        .map(|workspace| (workspace.id, workspace.policy.merge_unclaimed))
        .collect();
    assert_eq!(policies, [(one, false), (f.workspace, true)]);
}

pub async fn an_unknown_workspace_takes_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let unknown = WorkspaceId(f.workspace.0 + 1_000);
    let request = ReadRequest::default();
    let commit = Commit {
        changes: &ChangeSet::default(),
        records: &[super::raw::recorded("k", super::raw::at())],
        import: None,
    };
    let store = f.store();
    let refused = [
        store.policy(unknown).await.map(drop),
        store.read(unknown, &request).await.map(drop),
        store.write(unknown, &Basis::default(), commit).await.map(drop),
        store.exclusive(unknown).await.map(drop),
    ];
    for answer in refused {
        assert!(matches!(answer, Err(StorageError::UnknownWorkspace)), "{answer:?}");
    }
    let answer = f
        .app()
        .dry_run(unknown, vec![api_call().external("a").upsert()], None)
        .await;
    assert!(answer.is_err());
    assert!(f.store().keys(unknown).await.expect("read keys").is_empty());
}
