//! Imports.

use super::store::{MemoryStore, Shared, StoredImport};
use async_trait::async_trait;
use selfsame_application::ports::{
    Accepted, Import, ImportEnd, ImportId, ImportProgress, ImportRow, ImportStatus, Imports, Inspection, JobState,
    NewImport, NewJob, RowCounts, RowQuery, RowsRecorded, StorageError,
};
use selfsame_domain::{ContactId, Timestamp, WorkspaceId};

#[async_trait]
impl Imports for MemoryStore {
    async fn accept_import(&self, import: &NewImport, body: &[&[u8]]) -> Result<Accepted, StorageError> {
        let mut shared = self.lock();
        let (workspace, now) = (import.job.workspace, import.job.created_at);
        if let Some(replay) = &import.replay {
            let mut own = shared
                .imports
                .values()
                .filter(|known| known.import.workspace == workspace);
            let counts = |known: &&StoredImport| {
                known.import.created_at >= import.replays_since
                    && known.replay.as_ref().is_some_and(|known| known.key == replay.key)
            };
            if let Some(known) = own.find(counts) {
                let is_same = known.replay.as_ref().is_some_and(|known| known.digest == replay.digest);
                return Ok(if is_same {
                    Accepted::Known(known.import.id)
                } else {
                    Accepted::OtherRequest
                });
            }
        }
        let mut body: Vec<Vec<u8>> = body.iter().map(|chunk| chunk.to_vec()).collect();
        if import.is_uploaded {
            let Some(upload) = shared.uploads.get_mut(&(workspace, import.id)) else {
                let reason = "the upload was idle for too long and is deleted".to_owned();
                return Err(StorageError::Lost { reason });
            };
            body = std::mem::take(&mut upload.chunks);
        }
        shared.enqueue(&import.job)?;
        shared.uploads.remove(&(workspace, import.id));
        let stored = StoredImport {
            import: Import {
                workspace,
                id: import.id,
                format: import.format,
                options: import.options.clone(),
                status: ImportStatus::Queued,
                total: import.total,
                counts: RowCounts::default(),
                is_dry_run: import.is_dry_run,
                found: None,
                problems: Vec::new(),
                error: None,
                is_cancelling: false,
                is_undoing: false,
                job: import.job.id,
                created_at: now,
                started_at: None,
                heartbeat_at: now,
                finished_at: None,
            },
            body,
            rows: Vec::new(),
            replay: import.replay.clone(),
        };
        shared.imports.insert((workspace, import.id), stored);
        Ok(Accepted::New)
    }

    async fn append_upload(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
        chunks: &[&[u8]],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        let upload = shared.uploads.entry((workspace, id)).or_default();
        if upload.chunks.len() != place as usize {
            return Err(StorageError::Refused("a chunk in a place that is not the next".into()));
        }
        upload.touched_at = now;
        upload.chunks.extend(chunks.iter().map(|chunk| chunk.to_vec()));
        Ok(())
    }

    async fn drop_upload(&self, workspace: WorkspaceId, id: ImportId) -> Result<(), StorageError> {
        self.lock().uploads.remove(&(workspace, id));
        Ok(())
    }

