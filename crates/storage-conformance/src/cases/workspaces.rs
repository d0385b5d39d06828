//! Workspaces and their API keys.

use crate::{Backend, Fixture, api_call};
use chrono::TimeDelta;
use selfsame_application::ports::{ApiKey, Clock, Ids, KeyToStore, StorageError, Store};
use selfsame_application::{AccessError, NewKey};
use selfsame_domain::{Action, KeyId, Policy, Rights, Timestamp, WorkspaceId};
use std::sync::Arc;
use uuid::Uuid;

fn key(number: u8, workspace: WorkspaceId, created_at: Timestamp) -> KeyToStore {
    let key = ApiKey {
        id: KeyId(Uuid::from_u128(u128::from(number))),
        workspace,
        name: format!("Ключ {number}"),
        prefix: format!("ss_{number}"),
        rights: Rights::EventsContactsWrite,
        created_at,
        expires_at: Some(created_at + TimeDelta::microseconds(86_400_000_001)),
        last_used_at: None,
        revoked_at: None,
    };
    KeyToStore {
        key,
        digest: vec![number; 32],
    }
}

fn new_key(digest: u8) -> NewKey {
    let (name, prefix) = ("key".to_owned(), "ss_".to_owned());
    NewKey {
        name,
        rights: Rights::Full,
        expires_at: None,
        prefix,
        digest: vec![digest; 32],
    }
}

pub async fn a_new_workspace_reads_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let at = f.clock().now();
    let made = f
        .store()
        .create_workspace("Крамниця 🦔", at)
        .await
        .expect("make a workspace");
    assert_eq!(
        (made.name.as_str(), &made.policy, made.created_at),
        ("Крамниця 🦔", &Policy::default(), at)
    );
    let all = f.store().workspaces().await.expect("read workspaces");
    assert_eq!(all.len(), 2);
    assert_eq!(all[1], made);
    assert!(all[0].id < all[1].id);
}

pub async fn names_of_workspaces_are_unique(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let at = f.clock().now();
    let taken = f.store().create_workspace("one", at).await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
    let elsewhere = f.another().create_workspace("one", at).await;
    assert!(matches!(elsewhere, Err(StorageError::Conflict { .. })), "{elsewhere:?}");
    f.store().create_workspace("One", at).await.expect("another name");
    assert_eq!(f.store().workspaces().await.expect("read").len(), 2);
}

pub async fn of_one_name_at_once_one_is_made(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (one, two, at) = (f.another(), f.another(), f.clock().now());
    let requests = (0..6)
        .map(|index| if index % 2 == 0 { &one } else { &two })
        .map(|store| store.create_workspace("w", at));
    let answers = futures::future::join_all(requests).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let conflicts = answers
        .iter()
        .filter(|answer| matches!(answer, Err(StorageError::Conflict { .. })))
        .count();
    assert_eq!(conflicts, 5, "{answers:?}");
}

pub async fn bootstrap_works_once(backend: &mut dyn Backend) {
    let store = backend.store();
    let at = backend.clock().now();
    assert!(store.workspaces().await.expect("read").is_empty());
    assert!(
        store
            .bootstrap("first", &key(1, WorkspaceId(0), at), at)
            .await
            .expect("bootstrap")
    );
    let workspaces = store.workspaces().await.expect("read");
    assert_eq!(workspaces.len(), 1);
    let found = store.credentials(&[1; 32]).await.expect("read").expect("the key");
    assert_eq!(found.workspace, workspaces[0]);
    assert_eq!(
        found.key,
        ApiKey {
            workspace: workspaces[0].id,
            ..key(1, WorkspaceId(0), at).key
        }
    );
    assert!(
        !store
            .bootstrap("second", &key(2, WorkspaceId(0), at), at)
            .await
            .expect("bootstrap")
    );
    assert!(
        !backend
            .another()
            .bootstrap("first", &key(1, WorkspaceId(0), at), at)
            .await
            .expect("bootstrap")
    );
    assert_eq!(store.workspaces().await.expect("read"), workspaces);
    assert!(store.credentials(&[2; 32]).await.expect("read").is_none());
}

