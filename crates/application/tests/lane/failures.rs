//! Effects of a failure on the submissions of its batch, and on later ones.

use crate::support::{
    Answer, Fault, FaultKind, Point, Probe, Stand, accept, accept_all, answers, decided, keyed, named, names, occupy,
    soon, submit, upsert,
};
use selfsame_application::ports::StorageError;
use selfsame_application::{LaneOptions, SubmitError};
use selfsame_domain::{ContactId, Outcome, WorkspaceId};
use selfsame_storage_conformance::Fixture;

fn storage(answer: &Answer) -> &StorageError {
    match answer {
        Err(SubmitError::Storage(error)) => error,
        other => panic!("no error of the storage: {other:?}"),
    }
}

/// The answers to the names, which share a transaction behind `first`.
async fn batch(f: &Fixture<'_>, probe: &Probe, submitted: &[&str]) -> Vec<Answer> {
    let first = occupy(f, probe).await;
    let waiting = accept_all(f, submitted.iter().map(|name| named(name))).await;
    probe.open(f.workspace);
    first.decisions().await;
    answers(waiting).await
}

#[tokio::test(start_paused = true)]
async fn poison_fails_alone() {
    let points = [
        (FaultKind::Refused, Point::Read),
        (FaultKind::Refused, Point::Write),
        (FaultKind::Corrupt, Point::Read),
        (FaultKind::Inconsistent, Point::Read),
    ];
    for (what, at) in points {
        for place in 0..5 {
            let mut stand = Stand::default();
            let (f, probe) = stand.fixture().await;
            probe.fault(Fault::new(what, at).only("poison"));
            let mut names = ["a", "b", "c", "d", "e"];
            names[place] = "poison";
            let answers = batch(&f, &probe, &names).await;
            for (name, answer) in names.iter().zip(&answers) {
                if *name == "poison" {
                    let error = storage(answer);
                    assert!(error.is_lasting(), "{error:?}");
                } else {
                    assert_eq!(answer.as_ref().expect("submit")[0].outcome, Outcome::Created);
                }
            }
            assert_eq!(probe.sizes(f.workspace)[..2], [1, 5], "they shared a transaction");
            assert_eq!(f.all().await.len(), 5, "poison leaves nothing");
            f.check().await;
        }
    }
}

