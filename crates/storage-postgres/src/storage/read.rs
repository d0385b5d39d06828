//! Reading the snapshot of a batch.

use crate::error::translate;
use crate::rows::{
    self, AnswerRecord, CategoryRecord, ContactRecord, FieldKeyRecord, FieldRecord, IdentifierRecord, LateKeyRecord,
    MembershipRecord, MergeRecord, NumberRecord, OrderRecord, PartiesRecord, Records, ReplyRecord, RequestedKeyRecord,
    SegmentRecord, StoredEventRecord, ValueRecord, VisitorRecord, event_type,
};
use crate::segments;
use crate::store::PostgresStore;
use selfsame_application::ports::{AccessVersion, ReadAnswer, ReadRequest, ReadState, StorageError};
use selfsame_domain::values::{CategoryKey, EventTypeKey, ExternalOrderId, SegmentName};
use selfsame_domain::{
    Category, CategoryId, Contact, ContactId, ContactState, CustomField, EventId, EventPeriod, FieldId, Footprint,
    Fresh, HeldIdentifier, IdentifierKey, KeyRecord, Merge, Order, Revision, Segment, SegmentId, Snapshot, Stability,
    StoredEvent, Visitor, WorkspaceId,
};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The names of the counters of definitions.
pub(super) const CATEGORIES: &str = "categories";
pub(super) const FIELDS: &str = "fields";
pub(super) const SEGMENTS: &str = "segments";

const READ: &str = "
    SELECT * FROM read_v1(
        asked_workspace => $1,
        known_policy => $2,
        asked_keys => $3,
        asks_for_tokens => $4,
        asks_for_changeable => $5,
        asked_late => $6,
        asked_contacts => $7,
        asked_merges => $8,
        asked_orders => $9,
        asked_events => $10,
        asked_event_types => $11,
        asked_segments => $12,
        asked_segment_names => $13,
        asked_categories => $14,
        asked_category_keys => $15,
        asked_all_categories => $16,
        asked_fields => $17,
        asked_field_keys => $18,
        asked_numbers => $19,
        deleting_from => $20,
        deleting_until => $21,
        deleting_most => $22,
        asked_replies => $23,
        replies_at => $24)";

/// The result of `read_v1`. Parts that were not requested, or that are empty, are none.
#[derive(Debug, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns of the function")]
struct Found {
    found_revision: Option<i64>,
    found_policy: Option<i64>,
    found_access: Option<i64>,
    found_replies: Option<Vec<ReplyRecord>>,
    found_contacts: Option<Records<ContactRecord>>,
    found_identifiers: Option<Records<IdentifierRecord>>,
    found_memberships: Option<Records<MembershipRecord>>,
    found_values: Option<Records<ValueRecord>>,
    found_visitors: Option<Vec<VisitorRecord>>,
    found_late: Option<Vec<VisitorRecord>>,
    found_answers: Option<Vec<AnswerRecord>>,
    found_merges: Option<Vec<MergeRecord>>,
    found_apart: Option<Vec<PartiesRecord>>,
    found_orders: Option<Vec<OrderRecord>>,
    found_segments: Option<Vec<SegmentRecord>>,
    found_categories: Option<Vec<CategoryRecord>>,
    found_fields: Option<Vec<FieldRecord>>,
    found_creating: Option<Vec<String>>,
    found_events: Option<Vec<Uuid>>,
    found_deletable: Option<Vec<StoredEventRecord>>,
    found_numbers: Option<Vec<NumberRecord>>,
}

/// Reads one state of a workspace.
pub(super) async fn read(
    store: &PostgresStore,
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    request: &ReadRequest,
) -> Result<ReadAnswer, StorageError> {
    let mut found = find(connection, workspace, request).await?;
    let Found {
        found_revision: Some(revision),
        found_policy: Some(policy),
        found_access: Some(access),
        ..
    } = found
    else {
        return Err(StorageError::UnknownWorkspace);
    };
    if policy != request.policy.0 {
        let newer = store.policies().read(connection, workspace).await?;
        return Ok(ReadAnswer::OutdatedPolicy(newer));
    }
    let recorded = convert(found.found_replies.take())?;
    let mut snapshot = found.snapshot(workspace, &request.footprint)?;
    snapshot.formulas =
        segments::of_footprint(connection, workspace, &request.footprint, &mut snapshot.segments).await?;
    let numbers = store
        .numbers()
        .next(workspace, request.footprint.fresh.contacts)
        .await?;
    snapshot.fresh.contacts = numbers.into_iter().map(ContactId).collect();
    Ok(ReadAnswer::State(Box::new(ReadState {
        revision: Revision(revision),
        access: AccessVersion(access),
        recorded,
        snapshot,
    })))
}

