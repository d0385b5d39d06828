//! Reading how contacts got their identity: identifiers, merges, decisions.

use crate::contacts::answering;
use crate::error::storage;
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, statement};
use crate::storage::{group, merge, merge_columns, record, visitor};
use crate::store::SqliteStore;
use crate::whole::{self, held, identifier_columns};
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{
    Holder, Identity, IdentityView, Lookup, PeriodCounts, QuarantinedPlace, SharedIdentifier, StorageError,
};
use selfsame_domain::{
    Contact, ContactId, ContactState, Decision, DecisionId, IdentifierKey, KeyRecord, Merge, MergeId, Timestamp,
    Visitor, VisitorId, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The most visitors in an identity.
const MAX_VISITORS: u32 = 1_000;

#[async_trait]
impl Identity for SqliteStore {
    async fn identity(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<IdentityView>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let Some(id) = answering(connection, workspace, id)? else {
            return Ok(None);
        };
        let contacts = whole::contacts(connection, workspace, &BTreeSet::from([id]))?;
        let Some(contact) = contacts.into_values().next() else {
            return Ok(None);
        };
        let keys = records(connection, workspace, &contact)?;
        let visitors = visitors(connection, workspace, id, None, MAX_VISITORS)?;
        let group = group(connection, workspace, &BTreeSet::from([id]))?;
        let merges = merges_of(connection, workspace, &group)?;
        Ok(Some(IdentityView {
            contact,
            keys,
            visitors,
            merges,
        }))
    }

    async fn visitors_of(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<(Timestamp, VisitorId)>,
        limit: u32,
    ) -> Result<Vec<Visitor>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        match answering(connection, workspace, id)? {
            Some(id) => visitors(connection, workspace, id, after, limit),
            None => Ok(Vec::new()),
        }
    }

    async fn log(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<Decision>>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let Some(id) = answering(connection, workspace, id)? else {
            return Ok(None);
        };
        let group = group(connection, workspace, &BTreeSet::from([id]))?;
        let rows = statement(
            // Selects the decisions from the index alone, then reads their bodies.
            "WITH page (entry) AS MATERIALIZED (
                SELECT min(l.rowid)
                FROM json_each(?2) AS n
                CROSS JOIN identity_log AS l
                    ON l.workspace_id = ?1 AND l.contact_id = n.value AND l.decision_id > coalesce(?3, x'')
                GROUP BY l.decision_id
                ORDER BY l.decision_id LIMIT ?4)
             SELECT l.decision_id, l.body FROM page CROSS JOIN identity_log AS l ON l.rowid = page.entry
             ORDER BY l.decision_id",
        )
        .bind(workspace.0)
        .bind(json(&group)?)
        .bind(after.map(|after| after.0))
        .bind(limit)
        .fetch_all(connection)
        .map_err(storage)?;
        let decision = |row| Row::new(row, "identity_log", 0).json(1, "body");
        rows.iter().map(decision).collect::<Result<_, _>>().map(Some)
    }

    async fn decision(&self, workspace: WorkspaceId, id: DecisionId) -> Result<Option<Decision>, StorageError> {
        let mut reading = self.readers.begin().await?;
        // The rows of all contacts that a decision touched have the same body.
        let row = statement(
            "SELECT decision_id, body FROM identity_log INDEXED BY identity_log_by_decision
             WHERE workspace_id = ?1 AND decision_id = ?2 LIMIT 1",
        )
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(reading.connection()?)
        .map_err(storage)?;
        row.map(|row| Row::new(&row, "identity_log", 0).json(1, "body"))
            .transpose()
    }

    async fn lookup(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Lookup, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let known = statement(
            "SELECT workspace_id, seen_with, unsubscribed_at, waiting, waiting_since FROM identifier_keys
             WHERE workspace_id = ?1 AND kind = ?2 AND value = ?3",
        )
        .bind(workspace.0)
        .bind(key.kind.code())
        .bind(&key.value)
        .fetch_optional(connection)
        .map_err(storage)?;
        let record = match known {
            Some(row) => record(&Row::new(&row, "identifier_keys", 0), 1)?,
            None => KeyRecord::default(),
        };
        let holders = holders(connection, workspace, key)?;
        Ok(Lookup { record, holders })
    }

    async fn merges(
        &self,
        workspace: WorkspaceId,
        before: Option<MergeId>,
        limit: u32,
    ) -> Result<Vec<Merge>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let before = match before {
            Some(id) => one_merge(connection, workspace, id)?,
            None => None,
        };
        let rows = statement(concat!(
            "SELECT ",
            merge_columns!(),
            " FROM merges AS m
              WHERE m.workspace_id = ?1 AND (m.merged_at, m.merge_id) < (coalesce(?2, 9223372036854775807), ?3)
              ORDER BY m.merged_at DESC, m.merge_id DESC LIMIT ?4",
        ))
        .bind(workspace.0)
        .bind(before.as_ref().map(|merge| micros(merge.at)))
        .bind(before.as_ref().map(|merge| merge.id.0))
        .bind(limit)
        .fetch_all(connection)
        .map_err(storage)?;
        rows.iter().map(merge).collect()
    }

    async fn shared(
        &self,
        workspace: WorkspaceId,
        least: u32,
        after: Option<&IdentifierKey>,
        limit: u32,
    ) -> Result<Vec<SharedIdentifier>, StorageError> {
        let mut reading = self.readers.begin().await?;
        // The condition on 2 makes the partial index usable; the policy's threshold is at least that.
        let rows = statement(
            "SELECT n.kind, n.value, json_array_length(seen_with)
             FROM identifier_keys AS n INDEXED BY identifier_keys_shared
             WHERE n.workspace_id = ?1 AND json_array_length(seen_with) >= 2 AND json_array_length(seen_with) >= ?2
               AND (n.kind, n.value) > (?3, ?4)
             ORDER BY n.kind, n.value LIMIT ?5",
        )
        .bind(workspace.0)
        .bind(least)
        .bind(after.map_or(0, |after| after.kind.code()))
        .bind(after.map_or("", |after| &after.value))
        .bind(limit)
        .fetch_all(reading.connection()?)
        .map_err(storage)?;
        let shared = |row| {
            let row = Row::new(row, "identifier_keys", 1);
            Ok(SharedIdentifier {
                key: whole::key(&row, 0, 1)?,
                external_ids: row.get(2, "seen_with")?,
            })
        };
        rows.iter().map(shared).collect()
    }

    async fn quarantined(
        &self,
        workspace: WorkspaceId,
        after: Option<&QuarantinedPlace>,
        limit: u32,
    ) -> Result<Vec<Holder>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let rows = statement(concat!(
            "SELECT ",
            identifier_columns!(),
            ", c.state FROM identifiers AS i INDEXED BY identifiers_quarantined
               CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = i.owner_id
               WHERE i.workspace_id = ?1 AND i.state = 'quarantined' AND i.hidden_by IS NULL
                 AND (i.kind, i.value, i.home_id) > (?2, ?3, ?4)
               ORDER BY i.kind, i.value, i.home_id LIMIT ?5",
        ))
        .bind(workspace.0)
        .bind(after.map_or(0, |after| after.key.kind.code()))
        .bind(after.map_or("", |after| &after.key.value))
        .bind(after.map_or(0, |after| after.home.0))
        .bind(limit)
        .fetch_all(reading.connection()?)
        .map_err(storage)?;
        rows.iter().map(holder).collect()
    }

    async fn counts_between(
        &self,
        workspace: WorkspaceId,
        bounds: &[Timestamp],
    ) -> Result<Vec<PeriodCounts>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let count = |pair: &[Timestamp]| {
            let row = statement(
                "SELECT
                    (SELECT count(*) FROM contacts AS c
                     WHERE c.workspace_id = ?1 AND c.created_at >= ?2 AND c.created_at < ?3),
                    (SELECT count(*) FROM merges AS m
                     WHERE m.workspace_id = ?1 AND m.merged_at >= ?2 AND m.merged_at < ?3)",
            )
            .bind(workspace.0)
            .bind(pair.first().map(|since| micros(*since)))
            .bind(pair.last().map(|until| micros(*until)))
            .fetch_one(connection)
            .map_err(storage)?;
            let row = Row::new(&row, "contacts", 0);
            Ok(PeriodCounts {
                created: row.get(0, "created_at")?,
                merged: row.get(1, "merged_at")?,
            })
        };
        bounds.windows(2).map(count).collect()
    }

    async fn merge(&self, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        one_merge(connection, workspace, id)
    }
}

