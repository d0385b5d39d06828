//! What was decided, and why (identity rule 9).

use crate::values::{ExternalOrderId, StoreId};
use crate::{
    AttributeKey, CategoryId, ContactId, ContactUndo, DecisionId, FieldId, Identifier, IdentifierKey, MergeId,
    Rejection, SegmentId, Skipped, Timestamp, VisitorId,
};
use serde::{Deserialize, Serialize};

/// The result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A contact, segment, category or field was made.
    Created,
    /// Something observable changed.
    Updated,
    /// A removed contact was restored (and may have been updated).
    Restored,
    /// Nothing observable changed.
    Unchanged,
    /// A contact was removed; it can be restored.
    Removed,
    /// Everything about a contact was deleted for good.
    Erased,
    /// Two contacts were merged by hand.
    Merged,
    /// A merge was undone.
    Unmerged,
    /// No contact was found, and the call does not create one.
    Unmatched,
    /// The command was refused and changed nothing.
    Rejected,
}

impl Outcome {
    /// The stable text of the outcome, for headers, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Restored => "restored",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
            Self::Erased => "erased",
            Self::Merged => "merged",
            Self::Unmerged => "unmerged",
            Self::Unmatched => "unmatched",
            Self::Rejected => "rejected",
        }
    }
}

/// Which rule found the contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The command named the contact by its contact ID.
    ContactId,
    /// Rule 1: the contact holds the external ID.
    ExternalId,
    /// Rule 2: the removed contact holds the external ID, or was named by its contact ID.
    Restore,
    /// Rule 3: no contact holds the external ID; another identifier found a contact that holds none.
    Adopt,
    /// The search order of the call found it by another identifier.
    Search,
    /// Nothing matched.
    NoMatch,
    /// Rule 10: by hand.
    Explicit,
}

impl Rule {
    /// The stable text of the rule, for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContactId => "contact_id",
            Self::ExternalId => "external_id",
            Self::Restore => "restore",
            Self::Adopt => "adopt",
            Self::Search => "search",
            Self::NoMatch => "no_match",
            Self::Explicit => "explicit",
        }
    }
}

/// Why two contacts were merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeRule {
    /// Rule 5: the former owner of a claimed identifier held nothing but changeable ones.
    AbsorbAnonymous,
    /// Rule 6: it held the request's email or phone, and no external ID.
    AbsorbUnclaimed,
    /// Rule 10: by hand.
    Explicit,
}

impl MergeRule {
    /// The stable text of the rule, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AbsorbAnonymous => "absorb_anonymous",
            Self::AbsorbUnclaimed => "absorb_unclaimed",
            Self::Explicit => "explicit",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::AbsorbAnonymous, Self::AbsorbUnclaimed, Self::Explicit]
            .into_iter()
            .find(|rule| rule.as_str() == text)
    }
}

/// Why an identifier of the request, or a contact that holds it, was not linked with the decided contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotLinkedReason {
    /// Rule 1: that contact holds an external ID of its own.
    HoldsExternalId,
    /// Rule 6: that contact holds another email or phone; both carry the value now.
    Disagrees,
    /// Rule 6: the workspace does not merge unclaimed contacts.
    PolicyOff,
    /// Rule 10: a merge of the two was undone, so they merge by hand only.
    Undone,
    /// Rule 8: together they would hold more identifiers than the limits allow.
    Limit,
    /// The call never changes a channel that exists.
    ChannelExists,
    /// Another contact holds this external ID, and the call names its contact by contact ID.
    HeldByOther,
    /// The call finds contacts by it, and attaches it to none.
    OnlyNames,
    /// "Trust": a public key changes nothing about a known person.
    PublicKey,
    /// Rule 4: a late event takes no token, device or cookie from the contact that holds it now.
    Past,
    /// Rule 4: the contact that had it when the event happened was erased since.
    Forgotten,
}

