//! Upkeep of the record of segments: deleting what ended long ago, and checking the rest.

use super::dynamic_segments::made;
use super::memberships::{agree, at, latest, moves};
use super::segment_fields::{condition, empty, travel};
use crate::{Backend, Fixture, api_call, erase};
use futures::future::join_all;
use selfsame_application::PastMembersError;
use selfsame_application::ports::{Clock, NewMove, Recording};
use selfsame_domain::{Command, ContactId, MoveCause, Revision, Timestamp};
use serde_json::json;

pub async fn memberships_that_ended_are_deleted_after_a_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-01T12:00:00Z");
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let mail = |name: &str| api_call().email(&format!("{name}@example.com"));
    let ann = f.id(mail("ann").upsert()).await;
    let bob = f.id(mail("bob").upsert()).await;
    moves(&f, Revision(0)).await;
    let both = latest(&f).await;
    f.decide(mail("ann").external("ann").upsert()).await;
    moves(&f, Revision(0)).await;
    let without_ann = latest(&f).await;
    travel(&f, "2026-03-05T12:00:00Z");
    f.decide(mail("bob").external("bob").upsert()).await;
    moves(&f, Revision(0)).await;
    let prune = async |up_to: Revision, before: &str, limit| {
        let before: Timestamp = before.parse().expect("a time");
        let pruned = f.store().prune_periods(f.workspace, up_to, before, limit).await;
        pruned.expect("prune")
    };
    assert_eq!(prune(both, "2030-01-01T00:00:00Z", 10).await, 0, "later commits");
    assert_eq!(
        prune(latest(&f).await, "2026-03-01T12:00:00Z", 10).await,
        0,
        "not so long ago"
    );
    assert_eq!(at(&f, segment, both).await, [ann, bob]);
    assert_eq!(prune(latest(&f).await, "2026-03-02T00:00:00Z", 10).await, 1);
    assert_eq!(at(&f, segment, without_ann).await, [bob], "it is whole from there on");
    let early = f
        .app()
        .segment_members_at(f.workspace, segment, both, ContactId::NONE, 10)
        .await;
    assert!(
        matches!(early, Err(PastMembersError::TooEarly { begins }) if begins > both && begins <= without_ann),
        "{early:?}"
    );
    let eve = f.id(mail("eve").upsert()).await;
    moves(&f, Revision(0)).await;
    assert_eq!(prune(latest(&f).await, "2030-01-01T00:00:00Z", 1).await, 1);
    assert_eq!(
        prune(latest(&f).await, "2030-01-01T00:00:00Z", 1).await,
        0,
        "eve is still in it"
    );
    assert_eq!(at(&f, segment, latest(&f).await).await, [eve]);
    f.app().prune_memberships().await.expect("prune by the clock");
    assert_eq!(at(&f, segment, latest(&f).await).await, [eve]);
}

pub async fn a_wrong_record_is_found(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let check = async || {
        let workspaces = f.store().workspaces().await.expect("read workspaces");
        let workspace = workspaces.iter().find(|workspace| workspace.id == f.workspace);
        let checked = f.app().check_record(workspace.expect("the workspace")).await;
        checked.expect("check")
    };
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let recent = made(&f, "new", &condition("createdAt", "in_last_days", json!(1))).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    assert!(check().await.behind > 0, "nothing is recorded yet");
    assert_eq!(check().await.differing, None);
    moves(&f, Revision(0)).await;
    let found = check().await;
    assert_eq!((found.behind, found.differing), (0, Some(Vec::new())));
    let state = f.store().record_state(f.workspace).await.expect("read the record");
    let recording = Recording {
        expected: state.recorded,
        definitions: state.latest,
        moves: vec![NewMove {
            segment,
            contact: ann,
            entered: true,
            cause: MoveCause::Change,
            since: state.latest,
        }],
        due: Vec::new(),
        recorded: state.recorded,
        at: f.clock().now(),
    };
    assert!(f.store().record_moves(f.workspace, &recording).await.expect("record"));
    f.app().record_memberships(f.workspace).await.expect("record");
    assert_eq!(check().await.differing, Some(vec![(segment, 1)]));
    f.clock().advance_seconds(2 * 24 * 3600);
    assert_eq!(check().await.differing, None, "the segment {recent} is due");
}

pub async fn the_record_counts_the_members_of_segments(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let ids =
        join_all(["ann", "bob", "eve"].map(|name| f.id(api_call().email(&format!("{name}@example.com")).upsert())))
            .await;
    let kept = async || {
        f.store()
            .recorded_count(f.workspace, segment)
            .await
            .expect("read a count")
    };
    let count = async || {
        f.app()
            .count_segment(f.workspace, segment)
            .await
            .expect("count members")
    };
    assert_eq!((count().await, kept().await), (3, 0), "nothing is recorded yet");
    f.app().record_memberships(f.workspace).await.expect("record");
    agree(&f).await;
    assert_eq!((count().await, kept().await), (3, 3));
    f.decide(api_call().email("ann@example.com").external("ann").upsert())
        .await;
    assert_eq!(kept().await, 3, "this is not recorded yet");
    assert_eq!(
        (count().await, kept().await),
        (2, 2),
        "a count lets the record catch up"
    );
    f.decide(erase(ids[1])).await;
    assert_eq!(kept().await, 1, "an erased contact leaves at once");
    f.check().await;
    f.decide(Command::DeleteSegment { segment }).await;
    assert_eq!(kept().await, 0);
    f.check().await;
}
