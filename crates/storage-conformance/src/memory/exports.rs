//! Connectors, exports and their runs, and reading the rows of exports.

use super::space::Space;
use super::store::{MemoryStore, Shared};
use async_trait::async_trait;
use selfsame_application::ports::{
    Connector, ConnectorDeleted, ContactDetails, Deleted, Export, ExportRun, ExportSnapshot, ExportedEvent, Exports,
    JobState, NewJob, PeriodKey, PruneUpTo, RunStarted, RunStatus, StorageError,
};
use selfsame_domain::export::{Catalog, SegmentPeriod};
use selfsame_domain::{
    ConnectorId, ContactId, Event, EventId, ExportId, Merge, Order, OrderKey, Revision, RunId, Subject, Timestamp,
    Visitor, VisitorId, WorkspaceId,
};
use std::cmp::Ordering;
use std::sync::Arc;

#[async_trait]
impl Exports for MemoryStore {
    async fn create_connector(&self, connector: &Connector) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&connector.workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        shared.free_connector_name(connector)?;
        shared
            .connectors
            .insert((connector.workspace, connector.id), connector.clone());
        Ok(())
    }

    async fn connector(&self, workspace: WorkspaceId, id: ConnectorId) -> Result<Option<Connector>, StorageError> {
        Ok(self.lock().connectors.get(&(workspace, id)).cloned())
    }

    async fn connectors(&self, workspace: WorkspaceId) -> Result<Vec<Connector>, StorageError> {
        let shared = self.lock();
        let own = shared
            .connectors
            .values()
            .filter(|connector| connector.workspace == workspace);
        Ok(own.take(500).cloned().collect())
    }

    async fn update_connector(&self, connector: &Connector) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        shared.free_connector_name(connector)?;
        let Some(stored) = shared.connectors.get_mut(&(connector.workspace, connector.id)) else {
            return Ok(false);
        };
        let created_at = stored.created_at;
        *stored = Connector {
            created_at,
            ..connector.clone()
        };
        Ok(true)
    }

    async fn delete_connector(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
    ) -> Result<ConnectorDeleted, StorageError> {
        let mut shared = self.lock();
        let mut exports = shared.exports.values();
        if exports.any(|export| export.workspace == workspace && export.connector == id) {
            return Ok(ConnectorDeleted::InUse);
        }
        Ok(match shared.connectors.remove(&(workspace, id)) {
            Some(_) => ConnectorDeleted::Yes,
            None => ConnectorDeleted::Missing,
        })
    }

    async fn create_export(&self, export: &Export) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        if !shared.connectors.contains_key(&(export.workspace, export.connector)) {
            return Ok(false);
        }
        shared.free_export_name(export)?;
        shared.exports.insert((export.workspace, export.id), export.clone());
        Ok(true)
    }

    async fn export(&self, workspace: WorkspaceId, id: ExportId) -> Result<Option<Export>, StorageError> {
        Ok(self.lock().exports.get(&(workspace, id)).cloned())
    }

    async fn exports(&self, workspace: WorkspaceId) -> Result<Vec<Export>, StorageError> {
        let shared = self.lock();
        let own = shared.exports.values().filter(|export| export.workspace == workspace);
        Ok(own.take(500).cloned().collect())
    }

    async fn update_export(&self, export: &Export) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        shared.free_export_name(export)?;
        let stored = shared.exports.get_mut(&(export.workspace, export.id));
        let Some(stored) = stored.filter(|stored| stored.version == export.version) else {
            return Ok(false);
        };
        *stored = Export {
            version: export.version + 1,
            connector: stored.connector,
            created_at: stored.created_at,
            ..export.clone()
        };
        Ok(true)
    }

    async fn delete_export(&self, workspace: WorkspaceId, id: ExportId, now: Timestamp) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        if shared.exports.remove(&(workspace, id)).is_none() {
            return Ok(false);
        }
        let runs = shared
            .runs
            .values()
            .filter(|run| run.workspace == workspace && run.export == id);
        let runs: Vec<ExportRun> = runs.cloned().collect();
        for run in runs {
            shared.cancel_job_of(&run, now);
            shared.runs.remove(&(workspace, run.id));
        }
        Ok(true)
    }

    async fn due_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StorageError> {
        let shared = self.lock();
        let is_due = |export: &&Export| !export.is_paused && export.next_run_at.is_some_and(|at| at <= now);
        let mut due: Vec<Export> = shared.exports.values().filter(is_due).cloned().collect();
        due.sort_by_key(|export| (export.next_run_at, export.workspace, export.id));
        due.truncate(limit as usize);
        Ok(due)
    }

    async fn start_run(&self, run: &ExportRun, job: &NewJob) -> Result<RunStarted, StorageError> {
        let mut shared = self.lock();
        if !shared.exports.contains_key(&(run.workspace, run.export)) {
            return Ok(RunStarted::Missing);
        }
        let mut own = shared
            .runs
            .values()
            .filter(|known| known.workspace == run.workspace && known.export == run.export);
        if let Some(queued) = own.find(|known| known.status == RunStatus::Queued) {
            return Ok(RunStarted::Queued(queued.id));
        }
        shared.enqueue(job)?;
        shared.runs.insert((run.workspace, run.id), run.clone());
        Ok(RunStarted::New)
    }

    async fn run(&self, workspace: WorkspaceId, id: RunId) -> Result<Option<ExportRun>, StorageError> {
        Ok(self.lock().runs.get(&(workspace, id)).cloned())
    }

    async fn runs(
        &self,
        workspace: WorkspaceId,
        export: ExportId,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<ExportRun>, StorageError> {
        let shared = self.lock();
        let own = shared.runs.values().rev();
        let own = own.filter(|run| run.workspace == workspace && run.export == export);
        let own = own.filter(|run| before.is_none_or(|before| run.id < before));
        Ok(own.take(limit as usize).cloned().collect())
    }

    async fn update_run(&self, run: &ExportRun) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let stored = shared.runs.get_mut(&(run.workspace, run.id));
        let Some(stored) = stored.filter(|stored| !stored.status.is_over()) else {
            return Ok(false);
        };
        (stored.status, stored.report, stored.finished_at) = (run.status, run.report.clone(), run.finished_at);
        Ok(true)
    }

    async fn cancel_run(
        &self,
        workspace: WorkspaceId,
        id: RunId,
        now: Timestamp,
    ) -> Result<Option<ExportRun>, StorageError> {
        let mut shared = self.lock();
        let Some(mut run) = shared.runs.get(&(workspace, id)).cloned() else {
            return Ok(None);
        };
        if !run.status.is_over() && shared.cancel_job_of(&run, now) != Some(JobState::Running) {
            (run.status, run.finished_at) = (RunStatus::Cancelled, Some(now));
            shared.runs.insert((workspace, id), run.clone());
        }
        Ok(Some(run))
    }

    async fn prune_runs(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let before = shared.runs.len();
        shared
            .runs
            .retain(|_, run| run.finished_at.is_none_or(|at| at >= over_before));
        Ok((before - shared.runs.len()) as u64)
    }

    async fn prune_deleted(&self, workspace: WorkspaceId, up_to: PruneUpTo) -> Result<u64, StorageError> {
        let _writer = self.writer(workspace)?.lock_owned().await;
        let mut shared = self.lock();
        let account = shared
            .accounts
            .get_mut(&workspace)
            .ok_or(StorageError::UnknownWorkspace)?;
        let space = Arc::make_mut(&mut account.space);
        let before = space.deleted.len();
        space.deleted.retain(|(revision, deleted)| match deleted {
            Deleted::Contact(_) => *revision > up_to.contacts,
            _ => *revision > up_to.others,
        });
        space.feed_begins = space.feed_begins.max(up_to.contacts);
        Ok((before - space.deleted.len()) as u64)
    }

    async fn export_snapshot(&self, workspace: WorkspaceId) -> Result<Box<dyn ExportSnapshot>, StorageError> {
        let shared = self.lock();
        let account = shared.accounts.get(&workspace).ok_or(StorageError::UnknownWorkspace)?;
        Ok(Box::new(MemorySnapshot(Arc::clone(&account.space))))
    }
}

