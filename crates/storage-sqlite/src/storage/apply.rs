//! Writing the changes of a batch.

use super::batch::Batch;
use super::columns::{attributes_row, contact_row};
use super::{Numbers, WorkspaceState, erase, events, formulas, log, orders, records};
use crate::error::storage;
use crate::imports::record;
use crate::rows::{hex, json, micros};
use crate::statement::statement;
use crate::whole::channels_text;
use rusqlite::{Connection, params};
use selfsame_application::ports::{Commit, ImportProgress, StorageError};
use selfsame_domain::{
    AttributeKey, Attributes, ChangeSet, ContactId, ContactRow, HeldIdentifier, IdentifierKey, KeyRecord, Membership,
    Merge, Revision, Visitor, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

/// Writes a commit whose basis is current; returns its revision.
pub(super) fn write(
    connection: &Connection,
    workspace: WorkspaceId,
    state: &WorkspaceState,
    commit: Commit<'_>,
) -> Result<Revision, StorageError> {
    let Commit {
        changes,
        records,
        import,
    } = commit;
    let mut batch = Batch {
        connection,
        workspace,
        revision: state.latest.next(),
    };
    batch.apply(changes, state.next)?;
    orders::write(&mut batch, changes)?;
    events::write(&mut batch, changes)?;
    records::write(&mut batch, records)?;
    batch.raise(changes, state)?;
    if let Some(progress) = import {
        let ImportProgress {
            import,
            done,
            rows,
            now,
        } = progress;
        record(connection, workspace, import, done, rows, now)?.for_commit()?;
    }
    Ok(batch.revision)
}

impl Batch<'_> {
    /// Applies the changes in the order of the fields, which frees an exclusive identifier before another contact takes
    /// it.
    fn apply(&mut self, changes: &ChangeSet, next: Numbers) -> Result<(), StorageError> {
        erase::erase(self, &changes.erased)?;
        let attributes: BTreeMap<ContactId, &Attributes> =
            changes.attributes.iter().map(|(id, all)| (*id, all)).collect();
        self.contacts(&changes.contacts, &attributes, next.contacts)?;
        self.attributes(changes, next.contacts)?;
        self.touched(&changes.touched)?;
        self.repointed(&changes.repointed)?;
        self.visitors_returned(&changes.visitors_returned)?;
        self.identifiers_removed(&changes.identifiers_removed)?;
        self.identifiers(&changes.identifiers)?;
        self.keys(&changes.keys)?;
        self.visitors(&changes.visitors)?;
        self.segments(changes)?;
        self.memberships_removed(&changes.memberships_removed)?;
        self.memberships(&changes.memberships)?;
        self.categories(changes)?;
        self.fields(changes)?;
        self.merges(&changes.merges)?;
        self.policy(changes)?;
        log::write(self, &changes.log)
    }

    /// Raises the revision of the workspace, and moves the counters past the greatest numbers that were used. Unused
    /// numbers are assigned again.
    fn raise(&mut self, changes: &ChangeSet, state: &WorkspaceState) -> Result<(), StorageError> {
        let at = |changed: bool, before: Revision| if changed { self.revision.0 } else { before.0 };
        let past = |used: Option<i64>, next: i64| used.map_or(next, |used| next.max(used.saturating_add(1)));
        // A contact that was created and erased in the same batch has used its number as well.
        let contacts = changes.contacts.iter().map(|row| row.id.0);
        let contacts = contacts.chain(changes.erased.iter().map(|id| id.0)).max();
        let next = state.next;
        statement(
            "UPDATE revisions
             SET latest = ?2, policy = ?3, definitions = ?4, deleted = ?5, next_contact = ?6, next_segment = ?7,
                next_category = ?8, next_field = ?9, active_contacts = active_contacts + ?10, access = access + ?11
             WHERE workspace_id = ?1",
        )
        .bind(self.workspace.0)
        .bind(self.revision.0)
        .bind(at(changes.policy.is_some(), state.policy))
        .bind(at(changes.changes_definitions(), state.definitions))
        .bind(at(changes.deletes(), state.deleted))
        .bind(past(contacts, next.contacts))
        .bind(past(changes.segments.iter().map(|row| row.id.0).max(), next.segments))
        .bind(past(
            changes.categories.iter().map(|row| row.id.0).max(),
            next.categories,
        ))
        .bind(past(changes.fields.iter().map(|row| row.id.0).max(), next.fields))
        .bind(changes.active_contacts)
        .bind(i64::from(changes.policy.is_some()))
        .execute(self.connection)
        .map_err(storage)?;
        Ok(())
    }

    /// Contacts with a number from `next` on are new; all others must exist.
    fn contacts(
        &mut self,
        contacts: &[ContactRow],
        attributes: &BTreeMap<ContactId, &Attributes>,
        next: i64,
    ) -> Result<(), StorageError> {
        let (new, known): (Vec<_>, Vec<_>) = contacts.iter().partition(|row| row.id.0 >= next);
        let inserting =
            "INSERT INTO contacts (workspace_id, contact_id, state, canonical_id, merged_into, source, created_at,
                updated_at, revision, attributes, first_name_match, last_name_match)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let (workspace, revision) = (self.workspace.0, self.revision.0);
        self.each("contacts", inserting, new, |statement, row| {
            let attributes = attributes.get(&row.id).copied();
            let lower = |key| attributes?.text(key).map(str::to_lowercase);
            let columns = params![
                workspace,
                row.id.0,
                row.state.as_str(),
                row.canonical.0,
                row.merged_into.map(|into| into.0),
                row.source.as_str(),
                micros(row.created_at),
                micros(row.updated_at),
                revision,
                attributes.map(json).transpose()?,
                lower(AttributeKey::FirstName),
                lower(AttributeKey::LastName),
            ];
            statement.execute(columns).map_err(storage)
        })?;
        let known: Vec<_> = known.into_iter().map(contact_row).collect();
        let updating =
            "WITH r (workspace_id, contact_id, state, canonical_id, merged_into, source, created_at, updated_at)
             AS MATERIALIZED (
                SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
                FROM jsonb_each(?2))
             UPDATE contacts
             SET state = r.state, canonical_id = r.canonical_id, merged_into = r.merged_into, source = r.source,
                created_at = r.created_at, updated_at = r.updated_at, revision = ?3
             FROM r WHERE contacts.workspace_id = r.workspace_id AND contacts.contact_id = r.contact_id";
        self.run_all("contacts", updating, &known)
    }

    /// Attributes of contacts that existed before.
    fn attributes(&mut self, changes: &ChangeSet, next: i64) -> Result<(), StorageError> {
        let made: BTreeSet<ContactId> = changes
            .contacts
            .iter()
            .map(|row| row.id)
            .filter(|id| id.0 >= next)
            .collect();
        let known = changes.attributes.iter().filter(|(id, _)| !made.contains(id));
        let rows: Vec<_> = known.map(|(id, all)| attributes_row(*id, all)).collect();
        let sql = "WITH r (workspace_id, contact_id, attributes, first_name_match, last_name_match) AS MATERIALIZED (
                SELECT ?1, value ->> 0, value -> 1, value ->> 2, value ->> 3 FROM jsonb_each(?2))
             UPDATE contacts
             SET attributes = r.attributes, first_name_match = r.first_name_match, last_name_match = r.last_name_match,
                revision = ?3
             FROM r WHERE contacts.workspace_id = r.workspace_id AND contacts.contact_id = r.contact_id";
        self.run_all("contacts", sql, &rows)
    }

    /// Contacts of which only related rows changed.
    fn touched(&mut self, touched: &BTreeSet<ContactId>) -> Result<(), StorageError> {
        let ids: Vec<ContactId> = touched.iter().copied().collect();
        let sql = "UPDATE contacts SET revision = ?3
             WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))";
        self.run_all("contacts", sql, &ids)
    }

    fn repointed(&mut self, repointed: &[(ContactId, ContactId)]) -> Result<(), StorageError> {
        let contacts = "WITH r (workspace_id, old, new) AS MATERIALIZED (
                SELECT ?1, value ->> 0, value ->> 1 FROM jsonb_each(?2))
             UPDATE contacts SET canonical_id = r.new, revision = ?3
             FROM r
             WHERE contacts.workspace_id = r.workspace_id AND contacts.canonical_id = r.old AND contacts.state = 'merged'";
        self.run(contacts, repointed)?;
        let visitors = "WITH r (workspace_id, old, new) AS MATERIALIZED (
                SELECT ?1, value ->> 0, value ->> 1 FROM jsonb_each(?2))
             UPDATE visitors SET owner_id = r.new, revision = ?3
             FROM r WHERE visitors.workspace_id = r.workspace_id AND visitors.owner_id = r.old";
        self.run(visitors, repointed)?;
        Ok(())
    }

    fn visitors_returned(&mut self, returned: &[(ContactId, ContactId)]) -> Result<(), StorageError> {
        let sql = "WITH r (workspace_id, home, new) AS MATERIALIZED (
                SELECT ?1, value ->> 0, value ->> 1 FROM jsonb_each(?2))
             UPDATE visitors SET owner_id = r.new, revision = ?3
             FROM r WHERE visitors.workspace_id = r.workspace_id AND visitors.home_id = r.home";
        self.run(sql, returned)?;
        Ok(())
    }

    fn identifiers_removed(&mut self, removed: &[(IdentifierKey, ContactId)]) -> Result<(), StorageError> {
        let rows: Vec<_> = removed
            .iter()
            .map(|(key, home)| (key.kind.code(), &key.value, home))
            .collect();
        let sql = "DELETE FROM identifiers
             WHERE rowid IN (
                SELECT i.rowid
                FROM jsonb_each(?2) AS r
                CROSS JOIN identifiers AS i
                    ON i.workspace_id = ?1 AND i.kind = r.value ->> 0 AND i.value = r.value ->> 1
                        AND i.home_id = r.value ->> 2)";
        self.run_all("identifiers", sql, &rows)
    }

    fn identifiers(&mut self, identifiers: &[HeldIdentifier]) -> Result<(), StorageError> {
        let sql = "INSERT INTO identifiers (workspace_id, kind, value, home_id, owner_id, typed, state, hidden_by,
                channels, details, confirmed, source, first_seen, last_seen, revision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (workspace_id, kind, value, home_id) DO UPDATE
             SET owner_id = excluded.owner_id, typed = excluded.typed, state = excluded.state,
                hidden_by = excluded.hidden_by, channels = excluded.channels, details = excluded.details,
                confirmed = excluded.confirmed, source = excluded.source, first_seen = excluded.first_seen,
                last_seen = excluded.last_seen, revision = excluded.revision";
        let (workspace, revision) = (self.workspace.0, self.revision.0);
        self.each("identifiers", sql, identifiers, |statement, held| {
            let details = Some(&held.details).filter(|details| !details.is_empty());
            let columns = params![
                workspace,
                held.kind().code(),
                held.key().value,
                held.home.0,
                held.owner.0,
                held.identifier.typed,
                held.state.as_str(),
                held.hidden_by.map(|hiding| hiding.0),
                channels_text(&held.channels),
                details.map(json).transpose()?,
                held.confirmed,
                held.source.as_str(),
                micros(held.first_seen),
                micros(held.last_seen),
                revision,
            ];
            statement.execute(columns).map_err(storage)
        })
    }

    fn keys(&mut self, keys: &[(IdentifierKey, KeyRecord)]) -> Result<(), StorageError> {
        let sql = "INSERT INTO identifier_keys
                (workspace_id, kind, value, seen_with, unsubscribed_at, waiting, waiting_since, revision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (workspace_id, kind, value) DO UPDATE
             SET seen_with = excluded.seen_with, unsubscribed_at = excluded.unsubscribed_at,
                waiting = excluded.waiting, waiting_since = excluded.waiting_since, revision = excluded.revision";
        let (workspace, revision) = (self.workspace.0, self.revision.0);
        self.each("identifier_keys", sql, keys, |statement, (key, record)| {
            let columns = params![
                workspace,
                key.kind.code(),
                key.value,
                json(&record.seen_with)?,
                record.unsubscribed_at.map(micros),
                record.waiting.map(|waiting| waiting.visitor.0),
                record.waiting.map(|waiting| micros(waiting.since)),
                revision,
            ];
            statement.execute(columns).map_err(storage)
        })
    }

    /// Writes rows in order: a visitor is closed before the next one of its cookie is opened.
    fn visitors(&mut self, visitors: &[Visitor]) -> Result<(), StorageError> {
        let row = |visitor: &Visitor| {
            let (home, owner) = (visitor.home, visitor.owner);
            let closed_at = visitor.closed_at.map(micros);
            (
                hex(visitor.id.0),
                visitor.key.kind.code(),
                visitor.key.value.clone(),
                home,
                owner,
                micros(visitor.since),
                closed_at,
                visitor.follows,
            )
        };
        let rows: Vec<_> = visitors.iter().map(row).collect();
        let sql = "INSERT INTO visitors (workspace_id, visitor_id, kind, value, home_id, owner_id, since, closed_at,
                follows, revision)
             SELECT ?1, unhex(r.value ->> 0), r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
                r.value ->> 6, r.value ->> 7, ?3
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, visitor_id) DO UPDATE
             SET home_id = excluded.home_id, owner_id = excluded.owner_id, since = excluded.since,
                closed_at = excluded.closed_at, revision = excluded.revision";
        self.run_all("visitors", sql, &rows)
    }

    fn segments(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let rows: Vec<_> = changes
            .segments
            .iter()
            .map(|segment| (segment.id.0, &segment.name, micros(segment.created_at)))
            .collect();
        let sql = "INSERT INTO segments (workspace_id, segment_id, name, created_at, revision)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, ?3 FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, segment_id) DO UPDATE SET name = excluded.name, revision = excluded.revision";
        self.run_all("segments", sql, &rows)?;
        let left = "UPDATE contacts SET revision = ?3
             WHERE workspace_id = ?1 AND contact_id IN (
                SELECT m.owner_id FROM json_each(?2) AS s
                CROSS JOIN segment_members AS m ON m.workspace_id = ?1 AND m.segment_id = s.value)";
        self.run(left, &changes.segments_emptied)?;
        let emptied = "DELETE FROM segment_members
             WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
        self.run(emptied, &changes.segments_emptied)?;
        formulas::write(self, changes)
    }

    fn memberships_removed(&mut self, removed: &[(selfsame_domain::SegmentId, ContactId)]) -> Result<(), StorageError> {
        let sql = "DELETE FROM segment_members
             WHERE (workspace_id, segment_id, home_id) IN
                (SELECT ?1, r.value ->> 0, r.value ->> 1 FROM jsonb_each(?2) AS r)";
        self.run_all("segment_members", sql, removed)
    }

    fn memberships(&mut self, memberships: &[Membership]) -> Result<(), StorageError> {
        let row = |member: &Membership| {
            (
                member.segment,
                member.home,
                member.owner,
                member.hidden_by,
                micros(member.since),
            )
        };
        let rows: Vec<_> = memberships.iter().map(row).collect();
        let sql =
            "INSERT INTO segment_members (workspace_id, segment_id, home_id, owner_id, hidden_by, since, revision)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, ?3
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, segment_id, home_id) DO UPDATE
             SET owner_id = excluded.owner_id, hidden_by = excluded.hidden_by, since = excluded.since,
                revision = excluded.revision";
        self.run_all("segment_members", sql, &rows)
    }

    fn categories(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let row = |category: &selfsame_domain::Category| {
            let (key, name) = (category.key.clone(), category.name.clone());
            let (created, updated) = (micros(category.created_at), micros(category.updated_at));
            (
                category.id.0,
                key,
                name,
                category.segment,
                created,
                updated,
                category.archived,
            )
        };
        let rows: Vec<_> = changes.categories.iter().map(row).collect();
        let sql = "INSERT INTO categories
                (workspace_id, category_id, key, name, segment_id, created_at, updated_at, archived, revision)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
                r.value ->> 6, ?3
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, category_id) DO UPDATE
             SET name = excluded.name, updated_at = excluded.updated_at, archived = excluded.archived,
                revision = excluded.revision";
        self.run_all("categories", sql, &rows)
    }

    fn fields(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let row = |field: &selfsame_domain::CustomField| {
            let allowed = json(&field.allowed)?;
            let (profile_key, field_key, name) =
                (field.profile_key.clone(), field.field_key.clone(), field.name.clone());
            let (field_type, flags) = (
                field.field_type.as_wire(),
                (field.required, field.identifying, field.archived),
            );
            Ok((field.id.0, profile_key, field_key, name, field_type, allowed, flags))
        };
        let rows = changes
            .fields
            .iter()
            .map(row)
            .collect::<Result<Vec<_>, StorageError>>()?;
        let sql =
            "INSERT INTO custom_fields (workspace_id, field_id, profile_key, field_key, name, field_type, allowed,
                required, identifying, archived, revision)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
                r.value ->> '$[6][0]', r.value ->> '$[6][1]', r.value ->> '$[6][2]', ?3
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, field_id) DO UPDATE
             SET name = excluded.name, allowed = excluded.allowed, required = excluded.required,
                identifying = excluded.identifying, archived = excluded.archived, revision = excluded.revision";
        self.run_all("custom_fields", sql, &rows)
    }

    fn merges(&mut self, merges: &[Merge]) -> Result<(), StorageError> {
        let row = |merge: &Merge| {
            let moved = json(&merge.moved)?;
            let evidence = merge.evidence.as_ref().map(|key| (key.kind.code(), key.value.clone()));
            let parties = (hex(merge.id.0), merge.survivor, merge.absorbed);
            let why = (merge.rule.as_str(), merge.forced, hex(merge.decision.0));
            Ok((
                parties,
                why,
                evidence,
                micros(merge.at),
                moved,
                merge.undone_at.map(micros),
            ))
        };
        let rows = merges.iter().map(row).collect::<Result<Vec<_>, StorageError>>()?;
        let sql = "INSERT INTO merges (workspace_id, merge_id, survivor_id, absorbed_id, rule, forced, decision_id,
                evidence_kind, evidence_value, merged_at, moved, undone_at, revision)
             SELECT ?1, unhex(r.value ->> '$[0][0]'), r.value ->> '$[0][1]', r.value ->> '$[0][2]',
                r.value ->> '$[1][0]', r.value ->> '$[1][1]', unhex(r.value ->> '$[1][2]'),
                r.value ->> '$[2][0]', r.value ->> '$[2][1]', r.value ->> 3, r.value ->> 4, r.value ->> 5, ?3
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, merge_id) DO UPDATE SET undone_at = excluded.undone_at, revision = excluded.revision";
        self.run_all("merges", sql, &rows)
    }

    fn policy(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let Some(policy) = &changes.policy else { return Ok(()) };
        let done = statement("UPDATE workspaces SET policy = ?2 WHERE workspace_id = ?1")
            .bind(self.workspace.0)
            .bind(json(policy)?)
            .execute(self.connection)
            .map_err(storage)?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(StorageError::UnknownWorkspace),
        }
    }
}
