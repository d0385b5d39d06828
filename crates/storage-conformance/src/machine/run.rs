//! The properties of the machine.

use super::exported::{Exported, turn};
use super::pair::Pair;
use super::same::{Checked, assert_same};
use super::step::{Step, step};
use crate::backend::Backend;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use selfsame_application::ports::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// The number of sequences of a test without `SELFSAME_PROPTEST_CASES`.
const CASES: u32 = 16;

/// Sequences with exports take so much longer than others.
const EXPORTED: u32 = 3;

/// The number of steps between two comparisons of the whole observable state.
const STRIDE: usize = 4;

/// For any commands, the storage decides, stores and returns the same as the in-memory adapter.
pub(crate) async fn random_commands_agree(backend: &mut dyn Backend) {
    check(
        backend,
        cases(),
        &prop::collection::vec(step(), 1..32),
        async |store, name, steps| {
            let mut pair = Pair::new(store, &name).await?;
            for (index, step) in steps.iter().enumerate() {
                pair.take(step).await?;
                if index % STRIDE == STRIDE - 1 {
                    pair.compare().await?;
                }
            }
            pair.compare().await
        },
    );
}

/// Merges of any contacts leave no trace when they are undone, in any order (identity rule 10).
pub(crate) async fn merges_come_apart(backend: &mut dyn Backend) {
    let pairs = prop::collection::vec((0..12_usize, 0..12_usize), 1..5);
    let order = prop::collection::vec(any::<prop::sample::Index>(), 5);
    let strategy = (prop::collection::vec(step(), 4..20), pairs, order);
    check(
        backend,
        cases(),
        &strategy,
        async |store, name, (steps, pairs, order)| {
            let mut pair = Pair::new(store, &name).await?;
            for step in &steps {
                pair.take(step).await?;
            }
            let before = pair.observables().await;
            let mut made = Vec::new();
            for (survivor, absorbed) in pairs {
                let decisions = pair
                    .take(&Step::Merge {
                        survivor,
                        absorbed,
                        force: true,
                    })
                    .await?;
                made.extend(
                    decisions
                        .iter()
                        .filter(|decision| decision.rejection.is_none())
                        .map(crate::merge_of),
                );
            }
            for index in order {
                if !made.is_empty() {
                    let merge = made.remove(index.index(made.len()));
                    pair.undo(merge).await?;
                }
            }
            assert_same("observables", &pair.observables().await, &before)?;
            pair.compare().await
        },
    );
}

/// Whatever happens to the workspace, to the server and at the destination, a run that succeeds leaves the rows of the workspace there.
pub(crate) async fn exports_follow(backend: &mut dyn Backend) {
    let clock = backend.clock().clone();
    let turns = prop::collection::vec(turn(), 1..32);
    check(
        backend,
        cases().div_ceil(EXPORTED),
        &turns,
        async |store, name, turns| {
            let mut exported = Exported::new(store, clock.clone(), &name).await?;
            for turn in &turns {
                exported.take(turn).await?;
            }
            exported.finish().await
        },
    );
}

/// Tries sequences, each in a new workspace.
fn check<S: Strategy>(
    backend: &mut dyn Backend,
    cases: u32,
    strategy: &S,
    test: impl AsyncFn(Arc<dyn Store>, String, S::Value) -> Checked,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let workspaces = AtomicUsize::new(0);
    let store = backend.store();
    let result = TestRunner::new(config).run(strategy, |value| {
        let name = format!("workspace {}", workspaces.fetch_add(1, Ordering::Relaxed));
        block_in_place(|| Handle::current().block_on(test(Arc::clone(&store), name, value)))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn cases() -> u32 {
    match std::env::var("SELFSAME_PROPTEST_CASES") {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("SELFSAME_PROPTEST_CASES is no number: {text:?}")),
        Err(_) => CASES,
    }
}
