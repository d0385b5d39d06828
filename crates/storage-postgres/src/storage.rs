//! The write side. A batch is two statements: one call of `read_v1` and one of `write_v1`, the functions of
//! `migrations/postgres`.

mod erase;
mod read;
mod write;

use crate::bounded::{REPLACEMENTS, Transaction};
use crate::error::translate;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    Basis, Commit, Exclusive, PolicyVersion, ReadAnswer, ReadRequest, Storage, StorageError, Written,
};
use selfsame_domain::{Revision, WorkspaceId};
use sqlx::PgConnection;

/// Locks the row that every writer of a workspace locks first.
const TAKE_REVISION: &str = "SELECT latest FROM revisions WHERE workspace_id = $1 FOR UPDATE";

/// A transaction that holds the revision of its workspace.
struct PostgresExclusive {
    store: PostgresStore,
    transaction: Transaction,
    workspace: WorkspaceId,
    revision: Revision,
}

#[async_trait]
impl Storage for PostgresStore {
    async fn policy(&self, workspace: WorkspaceId) -> Result<PolicyVersion, StorageError> {
        if let Some(policy) = self.policies().known(workspace) {
            return Ok(policy);
        }
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        let policy = self.in_time(self.policies().read(&mut connection, workspace)).await;
        match policy {
            Err(error) => Err(self.lost(&mut connection, error).await),
            Ok(policy) => {
                connection.settle();
                Ok(policy)
            }
        }
    }

    fn overlaps(&self) -> bool {
        true
    }

    /// A connection that was lost while idle fails here, before any work was done, so another one is tried.
    async fn read(&self, workspace: WorkspaceId, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        let mut replaced = 0;
        loop {
            let mut connection = self.writers().acquire().await.map_err(translate)?;
            let error = match self
                .in_time(read::read(self, &mut connection, workspace, request))
                .await
            {
                Err(error) => self.lost(&mut connection, error).await,
                Ok(answer) => {
                    connection.settle();
                    return Ok(answer);
                }
            };
            match error {
                StorageError::Lost { reason } if replaced < REPLACEMENTS => {
                    tracing::warn!(reason, "a resting connection was lost");
                    connection.close_hard();
                    replaced += 1;
                }
                error => return Err(error),
            }
        }
    }

    /// When the connection is lost during a single statement, it is unknown whether the write took place.
    async fn write(&self, workspace: WorkspaceId, basis: &Basis, commit: Commit<'_>) -> Result<Written, StorageError> {
        if commit.is_empty() {
            return Ok(Written::Committed(basis.revision));
        }
        if !commit.changes.deletes() && !commit.changes.changes_formulas() && commit.import.is_none() {
            let mut connection = self.writers().acquire().await.map_err(translate)?;
            let write = write::write(self, &mut connection, workspace, basis, commit);
            let written = self.in_time(write).await;
            if let Ok(Written::Committed(_)) = written {
                connection.settle();
            }
            return written;
        }
        // Erasing, deleting, changing formulas and recording rows take several statements, so they need a transaction.
        let mut transaction = self.writers().begin().await.map_err(translate)?;
        let work = async {
            take_revision(&mut transaction, workspace).await?;
            write::erase_and_write(self, &mut transaction, workspace, basis, commit).await
        };
        match self.in_time(work).await {
            Err(error) => Err(self.lost(&mut transaction, error).await),
            Ok(Written::Stale) => Ok(Written::Stale),
            Ok(written) => {
                transaction.commit().await.map_err(translate)?;
                Ok(written)
            }
        }
    }

    async fn exclusive(&self, workspace: WorkspaceId) -> Result<Box<dyn Exclusive>, StorageError> {
        let mut transaction = self.writers().begin().await.map_err(translate)?;
        match self.in_time(take_revision(&mut transaction, workspace)).await {
            Err(error) => Err(self.lost(&mut transaction, error).await),
            Ok(revision) => Ok(Box::new(PostgresExclusive {
                store: self.clone(),
                transaction,
                workspace,
                revision,
            })),
        }
    }
}

impl PostgresStore {
    /// Distinguishes a lost connection from a database that refuses a statement. Nothing was committed in either case.
    async fn lost(&self, connection: &mut PgConnection, error: StorageError) -> StorageError {
        match error {
            StorageError::Unavailable { reason } if self.writers().has_lost(connection).await => {
                StorageError::Lost { reason }
            }
            other => other,
        }
    }
}

async fn take_revision(connection: &mut PgConnection, workspace: WorkspaceId) -> Result<Revision, StorageError> {
    let latest: Option<i64> = sqlx::query_scalar(TAKE_REVISION)
        .bind(workspace.0)
        .fetch_optional(connection)
        .await
        .map_err(translate)?;
    latest.map(Revision).ok_or(StorageError::UnknownWorkspace)
}

#[async_trait]
impl Exclusive for PostgresExclusive {
    async fn read(&mut self, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        let read = read::read(&self.store, &mut self.transaction, self.workspace, request);
        match self.store.in_time(read).await {
            Err(error) => Err(self.store.lost(&mut self.transaction, error).await),
            answer => answer,
        }
    }

    async fn write(mut self: Box<Self>, commit: Commit<'_>) -> Result<Revision, StorageError> {
        if commit.is_empty() {
            return Ok(self.revision);
        }
        let basis = Basis {
            revision: self.revision,
            ..Basis::default()
        };
        let write = write::erase_and_write(&self.store, &mut self.transaction, self.workspace, &basis, commit);
        match self.store.in_time(write).await {
            Err(error) => Err(self.store.lost(&mut self.transaction, error).await),
            // Impossible while the revision is locked.
            Ok(Written::Stale) => Err(StorageError::Retriable),
            Ok(Written::Committed(revision)) => {
                self.transaction.commit().await.map_err(translate)?;
                Ok(revision)
            }
        }
    }
}
