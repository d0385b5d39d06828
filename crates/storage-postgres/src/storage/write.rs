//! Writing the decisions of a batch.

use super::erase::erase;
use super::read::{CATEGORIES, FIELDS, SEGMENTS, has_changeable, has_tokens};
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
use selfsame_domain::{
    Attributes, ChangeSet, ContactId, HeldIdentifier, IdentifierKey, ReadSet, Revision, WorkspaceId,
};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

const WRITE: &str = "
    SELECT write_v1(
        asked_workspace => $1,
        read_revision => $2,
        read_keys => $3,
        read_tokens => $4,
        read_changeable => $5,
        read_contacts => $6,
        read_merges => $7,
        read_orders => $8,
        read_events => $9,
        read_replies => $10,
        read_definitions => $11,
        read_everything => $12,
        changes_definitions => $13,
        deletes => $14,
        more_active_contacts => $15,
        new_contacts => $16,
        changed_contacts => $17,
        new_touched => $18,
        new_answers => $19,
        new_visitor_owners => $20,
        old_identifiers => $21,
        new_identifiers => $22,
        new_values => $23,
        value_places => $24,
        new_visitors => $25,
        new_segments => $26,
        emptied_segments => $27,
        old_memberships => $28,
        new_memberships => $29,
        new_categories => $30,
        new_fields => $31,
        new_merges => $32,
        old_events => $33,
        less_event_counts => $34,
        new_events => $35,
        new_sent_events => $36,
        new_event_counts => $37,
        new_creating => $38,
        old_orders => $39,
        new_orders => $40,
        changed_orders => $41,
        new_policy => $42,
        new_log => $43,
        new_replies => $44,
        new_numbers => $45)";

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
    let written = call(connection, workspace, basis, commit, &taken).await;
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

#[expect(clippy::too_many_lines, reason = "a line for each parameter of the function")]
async fn call(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    basis: &Basis,
    Commit { changes, records, .. }: Commit<'_>,
    new_numbers: &[i64],
) -> Result<Written, StorageError> {
    let read = &basis.read;
    let Contacts { new, changed, touched } = contacts(changes, new_numbers)?;
    let (identifiers, places) = identifiers(changes)?;
    let (values, value_places) = values(changes, &places);
    let revision: Result<i64, sqlx::Error> = sqlx::query_scalar(WRITE)
        .bind(workspace.0)
        .bind(basis.revision.0)
        .bind(keys(read))
        .bind(has_tokens(read.keys.iter().chain(&read.held)))
        .bind(has_changeable(read.keys.iter().chain(&read.held)))
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
        .bind(new)
        .bind(changed)
        .bind(touched)
        .bind(rows::<_, AnswerRecord>(&changes.repointed))
        .bind(rows::<_, AnswerRecord>(&changes.visitors_returned))
        .bind(rows::<_, HeldKeyRecord>(&changes.identifiers_removed))
        .bind(identifiers)
        .bind(values)
        .bind(value_places)
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

/// The values that were read, and whether their holders were read as well.
fn keys(read: &ReadSet) -> Vec<RequestedKeyRecord> {
    let all = read.keys.union(&read.held);
    all.map(|key| RequestedKeyRecord::new(key, read.held.contains(key)))
        .collect()
}

/// Rows of contacts to write, each list sorted, so that indexes are visited in their order.
struct Contacts {
    /// Those with a number that was never used before.
    new: Vec<ContactRecord>,
    changed: Vec<ContactRecord>,
    /// Those of which only the revision is written and, if they changed, the attributes.
    touched: Vec<TouchedRecord>,
}

fn contacts(changes: &ChangeSet, new_numbers: &[i64]) -> Result<Contacts, StorageError> {
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
    let new_numbers: BTreeSet<i64> = new_numbers.iter().copied().collect();
    let (new, known) = contacts
        .into_iter()
        .partition(|record| new_numbers.contains(&record.contact_id));
    let touched: BTreeSet<ContactId> = changes.touched.iter().chain(attributes.keys()).copied().collect();
    let touched = touched.into_iter();
    let touched = touched.map(|id| TouchedRecord::new(id, attributes.get(&id).copied()));
    Ok(Contacts {
        new,
        changed: known,
        touched: touched.collect::<Result<_, _>>()?,
    })
}

/// The places of rows in a list, from 1, by their identifiers.
type Places<'c> = HashMap<&'c IdentifierKey, i32>;

/// Rows of identifiers to write, and the places of those that store the whole record of their value if they are its first
/// holder.
fn identifiers(changes: &ChangeSet) -> Result<(Vec<IdentifierRecord>, Places<'_>), StorageError> {
    let mut held: Vec<&HeldIdentifier> = changes.identifiers.iter().collect();
    held.sort_by(|a, b| (a.key(), a.home).cmp(&(b.key(), b.home)));
    let known = changes
        .keys
        .iter()
        .filter_map(|(key, record)| Some((key, single_sighting(record)?)));
    let known: HashMap<&IdentifierKey, Uuid> = known.collect();
    let mut rows = Vec::with_capacity(held.len());
    let mut places = Places::new();
    for (place, identifier) in (1_usize..).zip(&held) {
        let key = identifier.key();
        // Sorted, so rows of the same value are neighbours.
        let is_other = |neighbour: &&HeldIdentifier| neighbour.key() != key;
        let before = place.checked_sub(2).and_then(|before| held.get(before));
        let is_single = before.is_none_or(is_other) && held.get(place).is_none_or(is_other);
        let seen_with = known.get(key).copied().filter(|_| is_single);
        if let Some(place) = i32::try_from(place).ok().filter(|_| seen_with.is_some()) {
            places.insert(key, place);
        }
        rows.push(IdentifierRecord::new(identifier, seen_with)?);
    }
    Ok((rows, places))
}

/// Rows of values to write, each with the place of the identifier that may store it, 0 without one.
fn values(changes: &ChangeSet, places: &Places<'_>) -> (Vec<ValueRecord>, Vec<i32>) {
    let sorted: BTreeMap<_, _> = changes.keys.iter().map(|row| (&row.0, row)).collect();
    let place = |key: &IdentifierKey| places.get(key).copied().unwrap_or(0);
    sorted
        .into_values()
        .map(|row| (ValueRecord::from(row), place(&row.0)))
        .unzip()
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
