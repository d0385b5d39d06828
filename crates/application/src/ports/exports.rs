//! Connectors, exports and their runs, and reading what exports write.

use async_trait::async_trait;
use selfsame_domain::export::{ColumnSet, ConnectorSettings, Schedule};
use selfsame_domain::{
    ConnectorId, ContactId, Event, EventId, ExportId, Order, OrderKey, Revision, RunId, SegmentId, Timestamp,
    VisitorId, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

use super::{ContactDetails, JobId, NewJob, StorageError};

/// A destination, and how to get in.
#[derive(Clone, PartialEq, Eq)]
pub struct Connector {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its ID, unique within the workspace.
    pub id: ConnectorId,
    /// What people call it, 1 to 100 characters, unique within the workspace.
    pub name: String,
    /// Where it leads.
    pub settings: ConnectorSettings,
    /// Its credentials, encrypted; none where it needs none.
    pub sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Without the credentials, encrypted as they are.
impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What became of a connector that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectorDeleted {
    /// It is gone.
    Yes,
    /// An export uses it.
    InUse,
    /// There is none.
    Missing,
}

/// What an export writes, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportDefinition {
    /// The datasets, each once, with the columns that each has.
    pub datasets: Vec<ColumnSet>,
    /// The schema of the tables.
    pub schema: String,
    /// When it runs by itself; none for by hand alone.
    pub schedule: Option<Schedule>,
    /// The static segment whose contacts it has; none for all.
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
    /// What people call it, 1 to 100 characters, unique within the workspace.
    pub name: String,
    /// Where it goes to.
    pub connector: ConnectorId,
    /// What it writes.
    pub definition: ExportDefinition,
    /// Whether it does not run by itself for now.
    pub is_paused: bool,
    /// The last commit that its tables contain, as far as this side knows.
    pub synced: Option<Revision>,
    /// Whether its next run writes every row.
    pub must_fill: bool,
    /// When it runs next by itself.
    pub next_run_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed by a person.
    pub updated_at: Timestamp,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunStatus {
    /// It waits for a server.
    Queued,
    /// A server carries it out.
    Running,
    /// Its rows are written.
    Succeeded,
    /// It wrote nothing, and the error says why.
    Failed,
    /// Somebody cancelled it; it wrote nothing.
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

/// What is known of a run besides its status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunReport {
    /// When a server began it first.
    pub started_at: Option<Timestamp>,
    /// When something was last noted of it.
    pub updated_at: Option<Timestamp>,
    /// The last commit that it contains.
    pub revision: Option<Revision>,
    /// How far it is, from 0 to 1.
    pub progress: f64,
    /// Whether it wrote every row, as opposed to those that changed.
    pub is_full: bool,
    /// How many rows it sent, by dataset.
    pub rows: BTreeMap<String, u64>,
    /// About how many bytes it sent.
    pub bytes: u64,
    /// How many values it cut to the types of their columns.
    pub values_cut: u64,
    /// Why it failed, or why the last attempt did.
    pub error: Option<String>,
}

/// A run of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRun {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its ID; orders by time.
    pub id: RunId,
    /// The export.
    pub export: ExportId,
    /// The job that carries it out.
    pub job: JobId,
    /// Where it stands.
    pub status: RunStatus,
    /// What else is known.
    pub report: RunReport,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

/// What became of a run that was to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStarted {
    /// It is queued.
    New,
    /// This one is queued already and nobody has begun it: it does the same.
    Queued(RunId),
    /// There is no such export.
    Missing,
}

/// Something of which nothing is left in the workspace but this.
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

    /// Its identity as text, as stored: a number, or 32 hexadecimal digits. Tells nothing of a person.
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

/// An event with what its row needs besides.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedEvent {
    /// The commit of this place in the order of reading.
    pub revision: Revision,
    /// The event.
    pub event: Event,
    /// The contact that answers for the visitor that left it.
    pub owner: Option<ContactId>,
}

/// One state of a workspace, read page by page. Nobody's writes are seen that were committed after it was opened, and nobody waits for it.
///
/// Every page is of what commits after `since` have written, in the order of their revisions, and goes on after a place. A page that is not full is
/// the last one. `limit` is at least 1.
#[async_trait]
pub trait ExportSnapshot: Send {
    /// The last commit that it contains.
    fn revision(&self) -> Revision;

