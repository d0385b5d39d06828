//! Writing a change set.
//!
//! What almost every transaction writes is one statement; the rest has statements of its own, which run only when there is something
//! for them. Each says how many rows it met, and the transaction starts over when that is not what was loaded.

mod common;
mod definitions;
mod relations;

use super::Unit;
use super::catalog::{CATEGORIES, FIELDS, SEGMENTS};
use super::contract;
use crate::error::{translate, translate_racing};
use crate::rows::to_json;
use selfsame_application::ports::{Recorded, StorageError};
use selfsame_domain::{ChangeSet, Policy};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

impl Unit {
    pub(super) async fn apply_changes(
        &mut self,
        changes: &ChangeSet,
        records: &[Recorded],
    ) -> Result<(), StorageError> {
        contract::check(changes, &self.known)?;
        // Also those who were made and erased at once: their numbers were told.
        let made = changes
            .contacts
            .iter()
            .map(|row| row.id)
            .chain(changes.erased.iter().copied());
        self.numbers.used.extend(made.map(|id| id.0));
        if !changes.erased.is_empty() {
            self.erase(&changes.erased).await?;
        }
        if !changes.identifiers_removed.is_empty() {
            self.remove_identifiers(&changes.identifiers_removed).await?;
        }
        self.write_common(changes).await?;
        self.delete_unused_keys(changes).await?;
        if !changes.repointed.is_empty() {
            self.repoint(&changes.repointed).await?;
        }
        if !changes.visitors_returned.is_empty() {
            self.return_visitors(&changes.visitors_returned).await?;
        }
        if !changes.visitors.is_empty() {
            self.write_visitors(&changes.visitors).await?;
        }
        self.write_segments(changes).await?;
        if !changes.categories.is_empty() {
            self.write_categories(&changes.categories).await?;
        }
        if !changes.fields.is_empty() {
            self.write_fields(&changes.fields).await?;
        }
        if !changes.merges.is_empty() {
            self.write_merges(&changes.merges).await?;
        }
        if let Some(policy) = &changes.policy {
            self.write_policy(policy).await?;
        }
        if !records.is_empty() {
            self.write_recorded(records).await?;
        }
        self.advance_counters(changes).await?;
        self.write_orders(changes).await?;
        self.write_events(changes).await
    }

    /// Where another server made one meanwhile, something may be known of it.
    async fn delete_unused_keys(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let unused = self.known.unused(changes).into_iter();
        let (kinds, values): (Vec<i16>, Vec<&str>) = unused.map(|key| (key.kind.code(), key.value.as_str())).unzip();
        if kinds.is_empty() {
            return Ok(());
        }
        let statement = sqlx::query(
            "DELETE FROM identifier_keys k
             USING UNNEST($2::smallint[], $3::text[]) AS unused (kind, value)
             WHERE k.workspace_id = $1 AND k.kind = unused.kind AND k.value = unused.value
               AND k.seen_with = '{}' AND k.unsubscribed_at IS NULL AND k.waiting IS NULL
               AND NOT EXISTS (
                SELECT FROM identifiers i
                WHERE i.workspace_id = $1 AND i.kind = unused.kind AND i.value = unused.value)
               AND NOT EXISTS (
                SELECT FROM visitors v
                WHERE v.workspace_id = $1 AND v.kind = unused.kind AND v.value = unused.value AND v.closed_at IS NULL)",
        )
        .bind(self.workspace.0)
        .bind(kinds)
        .bind(values);
        statement.execute(&mut *self.transaction).await.map_err(translate)?;
        Ok(())
    }

    /// Runs a statement whose rows are guarded by locks, and says how many it met.
    pub(super) async fn run(&mut self, statement: Statement<'_>) -> Result<u64, StorageError> {
        let done = statement
            .execute(&mut *self.transaction)
            .await
            .map_err(translate_racing)?;
        Ok(done.rows_affected())
    }

    /// Runs a statement on definitions. Who defines holds a counter, so a value that is taken is no race.
    async fn define(&mut self, statement: Statement<'_>) -> Result<(), StorageError> {
        statement
            .execute(&mut *self.transaction)
            .await
            .map(drop)
            .map_err(translate)
    }

    async fn write_policy(&mut self, policy: &Policy) -> Result<(), StorageError> {
        let statement = sqlx::query("UPDATE workspaces SET policy = $2::jsonb WHERE workspace_id = $1")
            .bind(self.workspace.0)
            .bind(to_json(policy)?);
        let met = statement
            .execute(&mut *self.transaction)
            .await
            .map_err(translate)?
            .rows_affected();
        self.sets_policy = true;
        if met == 1 {
            Ok(())
        } else {
            Err(StorageError::UnknownWorkspace)
        }
    }

    /// Numbers of definitions are handed out under the lock of their counter, and used up only here.
    async fn advance_counters(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let last = [
            (CATEGORIES, changes.categories.iter().map(|row| row.id.0).max()),
            (FIELDS, changes.fields.iter().map(|row| row.id.0).max()),
            (SEGMENTS, changes.segments.iter().map(|row| row.id.0).max()),
        ];
        let (names, next): (Vec<&str>, Vec<i64>) = last
            .into_iter()
            .filter_map(|(name, last)| Some((name, last?.saturating_add(1))))
            .unzip();
        if names.is_empty() {
            return Ok(());
        }
        let statement = sqlx::query(
            "INSERT INTO counters (workspace_id, name, next)
             SELECT $1, name, next FROM UNNEST($2::text[], $3::bigint[]) AS used (name, next) ORDER BY name
             ON CONFLICT (workspace_id, name) DO UPDATE SET next = GREATEST(counters.next, EXCLUDED.next)",
        )
        .bind(self.workspace.0)
        .bind(names)
        .bind(next);
        self.run(statement).await.map(drop)
    }
}

/// Fails when a statement did not meet all rows that were loaded.
pub(super) fn expect(met: u64, expected: usize) -> Result<(), StorageError> {
    if met >= expected as u64 {
        Ok(())
    } else {
        Err(StorageError::Retriable)
    }
}