impl Shared {
    fn free_connector_name(&self, connector: &Connector) -> Result<(), StorageError> {
        let mut others = self.connectors.values().filter(|other| other.id != connector.id);
        if others.any(|other| other.workspace == connector.workspace && other.name == connector.name) {
            return Err(StorageError::Conflict {
                what: "the name of the connector",
            });
        }
        Ok(())
    }

    fn free_export_name(&self, export: &Export) -> Result<(), StorageError> {
        let mut others = self.exports.values().filter(|other| other.id != export.id);
        if others.any(|other| other.workspace == export.workspace && other.name == export.name) {
            return Err(StorageError::Conflict {
                what: "the name of the export",
            });
        }
        Ok(())
    }

    /// Cancels the job of a run, or asks its worker to stop; returns its state afterwards.
    fn cancel_job_of(&mut self, run: &ExportRun, now: Timestamp) -> Option<JobState> {
        let job = self.job_mut(run.workspace, run.job)?;
        match job.state {
            JobState::Queued => (job.state, job.finished_at) = (JobState::Cancelled, Some(now)),
            JobState::Running => job.is_cancelling = true,
            JobState::Finished | JobState::Failed | JobState::Cancelled => {}
        }
        Some(job.state)
    }
}

/// One state of a workspace.
struct MemorySnapshot(Arc<Space>);

