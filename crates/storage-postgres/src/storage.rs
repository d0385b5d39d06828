//! The write side: transactions.

mod apply;
mod catalog;
mod columns;
mod contract;
mod erase;
mod events;
mod known;
mod load;
mod lock;
mod orders;
mod recorded;

use crate::error::translate;
use crate::policies::KnownPolicy;
use crate::store::PostgresStore;
use async_trait::async_trait;
use contract::ContractError;
use known::Known;
use selfsame_application::ports::{Mode, Recorded, Storage, StorageError, UnitOfWork};
use selfsame_domain::{ChangeSet, Footprint, Policy, Snapshot, Timestamp, WorkspaceId};
use sqlx::{Postgres, Transaction};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Begins a transaction that sees one state throughout.
const BEGIN_DRY_RUN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// A transaction.
struct Unit {
    store: PostgresStore,
    transaction: Transaction<'static, Postgres>,
    workspace: WorkspaceId,
    mode: Mode,
    policy: Arc<KnownPolicy>,
    known: Known,
    numbers: Numbers,
    sets_policy: bool,
}

/// Contact numbers that were taken for a transaction. Those that no commit used go back.
struct Numbers {
    store: PostgresStore,
    workspace: WorkspaceId,
    taken: BTreeSet<i64>,
    used: BTreeSet<i64>,
}

impl Drop for Numbers {
    fn drop(&mut self) {
        let taken = std::mem::take(&mut self.taken);
        if !taken.is_empty() {
            self.store.numbers().give_back(self.workspace, taken);
        }
    }
}

#[async_trait]
impl Storage for PostgresStore {
    async fn begin(&self, workspace: WorkspaceId, mode: Mode) -> Result<Box<dyn UnitOfWork>, StorageError> {
        let mut transaction = self.begin_transaction(mode).await?;
        let known = match mode {
            Mode::Write => self.policies().known(workspace),
            Mode::DryRun => None,
        };
        let policy = match known {
            Some(policy) => policy,
            None => self.policies().read(&mut transaction, workspace).await?,
        };
        let numbers = Numbers {
            store: self.clone(),
            workspace,
            taken: BTreeSet::new(),
            used: BTreeSet::new(),
        };
        Ok(Box::new(Unit {
            store: self.clone(),
            transaction,
            workspace,
            mode,
            policy,
            known: Known::default(),
            numbers,
            sets_policy: false,
        }))
    }
}

impl PostgresStore {
    /// Begins on a connection that rests, else on a new one. Resting connections whose database was restarted meanwhile are found
    /// out here: nothing was done yet, so the next one is tried.
    async fn begin_transaction(&self, mode: Mode) -> Result<Transaction<'static, Postgres>, StorageError> {
        let (pool, statement) = match mode {
            Mode::Write => (self.writers(), "BEGIN"),
            Mode::DryRun => (self.pool(), BEGIN_DRY_RUN),
        };
        for _ in 0..pool.options().get_max_connections() {
            match pool.try_begin_with(statement).await.map_err(translate) {
                Ok(Some(transaction)) => return Ok(transaction),
                Ok(None) => break,
                Err(StorageError::Unavailable { reason }) => {
                    tracing::warn!(reason, "a resting connection was lost");
                }
                Err(other) => return Err(other),
            }
        }
        pool.begin_with(statement).await.map_err(translate)
    }
}

#[async_trait]
impl UnitOfWork for Unit {
    fn policy(&self) -> &Policy {
        &self.policy.policy
    }

    async fn recorded(&mut self, keys: &[String], now: Timestamp) -> Result<Vec<Recorded>, StorageError> {
        self.load_recorded(keys, now).await
    }

    async fn load(&mut self, footprint: &Footprint) -> Result<Snapshot, StorageError> {
        self.load_footprint(footprint).await
    }

    async fn apply(&mut self, changes: &ChangeSet, records: &[Recorded]) -> Result<(), StorageError> {
        match self.mode {
            Mode::Write => self.apply_changes(changes, records).await,
            Mode::DryRun => Err(ContractError::DryRun.into()),
        }
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StorageError> {
        // From here on nobody can tell whether they are used.
        let used = std::mem::take(&mut self.numbers.used);
        self.numbers.taken.retain(|number| !used.contains(number));
        self.transaction.commit().await.map_err(translate)?;
        if self.sets_policy {
            self.store.policies().forget(self.workspace);
        }
        Ok(())
    }
}
