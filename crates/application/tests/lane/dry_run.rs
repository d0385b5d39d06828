//! Dry runs.

use crate::support::{Fault, FaultKind, Point, Stand, decided, named, repeated, soon, upsert};
use selfsame_domain::{Command, ContactId, Decision, DecisionId, Outcome, Rejection};
use selfsame_storage_conformance::{api_call, remove};
use uuid::Uuid;

/// A decision without its ID and time.
fn bare(decision: Decision) -> Decision {
    Decision {
        id: DecisionId(Uuid::nil()),
        at: selfsame_domain::Timestamp::UNIX_EPOCH,
        ..decision
    }
}

fn story() -> Vec<Command> {
    vec![
        api_call()
            .external("a")
            .email("a@example.com")
            .device("d")
            .segment("s")
            .upsert(),
        api_call().external("a").town("Kyiv").upsert(),
        api_call().external("a").town("Kyiv").upsert(),
        api_call().external("b").device("d").segment("t").upsert(),
        api_call().cookie("c").upsert(),
        api_call().email("a@example.com").event(false),
        remove(ContactId(1)),
        remove(ContactId(1)),
        api_call().external("a").subscribe(),
        remove(ContactId(999)),
    ]
}

#[tokio::test(start_paused = true)]
async fn it_says_what_will_be_decided_and_leaves_nothing() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    for command in story() {
        let (before, names) = (
            f.all().await,
            f.store().segments(f.workspace, None, 0, 9).await.expect("segments"),
        );
        probe.forget();
        let would = f.would(command.clone()).await;
        assert_eq!(
            bare(f.would(command.clone()).await),
            bare(would.clone()),
            "no number was taken"
        );
        assert!(probe.seen().iter().all(|seen| !seen.applied && !seen.committed));
        assert_eq!(f.all().await, before);
        assert_eq!(
            f.store().segments(f.workspace, None, 0, 9).await.expect("segments"),
            names
        );
        let does = f.decide(command).await;
        assert_eq!(bare(would), bare(does));
    }
}

#[tokio::test(start_paused = true)]
async fn it_says_the_same_of_several() {
    let mut stand = Stand::default();
    let (f, _) = stand.fixture().await;
    let would = soon(f.app().dry_run(f.workspace, story(), None))
        .await
        .expect("a dry run");
    let does = f.decide_all(story()).await;
    let bare_all = |all: Vec<Decision>| all.into_iter().map(bare).collect::<Vec<_>>();
    assert_eq!(bare_all(would), bare_all(does));
}

#[tokio::test(start_paused = true)]
async fn it_says_what_would_be_refused_as_repeated() {
    let mut stand = Stand::default();
    let (f, _) = stand.fixture().await;
    let would = async |digest: u8| {
        let digest = Some(vec![digest; 32]);
        let run = f.app().dry_run(f.workspace, vec![upsert("a"); 2], digest);
        let decisions = soon(run).await.expect("a dry run");
        assert_eq!(decisions.len(), 2);
        let refused = |one: &Decision| one.rejection == Some(Rejection::DuplicatedRequest);
        assert_eq!(refused(&decisions[0]), refused(&decisions[1]), "all or none");
        refused(&decisions[0])
    };
    decided(&f, repeated(1, upsert("a"))).await;
    assert!(!would(1).await, "nothing was noted without a window");
    f.policy(|policy| policy.duplicate_window_seconds = 60).await;
    assert!(!would(1).await);
    assert!(!would(1).await, "it is no request itself");
    decided(&f, repeated(1, upsert("a"))).await;
    assert!(would(1).await);
    assert!(!would(2).await);
    assert_eq!(
        f.would(upsert("a")).await.rejection,
        None,
        "a call that may be repeated"
    );
    f.clock().advance_seconds(59);
    assert!(would(1).await);
    f.clock().advance_seconds(1);
    assert!(!would(1).await, "the window ends");
}

#[tokio::test(start_paused = true)]
async fn it_does_not_wait_for_the_lane() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let would = soon(f.would(upsert("first"))).await;
    assert_eq!(would.outcome, Outcome::Created, "what is not committed is not seen");
    probe.open(f.workspace);
    first.decisions().await;
    assert_eq!(f.would(upsert("first")).await.outcome, Outcome::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_run_again() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    probe.fault(Fault::new(FaultKind::Retriable, Point::Read).times(3));
    assert_eq!(soon(f.would(upsert("a"))).await.outcome, Outcome::Created);
    assert_eq!(probe.seen().len(), 4);
    probe.fault(Fault::new(FaultKind::Retriable, Point::Read));
    soon(f.app().dry_run(f.workspace, named("a").commands, None))
        .await
        .expect_err("lost races");
}
