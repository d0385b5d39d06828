//! Deciding without writing.

use super::decide::{duplicates, now};
use super::execute::{Source, persist, read};
use super::records::duplicate_key;
use crate::ports::{PolicyVersion, ReadRequest, Recorded, StorageError, Store};
use selfsame_domain::{Decision, Envelope, FootprintExpansion, WorkspaceId, footprint, resolve};

/// Decides without writing: the same function on the same snapshot.
pub(crate) async fn dry_run(
    store: &dyn Store,
    workspace: WorkspaceId,
    envelopes: &[Envelope],
    duplicate_digest: Option<&[u8]>,
) -> Result<Vec<Decision>, StorageError> {
    let read_request = |policy: &PolicyVersion, known: &FootprintExpansion| ReadRequest {
        policy: policy.revision,
        footprint: footprint(envelopes, &policy.policy, known),
        reply_keys: duplicate_key(duplicate_digest, &policy.policy).into_iter().collect(),
        now: envelopes.first().map(|first| first.at).unwrap_or_default(),
    };
    let look = || async {
        let found = read(&mut Source::Committed(store), store, workspace, read_request).await?;
        let snapshot = &found.state.snapshot;
        let in_window = |record: &Recorded| record.contacts.iter().all(|id| !now(snapshot, *id).1);
        if found.state.recorded.first().is_some_and(in_window) {
            Ok(duplicates(envelopes))
        } else {
            Ok(resolve(envelopes, snapshot, &found.policy.policy)?.decisions)
        }
    };
    persist(envelopes.first(), look).await
}
