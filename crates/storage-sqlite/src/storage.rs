//! The write side: transactions.

mod apply;
mod definitions;
mod erase;
mod events;
mod load;
mod log;
mod merges;
mod orders;
mod records;

pub(crate) use load::{record, visitor};
pub(crate) use merges::{group, merge, merge_columns};

use crate::error::{Refusal, storage};
use crate::readers::ReadTransaction;
use crate::rows::Row;
use crate::store::SqliteStore;
use crate::writer::WriteTransaction;
use async_trait::async_trait;
use selfsame_application::ports::{Mode, Recorded, Storage, StorageError, UnitOfWork};
use selfsame_domain::{ChangeSet, Footprint, Policy, Snapshot, Timestamp, WorkspaceId};
use sqlx::SqliteConnection;
use std::sync::Arc;

#[async_trait]
impl Storage for SqliteStore {
    async fn begin(&self, workspace: WorkspaceId, mode: Mode) -> Result<Box<dyn UnitOfWork>, StorageError> {
        let mut transaction = match mode {
            Mode::Write => Access::Write(self.writer.begin().await?),
            Mode::DryRun => Access::DryRun(self.readers.begin().await?),
        };
        let row = sqlx::query(
            "SELECT w.workspace_id, w.policy,
                (SELECT next FROM counters AS n WHERE n.workspace_id = w.workspace_id AND n.name = 'contacts'),
                (SELECT next FROM counters AS n WHERE n.workspace_id = w.workspace_id AND n.name = 'segments'),
                (SELECT next FROM counters AS n WHERE n.workspace_id = w.workspace_id AND n.name = 'categories'),
                (SELECT next FROM counters AS n WHERE n.workspace_id = w.workspace_id AND n.name = 'fields')
             FROM workspaces AS w WHERE w.workspace_id = ?1",
        )
        .bind(workspace.0)
        .fetch_optional(transaction.connection()?)
        .await
        .map_err(storage)?
        .ok_or(StorageError::UnknownWorkspace)?;
        let row = Row::new(&row, "workspaces", 0);
        let text: &str = row.get(1, "policy")?;
        let policy = self.policies.read(workspace, text).map_err(|_| row.corrupt("policy"))?;
        let next = |index| row.get::<Option<i64>>(index, "next").map(|next| next.unwrap_or(1));
        let next = Numbers {
            contacts: next(2)?,
            segments: next(3)?,
            categories: next(4)?,
            fields: next(5)?,
        };
        Ok(Box::new(Unit {
            workspace,
            policy,
            next,
            transaction,
        }))
    }
}

/// The next numbers to hand out.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    contacts: i64,
    segments: i64,
    categories: i64,
    fields: i64,
}

#[derive(Debug)]
enum Access {
    Write(WriteTransaction),
    DryRun(ReadTransaction),
}

impl Access {
    fn connection(&mut self) -> Result<&mut SqliteConnection, StorageError> {
        match self {
            Self::Write(transaction) => transaction.connection(),
            Self::DryRun(transaction) => transaction.connection(),
        }
    }
}

#[derive(Debug)]
struct Unit {
    workspace: WorkspaceId,
    policy: Arc<Policy>,
    next: Numbers,
    transaction: Access,
}

#[async_trait]
impl UnitOfWork for Unit {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    async fn recorded(&mut self, keys: &[String], now: Timestamp) -> Result<Vec<Recorded>, StorageError> {
        records::read(self.transaction.connection()?, self.workspace, keys, now).await
    }

    async fn load(&mut self, footprint: &Footprint) -> Result<Snapshot, StorageError> {
        load::snapshot(self.transaction.connection()?, self.workspace, footprint, self.next).await
    }

    async fn apply(&mut self, changes: &ChangeSet, records: &[Recorded]) -> Result<(), StorageError> {
        let Access::Write(transaction) = &mut self.transaction else {
            return Err(Refusal::DryRun.into());
        };
        let mut batch = apply::Batch::new(transaction.connection()?, self.workspace);
        batch.apply(changes, self.next).await?;
        orders::write(&mut batch, changes).await?;
        events::write(&mut batch, changes).await?;
        records::write(&mut batch, records).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StorageError> {
        match self.transaction {
            Access::Write(transaction) => transaction.commit().await,
            // Nothing was written; dropping it ends it.
            Access::DryRun(_) => Ok(()),
        }
    }
}
