//! Idempotency keys.

use crate::support::{
    Fault, FaultKind, Point, Stand, accept_all, answers, decided, keyed, named, occupy, submit, together, upsert,
};
use chrono::TimeDelta;
use selfsame_application::{Submission, SubmitError};
use selfsame_domain::{ContactId, Outcome, Rejection};
use selfsame_storage_conformance::remove;

#[tokio::test(start_paused = true)]
async fn the_same_request_twice_in_a_batch_is_done_once() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let same = || keyed("k", 1, upsert("a"));
    let waiting = accept_all(&f, [same(), named("b"), same(), same()]).await;
    probe.open(f.workspace);
    first.decisions().await;
    let answers: Vec<_> = answers(waiting)
        .await
        .into_iter()
        .map(|answer| answer.expect("submit"))
        .collect();
    assert_eq!(answers[0][0].outcome, Outcome::Created);
    assert_eq!(
        (&answers[2], &answers[3]),
        (&answers[0], &answers[0]),
        "they get the same decision"
    );
    assert_eq!(probe.sizes(f.workspace), [1, 4], "in one transaction");
    assert_eq!(decided(&f, same()).await, answers[0], "and so it is recorded");
}

#[tokio::test(start_paused = true)]
async fn another_request_under_the_same_key_is_refused() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let waiting = accept_all(&f, [keyed("k", 1, upsert("a")), keyed("k", 2, upsert("b"))]).await;
    probe.open(f.workspace);
    first.decisions().await;
    let answers = answers(waiting).await;
    assert_eq!(answers[0].as_ref().expect("submit")[0].outcome, Outcome::Created);
    assert!(
        matches!(answers[1], Err(SubmitError::ReplayMismatch)),
        "in a batch: {:?}",
        answers[1]
    );
    let later = submit(&f, keyed("k", 2, upsert("b"))).await;
    assert!(matches!(later, Err(SubmitError::ReplayMismatch)), "later: {later:?}");
    assert_eq!(f.all().await.len(), 2);
    assert_eq!(
        decided(&f, keyed("k", 1, upsert("a"))).await,
        *answers[0].as_ref().expect("submit")
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_stands_for_its_request_for_a_day() {
    let mut stand = Stand::default();
    let (f, _) = stand.fixture().await;
    let same = || keyed("k", 1, upsert("a"));
    let done = decided(&f, same()).await;
    f.clock().advance(TimeDelta::days(1) - TimeDelta::microseconds(1));
    assert_eq!(decided(&f, same()).await, done, "to the last microsecond");
    f.clock().advance(TimeDelta::microseconds(1));
    let again = decided(&f, same()).await;
    assert_eq!(again[0].outcome, Outcome::Unchanged, "it was done again");
    assert_ne!(again[0].id, done[0].id);
    assert_eq!(
        decided(&f, same()).await,
        again,
        "and stands for the new request from then on"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_recorded_too() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let second = ContactId(2);
    let same = || keyed("k", 1, remove(second));
    // In one batch: the request is refused, then the contact is created, then the request is repeated.
    let waiting = accept_all(&f, [same(), named("b"), same()]).await;
    probe.open(f.workspace);
    first.decisions().await;
    let answers: Vec<_> = answers(waiting)
        .await
        .into_iter()
        .map(|answer| answer.expect("submit"))
        .collect();
    assert_eq!(answers[0][0].rejection, Some(Rejection::ContactNotFound));
    assert_eq!(answers[1][0].contact, Some(second));
    assert_eq!(answers[2], answers[0]);
    assert_eq!(decided(&f, same()).await, answers[0], "in a later batch as well");
    assert!(f.is_there(second).await);
    let alone = || keyed("alone", 1, remove(ContactId(999)));
    assert_eq!(
        decided(&f, alone()).await,
        decided(&f, alone()).await,
        "where nothing else is written"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_ends_while_a_batch_waits_counts_for_those_who_came_before() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let same = || keyed("k", 1, upsert("a"));
    let done = decided(&f, same()).await;
    let first = occupy(&f, &probe).await;
    f.clock().advance(TimeDelta::days(1) - TimeDelta::microseconds(1));
    let mut waiting = accept_all(&f, [same()]).await;
    f.clock().advance(TimeDelta::microseconds(1));
    waiting.extend(accept_all(&f, [same()]).await);
    probe.open(f.workspace);
    first.decisions().await;
    let answers = answers(waiting).await;
    assert_eq!(*answers[0].as_ref().expect("submit"), done);
    assert_eq!(
        answers[1].as_ref().expect("submit")[0].outcome,
        Outcome::Unchanged,
        "it was done again"
    );
}

#[tokio::test(start_paused = true)]
async fn all_decisions_of_a_submission_are_recorded() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let commands = || vec![upsert("a"), remove(ContactId(999)), upsert("b"), upsert("a")];
    let same = || Submission {
        commands: commands(),
        ..keyed("k", 1, upsert("nobody"))
    };
    let done = decided(&f, same()).await;
    let outcomes: Vec<Outcome> = done.iter().map(|decision| decision.outcome).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Created,
            Outcome::Rejected,
            Outcome::Created,
            Outcome::Unchanged
        ]
    );
    probe.forget();
    assert_eq!(decided(&f, same()).await, done);
    assert!(
        probe.seen().iter().all(|seen| !seen.committed),
        "a replay writes nothing"
    );
    assert_eq!(
        decided(&f, together(commands())).await[0].outcome,
        Outcome::Unchanged,
        "without a key it is done"
    );
}

#[tokio::test(start_paused = true)]
async fn a_replay_stands_apart_from_those_it_shares_a_batch_with() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let done = decided(&f, keyed("k", 1, upsert("a"))).await;
    let first = occupy(&f, &probe).await;
    let several = together(vec![upsert("b"), upsert("c")]);
    let waiting = accept_all(
        &f,
        [
            named("d"),
            keyed("k", 1, upsert("a")),
            several,
            keyed("k", 2, upsert("x")),
        ],
    )
    .await;
    probe.open(f.workspace);
    first.decisions().await;
    let answers = answers(waiting).await;
    let contacts = |place: usize| -> Vec<_> {
        answers[place]
            .as_ref()
            .expect("submit")
            .iter()
            .map(|decision| decision.contact.expect("a contact").0)
            .collect()
    };
    assert_eq!(
        (contacts(0), contacts(2)),
        (vec![3], vec![4, 5]),
        "everybody gets the own decisions"
    );
    assert_eq!(*answers[1].as_ref().expect("submit"), done);
    assert!(matches!(answers[3], Err(SubmitError::ReplayMismatch)));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_done_once_although_its_batch_is_halved() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    probe.fault(Fault::new(FaultKind::Refused, Point::Write).only("poison"));
    let first = occupy(&f, &probe).await;
    let same = || keyed("k", 1, upsert("a"));
    let waiting = accept_all(&f, [same(), named("poison"), named("b"), same()]).await;
    probe.open(f.workspace);
    first.decisions().await;
    let answers = answers(waiting).await;
    let decisions = |place: usize| answers[place].as_ref().expect("submit");
    assert_eq!(decisions(0), decisions(3));
    assert_eq!(decisions(0)[0].outcome, Outcome::Created);
    assert!(answers[1].is_err());
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_not_recorded() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    probe.fault(Fault::new(FaultKind::Refused, Point::Write).times(1));
    submit(&f, keyed("k", 1, upsert("a"))).await.expect_err("refused");
    let done = decided(&f, keyed("k", 1, upsert("a"))).await;
    assert_eq!(done[0].outcome, Outcome::Created);
}
