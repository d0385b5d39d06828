//! The write side: reading the snapshot of a batch, and writing its decisions.

mod apply;
mod batch;
mod columns;
mod definitions;
mod erase;
mod events;
mod formulas;
mod load;
mod log;
mod merges;
mod orders;
mod records;
mod stale;

pub(crate) use load::{record, visitor};
pub(crate) use merges::{group, merge, merge_columns};

use crate::error::storage;
use crate::rows::Row;
use crate::statement::{blocking, statement};
use crate::store::SqliteStore;
use crate::writer::WriteTransaction;
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{
    AccessVersion, Basis, Commit, Exclusive, PolicyVersion, ReadAnswer, ReadRequest, ReadState, Storage, StorageError,
    Written,
};
use selfsame_domain::{Revision, WorkspaceId};
use std::sync::Arc;

#[async_trait]
impl Storage for SqliteStore {
    async fn policy(&self, workspace: WorkspaceId) -> Result<PolicyVersion, StorageError> {
        if let Some(known) = self.policies.known(workspace) {
            return Ok(known);
        }
        let mut reader = self.readers.begin().await?;
        self.read_policy(reader.connection()?, workspace)
    }

    /// The cache of the connection that writes stays valid over its own commits, while every other connection reads all pages
    /// again after each commit.
    fn excludes(&self) -> bool {
        true
    }

    async fn read(&self, workspace: WorkspaceId, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        let reader = self.readers.lend().await?;
        // The transaction begins and ends in here: each blocking section costs a change of threads.
        blocking(|| {
            let mut reading = reader.begin()?;
            let connection = reading.connection()?;
            let state = workspace_state(connection, workspace)?;
            self.read_state(connection, workspace, &state, request)
        })
    }

    async fn write(&self, workspace: WorkspaceId, basis: &Basis, commit: Commit<'_>) -> Result<Written, StorageError> {
        if commit.is_empty() {
            return Ok(Written::Committed(basis.revision));
        }
        let mut writing = self.writer.begin().await?;
        blocking(|| {
            let connection = writing.connection()?;
            let state = workspace_state(connection, workspace)?;
            if stale::is_stale(connection, workspace, &state, basis)? {
                return Ok(Written::Stale);
            }
            let revision = apply::write(connection, workspace, &state, commit)?;
            writing.commit()?;
            self.note_policy(workspace, revision, commit);
            Ok(Written::Committed(revision))
        })
    }

    async fn exclusive(&self, workspace: WorkspaceId) -> Result<Box<dyn Exclusive>, StorageError> {
        let mut writing = self.writer.begin().await?;
        let state = workspace_state(writing.connection()?, workspace)?;
        Ok(Box::new(SqliteExclusive {
            store: self.clone(),
            workspace,
            state,
            writing,
        }))
    }
}

/// The only transaction that writes.
#[derive(Debug)]
struct SqliteExclusive {
    store: SqliteStore,
    workspace: WorkspaceId,
    state: WorkspaceState,
    writing: WriteTransaction,
}

#[async_trait]
impl Exclusive for SqliteExclusive {
    async fn read(&mut self, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        blocking(|| {
            let connection = self.writing.connection()?;
            self.store.read_state(connection, self.workspace, &self.state, request)
        })
    }

    async fn write(mut self: Box<Self>, commit: Commit<'_>) -> Result<Revision, StorageError> {
        if commit.is_empty() {
            return Ok(self.state.latest);
        }
        blocking(|| {
            let revision = apply::write(self.writing.connection()?, self.workspace, &self.state, commit)?;
            self.writing.commit()?;
            self.store.note_policy(self.workspace, revision, commit);
            Ok(revision)
        })
    }
}

/// The row of `revisions`, which every transaction reads first.
#[derive(Debug, Clone, Copy)]
struct WorkspaceState {
    /// The last commit.
    latest: Revision,
    /// The last commit that changed the policy.
    policy: Revision,
    /// The last commit that changed definitions.
    definitions: Revision,
    /// The last commit that deleted rows without a trace.
    deleted: Revision,
    access: AccessVersion,
    next: Numbers,
}

/// The next numbers to assign.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    contacts: i64,
    segments: i64,
    categories: i64,
    fields: i64,
}

fn workspace_state(connection: &Connection, workspace: WorkspaceId) -> Result<WorkspaceState, StorageError> {
    let row = statement(
        "SELECT workspace_id, latest, policy, definitions, deleted, next_contact, next_segment, next_category, next_field,
            access
         FROM revisions WHERE workspace_id = ?1",
    )
    .bind(workspace.0)
    .fetch_optional(connection)
    .map_err(storage)?
    .ok_or(StorageError::UnknownWorkspace)?;
    let row = Row::new(&row, "revisions", 0);
    let revision = |index, column| row.get(index, column).map(Revision);
    Ok(WorkspaceState {
        latest: revision(1, "latest")?,
        policy: revision(2, "policy")?,
        definitions: revision(3, "definitions")?,
        deleted: revision(4, "deleted")?,
        access: AccessVersion(row.get(9, "access")?),
        next: Numbers {
            contacts: row.get(5, "next_contact")?,
            segments: row.get(6, "next_segment")?,
            categories: row.get(7, "next_category")?,
            fields: row.get(8, "next_field")?,
        },
    })
}

impl SqliteStore {
    /// Caches the policy that a commit set.
    fn note_policy(&self, workspace: WorkspaceId, revision: Revision, commit: Commit<'_>) {
        if let Some(policy) = &commit.changes.policy {
            let policy = Arc::new(policy.clone());
            self.policies.note(workspace, PolicyVersion { revision, policy });
        }
    }

    fn read_state(
        &self,
        connection: &Connection,
        workspace: WorkspaceId,
        state: &WorkspaceState,
        request: &ReadRequest,
    ) -> Result<ReadAnswer, StorageError> {
        if state.policy != request.policy {
            return self.read_policy(connection, workspace).map(ReadAnswer::OutdatedPolicy);
        }
        Ok(ReadAnswer::State(Box::new(ReadState {
            revision: state.latest,
            access: state.access,
            recorded: records::read(connection, workspace, &request.reply_keys, request.now)?,
            snapshot: load::snapshot(connection, workspace, &request.footprint, state.next)?,
        })))
    }

    fn read_policy(&self, connection: &Connection, workspace: WorkspaceId) -> Result<PolicyVersion, StorageError> {
        let row = statement(
            "SELECT w.workspace_id, w.policy, r.policy
             FROM workspaces AS w JOIN revisions AS r ON r.workspace_id = w.workspace_id
             WHERE w.workspace_id = ?1",
        )
        .bind(workspace.0)
        .fetch_optional(connection)
        .map_err(storage)?
        .ok_or(StorageError::UnknownWorkspace)?;
        let row = Row::new(&row, "workspaces", 0);
        let text: &str = row.get(1, "policy")?;
        let policy = self.policies.read(workspace, text).map_err(|_| row.corrupt("policy"))?;
        let version = PolicyVersion {
            revision: Revision(row.get(2, "policy")?),
            policy,
        };
        self.policies.note(workspace, version.clone());
        Ok(version)
    }
}
