//! What people did in the console.

use crate::{AuditId, Timestamp, UserId, WorkspaceId};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditAction {
    /// A user signed in.
    SignedIn,
    /// A user signed out.
    SignedOut,
    /// A session was ended from another one.
    SessionEnded,
    /// A user changed their password; their other sessions ended.
    PasswordChanged,
    /// A person was invited.
    Invited,
    /// An invitation was taken back.
    InvitationRevoked,
    /// An invitation was accepted.
    Joined,
    /// The role of a person was changed.
    RoleChanged,
    /// A person was removed from the workspace.
    MemberRemoved,
    /// An API key was made.
    KeyCreated,
    /// An API key was revoked.
    KeyRevoked,
    /// A segment was made.
    SegmentCreated,
    /// A segment was renamed, or its conditions were changed.
    SegmentChanged,
    /// A segment was deleted.
    SegmentDeleted,
    /// A merge of contacts was undone.
    MergeUndone,
    /// A file was imported.
    ImportStarted,
    /// It was decided how an import goes on that stopped at damaged columns.
    ImportDecided,
    /// An import was cancelled.
    ImportCancelled,
    /// An import was undone.
    ImportUndone,
    /// A connector was made.
    ConnectorCreated,
    /// A connector or its credentials were changed.
    ConnectorChanged,
    /// A connector was deleted.
    ConnectorDeleted,
    /// An export was made.
    ExportCreated,
    /// An export was paused or resumed.
    ExportChanged,
    /// An export was deleted.
    ExportDeleted,
    /// A run of an export was started or cancelled.
    ExportRun,
    /// Columns were added to an export.
    ExportWidened,
    /// A list of contacts was downloaded.
    ContactsExported,
    /// Two contacts were merged by hand.
    ContactsMerged,
    /// A quarantined identifier of a contact was evaluated again.
    IdentifierReevaluated,
    /// A shared identifier was made evidence again.
    IdentifierUnshared,
    /// The policy was changed.
    PolicyChanged,
    /// A webhook was made.
    WebhookCreated,
    /// A webhook was changed, enabled or disabled.
    WebhookChanged,
    /// Messages of a webhook were sent again.
    WebhookReplayed,
    /// A webhook was deleted.
    WebhookDeleted,
    /// A custom field was made.
    FieldCreated,
    /// A custom field was renamed, archived or brought back.
    FieldChanged,
    /// A subscription category was made.
    CategoryCreated,
    /// A subscription category was renamed, archived or brought back.
    CategoryChanged,
    /// A site was made.
    SiteCreated,
    /// The origins of a site, or what its key may name, were changed.
    SiteChanged,
    /// A site was deleted.
    SiteDeleted,
    /// A signing secret was made.
    SigningSecretMade,
    /// A person turned their second factor on.
    SecondFactorEnabled,
    /// A person turned their second factor off.
    SecondFactorDisabled,
    /// An admin reset the second factor of another person.
    SecondFactorReset,
    /// A recovery code was used in place of a code.
    RecoveryCodeUsed,
    /// An account of the identity provider was linked with a person.
    IdentityLinked,
}

impl AuditAction {
    /// Every action.
    pub const ALL: [Self; 49] = [
        Self::SignedIn,
        Self::SignedOut,
        Self::SessionEnded,
        Self::PasswordChanged,
        Self::Invited,
        Self::InvitationRevoked,
        Self::Joined,
        Self::RoleChanged,
        Self::MemberRemoved,
        Self::KeyCreated,
        Self::KeyRevoked,
        Self::SegmentCreated,
        Self::SegmentChanged,
        Self::SegmentDeleted,
        Self::MergeUndone,
        Self::ImportStarted,
        Self::ImportDecided,
        Self::ImportCancelled,
        Self::ImportUndone,
        Self::ConnectorCreated,
        Self::ConnectorChanged,
        Self::ConnectorDeleted,
        Self::ExportCreated,
        Self::ExportChanged,
        Self::ExportDeleted,
        Self::ExportRun,
        Self::ExportWidened,
        Self::ContactsExported,
        Self::ContactsMerged,
        Self::IdentifierReevaluated,
        Self::IdentifierUnshared,
        Self::PolicyChanged,
        Self::WebhookCreated,
        Self::WebhookChanged,
        Self::WebhookReplayed,
        Self::WebhookDeleted,
        Self::FieldCreated,
        Self::FieldChanged,
        Self::CategoryCreated,
        Self::CategoryChanged,
        Self::SiteCreated,
        Self::SiteChanged,
        Self::SiteDeleted,
        Self::SigningSecretMade,
        Self::SecondFactorEnabled,
        Self::SecondFactorDisabled,
        Self::SecondFactorReset,
        Self::RecoveryCodeUsed,
        Self::IdentityLinked,
    ];

