//! The interfaces to everything outside of the use cases, one file each.

mod audit;
mod calls;
mod catalog;
mod changes;
mod clock;
mod contacts;
mod export_sinks;
mod exports;
mod history;
mod hosts;
mod identity;
mod identity_provider;
mod ids;
mod imports;
mod inspection;
mod jobs;
mod links;
mod maintenance;
mod memberships;
mod orders;
mod rows;
mod search;
mod second_factors;
mod segments;
mod sites;
mod storage;
mod undo;
mod user_identities;
mod users;
mod verifications;
mod webhooks;
mod workspaces;

pub use audit::Audit;
pub use calls::{CallProblem, CallReader, PastedCall};
pub use catalog::Catalog;
pub use changes::{Changes, Logged, LoggedEntry, LoggedPage};
pub use clock::Clock;
pub use contacts::{
    ContactDetails, ContactFilter, ContactGroup, ContactOrder, ContactQuery, Contacts, Found, Page, SegmentQuery,
    TokenOwner,
};
pub use export_sinks::{Destination, ExportSinks, SinkError, SinkRequest, SinkRun, Watermark};
pub use exports::{
    Connector, ConnectorDeleted, Deleted, Export, ExportDefinition, ExportRun, ExportSnapshot, ExportedEvent, Exports,
    PeriodKey, PruneUpTo, RunReport, RunStarted, RunStatus,
};
pub use history::{EventQuery, History, HistoryOf};
pub use hosts::Hosts;
pub use identity::{Holder, Identity, IdentityView, Lookup, PeriodCounts, QuarantinedPlace, SharedIdentifier};
pub use identity_provider::{AuthorizationRequest, IdentityProvider, ProviderError, ProviderIdentity};
pub use ids::Ids;
pub use imports::{
    Accepted, CHUNK_BYTES, Import, ImportEnd, ImportFormat, ImportId, ImportRow, ImportStatus, Imports, NewImport,
    RowCounts, RowOutcome, RowQuery, RowsRecorded,
};
pub use inspection::{ColumnProblem, Inspection};
pub use jobs::{AttemptEnd, Held, Holding, Job, JobId, JobKind, JobState, Jobs, Lease, LeaseRequest, NewJob};
pub use links::{LinkError, LinkedFile, Links};
pub use maintenance::{Expired, MAX_MISPLACED, Maintenance};
pub use memberships::{
    ChangedContact, ChangedPage, DifferenceQuery, DueTime, Memberships, MoveCount, MoveCounts, NewMove, RecordState,
    RecordedMembership, Recording,
};
pub use orders::{OrderQuery, Orders};
pub use rows::{Continuation, FileSample, InspectionContext, ReadRow, RowReader, RowsError};
pub use search::SearchIndex;
pub use second_factors::{SecondFactor, SecondFactors};
pub use segments::{CountQuery, Extent, MemberOrder, MemberQuery, MembersFrom, Segments};
pub use sites::{LIVE_SECRETS, NewSite, SigningSecret, Site, SiteAccess, Sites};
pub use storage::{
    Basis, Commit, Exclusive, ImportProgress, PolicyVersion, ReadAnswer, ReadRequest, ReadState, Recorded, Storage,
    StorageError, Written,
};
pub use undo::{ImportUndos, UndoAnswer, UndoRow, UndoneRow};
pub use user_identities::{LinkedIdentity, UserIdentities};
pub use users::{
    Invitation, Joining, Member, MemberChange, OpenSession, Session, StoredUser, User, UserWorkspace, Users,
};
pub use verifications::{CompareRequest, Difference, DifferentRow, TableComparison, TableSum, Verification};
pub use webhooks::{
    Delivery, DeliveryPlace, DeliveryQuery, DueQuery, MessageBodies, SignedMessage, Webhook, WebhookSender, Webhooks,
};
pub use workspaces::{AccessVersion, ApiKey, Credentials, KeyToStore, Workspace, Workspaces};

/// Everything that a storage adapter implements.
pub trait Store:
    Storage
    + Contacts
    + Catalog
    + Identity
    + History
    + Orders
    + Workspaces
    + Sites
    + Maintenance
    + Jobs
    + Imports
    + ImportUndos
    + Segments
    + Memberships
    + Exports
    + Users
    + SecondFactors
    + UserIdentities
    + Audit
    + Changes
    + SearchIndex
    + Webhooks
{
}

impl<T> Store for T where
    T: Storage
        + Contacts
        + Catalog
        + Identity
        + History
        + Orders
        + Workspaces
        + Sites
        + Maintenance
        + Jobs
        + Imports
        + ImportUndos
        + Segments
        + Memberships
        + Memberships
        + Exports
        + Users
        + SecondFactors
        + UserIdentities
        + Audit
        + Changes
        + SearchIndex
        + Webhooks
{
}
