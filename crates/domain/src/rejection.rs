//! Why a command was refused.

use crate::{ContactId, IdentifierKind};
use serde::{Deserialize, Serialize};

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

impl Rejection {
    /// The stable text of the cause, as our own API writes it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ContactNotFound => "contact_not_found",
            Self::ExternalIdHeld { .. } => "external_id_held",
            Self::NoIdentifier => "no_identifier",
            Self::CookieAlone => "cookie_alone",
            Self::SegmentNotFound => "segment_not_found",
            Self::SegmentIsDynamic => "segment_is_dynamic",
            Self::SegmentIsStatic => "segment_is_static",
            Self::UnknownSegmentInFormula => "unknown_segment_in_formula",
            Self::SegmentCycle { .. } => "segment_cycle",
            Self::SegmentInUse { .. } => "segment_in_use",
            Self::SegmentOfCategory => "segment_of_category",
            Self::TooManySegments { .. } => "too_many_segments",
            Self::CategoryNotFound { .. } => "category_not_found",
            Self::FieldNotFound => "field_not_found",
            Self::FieldNotIdentifying => "field_not_identifying",
            Self::InvalidField { .. } => "invalid_field",
            Self::NoDedupeValue => "no_dedupe_value",
            Self::EventsAreKept => "events_are_kept",
            Self::EventTooOld { .. } => "event_too_old",
            Self::DatedAhead => "dated_ahead",
            Self::OrderNotFound => "order_not_found",
            Self::OrderAmbiguous => "order_ambiguous",
            Self::OrdersAreKept => "orders_are_kept",
            Self::AlreadyExists { .. } => "already_exists",
            Self::TokenNotFound => "token_not_found",
            Self::SameContact => "same_contact",
            Self::DifferentExternalIds => "different_external_ids",
            Self::TooManyIdentifiers { .. } => "too_many_identifiers",
            Self::MergeNotFound => "merge_not_found",
            Self::AlreadyUndone => "already_undone",
            Self::Changed => "changed",
            Self::DuplicatedRequest => "duplicated_request",
        }
    }
}