pub async fn of_servers_that_start_at_once_one_bootstraps(backend: &mut dyn Backend) {
    let stores: Vec<Arc<dyn Store>> = (0..4).map(|_| backend.another()).collect();
    let at = backend.clock().now();
    let tasks: Vec<_> = stores
        .into_iter()
        .zip(1_u8..)
        .map(|(store, number)| {
            tokio::spawn(async move { store.bootstrap("first", &key(number, WorkspaceId(0), at), at).await })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.expect("a task").expect("bootstrap"));
    }
    assert_eq!(made, 1);
    let store = backend.store();
    let workspaces = store.workspaces().await.expect("read");
    assert_eq!(workspaces.len(), 1);
    assert_eq!(store.keys(workspaces[0].id).await.expect("read").len(), 1);
}

pub async fn keys_read_back_by_time(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let at = f.clock().now();
    let later = at + TimeDelta::microseconds(1);
    let stored = [
        key(3, f.workspace, at),
        key(1, f.workspace, later),
        key(2, f.workspace, later + TimeDelta::days(1)),
    ];
    for index in [2, 0, 1] {
        f.store().create_key(&stored[index]).await.expect("store a key");
    }
    let expected: Vec<ApiKey> = stored.iter().map(|stored| stored.key.clone()).collect();
    assert_eq!(f.store().keys(f.workspace).await.expect("read"), expected);
    f.reopen().await;
    assert_eq!(f.store().keys(f.workspace).await.expect("read"), expected);
    let found = f.store().credentials(&[1; 32]).await.expect("read").expect("the key");
    assert_eq!((&found.key, found.workspace.id), (&expected[1], f.workspace));
    let by_identity = f.store().credentials_of(f.workspace, found.key.id).await.expect("read");
    assert_eq!(by_identity, Some(found.clone()));
    let elsewhere = WorkspaceId(f.workspace.0 + 1000);
    let foreign = f.store().credentials_of(elsewhere, found.key.id).await.expect("read");
    assert_eq!(foreign, None);
    assert!(f.store().credentials(&[9; 32]).await.expect("read").is_none());
    assert!(f.store().credentials(&[]).await.expect("read").is_none());
}

pub async fn every_right_reads_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let at = f.clock().now();
    for (rights, number) in Rights::ALL.into_iter().zip(1_u8..) {
        let mut stored = key(number, f.workspace, at);
        stored.key = ApiKey {
            rights,
            expires_at: None,
            ..stored.key
        };
        f.store().create_key(&stored).await.expect("store a key");
        let found = f
            .store()
            .credentials(&stored.digest)
            .await
            .expect("read")
            .expect("the key");
        assert_eq!(found.key, stored.key);
    }
}

pub async fn a_key_needs_its_workspace_and_a_digest_of_its_own(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let at = f.clock().now();
    let orphan = f.store().create_key(&key(1, WorkspaceId(f.workspace.0 + 99), at)).await;
    assert!(matches!(orphan, Err(StorageError::UnknownWorkspace)), "{orphan:?}");
    f.store()
        .create_key(&key(1, f.workspace, at))
        .await
        .expect("store a key");
    f.enter_new_workspace("two").await;
    let same = KeyToStore {
        digest: vec![1; 32],
        ..key(2, f.workspace, at)
    };
    let taken = f.store().create_key(&same).await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
    assert!(f.store().keys(f.workspace).await.expect("read").is_empty());
}

pub async fn a_revoked_key_is_known_as_such_everywhere(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let at = f.clock().now();
    let stored = key(1, f.workspace, at);
    f.store().create_key(&stored).await.expect("store a key");
    let another = f.another();
    let revoked = async |store: &dyn Store| {
        store
            .credentials(&[1; 32])
            .await
            .expect("read")
            .expect("the key")
            .key
            .revoked_at
    };
    assert_eq!(revoked(&*another).await, None);
    let when = at + TimeDelta::microseconds(17);
    assert!(
        f.store()
            .revoke_key(f.workspace, stored.key.id, when)
            .await
            .expect("revoke")
    );
    assert_eq!(revoked(&*another).await, Some(when), "at once, on every server");
    assert!(
        f.store()
            .revoke_key(f.workspace, stored.key.id, when + TimeDelta::days(1))
            .await
            .expect("revoke")
    );
    assert_eq!(revoked(f.store()).await, Some(when), "the first time is kept");
    let unknown = KeyId(Uuid::from_u128(99));
    assert!(!f.store().revoke_key(f.workspace, unknown, when).await.expect("revoke"));
    f.enter_new_workspace("two").await;
    assert!(
        !f.store()
            .revoke_key(f.workspace, stored.key.id, when)
            .await
            .expect("revoke")
    );
    f.store()
        .create_key(&key(2, f.workspace, at))
        .await
        .expect("store a key");
    let foreign = f
        .store()
        .revoke_key(WorkspaceId(f.workspace.0 - 1), KeyId(Uuid::from_u128(2)), when)
        .await;
    assert!(!foreign.expect("revoke"));
}