async fn find(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    request: &ReadRequest,
) -> Result<Found, StorageError> {
    let requested = &request.footprint;
    let keys = requested
        .keys
        .iter()
        .map(|(key, held)| RequestedKeyRecord::new(key, *held));
    let deleting = requested.deleting;
    let most = i64::try_from(EventPeriod::MOST_AT_ONCE)
        .unwrap_or(i64::MAX)
        .saturating_add(1);
    sqlx::query_as(READ)
        .bind(workspace.0)
        .bind(request.policy.0)
        .bind(keys.collect::<Vec<_>>())
        .bind(has_tokens(requested.keys.keys()))
        .bind(has_changeable(requested.keys.keys()))
        .bind(requested.late.iter().map(LateKeyRecord::from).collect::<Vec<_>>())
        .bind(column(&requested.contacts, |id| id.0))
        .bind(column(&requested.merges, |id| id.0))
        .bind(column(&requested.orders, ExternalOrderId::as_str))
        .bind(column(&requested.events, |id| id.0))
        .bind(column(&requested.event_types, EventTypeKey::as_str))
        .bind(column(&requested.segments, |id| id.0))
        .bind(column(&requested.segment_names, SegmentName::as_str))
        .bind(column(&requested.categories, |id: &CategoryId| id.0))
        .bind(column(&requested.category_keys, CategoryKey::as_str))
        .bind(requested.all_categories)
        .bind(column(&requested.fields, |id: &FieldId| id.0))
        .bind(column(&requested.field_keys, FieldKeyRecord::from))
        .bind(counters(requested))
        .bind(deleting.map(|period| period.from))
        .bind(deleting.map(|period| period.until))
        .bind(most)
        .bind(&request.reply_keys)
        .bind(request.now)
        .fetch_one(connection)
        .await
        .map_err(translate)
}

/// Whether there are tokens without their apps, which stand for the tokens of any app.
pub(super) fn has_tokens<'k>(mut keys: impl Iterator<Item = &'k IdentifierKey>) -> bool {
    keys.any(|key| key.kind.is_token_or_device() && key.value.starts_with('/'))
}

/// Whether there are tokens, devices or cookies: only behind these are there visitors that no record of a value names.
pub(super) fn has_changeable<'k>(mut keys: impl Iterator<Item = &'k IdentifierKey>) -> bool {
    keys.any(|key| key.kind.stability() == Stability::Changeable)
}

fn column<'a, T, C>(values: &'a BTreeSet<T>, read: impl Fn(&'a T) -> C) -> Vec<C> {
    values.iter().map(read).collect()
}

/// The counters of new numbers that the batch may need.
fn counters(requested: &Footprint) -> Vec<&'static str> {
    let fresh = requested.fresh;
    let all = [
        (CATEGORIES, fresh.categories > 0),
        (FIELDS, fresh.fields > 0),
        (SEGMENTS, fresh.segments > 0 || !requested.segment_names.is_empty()),
    ];
    let needed = all.into_iter().filter(|(_, needed)| *needed);
    needed.map(|(name, _)| name).collect()
}

fn all<R>(records: Option<Records<R>>) -> Vec<R> {
    records.map(|Records(all)| all).unwrap_or_default()
}

fn convert<R, T: TryFrom<R, Error = StorageError>>(records: Option<Vec<R>>) -> Result<Vec<T>, StorageError> {
    records.unwrap_or_default().into_iter().map(T::try_from).collect()
}

impl Found {
    fn snapshot(self, workspace: WorkspaceId, requested: &Footprint) -> Result<Snapshot, StorageError> {
        let mut contacts = rows::contacts(
            all(self.found_contacts),
            all(self.found_identifiers),
            all(self.found_memberships),
        )?;
        let answers = self.found_answers.unwrap_or_default().into_iter();
        let answers: BTreeMap<ContactId, ContactId> = answers
            .map(|row| (ContactId(row.contact_id), ContactId(row.canonical_id)))
            .collect();
        let mut visitors: Vec<Visitor> = convert(self.found_visitors)?;
        let open: BTreeSet<ContactId> = visitors.iter().filter_map(|visitor| visitor.owner).collect();
        let late = late(requested, &contacts, &convert(self.found_late)?);
        drop_unrelated(&mut contacts, requested, &answers, &open, &late);
        visitors.extend(late.into_values());
        let merges: Vec<Merge> = convert(self.found_merges)?;
        let orders: Vec<Order> = convert(self.found_orders)?;
        let values: Vec<(IdentifierKey, KeyRecord)> = convert(Some(all(self.found_values)))?;
        let keys = values.into_iter().filter(|(_, record)| *record != KeyRecord::default());
        let mut segments: Vec<Segment> = convert(self.found_segments)?;
        segments.sort_by_key(|segment| segment.id);
        let mut categories: Vec<Category> = convert(self.found_categories)?;
        categories.sort_by_key(|category| category.id);
        let mut fields: Vec<CustomField> = convert(self.found_fields)?;
        fields.sort_by_key(|field| field.id);
        let mut deletable: Vec<StoredEvent> = convert(self.found_deletable)?;
        deletable.sort();
        let creating = self.found_creating.unwrap_or_default();
        let creating = rows::all(creating, |key| event_type(&key, "event_types", "key", &workspace))?;
        let mut snapshot = Snapshot {
            canonical: answers.into_iter().filter(|(id, canonical)| id != canonical).collect(),
            keys: keys.collect(),
            visitors,
            merges: merges.into_iter().map(|merge| (merge.id, merge)).collect(),
            fresh: fresh(requested, &segments, self.found_numbers.unwrap_or_default()),
            segments,
            categories,
            fields,
            creating: creating.into_iter().collect(),
            stored_events: self.found_events.unwrap_or_default().into_iter().map(EventId).collect(),
            deletable,
            orders: orders.into_iter().map(|order| (order.key.clone(), order)).collect(),
            contacts,
            ..Snapshot::default()
        };
        add_undone_pairs(&mut snapshot, &self.found_apart.unwrap_or_default());
        Ok(snapshot)
    }
}

