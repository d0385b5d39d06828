//! Bounds of a batch and of the queue.

use crate::support::{Stand, accept_all, answers, decided, idle, named, names, together, upsert};
use futures::FutureExt;
use selfsame_application::{LaneOptions, Submission, SubmitError};
use selfsame_storage_conformance::Fixture;

async fn sizes(stand: &mut Stand, submissions: Vec<Submission>) -> Vec<usize> {
    let (f, probe, first) = stand.busy().await;
    let waiting = accept_all(&f, submissions).await;
    probe.open(f.workspace);
    first.decisions().await;
    for answer in answers(waiting).await {
        answer.expect("submit");
    }
    probe.sizes(f.workspace)
}

#[tokio::test(start_paused = true)]
async fn a_batch_has_256_commands_at_the_most() {
    let singles = names("e", 300).iter().map(|name| named(name)).collect();
    assert_eq!(sizes(&mut Stand::default(), singles).await, [1, 256, 44]);
    let of = |count: usize| {
        together(
            names(&format!("{count}-"), count)
                .iter()
                .map(|name| upsert(name))
                .collect(),
        )
    };
    let several = vec![of(200), of(56), of(1), of(255), of(2)];
    assert_eq!(sizes(&mut Stand::default(), several).await, [1, 256, 256, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_larger_submission_goes_alone() {
    let large = together(names("e", 257).iter().map(|name| upsert(name)).collect());
    let submissions = vec![named("a"), large, named("b"), named("c")];
    assert_eq!(sizes(&mut Stand::default(), submissions).await, [1, 1, 257, 2]);
    let heavy = Submission {
        bytes: (1 << 20) + 1,
        ..named("heavy")
    };
    let submissions = vec![named("a"), heavy, named("b"), named("c")];
    assert_eq!(sizes(&mut Stand::default(), submissions).await, [1, 1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_has_a_mebibyte_at_the_most() {
    let of = |bytes: usize| {
        names(&format!("{bytes}-"), 5)
            .into_iter()
            .map(move |name| Submission { bytes, ..named(&name) })
    };
    assert_eq!(sizes(&mut Stand::default(), of(1 << 18).collect()).await, [1, 4, 1]);
    assert_eq!(
        sizes(&mut Stand::default(), of((1 << 18) + 1).collect()).await,
        [1, 3, 2]
    );
}

fn refused(f: &Fixture<'_>, name: &str) {
    let answer = f
        .app()
        .submit(f.workspace, named(name))
        .now_or_never()
        .expect("an answer at once");
    assert!(matches!(answer, Err(SubmitError::Busy)), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_lane_is_busy() {
    let mut stand = Stand::with(LaneOptions {
        depth: 3,
        ..LaneOptions::default()
    });
    let (f, probe, first) = stand.busy().await;
    let waiting = accept_all(&f, [named("a"), named("b")]).await;
    refused(&f, "c");
    assert_eq!(f.app().lane_depth(), 3, "what is refused does not count");
    probe.open(f.workspace);
    first.decisions().await;
    for answer in answers(waiting).await {
        answer.expect("what was accepted is done");
    }
    assert_eq!(f.all().await.len(), 3, "what was refused is not");
    idle(&f).await;
    decided(&f, named("c")).await;
}