/// One thing that a decision did, or refused to do (identity rule 9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// The contact got an identifier that no contact held, or one that it held counts as evidence again (identity rule 8).
    Attached {
        /// Which.
        identifier: Identifier,
    },
    /// The contact claimed an identifier from another contact (identity rule 4).
    Moved {
        /// Which.
        identifier: Identifier,
        /// The contact that held it before.
        from: ContactId,
    },
    /// The contact lost an identifier: to a new value of the same channel, or because the channel was cleared. It no longer matches.
    Replaced {
        /// Which.
        identifier: Identifier,
    },
    /// A value of a channel is shown in another way: in another spelling, in one more channel, or confirmed.
    Restated {
        /// Which, as it is written now.
        identifier: Identifier,
    },
    /// Another contact was merged into the decided one (identity rules 5, 6 and 10).
    Merged {
        /// The merge, for its undo.
        merge: MergeId,
        /// The contact that was absorbed.
        absorbed: ContactId,
        /// Why.
        rule: MergeRule,
        /// The identifier that both had, if one led to the merge.
        evidence: Option<IdentifierKey>,
    },
    /// A merge was undone.
    Unmerged {
        /// The merge.
        merge: MergeId,
        /// The contact that is canonical again.
        contact: ContactId,
    },
    /// An identifier is kept and never matches, because there are too many of its kind (identity rule 8).
    Quarantined {
        /// Which.
        identifier: Identifier,
        /// The limit of its kind.
        limit: u32,
    },
    /// An identifier is on the list of blocked values and was not matched (identity rule 8).
    Blocked {
        /// Which.
        identifier: Identifier,
        /// Whether the contact holds it nevertheless, as a channel.
        kept: bool,
    },
    /// A value has been seen with too many external IDs and stops being evidence (identity rule 8).
    Shared {
        /// Which.
        identifier: Identifier,
        /// Whether it became shared by this decision.
        now: bool,
    },
    /// An email address was marked as unsubscribed, for each contact that holds it now or later.
    Unsubscribed {
        /// Which.
        identifier: Identifier,
    },
    /// The mark was taken off an email address.
    Resubscribed {
        /// Which.
        identifier: Identifier,
    },
    /// A shared identifier is evidence again: a person decided that it belongs to one contact (identity rule 8).
    Unshared {
        /// Which.
        identifier: Identifier,
    },
    /// An identifier of the request, or the other contact that holds it, was not linked with the decided contact.
    #[serde(rename = "kept_apart")]
    NotLinked {
        /// Which identifier.
        identifier: Identifier,
        /// The other contact, if there is one.
        contact: Option<ContactId>,
        /// Why.
        #[serde(rename = "why")]
        reason: NotLinkedReason,
    },
    /// An event named no known contact: it is stored with a visitor until a contact adopts that (identity rule 7).
    EventWaits {
        /// Which visitor.
        visitor: VisitorId,
    },
    /// Events were deleted by their time.
    EventsDeleted {
        /// How many.
        count: usize,
        /// Whether there are more of that time.
        more: bool,
    },
    /// An order was deleted.
    OrderDeleted {
        /// Its ID in the customer's system.
        external_id: ExternalOrderId,
        /// Its shop, if it had one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        store_id: Option<StoreId>,
    },
    /// A visitor's history became the contact's (identity rule 7).
    VisitorAdopted {
        /// Which visitor.
        visitor: VisitorId,
    },
    /// Attributes have a new value or none.
    Changed {
        /// Which.
        attributes: Vec<AttributeKey>,
    },
    /// Something in the request was left out.
    Skipped(Skipped),
    /// The contact was put into a segment.
    SegmentAdded {
        /// Which.
        segment: SegmentId,
    },
    /// The contact was taken out of a segment.
    SegmentRemoved {
        /// Which.
        segment: SegmentId,
    },
    /// A segment was made.
    SegmentCreated {
        /// Its number.
        segment: SegmentId,
    },
    /// A segment was renamed, or its formula was changed.
    SegmentChanged {
        /// Its number.
        segment: SegmentId,
    },
    /// A segment was deleted.
    SegmentDeleted {
        /// Its number.
        segment: SegmentId,
    },
    /// A category was made or changed.
    Category {
        /// Its number.
        category: CategoryId,
    },
    /// A custom field was made or changed.
    Field {
        /// Its number.
        field: FieldId,
    },
}

/// A decision: the result of a command, and its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its identity, ordered by time.
    pub id: DecisionId,
    /// When the command was accepted.
    pub at: Timestamp,
    /// The call, as text: `upsert`, `subscribe`, `merge` and so on.
    pub call: String,
    /// The result.
    pub outcome: Outcome,
    /// The contact that it was about.
    pub contact: Option<ContactId>,
    /// The rule that found the contact.
    pub rule: Rule,
    /// The identifier by which it was found.
    pub matched_by: Option<IdentifierKey>,
    /// What was attached, moved, merged, quarantined or refused.
    pub effects: Vec<Effect>,
    /// Why it was refused, for a refused one.
    pub rejection: Option<Rejection>,
    /// What a subscribe call answers about the email that it names, if the contact shows the email or it must not be written to. If the contact
    /// does not show it, the effects say why.
    pub email_status: Option<SubscribeStatus>,
    /// Whether parts of it were removed because a contact was erased: see [`Decision::redact`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// For a row of an import: what it changed, so that it can be taken back. It is no part of the identity log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<ContactUndo>,
}

/// What a subscribe call says about the email (wire fact).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscribeStatus {
    /// The email awaits confirmation.
    NeedConfirmation,
    /// The email is confirmed and was subscribed to something new.
    Subscribed,
    /// The email is confirmed and had everything already.
    AlreadySubscribed,
    /// The email is unsubscribed or blocked.
    Blacklisted,
}