    /// The stable text of the action, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::PasswordChanged => "password_changed",
            Self::Invited => "invited",
            Self::InvitationRevoked => "invitation_revoked",
            Self::Joined => "joined",
            Self::RoleChanged => "role_changed",
            Self::MemberRemoved => "member_removed",
            Self::KeyCreated => "key_created",
            Self::KeyRevoked => "key_revoked",
            Self::SegmentCreated => "segment_created",
            Self::SegmentChanged => "segment_changed",
            Self::SegmentDeleted => "segment_deleted",
            Self::MergeUndone => "merge_undone",
            Self::ImportStarted => "import_started",
            Self::ImportDecided => "import_decided",
            Self::ImportCancelled => "import_cancelled",
            Self::ImportUndone => "import_undone",
            Self::ConnectorCreated => "connector_created",
            Self::ConnectorChanged => "connector_changed",
            Self::ConnectorDeleted => "connector_deleted",
            Self::ExportCreated => "export_created",
            Self::ExportChanged => "export_changed",
            Self::ExportDeleted => "export_deleted",
            Self::ExportRun => "export_run",
            Self::ExportWidened => "export_widened",
            Self::ContactsExported => "contacts_exported",
            Self::ContactsMerged => "contacts_merged",
            Self::IdentifierReevaluated => "identifier_reevaluated",
            Self::IdentifierUnshared => "identifier_unshared",
            Self::PolicyChanged => "policy_changed",
            Self::WebhookCreated => "webhook_created",
            Self::WebhookChanged => "webhook_changed",
            Self::WebhookReplayed => "webhook_replayed",
            Self::WebhookDeleted => "webhook_deleted",
            Self::FieldCreated => "field_created",
            Self::FieldChanged => "field_changed",
            Self::CategoryCreated => "category_created",
            Self::CategoryChanged => "category_changed",
            Self::SiteCreated => "site_created",
            Self::SiteChanged => "site_changed",
            Self::SiteDeleted => "site_deleted",
            Self::SigningSecretMade => "signing_secret_made",
            Self::SecondFactorEnabled => "second_factor_enabled",
            Self::SecondFactorDisabled => "second_factor_disabled",
            Self::SecondFactorReset => "second_factor_reset",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::IdentityLinked => "identity_linked",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// An entry of the audit log: who did what, when, and to which object. It is written before the action, so that every action has an entry,
/// failed ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its identity, ordered by time.
    pub id: AuditId,
    /// The workspace in which it was done.
    pub workspace: WorkspaceId,
    /// When.
    pub at: Timestamp,
    /// The user; `None` for the operator of the server.
    pub user: Option<UserId>,
    /// The user's email at that time; empty for the operator.
    pub by: String,
    /// What.
    pub action: AuditAction,
    /// On what: a name or a number, at most [`Self::LONGEST_OBJECT`] characters; blank when the action says it all. Never a value of a
    /// contact.
    pub object: String,
}

impl AuditEntry {
    /// The most characters of an object.
    pub const LONGEST_OBJECT: usize = 300;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_actions_read_back() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::from_text(action.as_str()), Some(action));
        }
        assert_eq!(AuditAction::from_text(""), None);
    }
}
