//! Transactions without the write lane.

use crate::MemoryStore;
use selfsame_application::ports::{Mode, Storage, Store, UnitOfWork};
use selfsame_domain::{Decision, Envelope, Fresh, Learned, Resolution, Snapshot, WorkspaceId, footprint, resolve};

/// A transaction that has loaded all that the batch touches.
pub(super) async fn load(
    store: &dyn Storage,
    workspace: WorkspaceId,
    mode: Mode,
    batch: &[Envelope],
) -> (Box<dyn UnitOfWork>, Snapshot) {
    let mut known = Learned::default();
    loop {
        let mut work = store.begin(workspace, mode).await.expect("begin");
        let footprint = footprint(batch, work.policy(), &known);
        let snapshot = work.load(&footprint).await.expect("load");
        if !snapshot.learn(&footprint, &mut known) {
            return (work, snapshot);
        }
    }
}

/// One transaction, as the write lane does it.
pub(super) async fn transact(store: &dyn Store, workspace: WorkspaceId, batch: &[Envelope]) -> (Snapshot, Resolution) {
    let (mut work, snapshot) = load(store, workspace, Mode::Write, batch).await;
    let policy = work.policy().clone();
    let resolution = resolve(batch, &snapshot, &policy);
    work.apply(&resolution.changes, &[]).await.expect("apply");
    work.commit().await.expect("commit");
    (snapshot, resolution)
}

/// One command in a transaction of its own, with the new numbers of another storage; those that it uses are taken away.
pub(super) async fn transact_with(
    model: &MemoryStore,
    workspace: WorkspaceId,
    envelope: &Envelope,
    fresh: &mut Fresh,
) -> Decision {
    let batch = std::slice::from_ref(envelope);
    let (mut work, snapshot) = load(model, workspace, Mode::Write, batch).await;
    let policy = work.policy().clone();
    let mut resolution = resolve(
        batch,
        &Snapshot {
            fresh: fresh.clone(),
            ..snapshot
        },
        &policy,
    );
    let changes = &resolution.changes;
    fresh
        .contacts
        .retain(|id| !changes.contacts.iter().any(|row| row.id == *id));
    fresh
        .segments
        .retain(|id| !changes.segments.iter().any(|row| row.id == *id));
    fresh
        .categories
        .retain(|id| !changes.categories.iter().any(|row| row.id == *id));
    fresh
        .fields
        .retain(|id| !changes.fields.iter().any(|row| row.id == *id));
    work.apply(changes, &[]).await.expect("apply");
    work.commit().await.expect("commit");
    resolution.decisions.remove(0)
}
