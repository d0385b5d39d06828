//! Deciding without writing.

use super::execute::{duplicate_key, duplicates, now, persist};
use crate::ports::{Mode, Recorded, StorageError, Store};
use selfsame_domain::{Decision, Envelope, Learned, WorkspaceId, footprint, resolve};

/// Decides without writing: the same function on the same snapshot, in a transaction that is not committed.
pub(crate) async fn dry_run(
    store: &dyn Store,
    workspace: WorkspaceId,
    envelopes: &[Envelope],
    duplicate_digest: Option<&[u8]>,
) -> Result<Vec<Decision>, StorageError> {
    let look = || async {
        let mut known = Learned::default();
        loop {
            let mut work = store.begin(workspace, Mode::DryRun).await?;
            let policy = work.policy().clone();
            let key = duplicate_key(duplicate_digest, &policy);
            let repeated = match (key, envelopes.first()) {
                (Some(key), Some(first)) => work.recorded(&[key], first.at).await?.pop(),
                _ => None,
            };
            let mut footprint = footprint(envelopes, &policy, &known);
            footprint
                .contacts
                .extend(repeated.iter().flat_map(|record| &record.contacts));
            let snapshot = work.load(&footprint).await?;
            if !snapshot.learn(&footprint, &mut known) {
                let in_window = |record: &Recorded| record.contacts.iter().all(|id| !now(&snapshot, *id).1);
                if repeated.as_ref().is_some_and(in_window) {
                    return Ok(duplicates(envelopes));
                }
                return Ok(resolve(envelopes, &snapshot, &policy).decisions);
            }
        }
    };
    persist(envelopes.first(), look).await
}
