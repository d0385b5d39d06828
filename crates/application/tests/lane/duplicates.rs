//! Requests that are refused when they are repeated within the workspace's duplicate window.

use crate::support::{Answer, Probe, Stand, accept_all, answers, decided, keyed, named, occupy, repeated, upsert};
use selfsame_application::Submission;
use selfsame_domain::{ContactId, Decision, Outcome, Rejection};
use selfsame_storage_conformance::{Fixture, erase, remove};

async fn window(f: &Fixture<'_>, seconds: u32) {
    f.policy(|policy| policy.duplicate_window_seconds = seconds).await;
}

async fn in_one_batch(f: &Fixture<'_>, probe: &Probe, all: Vec<Submission>) -> Vec<Vec<Decision>> {
    let first = occupy(f, probe).await;
    let waiting = accept_all(f, all).await;
    probe.open(f.workspace);
    first.decisions().await;
    let all: Vec<Answer> = answers(waiting).await;
    all.into_iter().map(|answer| answer.expect("submit")).collect()
}

fn is_refused(decisions: &[Decision]) -> bool {
    let refused = |one: &Decision| one.rejection == Some(Rejection::DuplicatedRequest);
    assert!(
        decisions
            .iter()
            .all(|one| refused(one) == (one.outcome == Outcome::Rejected)),
        "{decisions:?}"
    );
    assert_eq!(
        decisions.iter().any(refused),
        decisions.iter().all(refused),
        "all of a submission or none"
    );
    decisions.iter().all(refused)
}

#[tokio::test(start_paused = true)]
async fn without_a_window_everything_is_taken() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    for decisions in in_one_batch(&f, &probe, vec![repeated(1, upsert("a")); 2]).await {
        assert!(!is_refused(&decisions));
    }
    assert!(!is_refused(&decided(&f, repeated(1, upsert("a"))).await));
    window(&f, 60).await;
    assert!(
        !is_refused(&decided(&f, repeated(1, upsert("a"))).await),
        "nothing was noted without a window"
    );
    window(&f, 0).await;
    assert!(
        !is_refused(&decided(&f, repeated(1, upsert("a"))).await),
        "nothing is looked up without a window"
    );
}

#[tokio::test(start_paused = true)]
async fn within_the_window_the_second_is_refused() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    window(&f, 60).await;
    let all = vec![
        repeated(1, upsert("a")),
        repeated(2, upsert("a")),
        repeated(1, upsert("a")),
        named("a"),
    ];
    let all = in_one_batch(&f, &probe, all).await;
    let refused: Vec<bool> = all.iter().map(|decisions| is_refused(decisions)).collect();
    assert_eq!(
        refused,
        [false, false, true, false],
        "identical requests only, and only those that ask for it"
    );
    assert_ne!(all[2][0].id, all[0][0].id, "a refusal is a decision of its own");
    let log = f.log(all[0][0].contact.expect("a contact")).await;
    assert_eq!(log, [all[0][0].clone()], "the others change nothing");
    f.clock().advance_seconds(59);
    assert!(is_refused(&decided(&f, repeated(1, upsert("a"))).await));
    assert!(!is_refused(&decided(&f, repeated(3, upsert("a"))).await));
    f.clock().advance_seconds(1);
    assert!(
        !is_refused(&decided(&f, repeated(1, upsert("a"))).await),
        "the window ends"
    );
    assert!(
        is_refused(&decided(&f, repeated(1, upsert("a"))).await),
        "and begins again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_repetition_does_not_prolong_the_window() {
    let mut stand = Stand::default();
    let (f, _) = stand.fixture().await;
    window(&f, 60).await;
    let same = || repeated(1, upsert("a"));
    assert!(!is_refused(&decided(&f, same()).await));
    f.clock().advance_seconds(40);
    assert!(is_refused(&decided(&f, same()).await));
    f.clock().advance_seconds(20);
    assert!(!is_refused(&decided(&f, same()).await));
}

/// A submission may wait in the queue for longer than a short window.
#[tokio::test(start_paused = true)]
async fn the_window_runs_from_acceptance_within_a_batch_too() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    window(&f, 60).await;
    let first = occupy(&f, &probe).await;
    let mut waiting = Vec::new();
    for seconds in [0, 59, 1, 59, 1] {
        f.clock().advance_seconds(seconds);
        waiting.extend(accept_all(&f, [repeated(1, upsert("a"))]).await);
    }
    probe.open(f.workspace);
    first.decisions().await;
    let mut refused = Vec::new();
    for answer in answers(waiting).await {
        refused.push(is_refused(&answer.expect("submit")));
    }
    assert_eq!(refused, [false, true, false, true, false]);
    assert_eq!(probe.sizes(f.workspace)[1..], [1, 5], "in one transaction");
    assert!(
        is_refused(&decided(&f, repeated(1, upsert("a"))).await),
        "the last one is recorded"
    );
}

#[tokio::test(start_paused = true)]
async fn a_window_that_ends_while_a_batch_waits_counts_for_those_who_came_before() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    window(&f, 60).await;
    let same = || repeated(1, upsert("a"));
    assert!(!is_refused(&decided(&f, same()).await));
    let first = occupy(&f, &probe).await;
    f.clock().advance_seconds(59);
    let mut waiting = accept_all(&f, [same()]).await;
    f.clock().advance_seconds(1);
    waiting.extend(accept_all(&f, [same()]).await);
    probe.open(f.workspace);
    first.decisions().await;
    let answers = answers(waiting).await;
    assert!(is_refused(answers[0].as_ref().expect("submit")));
    assert!(!is_refused(answers[1].as_ref().expect("submit")));
}

