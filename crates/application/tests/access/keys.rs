//! Authentication by the secret of an API key.

use crate::support::{CREDENTIALS, Fault, FaultKind, Point, Probe, Stand, soon};
use chrono::TimeDelta;
use selfsame_application::ports::{ApiKey, Clock, StorageError};
use selfsame_application::{AccessError, NewKey, Principal};
use selfsame_domain::{Action, Rights, Timestamp, WorkspaceId};
use selfsame_storage_conformance::Fixture;
use std::sync::Arc;

const DIGEST: [u8; 32] = [7; 32];

fn new_key(rights: Rights, expires_at: Option<Timestamp>) -> NewKey {
    NewKey {
        name: "shop".to_owned(),
        rights,
        expires_at,
        prefix: "sfs_ab".to_owned(),
        digest: DIGEST.to_vec(),
    }
}

async fn make(f: &Fixture<'_>, expires_at: Option<Timestamp>) -> ApiKey {
    f.app()
        .create_key(f.workspace, new_key(Rights::EventsContacts, expires_at))
        .await
        .expect("make a key")
}

async fn enter(f: &Fixture<'_>) -> Result<Arc<Principal>, AccessError> {
    soon(f.app().authenticate(&DIGEST)).await
}

async fn stored(f: &Fixture<'_>) -> ApiKey {
    f.store().keys(f.workspace).await.expect("read keys").remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_key_opens_its_workspace_with_its_rights() {
    let mut stand = Stand::default();
    let (mut f, _) = stand.fixture().await;
    f.enter_new_workspace("two").await;
    let made = make(&f, None).await;
    let expected = ApiKey {
        id: made.id,
        workspace: f.workspace,
        name: "shop".to_owned(),
        prefix: "sfs_ab".to_owned(),
        rights: Rights::EventsContacts,
        created_at: f.clock().now(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    assert_eq!(made, expected);
    let principal = enter(&f).await.expect("it is valid");
    assert_eq!((principal.key.id, principal.workspace.id), (made.id, f.workspace));
    assert_eq!(principal.workspace.name, "two");
    assert!(principal.may(Action::Read) && !principal.may(Action::Admin));
}

async fn refused(f: &Fixture<'_>, probe: &Probe) -> AccessError {
    let before = probe.touches();
    let error = enter(f).await.expect_err("it opens nothing");
    assert_eq!(probe.touches(), before, "a use that was refused is not noted");
    error
}

#[tokio::test(start_paused = true)]
async fn an_unknown_secret_opens_nothing() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    assert!(matches!(refused(&f, &probe).await, AccessError::Unknown));
    make(&f, None).await;
    enter(&f).await.expect("it is known now");
    let another = f.app().authenticate(&[8; 32]).await;
    assert!(matches!(another, Err(AccessError::Unknown)), "{another:?}");
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_opens_nothing_from_then_on() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let key = make(&f, None).await;
    enter(&f).await.expect("it is valid");
    let other = WorkspaceId(f.workspace.0 + 1);
    assert!(
        !f.app().revoke_key(other, key.id).await.expect("revoke"),
        "another workspace does not have it"
    );
    enter(&f).await.expect("it is still valid");
    let revoked_at = f.clock().now();
    assert!(f.app().revoke_key(f.workspace, key.id).await.expect("revoke"));
    f.clock().advance(TimeDelta::minutes(2));
    assert!(matches!(refused(&f, &probe).await, AccessError::Revoked));
    assert!(f.app().revoke_key(f.workspace, key.id).await.expect("revoke again"));
    assert_eq!(stored(&f).await.revoked_at, Some(revoked_at), "the first time stays");
}

#[tokio::test(start_paused = true)]
async fn a_key_opens_nothing_from_its_end_on() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let end = f.clock().now() + TimeDelta::hours(1);
    let key = make(&f, Some(end)).await;
    assert_eq!(key.expires_at, Some(end));
    f.clock().advance(TimeDelta::hours(1) - TimeDelta::microseconds(1));
    enter(&f).await.expect("it has not ended yet");
    f.clock().advance(TimeDelta::microseconds(1));
    assert!(matches!(refused(&f, &probe).await, AccessError::Expired));
    f.app().revoke_key(f.workspace, key.id).await.expect("revoke");
    assert!(
        matches!(refused(&f, &probe).await, AccessError::Revoked),
        "an actor says more than a time"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_use_is_written_once_a_minute_at_the_most() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    make(&f, None).await;
    let start = f.clock().now();
    assert_eq!(enter(&f).await.expect("it is valid").key.last_used_at, None);
    assert_eq!((probe.touches(), stored(&f).await.last_used_at), (1, Some(start)));
    for _ in 0..59 {
        f.clock().advance_seconds(1);
        enter(&f).await.expect("it is valid");
    }
    assert_eq!((probe.touches(), stored(&f).await.last_used_at), (1, Some(start)));
    f.clock().advance_seconds(1);
    for _ in 0..3 {
        enter(&f).await.expect("it is valid");
    }
    assert_eq!(
        (probe.touches(), stored(&f).await.last_used_at),
        (2, Some(start + TimeDelta::minutes(1)))
    );
    f.clock().advance(TimeDelta::days(-1));
    enter(&f).await.expect("it is valid");
    assert_eq!(
        probe.touches(),
        2,
        "a clock that was set back does not take the last use back"
    );
}

/// The last use that another server stored counts as well: it is read with the key.
#[tokio::test(start_paused = true)]
async fn servers_see_each_others_notes() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    make(&f, None).await;
    enter(&f).await.expect("it is valid");
    f.clock().advance_seconds(59);
    f.second_server().authenticate(&DIGEST).await.expect("it is valid");
    assert_eq!(probe.touches(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_uses_at_once_one_is_written() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    make(&f, None).await;
    for minute in 1..3 {
        let all = futures::future::join_all((0..20).map(|_| enter(&f))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(probe.touches(), minute);
        f.clock().advance(TimeDelta::minutes(1));
    }
}

/// A caller that arrives during a read shares the next one, which cannot miss what was committed before the call.
#[tokio::test(start_paused = true)]
async fn those_who_ask_at_once_share_an_answer_that_is_not_older_than_their_question() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let key = make(&f, None).await;
    probe.hold(CREDENTIALS);
    let app = f.app().clone();
    let early = tokio::spawn(async move { app.authenticate(&DIGEST).await });
    probe.arrived(1).await;
    assert!(f.app().revoke_key(f.workspace, key.id).await.expect("revoke"));
    let late = futures::future::join_all((0..20).map(|_| enter(&f)));
    let opening = async {
        probe.let_one_pass(CREDENTIALS);
        probe.arrived(2).await;
        probe.open(CREDENTIALS);
    };
    let (late, ()) = futures::future::join(late, opening).await;
    assert!(early.await.expect("it ends").is_ok(), "it asked before");
    for answer in late {
        assert!(matches!(answer, Err(AccessError::Revoked)), "{answer:?}");
    }
    assert_eq!(probe.arrivals(), 2, "twenty questions, one read");
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_fails_is_no_refusal() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    make(&f, None).await;
    probe.fault(Fault::new(FaultKind::Unavailable, Point::Credentials).times(1));
    let failed = enter(&f).await;
    let Err(AccessError::Storage(error)) = failed else {
        panic!("{failed:?}")
    };
    assert!(matches!(*error, StorageError::Unavailable { .. }), "{error:?}");
    enter(&f).await.expect("it is valid");
}

#[tokio::test(start_paused = true)]
async fn a_digest_is_taken_once_and_a_key_needs_its_workspace() {
    let mut stand = Stand::default();
    let (f, _) = stand.fixture().await;
    make(&f, None).await;
    let again = f.app().create_key(f.workspace, new_key(Rights::Full, None)).await;
    assert!(matches!(again, Err(StorageError::Conflict { .. })), "{again:?}");
    assert_eq!(enter(&f).await.expect("it is valid").key.rights, Rights::EventsContacts);
    let nowhere = f.app().create_key(WorkspaceId(999), new_key(Rights::Full, None)).await;
    assert!(matches!(nowhere, Err(StorageError::UnknownWorkspace)), "{nowhere:?}");
}