/// Contact numbers follow the order of creation.
#[tokio::test(start_paused = true)]
async fn the_order_is_kept_around_poison() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    probe.fault(Fault::new(FaultKind::Refused, Point::Read).only("poison"));
    let names = ["a", "b", "poison", "c", "poison", "d", "e"];
    let mut made = Vec::new();
    for answer in batch(&f, &probe, &names).await.into_iter().flatten() {
        made.extend(answer[0].contact);
    }
    assert_eq!(made, (2..=6).map(ContactId).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_run_again() {
    for at in [Point::Policy, Point::Read, Point::Write, Point::Commit] {
        let mut stand = Stand::default();
        let (f, probe) = stand.fixture().await;
        probe.fault(Fault::new(FaultKind::Retriable, at).times(3));
        let decisions = decided(&f, named("a")).await;
        assert_eq!(
            (decisions[0].outcome, decisions[0].contact),
            (Outcome::Created, Some(ContactId(1)))
        );
        assert_eq!(probe.begins(f.workspace), 4, "at {at:?}");
        assert_eq!(f.log(ContactId(1)).await, decisions, "it was done once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_lost_a_race_is_run_again_as_it_is() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    probe.fault(Fault::new(FaultKind::Retriable, Point::Commit).times(2).only("a"));
    for answer in batch(&f, &probe, &["a", "b", "c"]).await {
        assert_eq!(answer.expect("submit")[0].outcome, Outcome::Created);
    }
    assert_eq!(probe.sizes(f.workspace), [1, 3, 3, 3]);
}

#[tokio::test(start_paused = true)]
async fn too_many_lost_races_are_reported_and_leave_nothing() {
    for at in [Point::Policy, Point::Read, Point::Write, Point::Commit] {
        let mut stand = Stand::default();
        let (f, probe) = stand.fixture().await;
        probe.fault(Fault::new(FaultKind::Retriable, at).times(10));
        let answer = submit(&f, keyed("k", 1, upsert("a"))).await;
        assert!(matches!(storage(&answer), StorageError::Retriable), "at {at:?}");
        assert_eq!(probe.begins(f.workspace), 10, "at {at:?}");
        assert!(probe.seen().iter().all(|seen| !seen.committed));
        assert!(f.all().await.is_empty());
        let again = decided(&f, keyed("k", 2, upsert("a"))).await;
        assert_eq!(again[0].outcome, Outcome::Created, "not even the key was taken");
    }
}

/// Whether the commit took place is unknown, so a retry could apply it twice.
#[tokio::test(start_paused = true)]
async fn an_unavailable_database_is_reported_at_once_to_all() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    probe.fault(Fault::new(FaultKind::Unavailable, Point::Commit).times(1).only("a"));
    for answer in batch(&f, &probe, &["a", "b", "c"]).await {
        assert!(matches!(storage(&answer), StorageError::Unavailable { .. }));
    }
    assert_eq!(probe.sizes(f.workspace), [1, 3]);
    decided(&f, named("a")).await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_a_connection_lost_before_its_commit_is_run_once_more() {
    for at in [Point::Policy, Point::Read, Point::Write] {
        for times in [1, 2] {
            let mut stand = Stand::default();
            let (f, probe) = stand.fixture().await;
            probe.fault(Fault::new(FaultKind::Lost, at).times(times));
            let answer = submit(&f, named("a")).await;
            assert_eq!(probe.begins(f.workspace), 2, "at {at:?}");
            if times == 1 {
                assert_eq!(answer.expect("submit")[0].outcome, Outcome::Created, "at {at:?}");
            } else {
                assert!(
                    matches!(storage(&answer), StorageError::Unavailable { .. }),
                    "at {at:?}"
                );
                assert!(f.all().await.is_empty());
            }
        }
    }
}

/// Whether a commit took place is unknown, so no caller is answered that nothing was done.
#[tokio::test(start_paused = true)]
async fn a_panic_fails_its_batch_and_no_other() {
    for at in [Point::Policy, Point::Read, Point::Write, Point::Commit] {
        let mut stand = Stand::with(LaneOptions {
            batch_commands: 2,
            ..LaneOptions::default()
        });
        let (f, probe, first) = stand.busy().await;
        probe.fault(Fault::new(FaultKind::Panic, at).times(1));
        let mut batches = accept_all(&f, [named("a"), named("b"), named("c")]).await;
        let behind = batches.split_off(2);
        let (panicking, fine) = if at == Point::Commit {
            (vec![first], batches)
        } else {
            (batches, vec![first])
        };
        probe.open(f.workspace);
        for answer in answers(panicking).await {
            assert!(
                matches!(storage(&answer), StorageError::Unavailable { .. }),
                "at {at:?}"
            );
        }
        for answer in answers(fine).await.into_iter().chain(answers(behind).await) {
            assert_eq!(answer.expect("submit")[0].outcome, Outcome::Created, "at {at:?}");
        }
        assert_eq!(decided(&f, named("d")).await[0].outcome, Outcome::Created, "at {at:?}");
        soon(f.app().close()).await;
        assert_eq!(f.app().lane_depth(), 0, "nothing is left behind");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_workspace_is_reported() {
    let mut stand = Stand::default();
    let (f, _) = stand.fixture().await;
    let unknown = WorkspaceId(999);
    let waiting = accept(f.app(), unknown, named("a")).await;
    assert!(matches!(
        storage(&waiting.answer().await),
        StorageError::UnknownWorkspace
    ));
    let would = soon(f.app().dry_run(unknown, vec![upsert("a")], None)).await;
    assert!(matches!(storage(&would), StorageError::UnknownWorkspace));
}

#[tokio::test(start_paused = true)]
async fn a_stale_batch_is_done_again_while_others_are_kept_out() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    probe.go_stale(1);
    let decisions = decided(&f, named("a")).await;
    assert_eq!(f.log(ContactId(1)).await, decisions, "it was done once");
    let attempts = probe.seen();
    let exclusive: Vec<bool> = attempts.iter().map(|seen| seen.exclusive).collect();
    assert_eq!(exclusive, [false, true]);
    assert_eq!(probe.sizes(f.workspace), [1, 1]);
}

async fn excluded(f: &Fixture<'_>, probe: &Probe) {
    probe.exclude();
    let decisions = decided(f, named("a")).await;
    assert_eq!(f.log(ContactId(1)).await, decisions);
    assert_eq!(decided(f, named("a")).await[0].outcome, Outcome::Unchanged);
    let attempts = probe.seen();
    let exclusive: Vec<(bool, bool)> = attempts.iter().map(|seen| (seen.exclusive, seen.applied)).collect();
    assert_eq!(exclusive, [(true, true), (true, false)]);
}

#[tokio::test(start_paused = true)]
async fn others_are_kept_out_from_the_beginning_where_the_storage_asks_for_it() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    excluded(&f, &probe).await;
}

/// Its batches are on a thread of their own.
#[tokio::test(flavor = "multi_thread")]
async fn others_are_kept_out_on_a_runtime_of_several_threads() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    excluded(&f, &probe).await;
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_met_a_stale_batch_keeps_others_out_for_a_while() {
    let mut stand = Stand::with(LaneOptions {
        batch_commands: 1,
        ..LaneOptions::default()
    });
    let (f, probe, first) = stand.busy().await;
    probe.go_stale(1);
    let waiting = accept_all(&f, names("e", 20).iter().map(|name| named(name))).await;
    probe.forget();
    probe.open(f.workspace);
    first.decisions().await;
    for answer in answers(waiting).await {
        assert_eq!(answer.expect("submit")[0].outcome, Outcome::Created);
    }
    let exclusive: Vec<bool> = probe.seen().iter().map(|seen| seen.exclusive).collect();
    // The stale batch is repeated with other writers excluded, and so are the sixteen batches after it.
    let expected: Vec<bool> = (0..21).map(|attempt| attempt < 17).collect();
    assert_eq!(exclusive, expected);
}

/// A half that failed wrote nothing, so no command is applied twice.
#[tokio::test(start_paused = true)]
async fn halving_does_nothing_twice() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    probe.fault(Fault::new(FaultKind::Refused, Point::Write).only("poison"));
    let names = names("e", 16);
    let mut sent: Vec<&str> = names.iter().map(String::as_str).collect();
    sent.insert(11, "poison");
    batch(&f, &probe, &sent).await;
    let all = f.all().await;
    assert_eq!(all.len(), 17);
    for id in all {
        assert_eq!(f.log(id).await.len(), 1);
    }
}
