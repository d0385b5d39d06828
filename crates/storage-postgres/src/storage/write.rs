//! Writing the decisions of a batch.

use super::erase::erase;
use super::read::{CATEGORIES, FIELDS, SEGMENTS};
use crate::error::translate;
use crate::imports::record;
use crate::rows::{
    AnswerRecord, CategoryRecord, ContactRecord, CreatingRecord, EventCountRecord, EventRecord, FieldRecord,
    HeldKeyRecord, IdentifierRecord, LogEntryRecord, MemberKeyRecord, MembershipRecord, MergeRecord, NumberRecord,
    OrderKeyRecord, OrderRecord, ReplyRecord, RequestedKeyRecord, SegmentRecord, StoredEventRecord, TouchedRecord,
    ValueRecord, VisitorRecord, single_sighting, to_json,
};
use crate::segments;
use crate::store::PostgresStore;
use selfsame_application::ports::{Basis, Commit, Deleted, ImportProgress, PolicyVersion, StorageError, Written};
use selfsame_domain::export::order_id;
use selfsame_domain::values::ExternalOrderId;
use selfsame_domain::{Attributes, ChangeSet, ContactId, HeldIdentifier, IdentifierKey, Revision, WorkspaceId};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

const WRITE: &str = "
    SELECT write_v1(
        asked_workspace => $1,
        read_revision => $2,
        read_held => $3,
        read_keys => $4,
        read_contacts => $5,
        read_merges => $6,
        read_orders => $7,
        read_events => $8,
        read_replies => $9,
        read_definitions => $10,
        read_everything => $11,
        changes_definitions => $12,
        deletes => $13,
        more_active_contacts => $14,
        new_contacts => $15,
        new_touched => $16,
        new_answers => $17,
        new_visitor_owners => $18,
        old_identifiers => $19,
        new_identifiers => $20,
        new_values => $21,
        new_visitors => $22,
        new_segments => $23,
        emptied_segments => $24,
        old_memberships => $25,
        new_memberships => $26,
        new_categories => $27,
        new_fields => $28,
        new_merges => $29,
        old_events => $30,
        less_event_counts => $31,
        new_events => $32,
        new_sent_events => $33,
        new_event_counts => $34,
        new_creating => $35,
        old_orders => $36,
        new_orders => $37,
        changed_orders => $38,
        new_policy => $39,
        new_log => $40,
        new_replies => $41,
        new_numbers => $42)";

/// SQLSTATE codes of `write_v1` for a stale batch and for an unknown workspace.
const STALE: &str = "SS001";
const UNKNOWN_WORKSPACE: &str = "02000";

const NOTE_DELETED: &str = "
    INSERT INTO deletions (workspace_id, revision, kind, id)
    SELECT $1, $2, deleted.kind, deleted.id
    FROM UNNEST($3::smallint[], $4::text[]) AS deleted (kind, id)";

/// Erases contacts, then writes the other changes, formulas last. The caller holds the revision of the workspace.
pub(super) async fn erase_and_write(
    store: &PostgresStore,
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    basis: &Basis,
    commit: Commit<'_>,
) -> Result<Written, StorageError> {
    if !commit.changes.erased.is_empty() {
        erase(connection, workspace, &commit.changes.erased).await?;
    }
    let changes = commit.changes;
    let written = write(store, connection, workspace, basis, commit).await?;
    if let Written::Committed(revision) = written {
        segments::write(connection, workspace, revision, changes).await?;
        note_deleted(connection, workspace, revision, changes).await?;
        if let Some(progress) = commit.import {
            let ImportProgress {
                import,
                done,
                rows,
                now,
            } = progress;
            record(connection, workspace, import, done, rows, now)
                .await?
                .for_commit()?;
        }
    }
    Ok(written)
}

/// Records single deleted orders and events, so that exports delete them too.
async fn note_deleted(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    revision: Revision,
    changes: &ChangeSet,
) -> Result<(), StorageError> {
    let deleted = deleted(changes);
    if deleted.is_empty() {
        return Ok(());
    }
    let (kinds, ids): (Vec<i16>, Vec<String>) = deleted.into_iter().map(|one| (one.kind(), one.id())).unzip();
    sqlx::query(NOTE_DELETED)
        .bind(workspace.0)
        .bind(revision.0)
        .bind(kinds)
        .bind(ids)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(())
}

