//! Connectors, exports, their runs, and the data that exports read.

use async_trait::async_trait;
use selfsame_domain::export::{Catalog, ColumnSet, ConnectorSettings, Schedule, SegmentPeriod};
use selfsame_domain::{
    ConnectorId, ContactId, Event, EventId, ExportId, Merge, Order, OrderKey, Revision, RunId, SegmentId, Timestamp,
    Visitor, VisitorId, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

use super::{ContactDetails, JobId, NewJob, StorageError, Verification};

/// A destination with encrypted credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Connector {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its ID, unique within the workspace.
    pub id: ConnectorId,
    /// Its display name, 1 to 100 characters, unique within the workspace.
    pub name: String,
    /// The destination.
    pub settings: ConnectorSettings,
    /// Its credentials, encrypted; none where the destination needs none.
    pub sealed: Option<Vec<u8>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Leaves out the credentials, although they are encrypted.
impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The result of deleting a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectorDeleted {
    /// It is deleted.
    Yes,
    /// An export uses it.
    InUse,
    /// There is no such connector.
    Missing,
}

/// The content and schedule of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportDefinition {
    /// The datasets, each once, with its columns.
    pub datasets: Vec<ColumnSet>,
    /// The schema of the tables.
    pub schema: String,
    /// The schedule; none when it runs on request only.
    pub schedule: Option<Schedule>,
    /// The static segment whose contacts are exported; none for all contacts.
    pub segment: Option<SegmentId>,
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its ID, unique within the workspace.
    pub id: ExportId,
    /// How often it was changed: see [`Exports::update_export`].
    pub version: i64,
    /// Its display name, 1 to 100 characters, unique within the workspace.
    pub name: String,
    /// The connector that it writes to.
    pub connector: ConnectorId,
    /// What it writes.
    pub definition: ExportDefinition,
    /// Whether its schedule is paused.
    pub is_paused: bool,
    /// The last commit that its tables contain, as far as this server knows.
    pub synced: Option<Revision>,
    /// Whether its next run writes every row.
    pub must_fill: bool,
    /// When the schedule starts the next run.
    pub next_run_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed by a person.
    pub updated_at: Timestamp,
}

/// The status of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunStatus {
    /// It waits for a server.
    Queued,
    /// A server executes it.
    Running,
    /// Its rows are written.
    Succeeded,
    /// It wrote nothing, or a verification failed after it wrote; the error gives the reason.
    Failed,
    /// It was cancelled and wrote nothing.
    Cancelled,
}

impl RunStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The stable text of the status, as stored and as written in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether the run is over.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// The progress and result of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunReport {
    /// When a server first began it.
    pub started_at: Option<Timestamp>,
    /// When this report was last updated.
    pub updated_at: Option<Timestamp>,
    /// The last commit that it contains.
    pub revision: Option<Revision>,
    /// The progress, from 0 to 1.
    pub progress: f64,
    /// Whether it wrote every row, instead of changed rows only.
    pub is_full: bool,
    /// How many rows it sent, by dataset.
    pub rows: BTreeMap<String, u64>,
    /// The approximate number of bytes it sent.
    pub bytes: u64,
    /// How many values it truncated to the types of their columns.
    pub values_cut: u64,
    /// The error of the run, or of its last attempt.
    pub error: Option<String>,
    /// What it verifies after it has written; none for a run that does not.
    pub verification: Option<Verification>,
}

/// A run of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRun {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its ID; IDs order by time.
    pub id: RunId,
    /// The export.
    pub export: ExportId,
    /// The job that executes it.
    pub job: JobId,
    /// Its status.
    pub status: RunStatus,
    /// Its progress and result.
    pub report: RunReport,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// The result of queueing a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStarted {
    /// The run is queued.
    New,
    /// This run is queued already and not begun, so it covers the request.
    Queued(RunId),
    /// There is no such export.
    Missing,
}

/// A deletion record: the workspace keeps nothing else about the deleted resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deleted {
    /// An erased contact, or one that it had absorbed.
    Contact(ContactId),
    /// A visitor of an erased contact.
    Visitor(VisitorId),
    /// A deleted order: [`selfsame_domain::export::order_id`].
    Order(Uuid),
    /// A deleted event.
    Event(EventId),
}