fn one_merge(connection: &Connection, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, StorageError> {
    let row = statement(concat!(
        "SELECT ",
        merge_columns!(),
        " FROM merges AS m WHERE m.workspace_id = ?1 AND m.merge_id = ?2",
    ))
    .bind(workspace.0)
    .bind(id.0)
    .fetch_optional(connection)
    .map_err(storage)?;
    row.map(|row| merge(&row)).transpose()
}

/// Records that differ from the default, of all identifiers that the contact holds.
fn records(
    connection: &Connection,
    workspace: WorkspaceId,
    contact: &Contact,
) -> Result<BTreeMap<IdentifierKey, KeyRecord>, StorageError> {
    let requested: BTreeSet<_> = contact
        .identifiers
        .iter()
        .map(|held| (held.kind().code(), &held.key().value))
        .collect();
    let rows = statement(
        "SELECT n.workspace_id, n.kind, n.value, n.seen_with, n.unsubscribed_at, n.waiting, n.waiting_since
         FROM jsonb_each(?2) AS k
         CROSS JOIN identifier_keys AS n
            ON n.workspace_id = ?1 AND n.kind = k.value ->> 0 AND n.value = k.value ->> 1",
    )
    .bind(workspace.0)
    .bind(json(&requested)?)
    .fetch_all(connection)
    .map_err(storage)?;
    let pair = |row| {
        let row = Row::new(row, "identifier_keys", 0);
        Ok((whole::key(&row, 1, 2)?, record(&row, 3)?))
    };
    let all = rows
        .iter()
        .map(pair)
        .collect::<Result<BTreeMap<_, _>, StorageError>>()?;
    Ok(all
        .into_iter()
        .filter(|(_, record)| *record != KeyRecord::default())
        .collect())
}

fn visitors(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ContactId,
    after: Option<(Timestamp, VisitorId)>,
    limit: u32,
) -> Result<Vec<Visitor>, StorageError> {
    let (since, last) = after.map_or((i64::MIN, Uuid::nil()), |(since, id)| (micros(since), id.0));
    let rows = statement(
        "SELECT visitor_id, kind, value, home_id, owner_id, since, closed_at, follows FROM visitors
         WHERE workspace_id = ?1 AND owner_id = ?2 AND since >= ?3 AND (since > ?3 OR visitor_id > ?4)
         ORDER BY since, visitor_id LIMIT ?5",
    )
    .bind(workspace.0)
    .bind(id.0)
    .bind(since)
    .bind(last)
    .bind(limit)
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter().map(visitor).collect()
}

/// Merges that any of the contacts took part in. A merge that is not undone has both its contacts in the same group.
fn merges_of(
    connection: &Connection,
    workspace: WorkspaceId,
    group: &BTreeSet<ContactId>,
) -> Result<Vec<Merge>, StorageError> {
    let rows = statement(concat!(
        "SELECT ",
        merge_columns!(),
        " FROM json_each(?2) AS n CROSS JOIN merges AS m ON m.workspace_id = ?1 AND m.survivor_id = n.value
          UNION
          SELECT ",
        merge_columns!(),
        " FROM json_each(?2) AS n CROSS JOIN merges AS m ON m.workspace_id = ?1 AND m.absorbed_id = n.value
          ORDER BY 9, 1",
    ))
    .bind(workspace.0)
    .bind(json(group)?)
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter().map(merge).collect()
}

// The plus prevents SQLite from scanning all identifiers in the order of their owners.
fn holders(connection: &Connection, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Vec<Holder>, StorageError> {
    let rows = statement(concat!(
        "SELECT ",
        identifier_columns!(),
        ", c.state FROM identifiers AS i
           CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = i.owner_id
           WHERE i.workspace_id = ?1 AND i.kind = ?2 AND i.value = ?3 AND i.hidden_by IS NULL
           ORDER BY +i.owner_id, +i.home_id LIMIT 100",
    ))
    .bind(workspace.0)
    .bind(key.kind.code())
    .bind(&key.value)
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter().map(holder).collect()
}

/// Reads [`identifier_columns`] and the state of the owner.
fn holder(row: &SqliteRow) -> Result<Holder, StorageError> {
    let held = held(row)?;
    let state = Row::new(row, "contacts", 0).read(13, "state", ContactState::from_text)?;
    Ok(Holder {
        contact: held.owner,
        removed: state == ContactState::Removed,
        held,
    })
}