/// The closed visitors of identifiers at past times, as [`Visitor::at`] chooses them among the candidates.
fn late(
    requested: &Footprint,
    contacts: &BTreeMap<ContactId, Contact>,
    candidates: &[Visitor],
) -> BTreeMap<selfsame_domain::VisitorId, Visitor> {
    let mut found = BTreeMap::new();
    for (key, time) in &requested.late {
        let tokens = contacts.values().flat_map(|contact| &contact.identifiers);
        let named = tokens.filter(|held| held.identifier.key_without_app().as_ref() == Some(key));
        let named: BTreeSet<&IdentifierKey> = named.map(HeldIdentifier::key).chain([key]).collect();
        for key in named {
            let visitor = Visitor::at(candidates.iter().filter(|visitor| visitor.key == *key), *time);
            let closed = visitor.filter(|visitor| visitor.closed_at.is_some());
            found.extend(closed.map(|visitor| (visitor.id, visitor.clone())));
        }
    }
    found
}

/// Removes contacts that were read only as owners of candidates that were not chosen.
fn drop_unrelated(
    contacts: &mut BTreeMap<ContactId, Contact>,
    requested: &Footprint,
    answers: &BTreeMap<ContactId, ContactId>,
    open: &BTreeSet<ContactId>,
    late: &BTreeMap<selfsame_domain::VisitorId, Visitor>,
) {
    if requested.late.is_empty() {
        return;
    }
    let mut wanted: BTreeSet<ContactId> = answers.values().copied().chain(open.iter().copied()).collect();
    wanted.extend(late.values().filter_map(|visitor| visitor.owner));
    let needed = |key: &IdentifierKey| requested.keys.get(key).is_some_and(|held| *held);
    let named = |held: &&HeldIdentifier| {
        needed(held.key())
            || held
                .identifier
                .key_without_app()
                .is_some_and(|nameless| needed(&nameless))
    };
    contacts.retain(|id, contact| {
        let mut keys = contact.identifiers.iter().filter(named).map(HeldIdentifier::key);
        wanted.contains(id)
            || match contact.state {
                ContactState::Active => keys.next().is_some(),
                ContactState::Removed => keys.any(|key| key.kind.is_exclusive()),
                ContactState::Merged => false,
            }
    });
}

fn fresh(requested: &Footprint, segments: &[Segment], numbers: Vec<NumberRecord>) -> Fresh {
    let next: BTreeMap<String, i64> = numbers.into_iter().map(|row| (row.name, row.next)).collect();
    let from = |name: &str| next.get(name).copied().unwrap_or(1)..;
    let known: BTreeSet<&SegmentName> = segments.iter().map(|segment| &segment.name).collect();
    let unknown = requested
        .segment_names
        .iter()
        .filter(|name| !known.contains(name))
        .count();
    let count = requested.fresh;
    Fresh {
        contacts: Vec::new(),
        segments: from(SEGMENTS).take(count.segments + unknown).map(SegmentId).collect(),
        categories: from(CATEGORIES).take(count.categories).map(CategoryId).collect(),
        fields: from(FIELDS).take(count.fields).map(FieldId).collect(),
    }
}

/// Adds the pairs that an undone merge separated, if one of the pair may be absorbed.
fn add_undone_pairs(snapshot: &mut Snapshot, found: &[PartiesRecord]) {
    if found.is_empty() {
        return;
    }
    let absorbable = snapshot.absorbable();
    for parties in found {
        let pair = parties.pair();
        let there = pair
            .iter()
            .all(|(_, canonical)| snapshot.contacts.contains_key(canonical));
        let mut all = pair.iter().flat_map(|(id, canonical)| [id, canonical]);
        if there && all.any(|id| absorbable.contains(id)) {
            let [(survivor, _), (absorbed, _)] = pair;
            snapshot.undone_pairs.insert((survivor, absorbed));
            snapshot
                .canonical
                .extend(pair.into_iter().filter(|(id, canonical)| id != canonical));
        }
    }
}
