//! Erasing contacts: nothing that mentions them may be left.

use super::Unit;
use crate::error::translate;
use crate::rows;
use selfsame_application::ports::StorageError;
use selfsame_domain::ContactId;

/// The contacts and all that they absorbed.
const GONE: &str = "
    SELECT UNNEST($2::bigint[]) AS contact_id
    UNION
    SELECT contact_id FROM contacts WHERE workspace_id = $1 AND canonical_id = ANY($2::bigint[]) AND state = 'merged'";

/// Their keys. They come before contacts in the order of locks, so none may be waited for.
const LOCK_KEYS: &str = "
    SELECT FROM (
        SELECT DISTINCT i.kind, i.value
        FROM UNNEST($2::bigint[]) AS gone (contact_id)
        JOIN identifiers i ON i.workspace_id = $1 AND i.owner_id = gone.contact_id
    ) held
    JOIN identifier_keys k ON k.workspace_id = $1 AND k.kind = held.kind AND k.value = held.value
    ORDER BY k.kind, k.value
    FOR UPDATE OF k NOWAIT";

/// Their orders, likewise.
const LOCK_ORDERS: &str = "
    SELECT FROM orders WHERE workspace_id = $1 AND contact_id = ANY($2::bigint[]) ORDER BY external_order_id
    FOR UPDATE NOWAIT";

/// Replies that mention them, likewise.
const LOCK_REPLIES: &str = "
    SELECT FROM recorded_replies WHERE workspace_id = $1 AND contacts && $2::bigint[] ORDER BY key FOR UPDATE NOWAIT";

/// A key goes when nobody else holds it. A decision goes from every log.
const DELETE: &str = "
    WITH gone AS MATERIALIZED (
        SELECT UNNEST($2::bigint[]) AS contact_id
    ),
    held AS (
        DELETE FROM identifiers i USING gone WHERE i.workspace_id = $1 AND i.owner_id = gone.contact_id
        RETURNING i.kind, i.value
    ),
    keys AS (
        DELETE FROM identifier_keys k
        USING (SELECT DISTINCT kind, value FROM held) left_over
        WHERE k.workspace_id = $1 AND k.kind = left_over.kind AND k.value = left_over.value
          AND NOT EXISTS (
            SELECT FROM identifiers o
            WHERE o.workspace_id = $1 AND o.kind = left_over.kind AND o.value = left_over.value
              AND o.owner_id <> ALL($2::bigint[]))
        RETURNING k.kind, k.value
    ),
    members AS (
        DELETE FROM segment_members m USING gone WHERE m.workspace_id = $1 AND m.owner_id = gone.contact_id
    ),
    seen AS (
        DELETE FROM visitors WHERE workspace_id = $1 AND (owner_id = ANY($2::bigint[]) OR home_id = ANY($2::bigint[]))
        RETURNING visitor_id
    ),
    viewed AS (
        DELETE FROM events e USING seen WHERE e.workspace_id = $1 AND e.visitor_id = seen.visitor_id
    ),
    happened AS (
        DELETE FROM events e USING gone WHERE e.workspace_id = $1 AND e.contact_id = gone.contact_id
    ),
    ordered AS (
        DELETE FROM orders o USING gone WHERE o.workspace_id = $1 AND o.contact_id = gone.contact_id
    ),
    joined AS (
        DELETE FROM merges
        WHERE workspace_id = $1 AND (survivor_id = ANY($2::bigint[]) OR absorbed_id = ANY($2::bigint[]))
    ),
    replies AS (
        DELETE FROM recorded_replies WHERE workspace_id = $1 AND contacts && $2::bigint[]
    ),
    decided AS MATERIALIZED (
        SELECT l.decision_id FROM gone JOIN identity_log l ON l.workspace_id = $1 AND l.contact_id = gone.contact_id
        UNION
        SELECT decision_id FROM identity_log
        WHERE workspace_id = $1 AND mentions IS NOT NULL AND mentions && $2::bigint[]
    ),
    log AS (
        DELETE FROM identity_log l USING decided WHERE l.workspace_id = $1 AND l.decision_id = decided.decision_id
    ),
    profile AS (
        DELETE FROM profiles p USING gone WHERE p.workspace_id = $1 AND p.contact_id = gone.contact_id
    ),
    contact AS (
        DELETE FROM contacts c USING gone WHERE c.workspace_id = $1 AND c.contact_id = gone.contact_id
    )
    SELECT kind, value FROM keys";

impl Unit {
    pub(super) async fn erase(&mut self, contacts: &[ContactId]) -> Result<(), StorageError> {
        let roots: Vec<i64> = contacts.iter().map(|id| id.0).collect();
        let gone: Vec<i64> = sqlx::query_scalar(GONE)
            .bind(self.workspace.0)
            .bind(roots)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        for statement in [LOCK_KEYS, LOCK_ORDERS, LOCK_REPLIES] {
            sqlx::query(statement)
                .bind(self.workspace.0)
                .bind(&gone)
                .execute(&mut *self.transaction)
                .await
                .map_err(translate)?;
        }
        let deleted: Vec<(i16, String)> = sqlx::query_as(DELETE)
            .bind(self.workspace.0)
            .bind(&gone)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        self.known.forget_keys(rows::all(deleted, rows::identifier_key)?);
        Ok(())
    }
}