    async fn drop_uploads(&self, idle_since: Timestamp) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let before = shared.uploads.len();
        shared.uploads.retain(|_, upload| upload.touched_at >= idle_since);
        Ok((before - shared.uploads.len()) as u64)
    }

    async fn record_inspection(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        inspection: &Inspection,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let Some(stored) = shared.imports.get_mut(&(workspace, id)) else {
            return Ok(false);
        };
        let import = &mut stored.import;
        if import.status != ImportStatus::Running {
            return Ok(false);
        }
        import.total = Some(inspection.total);
        import.found = Some(inspection.found.clone());
        import.problems.clone_from(&inspection.problems);
        import.heartbeat_at = now;
        if !import.problems.is_empty() {
            import.status = ImportStatus::NeedsDecision;
        }
        Ok(true)
    }

    async fn decide_import(&self, id: ImportId, options: &str, job: &NewJob) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let key = (job.workspace, id);
        let waits = |stored: &StoredImport| stored.import.status == ImportStatus::NeedsDecision;
        if !shared.imports.get(&key).is_some_and(waits) {
            return Ok(false);
        }
        shared.enqueue(job)?;
        if let Some(stored) = shared.imports.get_mut(&key) {
            let import = &mut stored.import;
            import.status = ImportStatus::Queued;
            options.clone_into(&mut import.options);
            import.job = job.id;
            import.heartbeat_at = job.created_at;
            import.found = None;
            import.problems.clear();
        }
        Ok(true)
    }

    async fn cancel_undecided(&self, since_before: Timestamp, now: Timestamp) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let mut cancelled = 0;
        for stored in shared.imports.values_mut() {
            let import = &mut stored.import;
            if import.status == ImportStatus::NeedsDecision && import.heartbeat_at < since_before {
                import.status = ImportStatus::Cancelled;
                import.finished_at = Some(now);
                stored.body.clear();
                cancelled += 1;
            }
        }
        Ok(cancelled)
    }

    async fn import(&self, workspace: WorkspaceId, id: ImportId) -> Result<Option<Import>, StorageError> {
        let shared = self.lock();
        Ok(shared.imports.get(&(workspace, id)).map(|stored| stored.import.clone()))
    }

    async fn imports(
        &self,
        workspace: WorkspaceId,
        before: Option<ImportId>,
        limit: u32,
    ) -> Result<Vec<Import>, StorageError> {
        let shared = self.lock();
        let own = shared.imports.values().rev().map(|stored| &stored.import);
        let own = own.filter(|import| import.workspace == workspace && before.is_none_or(|before| import.id < before));
        Ok(own.take(limit as usize).cloned().collect())
    }

    async fn import_chunk(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let shared = self.lock();
        let key = (workspace, id);
        let accepted = shared.imports.get(&key).map(|import| &import.body);
        let body = accepted.or_else(|| shared.uploads.get(&key).map(|upload| &upload.chunks));
        Ok(body.and_then(|body| body.get(place as usize)).cloned())
    }

    async fn start_import(&self, workspace: WorkspaceId, id: ImportId, now: Timestamp) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let Some(stored) = shared.imports.get_mut(&(workspace, id)) else {
            return Ok(false);
        };
        let import = &mut stored.import;
        if !matches!(import.status, ImportStatus::Queued | ImportStatus::Running) {
            return Ok(false);
        }
        import.status = ImportStatus::Running;
        import.started_at.get_or_insert(now);
        import.heartbeat_at = now;
        Ok(true)
    }

    async fn record_rows(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: u64,
        rows: &[ImportRow],
        now: Timestamp,
    ) -> Result<RowsRecorded, StorageError> {
        let progress = ImportProgress {
            import: id,
            done,
            rows,
            now,
        };
        Ok(self.lock().record_rows(workspace, progress))
    }

    async fn end_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        end: &ImportEnd,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let Some(stored) = shared.imports.get_mut(&(workspace, id)) else {
            return Ok(false);
        };
        if stored.import.status.is_over() {
            return Ok(false);
        }
        stored.end(end.status(), now);
        stored.import.error = end.error().map(str::to_owned);
        Ok(true)
    }

    async fn cancel_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        now: Timestamp,
    ) -> Result<Option<Import>, StorageError> {
        let mut shared = self.lock();
        let Some(stored) = shared.imports.get_mut(&(workspace, id)) else {
            return Ok(None);
        };
        let job = stored.import.job;
        let begun = match stored.import.status {
            ImportStatus::Queued | ImportStatus::NeedsDecision => {
                stored.end(ImportStatus::Cancelled, now);
                false
            }
            ImportStatus::Running => {
                stored.import.is_cancelling = true;
                true
            }
            _ => return Ok(Some(stored.import.clone())),
        };
        let import = stored.import.clone();
        if let Some(job) = shared.job_mut(workspace, job).filter(|job| !job.state.is_over()) {
            if !begun {
                job.state = JobState::Cancelled;
                job.lease = None;
                job.finished_at = Some(now);
            } else if job.state == JobState::Queued {
                job.job.not_before = job.job.not_before.min(now);
            }
        }
        Ok(Some(import))
    }

    async fn import_rows(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        query: &RowQuery,
    ) -> Result<Vec<ImportRow>, StorageError> {
        let shared = self.lock();
        let rows = shared
            .imports
            .get(&(workspace, id))
            .into_iter()
            .flat_map(|stored| &stored.rows);
        let is_requested =
            |row: &&ImportRow| row.row > query.after && query.outcome.is_none_or(|outcome| outcome == row.outcome);
        let read = |row: &ImportRow| ImportRow {
            undo: Vec::new(),
            ..row.clone()
        };
        Ok(rows.filter(is_requested).take(query.limit as usize).map(read).collect())
    }

    async fn forget_dedupe_values(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let over = shared
            .imports
            .values_mut()
            .filter(|stored| stored.was_over_before(over_before));
        let rows = over.flat_map(|stored| &mut stored.rows);
        let forgotten = rows.filter_map(|row| row.dedupe_value.take());
        Ok(forgotten.count() as u64)
    }

    async fn prune_imports(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let before = shared.imports.len();
        shared.imports.retain(|_, stored| !stored.was_over_before(over_before));
        Ok((before - shared.imports.len()) as u64)
    }
}

impl Shared {
    /// Deletes the dedupe values of rows about contacts that were erased.
    pub(super) fn forget_values_of_erased(&mut self, workspace: WorkspaceId, is_erased: impl Fn(ContactId) -> bool) {
        let own = self.imports.iter_mut().filter(|((of, _), _)| *of == workspace);
        for row in own.flat_map(|(_, stored)| &mut stored.rows) {
            if row.contact.is_some_and(&is_erased) {
                row.dedupe_value = None;
            }
            row.undo.retain(|part| !is_erased(part.contact));
        }
    }
}

impl StoredImport {
    fn end(&mut self, status: ImportStatus, now: Timestamp) {
        self.import.status = status;
        self.import.heartbeat_at = now;
        self.import.finished_at = Some(now);
        self.body.clear();
    }

    fn was_over_before(&self, time: Timestamp) -> bool {
        self.import.finished_at.is_some_and(|at| at < time)
    }
}

impl Shared {
    /// Records rows in the commit of their decisions, or nothing.
    pub(super) fn record_in_commit(
        &mut self,
        workspace: WorkspaceId,
        progress: ImportProgress<'_>,
    ) -> Result<(), StorageError> {
        let stored = self.imports.get(&(workspace, progress.import));
        if stored.is_some_and(|stored| stored.import.is_cancelling) {
            return Err(StorageError::ImportNotRunning);
        }
        self.record_rows(workspace, progress).for_commit()
    }

    fn record_rows(&mut self, workspace: WorkspaceId, progress: ImportProgress<'_>) -> RowsRecorded {
        let Some(stored) = self.imports.get_mut(&(workspace, progress.import)) else {
            return RowsRecorded::No;
        };
        let import = &mut stored.import;
        if import.status != ImportStatus::Running || import.counts.total() != progress.done {
            return RowsRecorded::No;
        }
        import.counts.add(&RowCounts::of(progress.rows));
        import.heartbeat_at = progress.now;
        stored.rows.extend_from_slice(progress.rows);
        if stored.import.is_cancelling {
            RowsRecorded::Cancelling
        } else {
            RowsRecorded::Yes
        }
    }
}