impl Deleted {
    /// The number of its kind in storage. Never renumbered.
    pub fn kind(self) -> i16 {
        match self {
            Self::Contact(_) => 1,
            Self::Visitor(_) => 2,
            Self::Order(_) => 3,
            Self::Event(_) => 4,
        }
    }

    /// Its ID as text, as stored: a number, or 32 hexadecimal digits. Contains no personal data.
    pub fn id(self) -> String {
        match self {
            Self::Contact(id) => id.to_string(),
            Self::Visitor(VisitorId(id)) | Self::Order(id) | Self::Event(EventId(id)) => id.simple().to_string(),
        }
    }

    /// Reads what [`Self::kind`] and [`Self::id`] wrote.
    pub fn read(kind: i16, id: &str) -> Option<Self> {
        match kind {
            1 => id.parse().ok().map(|id| Self::Contact(ContactId(id))),
            2 => id.parse().ok().map(|id| Self::Visitor(VisitorId(id))),
            3 => id.parse().ok().map(Self::Order),
            4 => id.parse().ok().map(|id| Self::Event(EventId(id))),
            _ => None,
        }
    }
}

/// An event with the other data of its row.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedEvent {
    /// The commit by which the event is ordered in this listing.
    pub revision: Revision,
    /// The event.
    pub event: Event,
    /// The contact that owns the event's visitor.
    pub owner: Option<ContactId>,
}

/// The key of a period in which a contact was in a segment: see [`SegmentPeriod::key`].
pub type PeriodKey = (SegmentId, ContactId, Revision);

/// One state of a workspace, read page by page. Later commits are not visible, and writers do not wait for it.
///
/// Every page holds what commits after `since` have written, in the order of their revisions, and continues after the
/// last row of the previous page. A page that is not full is the last one. `limit` is at least 1.
#[async_trait]
pub trait ExportSnapshot: Send {
    /// The last commit that it contains.
    fn revision(&self) -> Revision;

