//! Which submissions share a transaction, and in which order they are decided.

use crate::support::{Probe, Stand, accept_all, answers, decided, idle, named, names, occupy, together, upsert};
use selfsame_application::{LaneOptions, Submission};
use selfsame_domain::{Command, ContactId, Decision, Effect, Outcome};
use selfsame_storage_conformance::{Fixture, api_call, contact_of, erase};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn an_idle_lane_takes_a_submission_at_once_and_alone() {
    let before = Instant::now();
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    assert_eq!(probe.sizes(f.workspace), [1]);
    probe.open(f.workspace);
    first.decisions().await;
    decided(&f, named("second")).await;
    assert_eq!(probe.sizes(f.workspace), [1, 1]);
    assert_eq!(
        Instant::now(),
        before,
        "no timer took part: the paused time did not move"
    );
}

#[tokio::test(start_paused = true)]
async fn what_arrives_during_a_commit_shares_the_next() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let waiting = accept_all(&f, names("e", 5).iter().map(|name| named(name))).await;
    assert_eq!(
        probe.begins(f.workspace),
        1,
        "nothing begins while a commit is under way"
    );
    assert_eq!(f.app().lane_depth(), 6);
    probe.open(f.workspace);
    first.decisions().await;
    for answer in answers(waiting).await {
        assert_eq!(answer.expect("submit")[0].outcome, Outcome::Created);
    }
    assert_eq!(probe.sizes(f.workspace), [1, 5]);
    f.app().close().await;
    assert_eq!(f.app().lane_depth(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_commit_gathers_its_own_batch() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let second = accept_all(&f, [named("a"), named("b")]).await;
    probe.let_one_pass(f.workspace);
    first.decisions().await;
    probe.arrived(2).await;
    let third = accept_all(&f, [named("c"), named("d"), named("e")]).await;
    probe.open(f.workspace);
    answers(second).await;
    answers(third).await;
    assert_eq!(probe.sizes(f.workspace), [1, 2, 3]);
}

/// Each takes the device of the previous one, so their chain shows the order.
fn takers(names: &[String]) -> impl Iterator<Item = Submission> {
    names
        .iter()
        .map(|name| Submission::of(api_call().external(name).device("d").upsert()))
}

fn moved_from(decision: &Decision) -> Option<ContactId> {
    decision.effects.iter().find_map(|effect| match effect {
        Effect::Moved { from, .. } => Some(*from),
        _ => None,
    })
}

/// The order in which a workspace's submissions were accepted is kept, within batches and between them.
#[tokio::test(start_paused = true)]
async fn submissions_of_a_workspace_keep_their_order() {
    for batch_commands in [1, 3, 256] {
        let mut stand = Stand::with(LaneOptions {
            batch_commands,
            ..LaneOptions::default()
        });
        let (f, probe, first) = stand.busy().await;
        let waiting = accept_all(&f, takers(&names("e", 10))).await;
        probe.open(f.workspace);
        first.decisions().await;
        let answers = answers(waiting).await;
        let decisions: Vec<Decision> = answers
            .into_iter()
            .map(|answer| answer.expect("submit").remove(0))
            .collect();
        let owners: Vec<ContactId> = decisions.iter().map(contact_of).collect();
        let before: Vec<Option<ContactId>> = decisions.iter().map(moved_from).collect();
        assert_eq!(before[0], None);
        let chain: Vec<Option<ContactId>> = owners[..9].iter().copied().map(Some).collect();
        assert_eq!(before[1..], chain, "in batches of {batch_commands}");
        f.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn workspaces_do_not_wait_for_each_other() {
    let mut stand = Stand::default();
    let (mut f, probe, mut first) = stand.busy().await;
    let one = f.enter_new_workspace("two").await;
    let decisions = decided(&f, named("first")).await;
    assert_eq!(
        decisions[0].outcome,
        Outcome::Created,
        "nothing is shared between workspaces"
    );
    assert!(first.is_pending().await);
    probe.open(one);
    assert_eq!(first.decisions().await[0].outcome, Outcome::Created);
    assert_eq!((probe.begins(one), probe.begins(f.workspace)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn decisions_come_in_the_order_of_the_commands() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let commands = |names: &[&str]| together(names.iter().map(|name| upsert(name)).collect());
    let submissions = [
        commands(&["c", "a", "c"]),
        commands(&["b"]),
        commands(&["a", "d", "b", "c"]),
    ];
    let waiting = accept_all(&f, submissions).await;
    probe.open(f.workspace);
    first.decisions().await;
    let mut outcomes = Vec::new();
    for answer in answers(waiting).await {
        let decisions = answer.expect("submit");
        let of: Vec<(i64, Outcome)> = decisions.iter().map(|one| (contact_of(one).0, one.outcome)).collect();
        outcomes.push(of);
    }
    let (made, same) = (Outcome::Created, Outcome::Unchanged);
    // Contact 1 belongs to the submission that kept the lane busy.
    assert_eq!(outcomes[0], [(2, made), (3, made), (2, same)]);
    assert_eq!(outcomes[1], [(4, made)]);
    assert_eq!(outcomes[2], [(3, same), (5, made), (4, same), (2, same)]);
    assert_eq!(probe.sizes(f.workspace), [1, 8], "one transaction for all");
}

async fn sizes_around(f: &Fixture<'_>, probe: &Probe, alone: Command) -> Vec<usize> {
    probe.forget();
    let first = occupy(f, probe).await;
    let submissions = [named("a"), named("b"), Submission::of(alone), named("c"), named("d")];
    let waiting = accept_all(f, submissions).await;
    probe.open(f.workspace);
    first.decisions().await;
    for answer in answers(waiting).await {
        assert_eq!(answer.expect("submit")[0].rejection, None);
    }
    idle(f).await;
    probe.sizes(f.workspace)
}

#[tokio::test(start_paused = true)]
async fn a_command_that_stands_alone_shares_no_batch() {
    let mut stand = Stand::default();
    let (f, probe) = stand.fixture().await;
    let gone = f.id(upsert("gone")).await;
    for alone in [erase(gone), Command::SetPolicy(Box::default())] {
        assert!(alone.stands_alone());
        // An erasure names no contact by identifiers, so its own transaction counts no commands.
        assert_eq!(sizes_around(&f, &probe, alone).await, [1, 2, 0, 2]);
    }
}
