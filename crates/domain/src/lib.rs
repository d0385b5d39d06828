//! The values and rules of contact identity.
//!
//! [`resolve`] is the one function that decides which contact a request is about and what it does to that contact. It is pure: it gets a
//! batch of commands, a snapshot of the rows that they need and the workspace's policy, and returns decisions and changes.
//! The same function serves the write, the dry run, the import and the replay, so they cannot disagree.

pub mod console;
pub mod export;
pub mod imports;
pub mod segments;
pub mod sheet;
pub mod values;
pub mod webhooks;

mod attribute;
mod bulk;
mod call;
mod catalog;
mod change;
mod command;
mod contact;
mod decision;
mod event;
mod event_time;
mod find;
mod footprint;
mod identifier;
mod ids;
mod invariants;
mod merge;
mod observable_contact;
mod order;
mod policy;
mod policy_change;
mod read_set;
mod redaction;
mod rejection;
mod resolve;
mod rights;
mod segment_move;
mod snapshot;
mod time;
mod trust;
mod undo;
mod unreadable;

pub use attribute::{Attribute, AttributeInput, AttributeKey, AttributeValue, Attributes};
pub use bulk::{BulkMember, Listed};
pub use call::{Call, ChannelMode, DedupeOn, Powers, Step};
pub use catalog::{Category, CustomField, DeletedSegment, Segment};
pub use change::{ChangeKind, ContactChange};
pub use command::{
    ChannelInput, Command, ContactRef, ContactRequest, Envelope, FieldInput, NewField, SegmentRef, Skipped, TokenChange,
};
pub use contact::{ChannelDetails, Contact, ContactState, HeldIdentifier, IdentifierState, Membership, Visitor};
pub use decision::{Decision, Effect, MergeRule, NotLinkedReason, Outcome, Rule, SubscribeStatus};
pub use event::{
    Event, EventCount, EventParams, EventPeriod, EventRequest, EventType, Origin, PAGE_VIEW, Place, StoredEvent,
    Subject, Waiting, is_dated_ahead,
};
pub use event_time::{BrowserClock, EventTimeError, app_event_time};
pub use find::{FindQuery, FindRank, FindSteps, NamePrefixes, Prefix, Trigram, Words};
pub use footprint::footprint;
pub use identifier::{Identifier, IdentifierKey, IdentifierKind, Stability};
pub use ids::{
    AuditId, CategoryId, ConnectorId, ContactId, DecisionId, EventId, ExportId, FieldId, InvitationId, KeyId, MergeId,
    MessageId, Revision, RunId, SegmentId, SessionId, SiteId, UserId, VisitorId, WebhookId, WorkspaceId, ordered_uuid,
};
pub use invariants::{Invariant, Violation, unrecorded_merges, violations};
pub use merge::{Merge, Moved};
pub use observable_contact::ObservableContact;
pub use order::{Order, OrderContent, OrderCustomer, OrderDetails, OrderItem, OrderKey, OrderRequest, OrderStatus};
pub use policy::{Limits, Policy, PolicyProblem};
pub use policy_change::PolicyDifference;
pub use read_set::ReadSet;
pub use rejection::Rejection;
pub use resolve::resolve;
pub use rights::{Action, Rights};
pub use segment_move::{MoveCause, SegmentMove};
pub use snapshot::{
    ChangeSet, ContactRow, Footprint, FootprintExpansion, Fresh, FreshCount, KeyRecord, LogEntry, Resolution, Snapshot,
};
pub use time::{Timestamp, to_micros};
pub use trust::{AppUser, Claim, PageVisitor, Trust, Warrant};
pub use undo::{Change, ContactUndo};
pub use unreadable::Unreadable;
