//! What almost every transaction writes: contacts, profiles, identifiers, keys, log.

use super::expect;
use crate::error::translate_racing;
use crate::storage::Unit;
use crate::storage::columns::{ContactColumns, IdentifierColumns, KeyColumns, LogColumns, ProfileColumns};
use selfsame_application::ports::StorageError;
use selfsame_domain::{ChangeSet, ContactId, IdentifierKey};

/// All of it at once. Rows come sorted, so that indexes are met in their order. An inserted row has no `xmax`, an updated one does.
const WRITE: &str = "
    WITH contact AS (
        INSERT INTO contacts
            (workspace_id, contact_id, state, canonical_id, merged_into, source, created_at, updated_at)
        SELECT $1, new.*
        FROM UNNEST($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::timestamptz[],
                    $8::timestamptz[]) AS new
        ON CONFLICT (workspace_id, contact_id) DO UPDATE SET
            state = EXCLUDED.state, canonical_id = EXCLUDED.canonical_id, merged_into = EXCLUDED.merged_into,
            source = EXCLUDED.source, created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at
        RETURNING xmax <> 0 AS known
    ),
    profile AS (
        INSERT INTO profiles (workspace_id, contact_id, attributes, first_name_match, last_name_match)
        SELECT $1, new.contact_id, new.attributes::jsonb, new.first_name, new.last_name
        FROM UNNEST($9::bigint[], $10::text[], $11::text[], $12::text[])
            AS new (contact_id, attributes, first_name, last_name)
        ON CONFLICT (workspace_id, contact_id) DO UPDATE SET
            attributes = EXCLUDED.attributes, first_name_match = EXCLUDED.first_name_match,
            last_name_match = EXCLUDED.last_name_match
    ),
    identifier AS (
        INSERT INTO identifiers
            (workspace_id, kind, value, home_id, owner_id, typed, state, hidden_by, channels, details, confirmed, source,
             first_seen, last_seen)
        SELECT $1, new.kind, new.value, new.home_id, new.owner_id, new.typed, new.state, new.hidden_by, new.channels,
               new.details::json, new.confirmed, new.source, new.first_seen, new.last_seen
        FROM UNNEST($13::smallint[], $14::text[], $15::bigint[], $16::bigint[], $17::text[], $18::text[],
                    $19::bigint[], $20::text[], $21::text[], $22::boolean[], $23::text[], $24::timestamptz[],
                    $25::timestamptz[])
            AS new (kind, value, home_id, owner_id, typed, state, hidden_by, channels, details, confirmed, source,
                    first_seen, last_seen)
        ON CONFLICT (workspace_id, kind, value, home_id) DO UPDATE SET
            owner_id = EXCLUDED.owner_id, typed = EXCLUDED.typed, state = EXCLUDED.state,
            hidden_by = EXCLUDED.hidden_by, channels = EXCLUDED.channels, details = EXCLUDED.details,
            confirmed = EXCLUDED.confirmed, source = EXCLUDED.source, first_seen = EXCLUDED.first_seen,
            last_seen = EXCLUDED.last_seen
        RETURNING xmax <> 0 AS known
    ),
    key AS (
        INSERT INTO identifier_keys
            (workspace_id, kind, value, seen_with, unsubscribed_at, waiting, waiting_since)
        SELECT $1, new.kind, new.value, new.seen_with::uuid[], new.unsubscribed_at, new.waiting,
               new.waiting_since
        FROM UNNEST($26::smallint[], $27::text[], $28::text[], $29::timestamptz[], $30::uuid[], $31::timestamptz[])
            AS new (kind, value, seen_with, unsubscribed_at, waiting, waiting_since)
        ON CONFLICT (workspace_id, kind, value) DO UPDATE SET
            seen_with = EXCLUDED.seen_with, unsubscribed_at = EXCLUDED.unsubscribed_at,
            waiting = EXCLUDED.waiting, waiting_since = EXCLUDED.waiting_since
        RETURNING xmax <> 0 AS known
    ),
    log AS (
        INSERT INTO identity_log (workspace_id, contact_id, decision_id, body, mentions)
        SELECT $1, new.contact_id, new.decision_id, new.body::json, new.mentions::bigint[]
        FROM UNNEST($32::bigint[], $33::uuid[], $34::text[], $35::text[])
            AS new (contact_id, decision_id, body, mentions)
    )
    SELECT (SELECT count(*) FROM contact WHERE known), (SELECT count(*) FROM identifier WHERE known),
           (SELECT count(*) FROM key WHERE known)";