    /// Contacts of any state that were changed, or that own something that was. The place is the revision and the
    /// number of the last one.
    async fn contacts(
        &mut self,
        after: (Revision, Option<ContactId>),
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError>;

    /// Orders that were made or changed. The place is the revision and the key of the last one.
    async fn orders(
        &mut self,
        after: (Revision, Option<OrderKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, Order)>, StorageError>;

    /// Events that were kept. The place is the revision and the identity of the last one.
    async fn events(
        &mut self,
        after: (Revision, Option<EventId>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError>;

    /// Events that visitors have left who were changed: another contact answers for them, perhaps. The place is the revision of the visitor,
    /// the visitor, and the event.
    async fn events_of_changed_visitors(
        &mut self,
        after: (Revision, Option<(VisitorId, EventId)>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError>;

    /// What was deleted. The place is the revision and the last one.
    async fn deleted(
        &mut self,
        after: (Revision, Option<Deleted>),
        limit: u32,
    ) -> Result<Vec<(Revision, Deleted)>, StorageError>;
}

/// Up to which commits notes of what was deleted are not needed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneUpTo {
    /// Notes of erased contacts, which the change feed needs as well.
    pub contacts: Revision,
    /// All other notes.
    pub others: Revision,
}

/// Keeps connectors, exports and runs, and opens what exports read.
///
/// A storage MUST note what it erases and deletes, with the commit that did it: see [`Deleted`].
#[async_trait]
pub trait Exports: Send + Sync {
    /// Stores a connector. [`StorageError::Conflict`] when its name is taken, [`StorageError::UnknownWorkspace`] without its workspace.
    async fn create_connector(&self, connector: &Connector) -> Result<(), StorageError>;

    /// One connector.
    async fn connector(&self, workspace: WorkspaceId, id: ConnectorId) -> Result<Option<Connector>, StorageError>;

    /// The connectors of a workspace, by ID, at most 500.
    async fn connectors(&self, workspace: WorkspaceId) -> Result<Vec<Connector>, StorageError>;

    /// Stores the name, the settings and the credentials of a connector. Says whether there is one; [`StorageError::Conflict`] when the name is taken.
    async fn update_connector(&self, connector: &Connector) -> Result<bool, StorageError>;

    /// Deletes a connector that no export uses.
    async fn delete_connector(&self, workspace: WorkspaceId, id: ConnectorId)
    -> Result<ConnectorDeleted, StorageError>;

    /// Stores an export. [`StorageError::Conflict`] when its name is taken. Says whether its connector is there; if not, nothing is stored.
    async fn create_export(&self, export: &Export) -> Result<bool, StorageError>;

    /// One export.
    async fn export(&self, workspace: WorkspaceId, id: ExportId) -> Result<Option<Export>, StorageError>;

    /// The exports of a workspace, by ID, at most 500.
    async fn exports(&self, workspace: WorkspaceId) -> Result<Vec<Export>, StorageError>;

    /// Stores an export whose stored version is the given one, and raises the version. Says whether it was.
    async fn update_export(&self, export: &Export) -> Result<bool, StorageError>;

    /// Deletes an export with its runs, and cancels their jobs. Says whether there was one.
    async fn delete_export(&self, workspace: WorkspaceId, id: ExportId, now: Timestamp) -> Result<bool, StorageError>;

    /// Exports of all workspaces that are not paused and run by themselves at this time or before it, the earliest first.
    async fn due_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StorageError>;

    /// Stores a queued run with its job, in one transaction, unless one is queued that nobody has begun.
    async fn start_run(&self, run: &ExportRun, job: &NewJob) -> Result<RunStarted, StorageError>;

    /// One run.
    async fn run(&self, workspace: WorkspaceId, id: RunId) -> Result<Option<ExportRun>, StorageError>;

    /// The runs of an export before one of them, the latest first.
    async fn runs(
        &self,
        workspace: WorkspaceId,
        export: ExportId,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<ExportRun>, StorageError>;

    /// Stores status, report and end of a run that is not over. Says whether it was not.
    async fn update_run(&self, run: &ExportRun) -> Result<bool, StorageError>;

    /// Cancels a run that nobody carries out at the moment, with its job; asks the server that does to stop. Returns the run as it is afterwards.
    async fn cancel_run(
        &self,
        workspace: WorkspaceId,
        id: RunId,
        now: Timestamp,
    ) -> Result<Option<ExportRun>, StorageError>;

    /// Deletes runs that were over before a time; returns how many.
    async fn prune_runs(&self, over_before: Timestamp) -> Result<u64, StorageError>;

    /// Deletes notes of what was deleted, and notes that the change feed begins after those of contacts; returns how many notes.
    async fn prune_deleted(&self, workspace: WorkspaceId, up_to: PruneUpTo) -> Result<u64, StorageError>;

    /// The present state of a workspace. [`StorageError::UnknownWorkspace`] without one.
    async fn export_snapshot(&self, workspace: WorkspaceId) -> Result<Box<dyn ExportSnapshot>, StorageError>;
}
