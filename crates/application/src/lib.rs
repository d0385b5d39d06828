//! Use cases of Selfsame, and the ports to everything outside.
//!
//! Depends on the domain alone. Adapters implement [`ports`]; front ends call [`Application`].

pub mod ports;

mod access;
mod app;
mod changes;
mod console;
mod contact_actions;
mod egress;
mod exports;
mod imports;
mod jobs;
mod lane;
mod memberships;
mod search;
mod segments;
mod submit;
mod timeline;
mod webhooks;

pub use access::{AccessError, KeySecret, NewKey, Principal, Sender, TokenError, WarrantError, WeakSecret};
pub use app::{Application, Options};
pub use changes::{ChangePage, ChangeQuery, ChangesError};
pub use console::{
    ConsoleError, Enrolment, FirstStep, NewSession, PasswordCost, Passwords, PendingSignIn, Person, PolicySimulation,
    SecondFactorState,
};
pub use contact_actions::{ActionError, ActionProgress, ContactAction, NewAction};
pub use egress::{Egress, EgressError, is_public};
pub use exports::{ConnectorChange, ExportError, ExportLag, ExportOutlets, NewConnector, NewExport, Vault};
pub use imports::{
    ImportPreview, ImportRequest, PreviewBody, PreviewError, PreviewRequest, PreviewRow, PreviewTotals, Upload,
};
pub use jobs::{Worker, WorkerOptions};
pub use lane::LaneOptions;
pub use memberships::{PastMembersError, RecordCheck, SegmentDay, SegmentHistory};
pub use segments::{Preview, SegmentError, SegmentPreviewRequest, SegmentView, StandingInSegment};
pub use submit::{ImportBatch, Replay, Submission, SubmitError};
pub use timeline::{TimelineCursor, TimelineItem, TimelineKind, TimelinePage, TimelineQuery};
pub use webhooks::{NewWebhook, Replay as WebhookReplay, SigningKey, WebhookChange, WebhookError, WebhookOutlets};
