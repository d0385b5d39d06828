//! Commits without the write lane.

use crate::MemoryStore;
use selfsame_application::ports::{Basis, Commit, PolicyVersion, ReadAnswer, ReadRequest, Storage, Store, Written};
use selfsame_domain::{
    ChangeSet, Decision, Envelope, FootprintExpansion, Fresh, Policy, Resolution, Snapshot, WorkspaceId, footprint,
    resolve,
};
use std::sync::Arc;

/// The loaded state of a batch.
pub(super) struct Loaded {
    pub(super) snapshot: Snapshot,
    policy: Arc<Policy>,
    basis: Basis,
}

/// Reads the footprint of the batch.
pub(super) async fn load(store: &dyn Storage, workspace: WorkspaceId, batch: &[Envelope]) -> Loaded {
    let PolicyVersion { revision, policy } = store.policy(workspace).await.expect("the policy");
    let mut known = FootprintExpansion::default();
    loop {
        let request = ReadRequest {
            policy: revision,
            footprint: footprint(batch, &policy, &known),
            ..ReadRequest::default()
        };
        let answer = store.read(workspace, &request).await.expect("read");
        let ReadAnswer::State(state) = answer else {
            panic!("the policy was not changed: {answer:?}")
        };
        if !state.snapshot.expand_footprint(&request.footprint, &mut known) {
            return Loaded {
                basis: Basis::of(&request, &state),
                snapshot: state.snapshot,
                policy,
            };
        }
    }
}

async fn write(store: &dyn Storage, workspace: WorkspaceId, basis: &Basis, changes: &ChangeSet) {
    let commit = Commit {
        changes,
        records: &[],
        import: None,
    };
    let written = store.write(workspace, basis, commit).await.expect("write");
    assert!(matches!(written, Written::Committed(_)), "no other server writes");
}

/// One commit, as the write lane does it.
pub(super) async fn transact(store: &dyn Store, workspace: WorkspaceId, batch: &[Envelope]) -> (Snapshot, Resolution) {
    let loaded = load(store, workspace, batch).await;
    let resolution = resolve(batch, &loaded.snapshot, &loaded.policy).expect("a possible state");
    write(store, workspace, &loaded.basis, &resolution.changes).await;
    (loaded.snapshot, resolution)
}

/// One command in its own commit, with the new numbers of another storage; the numbers that it uses are removed from the list.
pub(super) async fn transact_with(
    model: &MemoryStore,
    workspace: WorkspaceId,
    envelope: &Envelope,
    fresh: &mut Fresh,
) -> Decision {
    let batch = std::slice::from_ref(envelope);
    let loaded = load(model, workspace, batch).await;
    let snapshot = Snapshot {
        fresh: fresh.clone(),
        ..loaded.snapshot
    };
    let mut resolution = resolve(batch, &snapshot, &loaded.policy).expect("a possible state");
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
    write(model, workspace, &loaded.basis, changes).await;
    resolution.decisions.remove(0)
}
