//! Writing what a batch changes.

use super::{Numbers, erase, log};
use crate::error::{Refusal, storage};
use crate::rows::{hex, json, micros};
use crate::whole::channels_text;
use selfsame_application::ports::StorageError;
use selfsame_domain::{
    AttributeKey, Attributes, ChangeSet, ContactId, ContactRow, HeldIdentifier, IdentifierKey, KeyRecord, Membership,
    Merge, Visitor, WorkspaceId,
};
use serde::Serialize;
use sqlx::SqliteConnection;

/// What writes the rows of one workspace.
pub(super) struct Batch<'c> {
    pub(super) connection: &'c mut SqliteConnection,
    pub(super) workspace: WorkspaceId,
}

impl<'c> Batch<'c> {
    pub(super) fn new(connection: &'c mut SqliteConnection, workspace: WorkspaceId) -> Self {
        Self { connection, workspace }
    }

    /// Applies the members in their order, which frees an exclusive identifier before somebody else takes it.
    pub(super) async fn apply(&mut self, changes: &ChangeSet, next: Numbers) -> Result<(), StorageError> {
        erase::erase(self, &changes.erased).await?;
        self.contacts(&changes.contacts, next.contacts).await?;
        // One that was made and erased at once had its number all the same.
        let numbers = changes
            .contacts
            .iter()
            .map(|row| row.id.0)
            .chain(changes.erased.iter().map(|id| id.0));
        self.count("contacts", numbers.max(), next.contacts).await?;
        self.repointed(&changes.repointed).await?;
        self.visitors_returned(&changes.visitors_returned).await?;
        self.attributes(&changes.attributes).await?;
        self.identifiers_removed(&changes.identifiers_removed).await?;
        self.identifiers(&changes.identifiers).await?;
        self.keys(&changes.keys).await?;
        self.visitors(&changes.visitors).await?;
        self.segments(changes, next.segments).await?;
        self.memberships_removed(&changes.memberships_removed).await?;
        self.memberships(&changes.memberships).await?;
        self.categories(changes, next.categories).await?;
        self.fields(changes, next.fields).await?;
        self.merges(&changes.merges).await?;
        self.policy(changes).await?;
        log::write(self, &changes.log).await
    }

    // The planner knows nothing of how many rows a JSON text holds. Where it could begin with a whole workspace and look into the text for
    // each row, the text is MATERIALIZED and brings the workspace along, or CROSS JOIN fixes the order.

    /// Runs one statement on rows that travel as JSON (`?2`; `?1` is the workspace); returns how many rows it touched.
    pub(super) async fn run<T: Serialize>(&mut self, sql: &'static str, rows: &[T]) -> Result<u64, StorageError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let done = sqlx::query(sql)
            .bind(self.workspace.0)
            .bind(json(rows)?)
            .execute(&mut *self.connection)
            .await;
        Ok(done.map_err(storage)?.rows_affected())
    }

    /// As [`Self::run`], and fails unless every row was written.
    pub(super) async fn run_all<T: Serialize>(
        &mut self,
        table: &'static str,
        sql: &'static str,
        rows: &[T],
    ) -> Result<(), StorageError> {
        let (touched, expected) = (self.run(sql, rows).await?, rows.len());
        if touched != expected as u64 {
            return Err(Refusal::RowsMissing {
                table,
                expected,
                touched,
            }
            .into());
        }
        Ok(())
    }

    /// Moves a counter past the greatest number that was used. Numbers that were handed out and not used are handed out again.
    async fn count(&mut self, name: &str, used: Option<i64>, next: i64) -> Result<(), StorageError> {
        let Some(used) = used.filter(|used| *used >= next) else {
            return Ok(());
        };
        sqlx::query(
            "INSERT INTO counters (workspace_id, name, next) VALUES (?1, ?2, ?3)
             ON CONFLICT (workspace_id, name) DO UPDATE SET next = excluded.next",
        )
        .bind(self.workspace.0)
        .bind(name)
        .bind(used.saturating_add(1))
        .execute(&mut *self.connection)
        .await
        .map_err(storage)?;
        Ok(())
    }

    /// Contacts with a number that was not handed out before are new; all others must be there.
    async fn contacts(&mut self, contacts: &[ContactRow], next: i64) -> Result<(), StorageError> {
        let row = |contact: &ContactRow| {
            let merged_into = contact.merged_into.map(|into| into.0);
            let (state, source) = (contact.state.as_str(), contact.source.as_str());
            let (created, updated) = (micros(contact.created_at), micros(contact.updated_at));
            (
                contact.id.0,
                state,
                contact.canonical.0,
                merged_into,
                source,
                created,
                updated,
            )
        };
        let (new, known): (Vec<_>, Vec<_>) = contacts.iter().map(row).partition(|row| row.0 >= next);
        let inserting = "INSERT INTO contacts
                (workspace_id, contact_id, state, canonical_id, merged_into, source, created_at, updated_at)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
                r.value ->> 6
             FROM jsonb_each(?2) AS r";
        self.run_all("contacts", inserting, &new).await?;
        let updating =
            "WITH r (workspace_id, contact_id, state, canonical_id, merged_into, source, created_at, updated_at)
             AS MATERIALIZED (
                SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
                FROM jsonb_each(?2))
             UPDATE contacts
             SET state = r.state, canonical_id = r.canonical_id, merged_into = r.merged_into, source = r.source,
                created_at = r.created_at, updated_at = r.updated_at
             FROM r WHERE contacts.workspace_id = r.workspace_id AND contacts.contact_id = r.contact_id";
        self.run_all("contacts", updating, &known).await
    }

