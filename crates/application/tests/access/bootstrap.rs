//! The first workspace.

use crate::support::Probe;
use selfsame_application::ports::{StorageError, Store, Workspaces};
use selfsame_application::{AccessError, Application, NewKey, Options};
use selfsame_domain::{Action, Rights};
use selfsame_storage_conformance::{ManualClock, SequenceIds};
use std::sync::Arc;

fn server(probe: &Probe) -> Application {
    let store: Arc<dyn Store> = Arc::new(probe.clone());
    Application::new(
        store,
        Arc::new(ManualClock::new()),
        Arc::new(SequenceIds::new()),
        Options::default(),
    )
}

fn key(digest: u8) -> NewKey {
    let (name, prefix) = ("first".to_owned(), "sfs_ab".to_owned());
    NewKey {
        name,
        rights: Rights::Full,
        expires_at: None,
        prefix,
        digest: vec![digest; 32],
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_start_makes_a_workspace_and_a_key_that_opens_it() {
    let app = server(&Probe::default());
    assert!(app.bootstrap("shop", key(1)).await.expect("bootstrap"));
    let principal = app.authenticate(&[1; 32]).await.expect("the key is valid");
    assert_eq!(principal.workspace.name, "shop");
    assert_eq!(principal.workspace.created_at, app.clock().now());
    assert_eq!(principal.key.workspace, principal.workspace.id);
    assert!(principal.may(Action::Admin));
}

#[tokio::test(start_paused = true)]
async fn a_later_start_makes_nothing() {
    let probe = Probe::default();
    let app = server(&probe);
    assert!(app.bootstrap("shop", key(1)).await.expect("bootstrap"));
    for name in ["shop", "another"] {
        assert!(!app.bootstrap(name, key(2)).await.expect("bootstrap"));
    }
    assert_eq!(probe.workspaces().await.expect("workspaces").len(), 1);
    let second = app.authenticate(&[2; 32]).await;
    assert!(matches!(second, Err(AccessError::Unknown)), "{second:?}");
    app.authenticate(&[1; 32]).await.expect("the first key is as it was");
}

#[tokio::test(start_paused = true)]
async fn a_workspace_that_was_made_by_hand_is_the_first() {
    let probe = Probe::default();
    let app = server(&probe);
    let made = app.create_workspace("by hand").await.expect("make a workspace");
    assert!(!app.bootstrap("shop", key(1)).await.expect("bootstrap"));
    assert_eq!(probe.workspaces().await.expect("workspaces"), [made]);
    let taken = app.create_workspace("by hand").await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn of_servers_that_start_at_once_one_makes_it() {
    let probe = Probe::default();
    let servers: Vec<Application> = (0..4).map(|_| server(&probe)).collect();
    let starts = servers
        .iter()
        .zip(1..)
        .map(|(server, digest)| server.bootstrap("shop", key(digest)));
    let made = futures::future::join_all(starts).await;
    assert_eq!(
        made.into_iter()
            .filter(|made| *made.as_ref().expect("bootstrap"))
            .count(),
        1
    );
    assert_eq!(probe.workspaces().await.expect("workspaces").len(), 1);
}
