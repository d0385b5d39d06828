//! Deleting contacts for good.

use super::apply::Batch;
use super::{log, merges, records};
use crate::error::{Refusal, storage};
use crate::rows::json;
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, IdentifierKind};
use std::collections::BTreeSet;

/// Deletes contacts, all that they absorbed, and everything that mentions them.
pub(super) async fn erase(batch: &mut Batch<'_>, erased: &[ContactId]) -> Result<(), StorageError> {
    if erased.is_empty() {
        return Ok(());
    }
    let named: BTreeSet<ContactId> = erased.iter().copied().collect();
    let group = merges::group(batch.connection, batch.workspace, &named).await?;
    let group: Vec<ContactId> = group.into_iter().collect();
    records::forget(batch, &group).await?;
    log::erase(batch, &group).await?;
    // While it can still be seen who held them.
    keys(batch, &group).await?;
    for statement in STATEMENTS {
        batch.run(statement, &group).await?;
    }
    let contacts = "DELETE FROM contacts WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))";
    let (expected, touched) = (group.len().max(named.len()), batch.run(contacts, &group).await?);
    if touched != expected as u64 {
        return Err(Refusal::RowsMissing {
            table: "contacts",
            expected,
            touched,
        }
        .into());
    }
    Ok(())
}

/// Deletes the records of keys that nobody else holds. A statement for every kind: in this form SQLite finds the keys by all of their
/// columns.
async fn keys(batch: &mut Batch<'_>, group: &[ContactId]) -> Result<(), StorageError> {
    let contacts = json(group)?;
    for kind in IdentifierKind::ALL {
        sqlx::query(
            "DELETE FROM identifier_keys
             WHERE workspace_id = ?1 AND kind = ?3 AND value IN
                (SELECT i.value
                 FROM json_each(?2) AS n
                 CROSS JOIN identifiers AS i ON i.workspace_id = ?1 AND i.owner_id = n.value AND i.kind = ?3
                 WHERE NOT EXISTS
                    (SELECT 1 FROM identifiers AS o
                     WHERE o.workspace_id = ?1 AND o.kind = ?3 AND o.value = i.value
                        AND o.owner_id NOT IN (SELECT value FROM json_each(?2))))",
        )
        .bind(batch.workspace.0)
        .bind(&contacts)
        .bind(kind.code())
        .execute(&mut *batch.connection)
        .await
        .map_err(storage)?;
    }
    Ok(())
}

const STATEMENTS: [&str; 7] = [
    "DELETE FROM identifiers WHERE workspace_id = ?1 AND owner_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM segment_members INDEXED BY segment_members_by_owner
     WHERE workspace_id = ?1 AND owner_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM visitors WHERE workspace_id = ?1 AND owner_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM visitors WHERE workspace_id = ?1 AND home_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM merges WHERE workspace_id = ?1 AND survivor_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM merges WHERE workspace_id = ?1 AND absorbed_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM profiles WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
];
