//! Erasing contacts: no data of theirs may remain.

use crate::error::translate;
use crate::rows::{self, MergeRecord, identifier_key, to_json};
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, Decision, DecisionId, Effect, IdentifierKey, IdentifierKind, Merge, WorkspaceId};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The contacts, and all contacts that they absorbed.
const GONE: &str = "
    SELECT UNNEST($2::bigint[]) AS contact_id
    UNION
    SELECT contact_id FROM contacts WHERE workspace_id = $1 AND canonical_id = ANY($2::bigint[]) AND state = 3";

/// The decisions in their own logs.
const OWN: &str = "SELECT body FROM identity_log WHERE workspace_id = $1 AND contact_id = ANY($2::bigint[])";

/// Decisions about them in the logs of other contacts.
const DECISIONS: &str = "
    SELECT l.body
    FROM identity_log l
    WHERE l.workspace_id = $1 AND l.contact_id <> ALL($2::bigint[]) AND l.decision_id IN (
        SELECT own.decision_id
        FROM UNNEST($2::bigint[]) AS gone (contact_id)
        JOIN identity_log own ON own.workspace_id = $1 AND own.contact_id = gone.contact_id
        UNION
        SELECT decision_id FROM identity_log
        WHERE workspace_id = $1 AND mentions IS NOT NULL AND mentions && $2::bigint[]
    )";

/// The given identifiers that some contact holds.
const HELD: &str = "
    SELECT named.kind, named.value
    FROM UNNEST($2::smallint[], $3::text[]) AS named (kind, value)
    WHERE EXISTS (SELECT FROM identifiers i WHERE i.workspace_id = $1 AND i.kind = named.kind AND i.value = named.value)";

const REDACT: &str = "
    UPDATE identity_log l
    SET body = new.body,
        mentions = NULLIF(ARRAY(SELECT id FROM UNNEST(l.mentions) AS mentioned (id) WHERE id <> ALL($2::bigint[])), '{}')
    FROM UNNEST($3::uuid[], $4::bytea[]) AS new (decision_id, body)
    WHERE l.workspace_id = $1 AND l.decision_id = new.decision_id
      AND (l.body <> new.body OR l.mentions && $2::bigint[])";

