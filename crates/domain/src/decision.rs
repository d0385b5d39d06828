//! What was decided, and why (identity rule 9).

use crate::values::{ExternalOrderId, StoreId};
use crate::{
    AttributeKey, CategoryId, ContactId, ContactUndo, DecisionId, FieldId, Identifier, IdentifierKey, IdentifierKind,
    MergeId, SegmentId, Skipped, Timestamp, VisitorId,
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

/// Why a command was refused. It changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "rejection", rename_all = "snake_case")]
pub enum Rejection {
    /// The contact does not exist, or is removed and the call does not restore.
    #[error("contact not found")]
    ContactNotFound,
    /// The external ID belongs to another contact (identity rule 1).
    #[error("externalCustomerId belongs to {}", holder_text(*holder))]
    ExternalIdHeld {
        /// The contact that holds it.
        holder: ContactId,
    },
    /// Nothing in the request can identify a contact.
    #[error("the request names no identifier: send an external ID, an email, a phone, a token or a device ID")]
    NoIdentifier,
    /// A cookie alone makes a visitor, not a contact (identity rule 7).
    #[error("a cookie alone makes a visitor and no contact: send it together with another identifier")]
    CookieAlone,
    /// The segment does not exist.
    #[error("segment not found")]
    SegmentNotFound,
    /// The formula of a dynamic segment decides who is in it.
    #[error(
        "the segment is dynamic: its formula decides who is in it, so contacts are neither put into it nor taken out of it"
    )]
    SegmentIsDynamic,
    /// A static segment has no formula.
    #[error("the segment is a list and has no formula")]
    SegmentIsStatic,
    /// A formula names a segment that does not exist.
    #[error("the formula names a segment that does not exist")]
    UnknownSegmentInFormula,
    /// By its formula a segment would contain itself.
    #[error("the segment would be inside itself, by way of {}", quoted(way))]
    SegmentCycle {
        /// The names of the segments on the way, the one that the formula names first.
        way: Vec<String>,
    },
    /// A segment cannot be deleted while the formulas of others name it.
    #[error("the segment is named by the formulas of {}", quoted(by))]
    SegmentInUse {
        /// The names of these segments.
        by: Vec<String>,
    },
    /// The segment of a subscription category goes with its category.
    #[error("the segment belongs to a subscription category: rename or archive that")]
    SegmentOfCategory,
    /// A workspace has a limited number of dynamic segments.
    #[error("a workspace has at most {limit} dynamic segments")]
    TooManySegments {
        /// How many.
        limit: usize,
    },
    /// The category does not exist or is archived.
    #[error("category not found")]
    CategoryNotFound {
        /// The key or ID of the request.
        key: String,
    },
    /// The custom field does not exist.
    #[error("custom field not found")]
    FieldNotFound,
    /// A custom field does not exist, or cannot take the value, and the call leaves nothing out.
    #[error("{member} {reason}")]
    InvalidField {
        /// Where in the request it stood, as `fields[7]`.
        member: String,
        /// What is wrong, so that it can follow the member.
        reason: String,
    },
    /// A bulk call dedupes by a custom field that is not declared to identify contacts.
    #[error("the custom field does not identify contacts")]
    FieldNotIdentifying,
    /// A contact of a bulk call names no external ID and no value of what the call dedupes by: the next call would make another one.
    #[error("the contact has no value of the field that dedupeOn names, and no externalCustomerId")]
    NoDedupeValue,
    /// The workspace does not let events be deleted by their time (wire fact: off unless it is turned on).
    #[error("deleting events is off: turn deletePastEvents of the identity policy on")]
    EventsAreKept,
    /// An event happened longer ago than the workspace keeps events.
    #[error("the event happened more than {days} days ago; this workspace keeps none that old")]
    EventTooOld {
        /// For how many days it keeps them.
        days: u32,
    },
    /// An event or an order is dated further ahead than clocks and time zones differ.
    #[error("the date is more than a day ahead of the server's time")]
    DatedAhead,
    /// The order does not exist.
    #[error("order not found")]
    OrderNotFound,
    /// Orders of several shops have this ID, and the request names no shop.
    #[error("several orders have this externalOrderId: send the storeId, too")]
    OrderAmbiguous,
    /// The workspace does not let orders be deleted.
    #[error("deleting orders is off: turn deleteOrders of the identity policy on")]
    OrdersAreKept,
    /// A name or key is taken.
    #[error("{what} already exists")]
    AlreadyExists {
        /// What exists: the member that must be unique.
        what: String,
    },
    /// The token does not exist.
    #[error("token not found")]
    TokenNotFound,
    /// Both IDs name the same contact.
    #[error("both contact ids name the same contact")]
    SameContact,
    /// Contacts with different external IDs are merged only with `force`.
    #[error("the contacts hold different external IDs; merging them needs force")]
    DifferentExternalIds,
    /// Together they would hold too many identifiers of a kind.
    #[error("together the contacts hold more than {limit} identifiers of kind {kind}; merging them needs force")]
    TooManyIdentifiers {
        /// The kind.
        kind: IdentifierKind,
        /// Its limit.
        limit: u32,
    },
    /// The merge does not exist.
    #[error("merge not found")]
    MergeNotFound,
    /// The merge was undone before.
    #[error("the merge was undone already")]
    AlreadyUndone,
    /// The contact has changed since the caller read it (RFC 9110, 13.1.1).
    #[error("the contact has changed since it was read: read it again")]
    Changed,
    /// The same request was accepted within the workspace's window for duplicates (wire fact).
    #[error("Duplicated request")]
    DuplicatedRequest,
}

/// Names of segments, as the readable form of formulas writes them.
fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
    quoted.join(", ")
}

fn holder_text(holder: ContactId) -> String {
    if holder == ContactId::ERASED {
        "a contact that was erased".to_owned()
    } else {
        format!("the contact with id={holder}")
    }
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