impl Unit {
    pub(super) async fn write_common(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let touched = self.known.touched(changes);
        let contacts = ContactColumns::of(changes, &touched);
        let profiles = ProfileColumns::of(&changes.attributes)?;
        let identifiers = IdentifierColumns::of(&changes.identifiers)?;
        let keys = KeyColumns::of(changes, &touched);
        let log = LogColumns::of(&changes.log)?;
        let empty = contacts.ids.is_empty() && profiles.contacts.is_empty() && identifiers.kinds.is_empty();
        if empty && keys.kinds.is_empty() && log.contacts.is_empty() {
            return Ok(());
        }
        let written_keys = changes.keys.iter().chain(&touched.keys);
        let expected_keys = written_keys.filter(|(key, _)| self.known.has_key(key)).count();
        let met: (i64, i64, i64) = sqlx::query_as(WRITE)
            .bind(self.workspace.0)
            .bind(contacts.ids)
            .bind(contacts.states)
            .bind(contacts.canonical)
            .bind(contacts.merged_into)
            .bind(contacts.sources)
            .bind(contacts.created_at)
            .bind(contacts.updated_at)
            .bind(profiles.contacts)
            .bind(profiles.attributes)
            .bind(profiles.first_names)
            .bind(profiles.last_names)
            .bind(identifiers.kinds)
            .bind(identifiers.values)
            .bind(identifiers.homes)
            .bind(identifiers.owners)
            .bind(identifiers.typed)
            .bind(identifiers.states)
            .bind(identifiers.hidden_by)
            .bind(identifiers.channels)
            .bind(identifiers.details)
            .bind(identifiers.confirmed)
            .bind(identifiers.sources)
            .bind(identifiers.first_seen)
            .bind(identifiers.last_seen)
            .bind(keys.kinds)
            .bind(keys.values)
            .bind(keys.seen_with)
            .bind(keys.unsubscribed_at)
            .bind(keys.waiting)
            .bind(keys.waiting_since)
            .bind(log.contacts)
            .bind(log.decisions)
            .bind(log.bodies)
            .bind(log.mentions)
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(translate_racing)?;
        expect(
            met.0.unsigned_abs(),
            self.known
                .contacts_among(changes.contacts.iter().chain(&touched.contacts)),
        )?;
        expect(met.1.unsigned_abs(), self.known.identifiers_among(&changes.identifiers))?;
        expect(met.2.unsigned_abs(), expected_keys)
    }

    /// Before anything else takes the identifiers: a statement does not see what another part of it deletes.
    pub(super) async fn remove_identifiers(
        &mut self,
        removed: &[(IdentifierKey, ContactId)],
    ) -> Result<(), StorageError> {
        let kinds: Vec<i16> = removed.iter().map(|(key, _)| key.kind.code()).collect();
        let values: Vec<&str> = removed.iter().map(|(key, _)| key.value.as_str()).collect();
        let homes: Vec<i64> = removed.iter().map(|(_, home)| home.0).collect();
        let statement = sqlx::query(
            "DELETE FROM identifiers i
             USING UNNEST($2::smallint[], $3::text[], $4::bigint[]) AS old (kind, value, home_id)
             WHERE i.workspace_id = $1 AND i.kind = old.kind AND i.value = old.value AND i.home_id = old.home_id",
        )
        .bind(self.workspace.0)
        .bind(kinds)
        .bind(values)
        .bind(homes);
        expect(self.run(statement).await?, removed.len())
    }
}