    async fn repointed(&mut self, repointed: &[(ContactId, ContactId)]) -> Result<(), StorageError> {
        let contacts = "WITH r (workspace_id, old, new) AS MATERIALIZED (
                SELECT ?1, value ->> 0, value ->> 1 FROM jsonb_each(?2))
             UPDATE contacts SET canonical_id = r.new
             FROM r
             WHERE contacts.workspace_id = r.workspace_id AND contacts.canonical_id = r.old AND contacts.state = 'merged'";
        self.run(contacts, repointed).await?;
        let visitors = "WITH r (workspace_id, old, new) AS MATERIALIZED (
                SELECT ?1, value ->> 0, value ->> 1 FROM jsonb_each(?2))
             UPDATE visitors SET owner_id = r.new
             FROM r WHERE visitors.workspace_id = r.workspace_id AND visitors.owner_id = r.old";
        self.run(visitors, repointed).await?;
        Ok(())
    }

    async fn visitors_returned(&mut self, returned: &[(ContactId, ContactId)]) -> Result<(), StorageError> {
        let sql = "WITH r (workspace_id, home, new) AS MATERIALIZED (
                SELECT ?1, value ->> 0, value ->> 1 FROM jsonb_each(?2))
             UPDATE visitors SET owner_id = r.new
             FROM r WHERE visitors.workspace_id = r.workspace_id AND visitors.home_id = r.home";
        self.run(sql, returned).await?;
        Ok(())
    }

    async fn attributes(&mut self, attributes: &[(ContactId, Attributes)]) -> Result<(), StorageError> {
        let rows: Vec<_> = attributes
            .iter()
            .map(|(id, all)| {
                let lower = |key| all.text(key).map(str::to_lowercase);
                (id, all, lower(AttributeKey::FirstName), lower(AttributeKey::LastName))
            })
            .collect();
        let sql = "INSERT INTO profiles (workspace_id, contact_id, attributes, first_name_match, last_name_match)
             SELECT ?1, r.value ->> 0, r.value -> 1, r.value ->> 2, r.value ->> 3 FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, contact_id) DO UPDATE
             SET attributes = excluded.attributes, first_name_match = excluded.first_name_match,
                last_name_match = excluded.last_name_match";
        self.run_all("profiles", sql, &rows).await
    }

    async fn identifiers_removed(&mut self, removed: &[(IdentifierKey, ContactId)]) -> Result<(), StorageError> {
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
        self.run_all("identifiers", sql, &rows).await
    }

    async fn identifiers(&mut self, identifiers: &[HeldIdentifier]) -> Result<(), StorageError> {
        let rows = identifiers.iter().map(identifier_row).collect::<Result<Vec<_>, _>>()?;
        let sql = "INSERT INTO identifiers (workspace_id, kind, value, home_id, owner_id, typed, state, hidden_by,
                channels, details, confirmed, source, first_seen, last_seen)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
                r.value ->> 6, r.value ->> 7, r.value ->> 8, r.value ->> 9, r.value ->> 10, r.value ->> 11,
                r.value ->> 12
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, kind, value, home_id) DO UPDATE
             SET owner_id = excluded.owner_id, typed = excluded.typed, state = excluded.state,
                hidden_by = excluded.hidden_by, channels = excluded.channels, details = excluded.details,
                confirmed = excluded.confirmed, source = excluded.source, first_seen = excluded.first_seen,
                last_seen = excluded.last_seen";
        self.run_all("identifiers", sql, &rows).await
    }

    async fn keys(&mut self, keys: &[(IdentifierKey, KeyRecord)]) -> Result<(), StorageError> {
        let row = |(key, record): &(IdentifierKey, KeyRecord)| {
            let seen_with = json(&record.seen_with)?;
            let unsubscribed_at = record.unsubscribed_at.map(micros);
            Ok((
                key.kind.code(),
                key.value.clone(),
                seen_with,
                unsubscribed_at,
                record.waiting.map(|waiting| hex(waiting.visitor.0)),
                record.waiting.map(|waiting| micros(waiting.since)),
            ))
        };
        let rows = keys.iter().map(row).collect::<Result<Vec<_>, StorageError>>()?;
        let sql = "INSERT INTO identifier_keys
                (workspace_id, kind, value, seen_with, unsubscribed_at, waiting, waiting_since)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3,
                unhex(r.value ->> 4), r.value ->> 5
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, kind, value) DO UPDATE
             SET seen_with = excluded.seen_with, unsubscribed_at = excluded.unsubscribed_at,
                waiting = excluded.waiting, waiting_since = excluded.waiting_since";
        self.run_all("identifier_keys", sql, &rows).await
    }

    /// Rows are written in their order: a visitor is closed before the next one of its cookie is opened.
    async fn visitors(&mut self, visitors: &[Visitor]) -> Result<(), StorageError> {
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
                follows)
             SELECT ?1, unhex(r.value ->> 0), r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
                r.value ->> 6, r.value ->> 7
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, visitor_id) DO UPDATE
             SET home_id = excluded.home_id, owner_id = excluded.owner_id, since = excluded.since,
                closed_at = excluded.closed_at";
        self.run_all("visitors", sql, &rows).await
    }

    async fn segments(&mut self, changes: &ChangeSet, next: i64) -> Result<(), StorageError> {
        let rows: Vec<_> = changes
            .segments
            .iter()
            .map(|segment| (segment.id.0, &segment.name, micros(segment.created_at)))
            .collect();
        let sql = "INSERT INTO segments (workspace_id, segment_id, name, created_at)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2 FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, segment_id) DO UPDATE SET name = excluded.name";
        self.run_all("segments", sql, &rows).await?;
        self.count("segments", rows.iter().map(|row| row.0).max(), next).await?;
        let emptied = "DELETE FROM segment_members
             WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
        self.run(emptied, &changes.segments_emptied).await?;
        Ok(())
    }

    async fn memberships_removed(
        &mut self,
        removed: &[(selfsame_domain::SegmentId, ContactId)],
    ) -> Result<(), StorageError> {
        let sql = "DELETE FROM segment_members
             WHERE (workspace_id, segment_id, home_id) IN
                (SELECT ?1, r.value ->> 0, r.value ->> 1 FROM jsonb_each(?2) AS r)";
        self.run_all("segment_members", sql, removed).await
    }

    async fn memberships(&mut self, memberships: &[Membership]) -> Result<(), StorageError> {
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
        let sql = "INSERT INTO segment_members (workspace_id, segment_id, home_id, owner_id, hidden_by, since)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, segment_id, home_id) DO UPDATE
             SET owner_id = excluded.owner_id, hidden_by = excluded.hidden_by, since = excluded.since";
        self.run_all("segment_members", sql, &rows).await
    }

    async fn categories(&mut self, changes: &ChangeSet, next: i64) -> Result<(), StorageError> {
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
                (workspace_id, category_id, key, name, segment_id, created_at, updated_at, archived)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
                r.value ->> 6
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, category_id) DO UPDATE
             SET name = excluded.name, updated_at = excluded.updated_at, archived = excluded.archived";
        self.run_all("categories", sql, &rows).await?;
        self.count("categories", rows.iter().map(|row| row.0).max(), next).await
    }

    async fn fields(&mut self, changes: &ChangeSet, next: i64) -> Result<(), StorageError> {
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
                required, identifying, archived)
             SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
                r.value ->> '$[6][0]', r.value ->> '$[6][1]', r.value ->> '$[6][2]'
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, field_id) DO UPDATE
             SET name = excluded.name, allowed = excluded.allowed, required = excluded.required,
                identifying = excluded.identifying, archived = excluded.archived";
        self.run_all("custom_fields", sql, &rows).await?;
        self.count("fields", rows.iter().map(|row| row.0).max(), next).await
    }

    async fn merges(&mut self, merges: &[Merge]) -> Result<(), StorageError> {
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
                evidence_kind, evidence_value, merged_at, moved, undone_at)
             SELECT ?1, unhex(r.value ->> '$[0][0]'), r.value ->> '$[0][1]', r.value ->> '$[0][2]',
                r.value ->> '$[1][0]', r.value ->> '$[1][1]', unhex(r.value ->> '$[1][2]'),
                r.value ->> '$[2][0]', r.value ->> '$[2][1]', r.value ->> 3, r.value ->> 4, r.value ->> 5
             FROM jsonb_each(?2) AS r WHERE true
             ON CONFLICT (workspace_id, merge_id) DO UPDATE SET undone_at = excluded.undone_at";
        self.run_all("merges", sql, &rows).await
    }

    async fn policy(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let Some(policy) = &changes.policy else { return Ok(()) };
        let done = sqlx::query("UPDATE workspaces SET policy = ?2 WHERE workspace_id = ?1")
            .bind(self.workspace.0)
            .bind(json(policy)?)
            .execute(&mut *self.connection)
            .await
            .map_err(storage)?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(StorageError::UnknownWorkspace),
        }
    }
}

/// The columns of an identifier in the order of its INSERT.
fn identifier_row(held: &HeldIdentifier) -> Result<impl Serialize + use<'_>, StorageError> {
    let key = held.key();
    let details = if held.details.is_empty() {
        None
    } else {
        Some(json(&held.details)?)
    };
    Ok((
        key.kind.code(),
        &key.value,
        held.home,
        held.owner,
        &held.identifier.typed,
        held.state.as_str(),
        held.hidden_by,
        channels_text(&held.channels),
        details,
        held.confirmed,
        held.source.as_str(),
        micros(held.first_seen),
        micros(held.last_seen),
    ))
}
