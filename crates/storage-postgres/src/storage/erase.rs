//! Erasing contacts: nothing of theirs may be left.

use super::Unit;
use crate::error::translate;
use crate::rows::{self, MergeRecord, merge_record, to_json};
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, Decision, DecisionId, IdentifierKey, IdentifierKind, Merge};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The contacts and all that they absorbed.
const GONE: &str = "
    SELECT UNNEST($2::bigint[]) AS contact_id
    UNION
    SELECT contact_id FROM contacts WHERE workspace_id = $1 AND canonical_id = ANY($2::bigint[]) AND state = 'merged'";

/// The identifiers that their log names: those that they named but did not get, or held once, are nobody's.
const NAMED: &str = "
    SELECT DISTINCT (e.effect -> 'identifier' -> 'key')::text
    FROM UNNEST($2::bigint[]) AS gone (contact_id)
    JOIN identity_log l ON l.workspace_id = $1 AND l.contact_id = gone.contact_id
    CROSS JOIN LATERAL json_array_elements(l.body -> 'effects') AS e (effect)
    WHERE e.effect -> 'identifier' IS NOT NULL";

/// Their keys. They come before contacts in the order of locks, so none may be waited for.
const LOCK_KEYS: &str = "
    SELECT FROM (
        SELECT DISTINCT i.kind, i.value
        FROM UNNEST($2::bigint[]) AS gone (contact_id)
        JOIN identifiers i ON i.workspace_id = $1 AND i.owner_id = gone.contact_id
        UNION
        SELECT tokens.kind, named.value
        FROM UNNEST($2::bigint[]) AS gone (contact_id)
        JOIN identifiers i ON i.workspace_id = $1 AND i.owner_id = gone.contact_id AND i.kind IN (4, 5, 6)
        CROSS JOIN UNNEST('{4, 5, 6}'::smallint[]) AS tokens (kind)
        CROSS JOIN LATERAL (VALUES ('/' || i.typed), (i.value)) AS named (value)
        UNION
        SELECT * FROM UNNEST($3::smallint[], $4::text[])
    ) held
    JOIN identifier_keys k ON k.workspace_id = $1 AND k.kind = held.kind AND k.value = held.value
    ORDER BY k.kind, k.value
    FOR UPDATE OF k NOWAIT";

/// Their orders, likewise.
const LOCK_ORDERS: &str = "
    SELECT FROM orders WHERE workspace_id = $1 AND contact_id = ANY($2::bigint[]) ORDER BY external_order_id, store_id
    FOR UPDATE NOWAIT";

/// Replies that mention them, likewise.
const LOCK_REPLIES: &str = "
    SELECT FROM recorded_replies WHERE workspace_id = $1 AND contacts && $2::bigint[] ORDER BY key FOR UPDATE NOWAIT";

/// Decisions that concern them in the logs of others. Rows of logs come after contacts in the order of locks; another erasure may be at work
/// on the same decision.
const LOCK_DECISIONS: &str = "
    SELECT l.body::text
    FROM identity_log l
    WHERE l.workspace_id = $1 AND l.contact_id <> ALL($2::bigint[]) AND l.decision_id IN (
        SELECT own.decision_id
        FROM UNNEST($2::bigint[]) AS gone (contact_id)
        JOIN identity_log own ON own.workspace_id = $1 AND own.contact_id = gone.contact_id
        UNION
        SELECT decision_id FROM identity_log
        WHERE workspace_id = $1 AND mentions IS NOT NULL AND mentions && $2::bigint[]
    )
    ORDER BY l.contact_id, l.decision_id
    FOR UPDATE OF l";

/// Which of some identifiers somebody holds.
const HELD: &str = "
    SELECT named.kind, named.value
    FROM UNNEST($2::smallint[], $3::text[]) AS named (kind, value)
    WHERE EXISTS (SELECT FROM identifiers i WHERE i.workspace_id = $1 AND i.kind = named.kind AND i.value = named.value)";

const REDACT: &str = "
    UPDATE identity_log l
    SET body = new.body::json,
        mentions = NULLIF(ARRAY(SELECT id FROM UNNEST(l.mentions) AS mentioned (id) WHERE id <> ALL($2::bigint[])), '{}')
    FROM UNNEST($3::uuid[], $4::text[]) AS new (decision_id, body)
    WHERE l.workspace_id = $1 AND l.decision_id = new.decision_id
      AND (l.body::text <> new.body OR l.mentions && $2::bigint[])";