fn deleted(changes: &ChangeSet) -> BTreeSet<Deleted> {
    let orders = changes.orders_deleted.iter().map(|key| Deleted::Order(order_id(key)));
    let events = changes.events_deleted.iter().map(|event| Deleted::Event(event.id));
    orders.chain(events).collect()
}

/// Writes all changes but erasures.
pub(super) async fn write(
    store: &PostgresStore,
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    basis: &Basis,
    commit: Commit<'_>,
) -> Result<Written, StorageError> {
    let made = commit.changes.contacts.iter().map(|row| row.id);
    let made = made
        .chain(commit.changes.erased.iter().copied())
        .map(|id| id.0)
        .collect();
    // Taken before the statement, so that no other batch gets these numbers, whatever its result.
    let taken = store.numbers().take(workspace, made);
    let written = call(connection, workspace, basis, commit).await;
    match &written {
        Ok(Written::Committed(revision)) => {
            if let Some(policy) = &commit.changes.policy {
                let policy = Arc::new(policy.clone());
                let revision = *revision;
                store.policies().note(workspace, &PolicyVersion { revision, policy });
            }
        }
        // Whether the numbers are used is unknown.
        Err(StorageError::Unavailable { .. }) => {}
        Ok(Written::Stale) | Err(_) => store.numbers().give_back(workspace, taken),
    }
    written
}