#[tokio::test(start_paused = true)]
async fn a_replay_takes_precedence() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    window(&f, 60).await;
    let same = |key| Submission {
        duplicate_digest: Some(vec![1; 32]),
        ..keyed(key, 1, upsert("a"))
    };
    let all = in_one_batch(&f, &probe, vec![same("k"), same("k"), same("other")]).await;
    assert!(!is_refused(&all[0]));
    assert_eq!(all[1], all[0], "the same key gets the same answer");
    assert!(is_refused(&all[2]), "another key does not make it another request");
    assert_eq!(decided(&f, same("k")).await, all[0], "later as well");
    assert!(is_refused(&decided(&f, same("other")).await));
    f.clock().advance_seconds(60);
    assert_eq!(decided(&f, same("k")).await, all[0], "and beyond the window");
    assert!(
        !is_refused(&decided(&f, same("other")).await),
        "what was refused as repeated was never done"
    );
}

#[tokio::test(start_paused = true)]
async fn an_intervening_removal_ends_the_window_of_its_contact() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    window(&f, 60).await;
    let same = |name| repeated(1, upsert(name));
    let made = decided(&f, same("a")).await[0].contact.expect("a contact");
    let other = decided(&f, named("b")).await[0].contact.expect("a contact");
    decided(&f, Submission::of(remove(other))).await;
    assert!(is_refused(&decided(&f, same("a")).await), "another one was removed");
    let would = f.app().dry_run(f.workspace, vec![upsert("a")], Some(vec![1; 32]));
    assert!(is_refused(&would.await.expect("decide")));
    decided(&f, Submission::of(remove(made))).await;
    let would = f.app().dry_run(f.workspace, vec![upsert("a")], Some(vec![1; 32]));
    assert_eq!(would.await.expect("decide")[0].outcome, Outcome::Restored);
    let again = decided(&f, same("a")).await;
    assert_eq!((again[0].outcome, again[0].contact), (Outcome::Restored, Some(made)));
    assert!(is_refused(&decided(&f, same("a")).await), "the window begins again");
    let submissions = vec![
        same("a"),
        Submission::of(remove(other)),
        same("a"),
        Submission::of(remove(made)),
        same("a"),
        same("a"),
        Submission::of(remove(made)),
        same("a"),
    ];
    let all = in_one_batch(&f, &probe, submissions).await;
    let outcomes: Vec<Outcome> = all.iter().map(|decisions| decisions[0].outcome).collect();
    let (rejected, removed, restored) = (Outcome::Rejected, Outcome::Removed, Outcome::Restored);
    let expected = [
        rejected, rejected, rejected, removed, restored, rejected, removed, restored,
    ];
    assert_eq!(outcomes, expected, "in one batch too");
}

#[tokio::test(start_paused = true)]
async fn an_intervening_erasure_ends_the_window_of_its_contact() {
    let mut stand = Stand::default();
    let (f, _) = stand.fixture().await;
    window(&f, 60).await;
    let same = || repeated(1, upsert("a"));
    let made = decided(&f, same()).await[0].contact.expect("a contact");
    decided(&f, Submission::of(erase(made))).await;
    assert_eq!(decided(&f, same()).await[0].outcome, Outcome::Created);
}

/// The answer must not depend on whether the repetition came in the same batch or in the next.
#[tokio::test(start_paused = true)]
async fn a_request_that_was_refused_may_be_repeated() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    window(&f, 60).await;
    // The first contact keeps the lane busy; the third submission creates the second contact.
    let second = ContactId(2);
    let submissions = [
        remove(second),
        remove(second),
        upsert("b"),
        remove(second),
        remove(second),
        upsert("b"),
    ];
    let digests = [1, 1, 2, 1, 1, 3];
    let submissions = submissions
        .into_iter()
        .zip(digests)
        .map(|(command, digest)| repeated(digest, command))
        .collect();
    let all = in_one_batch(&f, &probe, submissions).await;
    let outcomes: Vec<Outcome> = all.iter().map(|decisions| decisions[0].outcome).collect();
    let rejected = Outcome::Rejected;
    assert_eq!(
        outcomes,
        [
            rejected,
            rejected,
            Outcome::Created,
            Outcome::Removed,
            rejected,
            Outcome::Restored
        ]
    );
    let rejections: Vec<Option<Rejection>> = all.into_iter().map(|mut all| all.remove(0).rejection).collect();
    assert_eq!(rejections[..2], [const { Some(Rejection::ContactNotFound) }; 2]);
    assert_eq!(
        rejections[4],
        Some(Rejection::DuplicatedRequest),
        "the one before it was done"
    );
    let alone = || repeated(9, remove(ContactId(999)));
    for _ in 0..2 {
        assert_eq!(
            decided(&f, alone()).await[0].rejection,
            Some(Rejection::ContactNotFound)
        );
    }
    assert_eq!(
        probe.seen().iter().filter(|seen| seen.committed).count(),
        5,
        "the policy, the first, the batch, and both refusals, which can be read"
    );
}

#[tokio::test(start_paused = true)]
async fn all_commands_of_a_repeated_submission_are_refused() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    window(&f, 60).await;
    let commands = vec![upsert("a"), remove(ContactId(999)), upsert("b")];
    let same = Submission {
        commands,
        ..repeated(1, upsert("nobody"))
    };
    let all = in_one_batch(&f, &probe, vec![same.clone(), same.clone()]).await;
    let outcomes = |decisions: &[Decision]| decisions.iter().map(|one| one.outcome).collect::<Vec<_>>();
    assert_eq!(
        outcomes(&all[0]),
        [Outcome::Created, Outcome::Rejected, Outcome::Created]
    );
    assert!(is_refused(&all[1]));
    assert!(is_refused(&decided(&f, same).await));
    assert_eq!(all[1].len(), 3);
}