pub async fn the_last_use_of_a_key_is_noted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let at = f.clock().now();
    let stored = key(1, f.workspace, at);
    f.store().create_key(&stored).await.expect("store a key");
    f.store()
        .create_key(&key(2, f.workspace, at))
        .await
        .expect("store a key");
    let used = at + TimeDelta::microseconds(1_000_001);
    f.store()
        .touch_key(f.workspace, stored.key.id, used)
        .await
        .expect("touch");
    let times: Vec<Option<Timestamp>> = f
        .store()
        .keys(f.workspace)
        .await
        .expect("read")
        .iter()
        .map(|key| key.last_used_at)
        .collect();
    assert_eq!(times, [Some(used), None]);
}

pub async fn keys_open_until_they_end(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let expires_at = Some(f.clock().now() + TimeDelta::hours(1));
    let made = f
        .app()
        .create_key(
            f.workspace,
            NewKey {
                expires_at,
                ..new_key(1)
            },
        )
        .await
        .expect("make a key");
    let opened = f.app().authenticate(&[1; 32]).await.expect("authenticate");
    assert_eq!((opened.key.id, opened.workspace.id), (made.id, f.workspace));
    assert!(opened.may(Action::Admin));
    let used = async || f.store().keys(f.workspace).await.expect("read")[0].last_used_at;
    let first = used().await;
    assert_eq!(first, Some(f.clock().now()));
    f.clock().advance_seconds(59);
    f.app().authenticate(&[1; 32]).await.expect("authenticate");
    assert_eq!(used().await, first, "noted once a minute");
    f.clock().advance_seconds(1);
    f.app().authenticate(&[1; 32]).await.expect("authenticate");
    assert_eq!(used().await, Some(f.clock().now()));
    f.clock().advance(TimeDelta::hours(1));
    assert!(matches!(
        f.app().authenticate(&[1; 32]).await,
        Err(AccessError::Expired)
    ));
    assert!(matches!(
        f.app().authenticate(&[2; 32]).await,
        Err(AccessError::Unknown)
    ));
    let other = f.app().create_key(f.workspace, new_key(3)).await.expect("make a key");
    assert!(f.app().revoke_key(f.workspace, other.id).await.expect("revoke"));
    assert!(matches!(
        f.app().authenticate(&[3; 32]).await,
        Err(AccessError::Revoked)
    ));
}

pub async fn a_key_sees_the_policy_of_its_workspace(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.app().create_key(f.workspace, new_key(1)).await.expect("make a key");
    f.policy(|policy| policy.duplicate_window_seconds = 17).await;
    let opened = f.app().authenticate(&[1; 32]).await.expect("authenticate");
    assert_eq!(opened.workspace.policy.duplicate_window_seconds, 17);
    let region = selfsame_domain::values::Region::parse("UA").expect("a region");
    f.policy(|policy| policy.default_phone_region = Some(region.clone()))
        .await;
    let opened = f.app().authenticate(&[1; 32]).await.expect("authenticate");
    assert_eq!(
        opened.workspace.policy,
        Policy {
            default_phone_region: Some(region),
            ..Policy::default()
        }
    );
}

pub async fn the_storage_answers(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    f.store().ping().await.expect("ping");
    f.another().ping().await.expect("ping");
    f.id(api_call().external("a").upsert()).await;
    f.reopen().await;
    f.store().ping().await.expect("ping");
    assert_eq!(f.ids().secret().len(), 24);
}