    /// Contacts of any state that changed, or that own something that changed. Continues after the revision and the
    /// number of the last one.
    async fn contacts(
        &mut self,
        after: (Revision, Option<ContactId>),
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError>;

    /// Orders that were created or changed. Continues after the revision and the key of the last one.
    async fn orders(
        &mut self,
        after: (Revision, Option<OrderKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, Order)>, StorageError>;

    /// Events that were stored. Continues after the revision and the ID of the last one.
    async fn events(
        &mut self,
        after: (Revision, Option<EventId>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError>;

    /// Events of visitors that changed, because these may have another owner now. Continues after the revision of the
    /// visitor, the visitor, and the event.
    async fn events_of_changed_visitors(
        &mut self,
        after: (Revision, Option<(VisitorId, EventId)>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError>;

    /// The merges that absorbed one of these contacts, undone ones included, by ID. Making and undoing a merge changes the
    /// contact.
    async fn merges_of(&mut self, absorbed: &[ContactId]) -> Result<Vec<Merge>, StorageError>;

    /// Visitors that were made or changed. Continues after the revision and the ID of the last one.
    async fn visitors(
        &mut self,
        after: (Revision, Option<VisitorId>),
        limit: u32,
    ) -> Result<Vec<(Revision, Visitor)>, StorageError>;

    /// The segments, those that were deleted, and the custom fields.
    async fn catalog(&mut self) -> Result<Catalog, StorageError>;

    /// The recorded times that contacts were in segments. The revision of each is that of the commit that recorded its end, or its beginning
    /// while it has no end. Continues after the revision and the key of the last one.
    async fn segment_periods(
        &mut self,
        after: (Revision, Option<PeriodKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, SegmentPeriod)>, StorageError>;

    /// Deletion records. Continues after the revision and the last record.
    async fn deleted(
        &mut self,
        after: (Revision, Option<Deleted>),
        limit: u32,
    ) -> Result<Vec<(Revision, Deleted)>, StorageError>;
}

/// The commits up to which deletion records can be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneUpTo {
    /// For records of erased contacts, which the change feed needs as well.
    pub contacts: Revision,
    /// For all other records.
    pub others: Revision,
}

/// Stores connectors, exports and runs, and opens the snapshots that exports read.
///
/// A storage MUST record what it erases and deletes, with the commit that did it: see [`Deleted`].
#[async_trait]
pub trait Exports: Send + Sync {
    /// Stores a connector. [`StorageError::Conflict`] when its name is taken, [`StorageError::UnknownWorkspace`] when
    /// its workspace does not exist.
    async fn create_connector(&self, connector: &Connector) -> Result<(), StorageError>;

    /// One connector.
    async fn connector(&self, workspace: WorkspaceId, id: ConnectorId) -> Result<Option<Connector>, StorageError>;

    /// The connectors of a workspace, by ID, at most 500.
    async fn connectors(&self, workspace: WorkspaceId) -> Result<Vec<Connector>, StorageError>;

    /// Stores the name, the settings and the credentials of a connector. Returns whether it exists;
    /// [`StorageError::Conflict`] when the name is taken.
    async fn update_connector(&self, connector: &Connector) -> Result<bool, StorageError>;

    /// Deletes a connector that no export uses.
    async fn delete_connector(&self, workspace: WorkspaceId, id: ConnectorId)
    -> Result<ConnectorDeleted, StorageError>;

    /// Stores an export. [`StorageError::Conflict`] when its name is taken. Returns whether its connector exists; if
    /// not, nothing is stored.
    async fn create_export(&self, export: &Export) -> Result<bool, StorageError>;

    /// One export.
    async fn export(&self, workspace: WorkspaceId, id: ExportId) -> Result<Option<Export>, StorageError>;

    /// The exports of a workspace, by ID, at most 500.
    async fn exports(&self, workspace: WorkspaceId) -> Result<Vec<Export>, StorageError>;

    /// Stores an export if its stored version equals the given one, and raises the version. Returns whether it did.
    async fn update_export(&self, export: &Export) -> Result<bool, StorageError>;

    /// Deletes an export with its runs, and cancels their jobs. Returns whether it existed.
    async fn delete_export(&self, workspace: WorkspaceId, id: ExportId, now: Timestamp) -> Result<bool, StorageError>;

    /// Exports of all workspaces that are not paused and scheduled at or before this time, the earliest first.
    async fn due_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StorageError>;

    /// Stores a queued run with its job, in one transaction, unless the export has a queued run that has not begun.
    async fn start_run(&self, run: &ExportRun, job: &NewJob) -> Result<RunStarted, StorageError>;

    /// One run.
    async fn run(&self, workspace: WorkspaceId, id: RunId) -> Result<Option<ExportRun>, StorageError>;

    /// The runs of an export before the given one, the latest first.
    async fn runs(
        &self,
        workspace: WorkspaceId,
        export: ExportId,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<ExportRun>, StorageError>;

    /// Stores status, report and end of a run that is not over. Returns whether it was not.
    async fn update_run(&self, run: &ExportRun) -> Result<bool, StorageError>;

    /// Cancels a queued run with its job; requests the server of a running one to stop. Returns the run in its new
    /// state.
    async fn cancel_run(
        &self,
        workspace: WorkspaceId,
        id: RunId,
        now: Timestamp,
    ) -> Result<Option<ExportRun>, StorageError>;

    /// Deletes runs that ended before a time; returns how many.
    async fn prune_runs(&self, over_before: Timestamp) -> Result<u64, StorageError>;

    /// Deletes deletion records, and stores the commit after which the change feed begins. Returns the number of deleted records.
    async fn prune_deleted(&self, workspace: WorkspaceId, up_to: PruneUpTo) -> Result<u64, StorageError>;

    /// Opens the current state of a workspace. [`StorageError::UnknownWorkspace`] when it does not exist.
    async fn export_snapshot(&self, workspace: WorkspaceId) -> Result<Box<dyn ExportSnapshot>, StorageError>;
}
