//! Statements that write many rows.

use crate::error::{Refusal, storage};
use crate::rows::json;
use crate::statement::{prepared, statement};
use rusqlite::{CachedStatement, Connection};
use selfsame_application::ports::StorageError;
use selfsame_domain::{Revision, WorkspaceId};
use serde::Serialize;

/// Writes the rows of one workspace.
pub(super) struct Batch<'c> {
    pub(super) connection: &'c Connection,
    pub(super) workspace: WorkspaceId,
    /// The revision of the commit.
    pub(super) revision: Revision,
}

impl Batch<'_> {
    // The planner does not know how many rows a JSON text holds. Where it could scan a whole workspace and look into
    // the text for each row, the text is MATERIALIZED together with the workspace, or CROSS JOIN fixes the order.

    /// Runs one statement on rows that are passed as JSON (`?2`; `?1` is the workspace, `?3` the revision of the
    /// commit). Returns how many rows it changed.
    pub(super) fn run<T: Serialize>(&mut self, sql: &'static str, rows: &[T]) -> Result<u64, StorageError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let statement = statement(sql).bind(self.workspace.0).bind(json(rows)?);
        let statement = if sql.contains("?3") {
            statement.bind(self.revision.0)
        } else {
            statement
        };
        let done = statement.execute(self.connection).map_err(storage)?;
        Ok(done.rows_affected())
    }

    /// As [`Self::run`], and fails unless every row was written.
    pub(super) fn run_all<T: Serialize>(
        &mut self,
        table: &'static str,
        sql: &'static str,
        rows: &[T],
    ) -> Result<(), StorageError> {
        let (touched, expected) = (self.run(sql, rows)?, rows.len());
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

    /// Runs one statement for each row, with the parameters that `execute` binds, and fails unless every row was written. For the rows of
    /// most requests: parameters cost less than rows in a JSON text.
    pub(super) fn each<T>(
        &mut self,
        table: &'static str,
        sql: &'static str,
        rows: impl IntoIterator<Item = T>,
        execute: impl Fn(&mut CachedStatement<'_>, T) -> Result<usize, StorageError>,
    ) -> Result<(), StorageError> {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        let mut statement = prepared(self.connection, sql).map_err(storage)?;
        let (mut expected, mut touched) = (0, 0);
        for row in rows {
            expected += 1;
            touched += execute(&mut statement, row)?;
        }
        if touched != expected {
            let touched = touched as u64;
            return Err(Refusal::RowsMissing {
                table,
                expected,
                touched,
            }
            .into());
        }
        Ok(())
    }
}