/// Deletes all rows of the contacts, and records the deletion with the revision of the commit in progress, so that
/// exports delete the contacts too. The record of a value is deleted when no other contact holds the value, together
/// with the visitor that waits for a holder; of an unsubscribed value only the unsubscription stays. `blank` are the
/// records of the other spellings of a token (without its app, or of the other kinds of token) that contain nothing any
/// more.
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
            SELECT waiting FROM identifier_values
            WHERE workspace_id = $1 AND kind = free.kind AND value = free.value AND waiting IS NOT NULL OFFSET 0
        ) k
    ),
    keys AS (
        DELETE FROM identifier_values k
        USING free
        WHERE k.workspace_id = $1 AND k.kind = free.kind AND k.value = free.value AND k.unsubscribed_at IS NULL
    ),
    blank AS (
        DELETE FROM identifier_values k
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
          AND k.unsubscribed_at IS NULL AND k.waiting IS NULL AND k.seen_with IS NULL
    ),
    unsubscribed AS (
        UPDATE identifier_values k
        SET seen_with = NULL, waiting = NULL, waiting_since = NULL
        FROM free
        WHERE k.workspace_id = $1 AND k.kind = free.kind AND k.value = free.value AND k.unsubscribed_at IS NOT NULL
    ),
    members AS (
        DELETE FROM segment_members m USING gone WHERE m.workspace_id = $1 AND m.owner_id = gone.contact_id
    ),
    due AS (
        DELETE FROM segment_due d USING gone WHERE d.workspace_id = $1 AND d.contact_id = gone.contact_id
    ),
    recorded AS (
        DELETE FROM segment_periods p USING gone WHERE p.workspace_id = $1 AND p.contact_id = gone.contact_id
        RETURNING p.segment_id, p.left_in
    ),
    counted AS (
        UPDATE segment_counts k
        SET members = k.members - n.members
        FROM (SELECT segment_id, count(*) AS members FROM recorded WHERE left_in IS NULL GROUP BY segment_id) n
        WHERE k.workspace_id = $1 AND k.segment_id = n.segment_id
    ),
    seen AS (
        DELETE FROM visitors
        WHERE workspace_id = $1
          AND (owner_id = ANY($2::bigint[]) OR home_id = ANY($2::bigint[])
               OR visitor_id = ANY(ARRAY(SELECT waiting FROM waited)))
        RETURNING visitor_id
    ),
    noted AS (
        INSERT INTO deletions (workspace_id, revision, kind, id)
        SELECT $1, r.latest + 1, n.kind, n.id
        FROM (
            SELECT 1 AS kind, contact_id::text AS id FROM gone
            UNION ALL
            SELECT 2, replace(visitor_id::text, '-', '') FROM seen
        ) n
        JOIN revisions r ON r.workspace_id = $1
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
    taken_back AS (
        DELETE FROM import_undo u USING gone WHERE u.workspace_id = $1 AND u.contact_id = gone.contact_id
    ),
    messages AS (
        DELETE FROM webhook_deliveries d USING gone WHERE d.workspace_id = $1 AND d.contact_id = gone.contact_id
    ),
    imported AS (
        UPDATE import_rows r
        SET dedupe_value = NULL
        FROM gone
        WHERE r.workspace_id = $1 AND r.contact_id = gone.contact_id AND r.dedupe_value IS NOT NULL
    ),
    replies AS (
        DELETE FROM recorded_replies WHERE workspace_id = $1 AND contacts && $2::bigint[]
    ),
    log AS (
        DELETE FROM identity_log l USING gone WHERE l.workspace_id = $1 AND l.contact_id = gone.contact_id
    )
    DELETE FROM contacts c USING gone WHERE c.workspace_id = $1 AND c.contact_id = gone.contact_id";

/// Deletes the sightings of identifiers that no contact holds. Of the other spellings of a token, which are not
/// `noted`, only empty records are deleted. Unsubscriptions and waiting visitors stay. Runs after [`DELETE`].
const SIGHTINGS: &str = "
    WITH named AS (
        SELECT named.*
        FROM UNNEST($2::smallint[], $3::text[], $4::boolean[]) AS named (kind, value, noted)
        WHERE NOT EXISTS (
            SELECT FROM identifiers i WHERE i.workspace_id = $1 AND i.kind = named.kind AND i.value = named.value)
    ),
    unseen AS (
        UPDATE identifier_values k
        SET seen_with = NULL
        FROM named
        WHERE k.workspace_id = $1 AND k.kind = named.kind AND k.value = named.value
          AND (k.unsubscribed_at IS NOT NULL OR k.waiting IS NOT NULL) AND named.noted AND k.seen_with IS NOT NULL
    )
    DELETE FROM identifier_values k
    USING named
    WHERE k.workspace_id = $1 AND k.kind = named.kind AND k.value = named.value
      AND k.unsubscribed_at IS NULL AND k.waiting IS NULL AND (named.noted OR k.seen_with IS NULL)";

/// The merges that decisions made.
const MERGES: &str = "SELECT record FROM merge_rows WHERE workspace_id = $1 AND merge_id = ANY($2::uuid[])";

const REDACT_MERGES: &str = "
    UPDATE merges g
    SET evidence_value = new.evidence_value, moved = new.moved::json
    FROM UNNEST($2::uuid[], $3::text[], $4::text[]) AS new (merge_id, evidence_value, moved)
    WHERE g.workspace_id = $1 AND g.merge_id = new.merge_id";

/// The key; for a token also all kinds of token, with and without its app, because an event that names the token may
/// have stored a record under each of them.
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

/// Deletes contacts, the contacts that they absorbed, and all of their data, and redacts them in the logs and merges of
/// others. The caller holds the revision of the workspace.
pub(super) async fn erase(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    contacts: &[ContactId],
) -> Result<(), StorageError> {
    let roots: Vec<i64> = contacts.iter().map(|id| id.0).collect();
    let gone: Vec<i64> = sqlx::query_scalar(GONE)
        .bind(workspace.0)
        .bind(roots)
        .fetch_all(&mut *connection)
        .await
        .map_err(translate)?;
    // Identifiers that they named but did not get, or held once, have no row of theirs. Their decisions name them.
    let own: Vec<Decision> = read_decisions(connection, workspace, OWN, &gone).await?;
    let effects = own.iter().flat_map(|decision| &decision.effects);
    let named: BTreeSet<&IdentifierKey> = effects
        .filter_map(Effect::identifier)
        .map(|identifier| &identifier.key)
        .collect();
    let all: BTreeSet<(i16, &str)> = named.iter().copied().flat_map(of_every_kind).collect();
    let noted: BTreeSet<(i16, &str)> = named.iter().map(|key| (key.kind.code(), key.value.as_str())).collect();
    let noted: Vec<bool> = all.iter().map(|key| noted.contains(key)).collect();
    let (kinds, values): (Vec<i16>, Vec<&str>) = all.into_iter().unzip();
    let decisions = read_decisions(connection, workspace, DECISIONS, &gone).await?;
    let decisions = decisions.into_iter().map(|decision| (decision.id, decision)).collect();
    sqlx::query(DELETE)
        .bind(workspace.0)
        .bind(&gone)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    sqlx::query(SIGHTINGS)
        .bind(workspace.0)
        .bind(&kinds)
        .bind(&values)
        .bind(&noted)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    redact(connection, workspace, decisions, gone).await
}

async fn read_decisions(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    statement: &'static str,
    gone: &[i64],
) -> Result<Vec<Decision>, StorageError> {
    let bodies: Vec<Vec<u8>> = sqlx::query_scalar(statement)
        .bind(workspace.0)
        .bind(gone)
        .fetch_all(connection)
        .await
        .map_err(translate)?;
    rows::all(bodies, |body| rows::decision(&body, &"of an erased contact"))
}

/// Redacts the decisions and merges of other contacts. Runs after the identifiers are deleted, so that it keeps only
/// those that others hold.
async fn redact(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    mut decisions: BTreeMap<DecisionId, Decision>,
    gone: Vec<i64>,
) -> Result<(), StorageError> {
    if decisions.is_empty() {
        return Ok(());
    }
    let made: Vec<Uuid> = decisions.values().flat_map(Decision::merges).map(|id| id.0).collect();
    let records: Vec<(MergeRecord,)> = sqlx::query_as(MERGES)
        .bind(workspace.0)
        .bind(made)
        .fetch_all(&mut *connection)
        .await
        .map_err(translate)?;
    let mut merges: Vec<Merge> = rows::all(records, |(record,)| Merge::try_from(record))?;
    let mut named: BTreeSet<&IdentifierKey> = decisions.values().flat_map(Decision::identifiers).collect();
    named.extend(merges.iter().flat_map(Merge::identifiers));
    let held = held(connection, workspace, &named).await?;
    let erased = gone.iter().copied().map(ContactId).collect();
    for decision in decisions.values_mut() {
        decision.redact(&erased, |key| held.contains(key));
    }
    for merge in &mut merges {
        merge.redact(|key| held.contains(key));
    }
    let ids: Vec<Uuid> = decisions.keys().map(|id| id.0).collect();
    let bodies: Vec<Vec<u8>> = decisions.values().map(rows::decision_body).collect::<Result<_, _>>()?;
    sqlx::query(REDACT)
        .bind(workspace.0)
        .bind(gone)
        .bind(ids)
        .bind(bodies)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    redact_merges(connection, workspace, &merges).await
}

async fn held(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    named: &BTreeSet<&IdentifierKey>,
) -> Result<BTreeSet<IdentifierKey>, StorageError> {
    let kinds: Vec<i16> = named.iter().map(|key| key.kind.code()).collect();
    let values: Vec<&str> = named.iter().map(|key| key.value.as_str()).collect();
    let held: Vec<(i16, String)> = sqlx::query_as(HELD)
        .bind(workspace.0)
        .bind(kinds)
        .bind(values)
        .fetch_all(connection)
        .await
        .map_err(translate)?;
    let keys = rows::all(held, |(kind, value)| identifier_key(kind, value))?;
    Ok(keys.into_iter().collect())
}

async fn redact_merges(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    merges: &[Merge],
) -> Result<(), StorageError> {
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
        .bind(workspace.0)
        .bind(ids)
        .bind(evidence.collect::<Vec<_>>())
        .bind(moved)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(())
}