/// A key goes when nobody else holds it, and with it the history that waits behind it; of one that is unsubscribed so much stays. `blank` are
/// the other names of a token, without its app and of the other kinds of token: an event, which does not say of what kind its token is, made
/// them to lock them.
const DELETE: &str = "
    WITH gone AS MATERIALIZED (
        SELECT UNNEST($2::bigint[]) AS contact_id
    ),
    held AS (
        DELETE FROM identifiers i USING gone WHERE i.workspace_id = $1 AND i.owner_id = gone.contact_id
        RETURNING i.kind, i.value, i.typed
    ),
    free AS MATERIALIZED (
        SELECT left_over.kind, left_over.value
        FROM (
            SELECT kind, value FROM held
            UNION
            SELECT kind, '/' || typed FROM held WHERE kind IN (4, 5, 6)
            UNION
            SELECT 4, '/' || typed FROM held WHERE kind IN (5, 6)
        ) left_over
        WHERE NOT EXISTS (
            SELECT FROM identifiers o
            WHERE o.workspace_id = $1 AND o.kind = left_over.kind AND o.value = left_over.value
              AND o.owner_id <> ALL($2::bigint[]))
    ),
    waited AS MATERIALIZED (
        SELECT k.waiting
        FROM free
        CROSS JOIN LATERAL (
            SELECT waiting FROM identifier_keys
            WHERE workspace_id = $1 AND kind = free.kind AND value = free.value AND waiting IS NOT NULL OFFSET 0
        ) k
    ),
    keys AS (
        DELETE FROM identifier_keys k
        USING free
        WHERE k.workspace_id = $1 AND k.kind = free.kind AND k.value = free.value AND k.unsubscribed_at IS NULL
        RETURNING k.kind, k.value
    ),
    blank AS (
        DELETE FROM identifier_keys k
        USING (
            SELECT tokens.kind, named.value
            FROM held
            CROSS JOIN UNNEST('{4, 5, 6}'::smallint[]) AS tokens (kind)
            CROSS JOIN LATERAL (VALUES ('/' || held.typed), (held.value)) AS named (value)
            WHERE held.kind IN (4, 5, 6)
            EXCEPT
            SELECT kind, value FROM free
        ) named
        WHERE k.workspace_id = $1 AND k.kind = named.kind AND k.value = named.value
          AND k.unsubscribed_at IS NULL AND k.waiting IS NULL AND k.seen_with = '{}'
          AND NOT EXISTS (
            SELECT FROM identifiers o
            WHERE o.workspace_id = $1 AND o.kind = named.kind AND o.value = named.value
              AND o.owner_id <> ALL($2::bigint[]))
        RETURNING k.kind, k.value
    ),
    unsubscribed AS (
        UPDATE identifier_keys k
        SET seen_with = '{}', waiting = NULL, waiting_since = NULL
        FROM free
        WHERE k.workspace_id = $1 AND k.kind = free.kind AND k.value = free.value AND k.unsubscribed_at IS NOT NULL
    ),
    members AS (
        DELETE FROM segment_members m USING gone WHERE m.workspace_id = $1 AND m.owner_id = gone.contact_id
    ),
    seen AS (
        DELETE FROM visitors
        WHERE workspace_id = $1
          AND (owner_id = ANY($2::bigint[]) OR home_id = ANY($2::bigint[])
               OR visitor_id = ANY(ARRAY(SELECT waiting FROM waited)))
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
    log AS (
        DELETE FROM identity_log l USING gone WHERE l.workspace_id = $1 AND l.contact_id = gone.contact_id
    ),
    profile AS (
        DELETE FROM profiles p USING gone WHERE p.workspace_id = $1 AND p.contact_id = gone.contact_id
    ),
    contact AS (
        DELETE FROM contacts c USING gone WHERE c.workspace_id = $1 AND c.contact_id = gone.contact_id
    )
    SELECT kind, value, true FROM keys
    UNION ALL
    SELECT kind, value, false FROM blank";

/// What was noted of identifiers that nobody holds; of the other names of a token, which are not `noted`, only what tells nothing. What else is
/// known of an identifier stays: that it is unsubscribed, and what waits behind it. Comes after [`DELETE`].
const SIGHTINGS: &str = "
    WITH named AS (
        SELECT named.*
        FROM UNNEST($2::smallint[], $3::text[], $4::boolean[]) AS named (kind, value, noted)
        WHERE NOT EXISTS (
            SELECT FROM identifiers i WHERE i.workspace_id = $1 AND i.kind = named.kind AND i.value = named.value)
    ),
    unseen AS (
        UPDATE identifier_keys k
        SET seen_with = '{}'
        FROM named
        WHERE k.workspace_id = $1 AND k.kind = named.kind AND k.value = named.value
          AND (k.unsubscribed_at IS NOT NULL OR k.waiting IS NOT NULL) AND named.noted AND k.seen_with <> '{}'
    )
    DELETE FROM identifier_keys k
    USING named
    WHERE k.workspace_id = $1 AND k.kind = named.kind AND k.value = named.value
      AND k.unsubscribed_at IS NULL AND k.waiting IS NULL AND (named.noted OR k.seen_with = '{}')
    RETURNING k.kind, k.value";

/// The merges that decisions made. Their undo waits.
const MERGES: &str = concat!(
    "SELECT ",
    merge_record!(),
    " FROM (SELECT DISTINCT id FROM UNNEST($2::uuid[]) AS named (id) ORDER BY id) named
    CROSS JOIN LATERAL (
        SELECT * FROM merges WHERE workspace_id = $1 AND merge_id = named.id OFFSET 0 FOR UPDATE
    ) g"
);

const REDACT_MERGES: &str = "
    UPDATE merges g
    SET evidence_value = new.evidence_value, moved = new.moved::json
    FROM UNNEST($2::uuid[], $3::text[], $4::text[]) AS new (merge_id, evidence_value, moved)
    WHERE g.workspace_id = $1 AND g.merge_id = new.merge_id";

/// The key; for a token those of every kind of token, with and without its app, which an event locks that names it.
fn of_every_kind(key: &IdentifierKey) -> Vec<(i16, &str)> {
    use IdentifierKind::{MobilePush, Telegram, WebPush};
    let tokens = [MobilePush, WebPush, Telegram];
    if !tokens.contains(&key.kind) {
        return vec![(key.kind.code(), &key.value)];
    }
    let nameless = key.value.find('/').map(|slash| &key.value[slash..]);
    let names = [Some(key.value.as_str()), nameless];
    let names = names.into_iter().flatten();
    names.flat_map(|name| tokens.map(|kind| (kind.code(), name))).collect()
}

impl Unit {
    pub(super) async fn erase(&mut self, contacts: &[ContactId]) -> Result<(), StorageError> {
        let roots: Vec<i64> = contacts.iter().map(|id| id.0).collect();
        let gone: Vec<i64> = sqlx::query_scalar(GONE)
            .bind(self.workspace.0)
            .bind(roots)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        let named: Vec<String> = sqlx::query_scalar(NAMED)
            .bind(self.workspace.0)
            .bind(&gone)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        let read = |key: String| rows::json(&key, "identity_log", "body", &"of an erased contact");
        let named: Vec<IdentifierKey> = rows::all(named, read)?;
        let locked: BTreeSet<(i16, &str)> = named.iter().flat_map(of_every_kind).collect();
        let noted: BTreeSet<(i16, &str)> = named.iter().map(|key| (key.kind.code(), key.value.as_str())).collect();
        let noted: Vec<bool> = locked.iter().map(|key| noted.contains(key)).collect();
        let (kinds, values): (Vec<i16>, Vec<&str>) = locked.into_iter().unzip();
        sqlx::query(LOCK_KEYS)
            .bind(self.workspace.0)
            .bind(&gone)
            .bind(&kinds)
            .bind(&values)
            .execute(&mut *self.transaction)
            .await
            .map_err(translate)?;
        for statement in [LOCK_ORDERS, LOCK_REPLIES] {
            sqlx::query(statement)
                .bind(self.workspace.0)
                .bind(&gone)
                .execute(&mut *self.transaction)
                .await
                .map_err(translate)?;
        }
        let decisions = self.lock_decisions(&gone).await?;
        let deleted: Vec<(i16, String, bool)> = sqlx::query_as(DELETE)
            .bind(self.workspace.0)
            .bind(&gone)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        let sightings: Vec<(i16, String)> = sqlx::query_as(SIGHTINGS)
            .bind(self.workspace.0)
            .bind(&kinds)
            .bind(&values)
            .bind(&noted)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        let (deleted, blank): (Vec<_>, Vec<_>) = deleted.into_iter().partition(|(.., held)| *held);
        let keys = |rows: Vec<(i16, String, bool)>| rows.into_iter().map(|(kind, value, _)| (kind, value));
        let deleted = rows::all(keys(deleted).chain(sightings).collect(), rows::identifier_key)?;
        self.known.forget_keys(deleted);
        self.known
            .forget_keys(rows::all(keys(blank).collect(), rows::identifier_key)?);
        self.redact(decisions, gone).await
    }

    async fn lock_decisions(&mut self, gone: &[i64]) -> Result<BTreeMap<DecisionId, Decision>, StorageError> {
        let bodies: Vec<String> = sqlx::query_scalar(LOCK_DECISIONS)
            .bind(self.workspace.0)
            .bind(gone)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        let read = |body: String| rows::json(&body, "identity_log", "body", &"of an erased contact");
        let decisions: Vec<Decision> = rows::all(bodies, read)?;
        Ok(decisions.into_iter().map(|decision| (decision.id, decision)).collect())
    }

    /// After the identifiers are deleted, so that it can be seen which of them others hold.
    async fn redact(
        &mut self,
        mut decisions: BTreeMap<DecisionId, Decision>,
        gone: Vec<i64>,
    ) -> Result<(), StorageError> {
        if decisions.is_empty() {
            return Ok(());
        }
        let mut merges = self.lock_merges(&decisions).await?;
        let mut named: BTreeSet<&IdentifierKey> = decisions.values().flat_map(Decision::identifiers).collect();
        named.extend(merges.iter().flat_map(Merge::identifiers));
        let kinds: Vec<i16> = named.iter().map(|key| key.kind.code()).collect();
        let values: Vec<&str> = named.iter().map(|key| key.value.as_str()).collect();
        let held: Vec<(i16, String)> = sqlx::query_as(HELD)
            .bind(self.workspace.0)
            .bind(kinds)
            .bind(values)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        let held: BTreeSet<IdentifierKey> = rows::all(held, rows::identifier_key)?.into_iter().collect();
        let erased = gone.iter().copied().map(ContactId).collect();
        for decision in decisions.values_mut() {
            decision.redact(&erased, |key| held.contains(key));
        }
        let ids: Vec<Uuid> = decisions.keys().map(|id| id.0).collect();
        let bodies: Vec<String> = decisions.values().map(to_json).collect::<Result<_, _>>()?;
        sqlx::query(REDACT)
            .bind(self.workspace.0)
            .bind(gone)
            .bind(ids)
            .bind(bodies)
            .execute(&mut *self.transaction)
            .await
            .map_err(translate)?;
        for merge in &mut merges {
            merge.redact(|key| held.contains(key));
        }
        self.redact_merges(&merges).await
    }

    async fn lock_merges(&mut self, decisions: &BTreeMap<DecisionId, Decision>) -> Result<Vec<Merge>, StorageError> {
        let named: Vec<Uuid> = decisions.values().flat_map(Decision::merges).map(|id| id.0).collect();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let records: Vec<(MergeRecord,)> = sqlx::query_as(MERGES)
            .bind(self.workspace.0)
            .bind(named)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        rows::all(records, |(record,)| rows::merge(record))
    }

    async fn redact_merges(&mut self, merges: &[Merge]) -> Result<(), StorageError> {
        if merges.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = merges.iter().map(|merge| merge.id.0).collect();
        let evidence = merges
            .iter()
            .map(|merge| merge.evidence.as_ref().map(|key| key.value.as_str()));
        let moved: Vec<String> = merges
            .iter()
            .map(|merge| to_json(&merge.moved))
            .collect::<Result<_, _>>()?;
        sqlx::query(REDACT_MERGES)
            .bind(self.workspace.0)
            .bind(ids)
            .bind(evidence.collect::<Vec<_>>())
            .bind(moved)
            .execute(&mut *self.transaction)
            .await
            .map_err(translate)?;
        Ok(())
    }
}