async fn call(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    basis: &Basis,
    Commit { changes, records, .. }: Commit<'_>,
) -> Result<Written, StorageError> {
    let read = &basis.read;
    let (contacts, touched) = contacts(changes)?;
    let revision: Result<i64, sqlx::Error> = sqlx::query_scalar(WRITE)
        .bind(workspace.0)
        .bind(basis.revision.0)
        .bind(keys(&read.held))
        .bind(keys(&read.keys))
        .bind(read.contacts.iter().map(|id| id.0).collect::<Vec<_>>())
        .bind(read.merges.iter().map(|id| id.0).collect::<Vec<_>>())
        .bind(read.orders.iter().map(ExternalOrderId::as_str).collect::<Vec<_>>())
        .bind(read.events.iter().map(|id| id.0).collect::<Vec<_>>())
        .bind(&basis.reply_keys)
        .bind(read.definitions)
        .bind(read.everything)
        .bind(changes.changes_definitions())
        .bind(changes.deletes())
        .bind(changes.active_contacts)
        .bind(contacts)
        .bind(touched)
        .bind(rows::<_, AnswerRecord>(&changes.repointed))
        .bind(rows::<_, AnswerRecord>(&changes.visitors_returned))
        .bind(rows::<_, HeldKeyRecord>(&changes.identifiers_removed))
        .bind(identifiers(changes)?)
        .bind(values(changes))
        .bind(rows::<_, VisitorRecord>(&changes.visitors))
        .bind(rows::<_, SegmentRecord>(&changes.segments))
        .bind(changes.segments_emptied.iter().map(|id| id.0).collect::<Vec<_>>())
        .bind(rows::<_, MemberKeyRecord>(&changes.memberships_removed))
        .bind(rows::<_, MembershipRecord>(&changes.memberships))
        .bind(rows::<_, CategoryRecord>(&changes.categories))
        .bind(try_rows::<_, FieldRecord>(&changes.fields)?)
        .bind(try_rows::<_, MergeRecord>(&changes.merges)?)
        .bind(rows::<_, StoredEventRecord>(&changes.events_deleted))
        .bind(rows::<_, EventCountRecord>(&changes.events_uncounted))
        .bind(rows::<_, EventRecord>(&changes.events))
        .bind(changes.sent_events.iter().map(|id| id.0).collect::<Vec<_>>())
        .bind(rows::<_, EventCountRecord>(&changes.event_counts))
        .bind(rows::<_, CreatingRecord>(&changes.creating))
        .bind(rows::<_, OrderKeyRecord>(&changes.orders_deleted))
        .bind(try_rows::<_, OrderRecord>(&changes.orders_made)?)
        .bind(try_rows::<_, OrderRecord>(&changes.orders)?)
        .bind(changes.policy.as_ref().map(to_json).transpose()?)
        .bind(try_rows::<_, LogEntryRecord>(&changes.log)?)
        .bind(try_rows::<_, ReplyRecord>(records)?)
        .bind(numbers(changes))
        .fetch_one(connection)
        .await;
    match revision {
        Ok(revision) => Ok(Written::Committed(Revision(revision))),
        Err(error) => match code(&error).as_deref() {
            Some(STALE) => Ok(Written::Stale),
            Some(UNKNOWN_WORKSPACE) => Err(StorageError::UnknownWorkspace),
            _ => Err(translate(error)),
        },
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    match error {
        sqlx::Error::Database(database) => database.code().map(Into::into),
        _ => None,
    }
}

fn rows<'a, T, R: From<&'a T>>(values: &'a [T]) -> Vec<R> {
    values.iter().map(R::from).collect()
}

fn try_rows<'a, T, R: TryFrom<&'a T, Error = StorageError>>(values: &'a [T]) -> Result<Vec<R>, StorageError> {
    values.iter().map(R::try_from).collect()
}

fn keys(keys: &BTreeSet<IdentifierKey>) -> Vec<RequestedKeyRecord> {
    keys.iter().map(|key| RequestedKeyRecord::new(key, true)).collect()
}

/// Rows to write with their attributes where these changed, and contacts of which nothing else is written. Sorted, so
/// that indexes are visited in their order.
fn contacts(changes: &ChangeSet) -> Result<(Vec<ContactRecord>, Vec<TouchedRecord>), StorageError> {
    let mut attributes: BTreeMap<ContactId, &Attributes> = changes
        .attributes
        .iter()
        .map(|(id, attributes)| (*id, attributes))
        .collect();
    let mut contacts = Vec::with_capacity(changes.contacts.len());
    for row in &changes.contacts {
        contacts.push(ContactRecord::new(row, attributes.remove(&row.id))?);
    }
    contacts.sort_by_key(|record| record.contact_id);
    let touched: BTreeSet<ContactId> = changes.touched.iter().chain(attributes.keys()).copied().collect();
    let touched = touched.into_iter();
    let touched = touched.map(|id| TouchedRecord::new(id, attributes.get(&id).copied()));
    Ok((contacts, touched.collect::<Result<_, _>>()?))
}

fn identifiers(changes: &ChangeSet) -> Result<Vec<IdentifierRecord>, StorageError> {
    let mut held: Vec<&HeldIdentifier> = changes.identifiers.iter().collect();
    held.sort_by(|a, b| (a.key(), a.home).cmp(&(b.key(), b.home)));
    let known = changes
        .keys
        .iter()
        .filter_map(|(key, record)| Some((key, single_sighting(record)?)));
    let known: HashMap<&IdentifierKey, Uuid> = known.collect();
    let mut homes: HashMap<&IdentifierKey, usize> = HashMap::new();
    for identifier in &held {
        *homes.entry(identifier.key()).or_default() += 1;
    }
    let seen_with = |key: &IdentifierKey| known.get(key).copied().filter(|_| homes.get(key) == Some(&1));
    held.into_iter()
        .map(|identifier| IdentifierRecord::new(identifier, seen_with(identifier.key())))
        .collect()
}

fn values(changes: &ChangeSet) -> Vec<ValueRecord> {
    let sorted: BTreeMap<_, _> = changes.keys.iter().map(|row| (&row.0, row)).collect();
    sorted.into_values().map(ValueRecord::from).collect()
}

/// The next numbers of definitions.
fn numbers(changes: &ChangeSet) -> Vec<NumberRecord> {
    let last = [
        (CATEGORIES, changes.categories.iter().map(|row| row.id.0).max()),
        (FIELDS, changes.fields.iter().map(|row| row.id.0).max()),
        (SEGMENTS, changes.segments.iter().map(|row| row.id.0).max()),
    ];
    let used = last.into_iter().filter_map(|(name, last)| Some((name, last?)));
    used.map(|(name, last)| NumberRecord {
        name: name.to_owned(),
        next: last.saturating_add(1),
    })
    .collect()
}
