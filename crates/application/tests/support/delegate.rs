//! The ports that the probe delegates; the use of keys is counted.

use super::faults::Point;
use super::probe::{CREDENTIALS, Probe};
use async_trait::async_trait;
use selfsame_application::ports::{
    Accepted, ApiKey, AttemptEnd, Catalog, Changes, ContactDetails, ContactGroup, ContactQuery, Contacts, CountQuery,
    Credentials, EventQuery, Expired, Extent, Found, Held, History, HistoryOf, Holding, Import, ImportEnd, ImportId,
    ImportRow, ImportUndos, Imports, Inspection, Job, JobId, JobState, Jobs, KeyToStore, LeaseRequest, LoggedPage,
    Maintenance, MemberQuery, NewImport, NewJob, NewSite, OrderQuery, Orders, Page, RowQuery, RowsRecorded,
    SearchIndex, SegmentQuery, Segments, SigningSecret, Site, SiteAccess, Sites, StorageError, TokenOwner, UndoAnswer,
    UndoRow, UndoneRow, Workspace, Workspaces,
};
use selfsame_domain::segments::Definitions;
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::values::SiteOrigin;
use selfsame_domain::{
    Category, ContactId, CustomField, Decision, DecisionId, Event, EventType, FindQuery, Footprint, IdentifierKey,
    KeyId, Order, Revision, Segment, SiteId, Timestamp, Violation, Visitor, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

type Read<T> = Result<T, StorageError>;

#[async_trait]
impl Contacts for Probe {
    async fn contact(&self, workspace: WorkspaceId, id: ContactId) -> Read<Option<ContactDetails>> {
        self.inner.contact(workspace, id).await
    }

    async fn answering(&self, workspace: WorkspaceId, id: ContactId) -> Read<Option<ContactId>> {
        self.inner.answering(workspace, id).await
    }

    async fn with_absorbed(&self, workspace: WorkspaceId, id: ContactId) -> Read<Option<ContactGroup>> {
        self.inner.with_absorbed(workspace, id).await
    }

    async fn search(&self, workspace: WorkspaceId, query: &ContactQuery) -> Read<Page<ContactDetails>> {
        self.inner.search(workspace, query).await
    }

    async fn find(&self, workspace: WorkspaceId, query: &FindQuery, limit: u32, time: Duration) -> Read<Found> {
        self.inner.find(workspace, query, limit, time).await
    }

    async fn contacts_after(&self, workspace: WorkspaceId, after: ContactId, limit: u32) -> Read<Vec<ContactDetails>> {
        self.inner.contacts_after(workspace, after, limit).await
    }

    async fn contacts_updated_before(
        &self,
        workspace: WorkspaceId,
        after: (Timestamp, ContactId),
        limit: u32,
    ) -> Read<Vec<ContactDetails>> {
        self.inner.contacts_updated_before(workspace, after, limit).await
    }

    async fn in_segment(&self, workspace: WorkspaceId, query: &SegmentQuery) -> Read<Option<Page<ContactDetails>>> {
        self.inner.in_segment(workspace, query).await
    }

    async fn emails(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Read<Vec<(ContactId, String)>> {
        self.inner.emails(workspace, ids).await
    }

    async fn token_owner(&self, workspace: WorkspaceId, keys: &[IdentifierKey]) -> Read<Option<TokenOwner>> {
        self.inner.token_owner(workspace, keys).await
    }
}

#[async_trait]
impl Catalog for Probe {
    async fn segments(
        &self,
        workspace: WorkspaceId,
        name_contains: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Read<Page<Segment>> {
        self.inner.segments(workspace, name_contains, offset, limit).await
    }

    async fn categories(&self, workspace: WorkspaceId) -> Read<Vec<(Category, u64)>> {
        self.inner.categories(workspace).await
    }

    async fn fields(&self, workspace: WorkspaceId) -> Read<Vec<CustomField>> {
        self.inner.fields(workspace).await
    }
}

#[async_trait]
impl Segments for Probe {
    async fn definitions(&self, workspace: WorkspaceId) -> Read<Definitions> {
        self.inner.definitions(workspace).await
    }

    async fn members(&self, workspace: WorkspaceId, query: &MemberQuery<'_>) -> Read<Vec<ContactDetails>> {
        self.inner.members(workspace, query).await
    }

    async fn count_within(&self, workspace: WorkspaceId, query: &CountQuery<'_>) -> Read<Option<Vec<u64>>> {
        if query.within.is_some() && self.counts_slowly() {
            return Ok(None);
        }
        self.inner.count_within(workspace, query).await
    }

    async fn extent(&self, workspace: WorkspaceId) -> Read<Extent> {
        self.inner.extent(workspace).await
    }
}

#[async_trait]
impl Changes for Probe {
    async fn logged(&self, workspace: WorkspaceId, after: Revision, limit: u32) -> Read<LoggedPage> {
        self.inner.logged(workspace, after, limit).await
    }
}

#[async_trait]
impl SearchIndex for Probe {
    async fn unindexed(&self) -> Read<Vec<WorkspaceId>> {
        self.inner.unindexed().await
    }

    async fn index(&self, workspace: WorkspaceId, limit: u32) -> Read<bool> {
        self.inner.index(workspace, limit).await
    }
}

#[async_trait]
impl Orders for Probe {
    async fn orders(&self, workspace: WorkspaceId, id: ContactId, query: &OrderQuery) -> Read<Option<Vec<Order>>> {
        self.inner.orders(workspace, id, query).await
    }
}

#[async_trait]
impl History for Probe {
    async fn events(&self, workspace: WorkspaceId, of: &HistoryOf, query: &EventQuery) -> Read<Option<Vec<Event>>> {
        self.inner.events(workspace, of, query).await
    }

    async fn latest_decisions(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Read<Option<Vec<(ContactId, Decision)>>> {
        self.inner.latest_decisions(workspace, id, after, limit).await
    }

    async fn visitors(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Read<Vec<Visitor>> {
        self.inner.visitors(workspace, key).await
    }

    async fn event_types(
        &self,
        workspace: WorkspaceId,
        after: Option<&EventTypeKey>,
        limit: u32,
    ) -> Read<Vec<EventType>> {
        self.inner.event_types(workspace, after, limit).await
    }
}

#[async_trait]
impl Workspaces for Probe {
    async fn create_workspace(&self, name: &str, at: Timestamp) -> Read<Workspace> {
        self.inner.create_workspace(name, at).await
    }

    async fn bootstrap(&self, name: &str, key: &KeyToStore, at: Timestamp) -> Read<bool> {
        self.inner.bootstrap(name, key, at).await
    }

    async fn workspaces(&self) -> Read<Vec<Workspace>> {
        self.inner.workspaces().await
    }

    async fn create_key(&self, key: &KeyToStore) -> Read<()> {
        self.inner.create_key(key).await
    }

    async fn keys(&self, workspace: WorkspaceId) -> Read<Vec<ApiKey>> {
        self.inner.keys(workspace).await
    }

    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Read<bool> {
        self.inner.revoke_key(workspace, key, at).await
    }

    async fn credentials(&self, digest: &[u8]) -> Read<Option<Credentials>> {
        self.pass(Point::Credentials, &Footprint::default())?;
        let found = self.inner.credentials(digest).await;
        self.wait_at_gate(CREDENTIALS).await;
        found
    }

    async fn credentials_of(&self, workspace: WorkspaceId, key: KeyId) -> Read<Option<Credentials>> {
        self.inner.credentials_of(workspace, key).await
    }

    /// Yields, as a database call does.
    async fn touch_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Read<()> {
        self.touch();
        tokio::task::yield_now().await;
        self.inner.touch_key(workspace, key, at).await
    }
}

#[async_trait]
impl Sites for Probe {
    async fn create_site(&self, site: &NewSite, at: Timestamp) -> Read<Site> {
        self.inner.create_site(site, at).await
    }

    async fn sites(&self, workspace: WorkspaceId) -> Read<Vec<Site>> {
        self.inner.sites(workspace).await
    }

    async fn set_site(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Read<bool> {
        self.inner.set_site(workspace, site, origins, allow_unsigned).await
    }

    async fn add_origins(&self, workspace: WorkspaceId, site: SiteId, origins: &BTreeSet<SiteOrigin>) -> Read<bool> {
        self.inner.add_origins(workspace, site, origins).await
    }

    async fn remove_site(&self, workspace: WorkspaceId, site: SiteId) -> Read<bool> {
        self.inner.remove_site(workspace, site).await
    }

    async fn site(&self, key: &str) -> Read<Option<SiteAccess>> {
        self.inner.site(key).await
    }

    async fn touch_site(&self, workspace: WorkspaceId, site: SiteId, at: Timestamp) -> Read<()> {
        self.inner.touch_site(workspace, site, at).await
    }

    async fn sites_seen(&self, workspace: WorkspaceId) -> Read<BTreeMap<SiteId, Timestamp>> {
        self.inner.sites_seen(workspace).await
    }

    async fn knows_origin(&self, origin: &str) -> Read<bool> {
        self.inner.knows_origin(origin).await
    }

    async fn add_signing_secret(&self, workspace: WorkspaceId, secret: &SigningSecret) -> Read<()> {
        self.inner.add_signing_secret(workspace, secret).await
    }

    async fn add_first_signing_secret(&self, workspace: WorkspaceId, secret: &SigningSecret) -> Read<()> {
        self.inner.add_first_signing_secret(workspace, secret).await
    }

    async fn signing_secrets(&self, workspace: WorkspaceId) -> Read<Vec<SigningSecret>> {
        self.inner.signing_secrets(workspace).await
    }
}

#[async_trait]
impl Maintenance for Probe {
    async fn ping(&self) -> Read<()> {
        self.inner.ping().await
    }

    async fn try_to_grow(&self) -> Read<()> {
        self.inner.try_to_grow().await
    }

    async fn violations(&self) -> Read<Vec<(WorkspaceId, Violation)>> {
        self.inner.violations().await
    }

    async fn prepare(&self, now: Timestamp) -> Read<u64> {
        self.inner.prepare(now).await
    }

    async fn misplaced_events(&self) -> Read<u64> {
        self.inner.misplaced_events().await
    }

    async fn prune(&self, now: Timestamp) -> Read<u64> {
        self.inner.prune(now).await
    }

    async fn expire(&self, now: Timestamp) -> Read<Expired> {
        self.inner.expire(now).await
    }
}

#[async_trait]
impl Jobs for Probe {
    async fn enqueue(&self, job: &NewJob) -> Read<()> {
        self.inner.enqueue(job).await
    }

    async fn lease(&self, request: &LeaseRequest) -> Read<Option<Job>> {
        self.inner.lease(request).await
    }

    async fn heartbeat(&self, holding: &Holding, now: Timestamp, until: Timestamp) -> Read<Held> {
        self.inner.heartbeat(holding, now, until).await
    }

    async fn end_attempt(&self, holding: &Holding, end: &AttemptEnd, now: Timestamp) -> Read<bool> {
        self.inner.end_attempt(holding, end, now).await
    }

    async fn note_progress(&self, holding: &Holding, payload: &str) -> Read<bool> {
        self.inner.note_progress(holding, payload).await
    }

    async fn cancel_job(&self, workspace: WorkspaceId, job: JobId, now: Timestamp) -> Read<Option<JobState>> {
        self.inner.cancel_job(workspace, job, now).await
    }

    async fn job(&self, workspace: WorkspaceId, job: JobId) -> Read<Option<Job>> {
        self.inner.job(workspace, job).await
    }

    async fn prune_jobs(&self, ended_before: Timestamp) -> Read<u64> {
        self.inner.prune_jobs(ended_before).await
    }
}

#[async_trait]
impl Imports for Probe {
    async fn accept_import(&self, import: &NewImport, body: &[&[u8]]) -> Read<Accepted> {
        self.inner.accept_import(import, body).await
    }

    async fn append_upload(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
        chunks: &[&[u8]],
        now: Timestamp,
    ) -> Read<()> {
        self.inner.append_upload(workspace, id, place, chunks, now).await
    }

    async fn drop_upload(&self, workspace: WorkspaceId, id: ImportId) -> Read<()> {
        self.inner.drop_upload(workspace, id).await
    }

    async fn drop_uploads(&self, idle_since: Timestamp) -> Read<u64> {
        self.inner.drop_uploads(idle_since).await
    }

    async fn record_inspection(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        inspection: &Inspection,
        now: Timestamp,
    ) -> Read<bool> {
        self.inner.record_inspection(workspace, id, inspection, now).await
    }

    async fn decide_import(&self, id: ImportId, options: &str, job: &NewJob) -> Read<bool> {
        self.inner.decide_import(id, options, job).await
    }

    async fn cancel_undecided(&self, since_before: Timestamp, now: Timestamp) -> Read<u64> {
        self.inner.cancel_undecided(since_before, now).await
    }

    async fn import(&self, workspace: WorkspaceId, id: ImportId) -> Read<Option<Import>> {
        self.inner.import(workspace, id).await
    }

    async fn imports(&self, workspace: WorkspaceId, before: Option<ImportId>, limit: u32) -> Read<Vec<Import>> {
        self.inner.imports(workspace, before, limit).await
    }

    async fn import_chunk(&self, workspace: WorkspaceId, id: ImportId, place: u32) -> Read<Option<Vec<u8>>> {
        self.inner.import_chunk(workspace, id, place).await
    }

    async fn start_import(&self, workspace: WorkspaceId, id: ImportId, now: Timestamp) -> Read<bool> {
        self.inner.start_import(workspace, id, now).await
    }

    async fn record_rows(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: u64,
        rows: &[ImportRow],
        now: Timestamp,
    ) -> Read<RowsRecorded> {
        self.inner.record_rows(workspace, id, done, rows, now).await
    }

    async fn end_import(&self, workspace: WorkspaceId, id: ImportId, end: &ImportEnd, now: Timestamp) -> Read<bool> {
        self.inner.end_import(workspace, id, end, now).await
    }

    async fn cancel_import(&self, workspace: WorkspaceId, id: ImportId, now: Timestamp) -> Read<Option<Import>> {
        self.inner.cancel_import(workspace, id, now).await
    }

    async fn import_rows(&self, workspace: WorkspaceId, id: ImportId, query: &RowQuery) -> Read<Vec<ImportRow>> {
        self.inner.import_rows(workspace, id, query).await
    }

    async fn forget_dedupe_values(&self, over_before: Timestamp) -> Read<u64> {
        self.inner.forget_dedupe_values(over_before).await
    }

    async fn prune_imports(&self, over_before: Timestamp) -> Read<u64> {
        self.inner.prune_imports(over_before).await
    }
}

#[async_trait]
impl ImportUndos for Probe {
    async fn undo_import(&self, id: ImportId, job: &NewJob) -> Read<UndoAnswer> {
        self.inner.undo_import(id, job).await
    }

    async fn rows_to_undo(&self, workspace: WorkspaceId, id: ImportId, limit: u32) -> Read<Vec<UndoRow>> {
        self.inner.rows_to_undo(workspace, id, limit).await
    }

    async fn record_undone(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        rows: &[UndoneRow],
        now: Timestamp,
    ) -> Read<()> {
        self.inner.record_undone(workspace, id, rows, now).await
    }

    async fn end_undo(&self, workspace: WorkspaceId, id: ImportId, done: bool, now: Timestamp) -> Read<()> {
        self.inner.end_undo(workspace, id, done, now).await
    }
}
