//! Transactions without the write lane.

use crate::MemoryStore;
use selfsame_application::ports::{Catalog, Mode, Storage, Store};
use selfsame_domain::{Decision, Envelope, Fresh, Resolution, Snapshot, WorkspaceId, footprint, resolve};

/// One transaction, as the write lane does it.
pub(super) async fn transact(store: &dyn Store, workspace: WorkspaceId, batch: &[Envelope]) -> (Snapshot, Resolution) {
    let fields = store.fields(workspace).await.expect("read");
    let mut work = store.begin(workspace, Mode::Write).await.expect("begin");
    let policy = work.policy().clone();
    let snapshot = work.load(&footprint(batch, &policy, &fields)).await.expect("load");
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
    let fields = model.fields(workspace).await.expect("read");
    let mut work = model.begin(workspace, Mode::Write).await.expect("begin");
    let policy = work.policy().clone();
    let snapshot = work.load(&footprint(batch, &policy, &fields)).await.expect("load");
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
