//! Replies that are kept for idempotency keys.

use super::Unit;
use crate::error::{translate, translate_racing};
use crate::rows::{self, array_text, to_json};
use selfsame_application::ports::{Mode, Recorded, StorageError};
use selfsame_domain::{ContactId, Timestamp};

/// Takes keys for the transaction: those that are not there get a row that counts as expired. Like identifier keys (see `lock.rs`, also for
/// the lateral sub-query), one
/// that appears or changes while the statement waits makes the answer stale.
const TAKE: &str = "
    WITH asked AS MATERIALIZED (
        SELECT key FROM UNNEST($2::text[]) AS asked (key)
    ),
    made AS (
        INSERT INTO recorded_replies (workspace_id, key, digest, decisions, contacts, expires_at)
        SELECT $1, key, '', '[]', '{}', timestamptz 'epoch' FROM asked ORDER BY key
        ON CONFLICT DO NOTHING
        RETURNING 1
    ),
    kept AS MATERIALIZED (
        SELECT r.*
        FROM (SELECT key FROM asked WHERE (SELECT count(*) FROM made) >= 0 ORDER BY key) a
        CROSS JOIN LATERAL (
            SELECT key, digest, decisions, contacts, expires_at
            FROM recorded_replies
            WHERE workspace_id = $1 AND key = a.key
            OFFSET 0
            FOR UPDATE
        ) r
    )
    SELECT (SELECT jsonb_hash_extended(w.policy, 0) FROM workspaces w WHERE w.workspace_id = $1),
           (SELECT count(*) FROM made) + (SELECT count(*) FROM kept) <> (SELECT count(*) FROM asked),
           ARRAY(SELECT ROW(key, digest, decisions::text, contacts, expires_at) FROM kept WHERE expires_at > $3)";

/// For a dry run.
const PEEK: &str = "
    SELECT (SELECT jsonb_hash_extended(w.policy, 0) FROM workspaces w WHERE w.workspace_id = $1),
           false,
           ARRAY(SELECT ROW(r.key, r.digest, r.decisions::text, r.contacts, r.expires_at)
                 FROM UNNEST($2::text[]) AS asked (key)
                 CROSS JOIN LATERAL (
                    SELECT * FROM recorded_replies WHERE workspace_id = $1 AND key = asked.key OFFSET 0
                 ) r
                 WHERE r.expires_at > $3)";

type RecordedRow = (String, Vec<u8>, String, Vec<i64>, Timestamp);

impl Unit {
    pub(super) async fn load_recorded(
        &mut self,
        keys: &[String],
        now: Timestamp,
    ) -> Result<Vec<Recorded>, StorageError> {
        let mut keys = keys.to_vec();
        keys.sort();
        keys.dedup();
        let statement = match self.mode {
            Mode::Write => TAKE,
            Mode::DryRun => PEEK,
        };
        let mut row = self.take_recorded(statement, &keys, now).await?;
        if row.1 {
            // The rows that appeared belong to transactions that have ended: none of the keys can be missing twice but by a race.
            row = self.take_recorded(statement, &keys, now).await?;
        }
        let (fingerprint, stale, records) = row;
        self.check_policy(fingerprint)?;
        if stale {
            Err(StorageError::Retriable)
        } else {
            rows::all(records, recorded)
        }
    }

    async fn take_recorded(
        &mut self,
        statement: &'static str,
        keys: &[String],
        now: Timestamp,
    ) -> Result<(Option<i64>, bool, Vec<RecordedRow>), StorageError> {
        sqlx::query_as(statement)
            .bind(self.workspace.0)
            .bind(keys)
            .bind(now)
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(translate)
    }

    pub(super) async fn write_recorded(&mut self, records: &[Recorded]) -> Result<(), StorageError> {
        let mut records: Vec<&Recorded> = records.iter().collect();
        records.sort_by_key(|record| &record.key);
        let keys: Vec<&str> = records.iter().map(|record| record.key.as_str()).collect();
        let digests: Vec<&[u8]> = records.iter().map(|record| record.digest.as_slice()).collect();
        let decisions: Vec<String> = records
            .iter()
            .map(|record| to_json(&record.decisions))
            .collect::<Result<_, _>>()?;
        let contacts: Vec<String> = records.iter().map(|record| array_text(&record.contacts)).collect();
        let expires_at: Vec<Timestamp> = records.iter().map(|record| record.expires_at).collect();
        sqlx::query(
            "INSERT INTO recorded_replies (workspace_id, key, digest, decisions, contacts, expires_at)
             SELECT $1, new.key, new.digest, new.decisions::json, new.contacts::bigint[], new.expires_at
             FROM UNNEST($2::text[], $3::bytea[], $4::text[], $5::text[], $6::timestamptz[])
                AS new (key, digest, decisions, contacts, expires_at)
             ON CONFLICT (workspace_id, key) DO UPDATE SET
                digest = EXCLUDED.digest, decisions = EXCLUDED.decisions, contacts = EXCLUDED.contacts,
                expires_at = EXCLUDED.expires_at",
        )
        .bind(self.workspace.0)
        .bind(keys)
        .bind(digests)
        .bind(decisions)
        .bind(contacts)
        .bind(expires_at)
        .execute(&mut *self.transaction)
        .await
        .map_err(translate_racing)?;
        Ok(())
    }
}

fn recorded((key, digest, decisions, contacts, expires_at): RecordedRow) -> Result<Recorded, StorageError> {
    let decisions = rows::json(&decisions, "recorded_replies", "decisions", &key)?;
    Ok(Recorded {
        key,
        digest,
        decisions,
        contacts: contacts.into_iter().map(ContactId).collect(),
        expires_at,
    })
}
