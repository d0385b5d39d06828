//! Reading a batch while the one before is written.

use crate::support::{Probe, Stand, Waiting, accept, decided, named, soon, together, upsert};
use selfsame_application::Submission;
use selfsame_domain::{Decision, Outcome};
use selfsame_storage_conformance::{Fixture, api_call, contact_of};

/// Renames a contact.
fn renamed(external: &str, name: &str) -> Submission {
    Submission::of(api_call().external(external).first(name).upsert())
}

/// Two existing contacts, and a batch that is held at its commit.
async fn writing(f: &Fixture<'_>, probe: &Probe, first: Submission) -> Waiting {
    probe.overlap();
    for name in ["a", "b"] {
        decided(f, named(name)).await;
    }
    probe.forget();
    probe.hold(f.workspace);
    let first = accept(f.app(), f.workspace, first).await;
    probe.arrived(1).await;
    first
}

/// Returns when this many batches have begun to read.
async fn begun(f: &Fixture<'_>, probe: &Probe, count: usize) {
    let begun = async {
        while probe.begins(f.workspace) < count {
            tokio::task::yield_now().await;
        }
    };
    soon(begun).await;
}

async fn one(waiting: Waiting) -> Decision {
    waiting.decisions().await.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_other_contacts_is_read_once() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let first = writing(&f, &probe, renamed("a", "Ann")).await;
    let second = accept(f.app(), f.workspace, renamed("b", "Bob")).await;
    begun(&f, &probe, 2).await;
    assert_eq!(probe.arrivals(), 1, "it is written after the one before");
    probe.open(f.workspace);
    assert_eq!(one(first).await.outcome, Outcome::Updated);
    assert_eq!(one(second).await.outcome, Outcome::Updated);
    assert_eq!(probe.begins(f.workspace), 2);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_has_read_what_is_written_is_read_again() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let first = writing(&f, &probe, renamed("a", "Ann")).await;
    let second = accept(f.app(), f.workspace, renamed("a", "Ann")).await;
    begun(&f, &probe, 2).await;
    probe.open(f.workspace);
    assert_eq!(one(first).await.outcome, Outcome::Updated);
    assert_eq!(
        one(second).await.outcome,
        Outcome::Unchanged,
        "it has found the new name"
    );
    assert_eq!(probe.begins(f.workspace), 3);
}

#[tokio::test(start_paused = true)]
async fn after_a_batch_was_read_again_the_next_one_is_read_after_its_end() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let first = writing(&f, &probe, renamed("a", "Ann")).await;
    let second = accept(f.app(), f.workspace, renamed("a", "Anna")).await;
    begun(&f, &probe, 2).await;
    let third = accept(f.app(), f.workspace, renamed("b", "Bob")).await;
    probe.let_one_pass(f.workspace);
    assert_eq!(one(first).await.outcome, Outcome::Updated);
    probe.arrived(2).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(probe.begins(f.workspace), 3, "the third is not read yet");
    probe.open(f.workspace);
    for waiting in [second, third] {
        assert_eq!(one(waiting).await.outcome, Outcome::Updated);
    }
}

/// The storage in memory assigns numbers at the write, so both batches get the same ones.
#[tokio::test(start_paused = true)]
async fn two_batches_assign_different_numbers() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let first = writing(&f, &probe, named("c")).await;
    let second = accept(f.app(), f.workspace, named("d")).await;
    begun(&f, &probe, 2).await;
    probe.open(f.workspace);
    let (first, second) = (one(first).await, one(second).await);
    assert_eq!((first.outcome, second.outcome), (Outcome::Created, Outcome::Created));
    assert_ne!(contact_of(&first), contact_of(&second));
    assert!(
        probe.seen().iter().all(|seen| !seen.exclusive),
        "the write found nothing stale"
    );
}

#[tokio::test(start_paused = true)]
async fn a_smaller_batch_waits() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let first = writing(&f, &probe, together(vec![upsert("c"), upsert("d")])).await;
    let second = accept(f.app(), f.workspace, renamed("a", "Ann")).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(probe.begins(f.workspace), 1);
    let third = accept(f.app(), f.workspace, renamed("b", "Bob")).await;
    begun(&f, &probe, 2).await;
    probe.open(f.workspace);
    first.decisions().await;
    for waiting in [second, third] {
        assert_eq!(one(waiting).await.outcome, Outcome::Updated);
    }
    assert_eq!(probe.sizes(f.workspace)[..2], [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_arrives_for_an_empty_queue_is_decided_after_the_end() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let first = writing(&f, &probe, together(vec![upsert("c"), upsert("d")])).await;
    probe.open(f.workspace);
    first.decisions().await;
    assert_eq!(decided(&f, renamed("a", "Ann")).await[0].outcome, Outcome::Updated);
    f.app().close().await;
    assert_eq!(f.app().lane_depth(), 0);
}
