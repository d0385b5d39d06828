//! When submissions are answered, and what happens to those whose caller disconnected.

use crate::support::{Stand, accept_all, answers, named, soon};
use futures::FutureExt;
use selfsame_application::SubmitError;
use selfsame_domain::Outcome;

#[tokio::test(start_paused = true)]
async fn an_answer_leaves_after_the_commit() {
    let mut stand = Stand::default();
    let (f, probe, mut first) = stand.busy().await;
    assert!(probe.seen()[0].applied, "all is done but the commit");
    assert!(first.is_pending().await);
    assert!(f.all().await.is_empty(), "no reader sees it before");
    probe.open(f.workspace);
    let contact = first.decisions().await[0].contact;
    assert_eq!(f.all().await, Vec::from_iter(contact));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_stops_nothing() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let mut waiting = accept_all(&f, [named("a"), named("gone"), named("b")]).await;
    drop(waiting.remove(1));
    drop(first);
    probe.open(f.workspace);
    for answer in answers(waiting).await {
        assert_eq!(answer.expect("submit")[0].outcome, Outcome::Created);
    }
    assert_eq!(f.all().await.len(), 4, "what they asked for is done all the same");
    assert_eq!(probe.sizes(f.workspace), [1, 3]);
    soon(f.app().close()).await;
}

#[tokio::test(start_paused = true)]
async fn closing_finishes_what_was_accepted_and_refuses_the_rest() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let waiting = accept_all(&f, [named("a"), named("b")]).await;
    let other = f.app().clone();
    let mut closing = Box::pin(other.close());
    assert!(futures::poll!(&mut closing).is_pending());
    let refused = f
        .app()
        .submit(f.workspace, named("c"))
        .now_or_never()
        .expect("an answer at once");
    assert!(matches!(refused, Err(SubmitError::Busy)), "{refused:?}");
    probe.let_one_pass(f.workspace);
    first.decisions().await;
    probe.arrived(2).await;
    assert!(futures::poll!(&mut closing).is_pending(), "what waited is not done yet");
    probe.open(f.workspace);
    soon(closing).await;
    for one in waiting {
        one.answered().expect("it was accepted");
    }
    assert_eq!(f.all().await.len(), 3);
    soon(f.app().close()).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_lane_closes_at_once() {
    let mut stand = Stand::default();
    let (f, _) = stand.fixture().await;
    f.app().close().now_or_never().expect("closed at once");
    let refused = f
        .app()
        .submit(f.workspace, named("a"))
        .now_or_never()
        .expect("an answer at once");
    assert!(matches!(refused, Err(SubmitError::Busy)), "{refused:?}");
    assert!(f.all().await.is_empty());
}
