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

use crate::bounded::Transaction;
use crate::error::translate;
use crate::policies::KnownPolicy;
use crate::store::PostgresStore;
use async_trait::async_trait;
use contract::ContractError;
use known::Known;
use selfsame_application::ports::{Mode, Recorded, Storage, StorageError, UnitOfWork};
use selfsame_domain::{ChangeSet, Footprint, Policy, Snapshot, Timestamp, WorkspaceId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Begins a transaction that sees one state throughout.
const BEGIN_DRY_RUN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// A transaction.
struct Unit {
    store: PostgresStore,
    transaction: Transaction,
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
        let (pool, statement) = match mode {
            Mode::Write => (self.writers(), "BEGIN"),
            Mode::DryRun => (self.pool(), BEGIN_DRY_RUN),
        };
        let mut transaction = pool.begin_with(statement).await.map_err(translate)?;
        let known = match mode {
            Mode::Write => self.policies().known(workspace),
            Mode::DryRun => None,
        };
        let policy = match known {
            Some(policy) => policy,
            None => match self.in_time(self.policies().read(&mut transaction, workspace)).await {
                Err(error) => return Err(lost(&mut transaction, error).await),
                Ok(policy) => policy,
            },
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

/// Tells a connection that was lost from a database that refuses. Without a commit nothing was done.
async fn lost(transaction: &mut Transaction, error: StorageError) -> StorageError {
    match error {
        StorageError::Unavailable { reason } if transaction.is_lost().await => StorageError::Lost { reason },
        other => other,
    }
}

#[async_trait]
impl UnitOfWork for Unit {
    fn policy(&self) -> &Policy {
        &self.policy.policy
    }

    async fn recorded(&mut self, keys: &[String], now: Timestamp) -> Result<Vec<Recorded>, StorageError> {
        let store = self.store.clone();
        match store.in_time(self.load_recorded(keys, now)).await {
            Err(error) => Err(lost(&mut self.transaction, error).await),
            recorded => recorded,
        }
    }

    async fn load(&mut self, footprint: &Footprint) -> Result<Snapshot, StorageError> {
        let store = self.store.clone();
        match store.in_time(self.load_footprint(footprint)).await {
            Err(error) => Err(lost(&mut self.transaction, error).await),
            snapshot => snapshot,
        }
    }

    async fn apply(&mut self, changes: &ChangeSet, records: &[Recorded]) -> Result<(), StorageError> {
        if self.mode == Mode::DryRun {
            return Err(ContractError::DryRun.into());
        }
        let store = self.store.clone();
        match store.in_time(self.apply_changes(changes, records)).await {
            Err(error) => Err(lost(&mut self.transaction, error).await),
            applied => applied,
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