#[async_trait]
impl ExportSnapshot for MemorySnapshot {
    fn revision(&self) -> Revision {
        self.0.revisions.latest
    }

    async fn contacts(
        &mut self,
        after: (Revision, Option<ContactId>),
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let rows = self.0.contacts.keys().map(|id| (self.0.revisions.contact(*id), *id));
        let ids = paged(rows, after, limit, |id| *id);
        let read = |(_, id)| {
            self.0
                .contact(id)
                .map(|contact| super::contacts::details(&self.0, contact))
        };
        Ok(ids.into_iter().filter_map(read).collect())
    }

    async fn orders(
        &mut self,
        after: (Revision, Option<OrderKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, Order)>, StorageError> {
        let orders = self.0.orders.values();
        let rows = orders.map(|order| (self.0.revisions.order(&order.key), order.clone()));
        Ok(paged(rows, after, limit, |order| order.key.clone()))
    }

    async fn events(
        &mut self,
        after: (Revision, Option<EventId>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError> {
        let events = self.0.events.values();
        let rows = events.map(|event| (self.0.revisions.event(event.id), event));
        let found = paged(rows, after, limit, |event| event.id);
        Ok(found
            .into_iter()
            .map(|(revision, event)| self.exported(revision, event))
            .collect())
    }

    async fn events_of_changed_visitors(
        &mut self,
        after: (Revision, Option<(VisitorId, EventId)>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError> {
        let events = self.0.events.values();
        let rows = events.filter_map(|event| {
            let visitor = self.visitor(event)?;
            Some((self.0.revisions.visitor(visitor.id), (visitor.id, event)))
        });
        let found = paged(rows, after, limit, |(visitor, event)| (*visitor, event.id));
        let exported = found
            .into_iter()
            .map(|(revision, (_, event))| self.exported(revision, event));
        Ok(exported.collect())
    }

    async fn merges_of(&mut self, absorbed: &[ContactId]) -> Result<Vec<Merge>, StorageError> {
        let merges = self.0.merges.values();
        let of = merges.filter(|merge| absorbed.contains(&merge.absorbed));
        let mut found: Vec<Merge> = of.cloned().collect();
        found.sort_by_key(|merge| merge.id);
        Ok(found)
    }

    async fn visitors(
        &mut self,
        after: (Revision, Option<VisitorId>),
        limit: u32,
    ) -> Result<Vec<(Revision, Visitor)>, StorageError> {
        let visitors = self.0.visitors.values();
        let rows = visitors.map(|visitor| (self.0.revisions.visitor(visitor.id), visitor.clone()));
        Ok(paged(rows, after, limit, |visitor| visitor.id))
    }

    async fn catalog(&mut self) -> Result<Catalog, StorageError> {
        Ok(Catalog {
            changed: self.0.revisions.definitions,
            segments: self.0.segments.values().cloned().collect(),
            deleted: self.0.deleted_segments.values().cloned().collect(),
            definitions: self.0.definitions(),
        })
    }

    async fn segment_periods(
        &mut self,
        after: (Revision, Option<PeriodKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, SegmentPeriod)>, StorageError> {
        Ok(paged(self.0.segment_periods(), after, limit, SegmentPeriod::key))
    }

    async fn deleted(
        &mut self,
        after: (Revision, Option<Deleted>),
        limit: u32,
    ) -> Result<Vec<(Revision, Deleted)>, StorageError> {
        let text = |deleted: &Deleted| (deleted.kind(), deleted.id());
        let after = (after.0, after.1.as_ref().map(text));
        Ok(paged(self.0.deleted.iter().copied(), after, limit, text))
    }
}

impl MemorySnapshot {
    fn visitor(&self, event: &Event) -> Option<&Visitor> {
        match event.subject {
            Some(Subject::Visitor(id)) => self.0.visitors.get(&id),
            _ => None,
        }
    }

    fn exported(&self, revision: Revision, event: &Event) -> ExportedEvent {
        ExportedEvent {
            revision,
            owner: self.visitor(event).and_then(|visitor| visitor.owner),
            event: event.clone(),
        }
    }
}

/// The rows after a place, ordered by revision and key.
fn paged<T, K: Ord>(
    rows: impl Iterator<Item = (Revision, T)>,
    (since, last): (Revision, Option<K>),
    limit: u32,
    key: impl Fn(&T) -> K,
) -> Vec<(Revision, T)> {
    let follows = |(revision, row): &(Revision, T)| match revision.cmp(&since) {
        Ordering::Less => false,
        Ordering::Equal => last.as_ref().is_some_and(|last| key(row) > *last),
        Ordering::Greater => true,
    };
    let mut found: Vec<(Revision, T)> = rows.filter(follows).collect();
    found.sort_by_key(|(revision, row)| (*revision, key(row)));
    found.truncate(limit as usize);
    found
}
