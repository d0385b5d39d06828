//! Whether what a batch has read is still current.

use super::WorkspaceState;
use crate::error::storage;
use crate::rows::{hex, json};
use crate::statement::statement;
use rusqlite::Connection;
use selfsame_application::ports::{Basis, StorageError};
use selfsame_domain::{IdentifierKey, WorkspaceId};
use std::collections::BTreeSet;

/// Rows of [`selfsame_domain::ReadSet`] with a later revision than `?2`.
const WRITTEN_SINCE: &str = "
    SELECT 1 FROM json_each(?3) AS n
    CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = n.value
    WHERE c.revision > ?2
    UNION ALL
    SELECT 1 FROM jsonb_each(?4) AS k
    CROSS JOIN identifiers AS i ON i.workspace_id = ?1 AND i.kind = k.value ->> 0 AND i.value = k.value ->> 1
    CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = i.owner_id
    WHERE i.revision > ?2 OR c.revision > ?2
    UNION ALL
    SELECT 1 FROM jsonb_each(?4) AS k
    CROSS JOIN identifiers AS i
        ON i.workspace_id = ?1 AND i.kind = k.value ->> 0 AND i.typed = substr(k.value ->> 1, 2)
            AND i.kind IN (4, 5, 6) AND length(CAST(i.typed AS BLOB)) < 1000
    CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = i.owner_id
    WHERE k.value ->> 0 IN (4, 5, 6) AND k.value ->> 1 LIKE '/%' AND (i.revision > ?2 OR c.revision > ?2)
    UNION ALL
    SELECT 1 FROM jsonb_each(?5) AS k
    CROSS JOIN identifier_keys AS n ON n.workspace_id = ?1 AND n.kind = k.value ->> 0 AND n.value = k.value ->> 1
    WHERE n.revision > ?2
    UNION ALL
    SELECT 1 FROM jsonb_each(?5) AS k
    CROSS JOIN visitors AS v ON v.workspace_id = ?1 AND v.kind = k.value ->> 0 AND v.value = k.value ->> 1
    WHERE v.revision > ?2
    UNION ALL
    SELECT 1 FROM json_each(?6) AS k
    CROSS JOIN merges AS m ON m.workspace_id = ?1 AND m.merge_id = unhex(k.value)
    WHERE m.revision > ?2
    UNION ALL
    SELECT 1 FROM json_each(?7) AS k
    CROSS JOIN orders AS o ON o.workspace_id = ?1 AND o.external_order_id = k.value
    WHERE o.revision > ?2
    UNION ALL
    SELECT 1 FROM json_each(?8) AS k
    CROSS JOIN sent_events AS e ON e.workspace_id = ?1 AND e.event_id = unhex(k.value)
    WHERE e.revision > ?2
    UNION ALL
    SELECT 1 FROM json_each(?9) AS k
    CROSS JOIN recorded_replies AS r ON r.workspace_id = ?1 AND r.key = k.value
    WHERE r.revision > ?2
    LIMIT 1";

/// Whether a commit after the one that the batch read wrote something that it read.
pub(super) fn is_stale(
    connection: &Connection,
    workspace: WorkspaceId,
    state: &WorkspaceState,
    basis: &Basis,
) -> Result<bool, StorageError> {
    if state.latest == basis.revision {
        return Ok(false);
    }
    let read = &basis.read;
    let later = |revision| revision > basis.revision;
    if read.everything || later(state.policy) || later(state.deleted) || (read.definitions && later(state.definitions))
    {
        return Ok(true);
    }
    let found = statement(WRITTEN_SINCE)
        .bind(workspace.0)
        .bind(basis.revision.0)
        .bind(json(&read.contacts)?)
        .bind(keys(&read.held)?)
        .bind(keys(&read.keys)?)
        .bind(json(&read.merges.iter().map(|id| hex(id.0)).collect::<Vec<_>>())?)
        .bind(json(&read.orders)?)
        .bind(json(&read.events.iter().map(|id| hex(id.0)).collect::<Vec<_>>())?)
        .bind(json(&basis.reply_keys)?)
        .fetch_optional(connection)
        .map_err(storage)?;
    Ok(found.is_some())
}

fn keys(keys: &BTreeSet<IdentifierKey>) -> Result<String, StorageError> {
    let pairs: Vec<_> = keys.iter().map(|key| (key.kind.code(), &key.value)).collect();
    json(&pairs)
}
