//! The response form of a decision: stable names, every effect with its members (identity rule 9).

use super::names::{EmailStatusName, KindName, MergeRuleName, NotLinkedReasonName, OutcomeName, RuleName};
use chrono::{DateTime, Utc};
use selfsame_domain::{ContactId, Decision, Effect, Identifier, IdentifierKey, MergeId, MergeRule, Rejection};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What became of a request, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Decision)]
pub(crate) struct DecisionBody {
    /// Its identity, ordered by time; also in the header `X-Selfsame-Decision` of the call that made it.
    pub(crate) id: Uuid,
    /// When the request was accepted.
    pub(crate) at: DateTime<Utc>,
    /// The call: `upsert`, `subscribe`, `update`, `bulk`, `order`, `event`, `app_token`, `merge` and so on.
    #[schema(example = "upsert")]
    pub(crate) call: String,
    /// What became of it.
    pub(crate) outcome: OutcomeName,
    /// The contact that it was about, if there is one.
    #[schema(example = 564_407_320)]
    pub(crate) contact_id: Option<i64>,
    /// The rule that found the contact.
    pub(crate) rule: RuleName,
    /// The identifier by which the contact was found.
    pub(crate) matched_by: Option<KeyBody>,
    /// What was attached, moved, merged, quarantined or refused, in this order of happening.
    pub(crate) effects: Vec<EffectBody>,
    /// Why it was refused; only with the outcome `rejected`.
    pub(crate) rejection: Option<RejectionBody>,
    /// What a subscribe call answers about the email.
    pub(crate) email_status: Option<EmailStatusName>,
    /// Whether an erased contact was redacted from it: its number is null, and `erased` stands for identifiers that no contact holds any more.
    pub(crate) redacted: bool,
}

/// An identifier in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IdentifierKey)]
pub(crate) struct KeyBody {
    /// What kind of identifier it is.
    pub(crate) kind: KindName,
    /// Its matching form; tokens are written `app/token`, identifying fields `fieldId:value`.
    #[schema(example = "anna@example.com")]
    pub(crate) matching_value: String,
}

/// An identifier as it was sent, and the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Identifier)]
pub(crate) struct IdentifierBody {
    /// What kind of identifier it is.
    pub(crate) kind: KindName,
    /// As typed.
    #[schema(example = "Anna@Example.com")]
    pub(crate) value: String,
    /// Its matching form; tokens are written `app/token`, identifying fields `fieldId:value`.
    #[schema(example = "anna@example.com")]
    pub(crate) matching_value: String,
}

/// One thing that a decision did, or refused to do. The member `effect` says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "effect", rename_all = "snake_case")]
#[schema(as = Effect)]
pub(crate) enum EffectBody {
    /// The contact got an identifier that no contact held, or one that it held counts as evidence again.
    #[serde(rename_all = "camelCase")]
    Attached {
        /// Which.
        identifier: IdentifierBody,
    },
    /// The contact claimed an identifier from another contact.
    #[serde(rename_all = "camelCase")]
    Moved {
        /// Which.
        identifier: IdentifierBody,
        /// Whom it left; null once that contact is erased.
        from_contact_id: Option<i64>,
    },
    /// The contact lost an identifier: to a new value of the same channel, or because the channel was cleared.
    #[serde(rename_all = "camelCase")]
    Replaced {
        /// Which.
        identifier: IdentifierBody,
    },
    /// A value of a channel that the contact shows is shown otherwise: in another spelling, in one more channel, or confirmed.
    #[serde(rename_all = "camelCase")]
    Restated {
        /// Which, as it is written now.
        identifier: IdentifierBody,
    },
    /// Another contact was merged into this one.
    #[serde(rename_all = "camelCase")]
    Merged {
        /// The merge, for its undo.
        merge_id: Uuid,
        /// The contact that was absorbed; null once it is erased.
        absorbed_contact_id: Option<i64>,
        /// Why.
        rule: MergeRuleName,
        /// The identifier that both had, if one led to the merge.
        evidence: Option<KeyBody>,
    },
    /// A merge was undone.
    #[serde(rename_all = "camelCase")]
    Unmerged {
        /// The merge.
        merge_id: Uuid,
        /// The contact that answers for itself again; null once it is erased.
        contact_id: Option<i64>,
    },
    /// An identifier is kept and never matches, because there are too many of its kind.
    #[serde(rename_all = "camelCase")]
    Quarantined {
        /// Which.
        identifier: IdentifierBody,
        /// The limit of its kind.
        limit: u32,
    },
    /// An identifier is on the list of blocked values and was not matched.
    #[serde(rename_all = "camelCase")]
    Blocked {
        /// Which.
        identifier: IdentifierBody,
        /// Whether the contact keeps it as a channel.
        kept: bool,
    },
    /// A value has been seen with too many external IDs and is no evidence.
    #[serde(rename_all = "camelCase")]
    Shared {
        /// Which.
        identifier: IdentifierBody,
        /// Whether it became shared by this decision.
        now: bool,
    },
    /// An email address was marked as unsubscribed for every contact that holds it, now or later.
    #[serde(rename_all = "camelCase")]
    Unsubscribed {
        /// Which.
        identifier: IdentifierBody,
    },
    /// The mark was taken off an email address.
    #[serde(rename_all = "camelCase")]
    Resubscribed {
        /// Which.
        identifier: IdentifierBody,
    },
    /// A shared identifier is evidence again, by a person's decision.
    #[serde(rename_all = "camelCase")]
    Unshared {
        /// Which.
        identifier: IdentifierBody,
    },
    /// An identifier matched another contact, and it was kept apart.
    #[serde(rename_all = "camelCase")]
    KeptApart {
        /// Which identifier.
        identifier: IdentifierBody,
        /// The other contact, if there is one.
        contact_id: Option<i64>,
        /// Why.
        why: NotLinkedReasonName,
    },
    /// The event named no known contact. It waits with a visitor.
    #[serde(rename_all = "camelCase")]
    EventWaits {
        /// Which visitor.
        visitor_id: Uuid,
    },
    /// Events were deleted by their time.
    EventsDeleted {
        /// How many.
        count: usize,
        /// Whether there are more of that time.
        more: bool,
    },
    /// An order was deleted.
    #[serde(rename_all = "camelCase")]
    OrderDeleted {
        /// The customer's own name for it.
        external_order_id: String,
        /// Its shop, if it had one.
        store_id: Option<String>,
    },
    /// A visitor's history became the contact's.
    #[serde(rename_all = "camelCase")]
    VisitorAdopted {
        /// Which visitor.
        visitor_id: Uuid,
    },
    /// Attributes have a new value or none.
    #[serde(rename_all = "camelCase")]
    Changed {
        /// Which: `firstName`, `languageCode`, `field:7` and so on.
        attributes: Vec<String>,
    },
    /// Something in the request was left out.
    #[serde(rename_all = "camelCase")]
    Skipped {
        /// Where in the request it stood.
        field: String,
        /// Why, in words.
        reason: String,
    },
    /// The contact was put into a segment.
    #[serde(rename_all = "camelCase")]
    SegmentAdded {
        /// Which.
        segment_id: i64,
    },
    /// The contact was taken out of a segment.
    #[serde(rename_all = "camelCase")]
    SegmentRemoved {
        /// Which.
        segment_id: i64,
    },
    /// A segment was made.
    #[serde(rename_all = "camelCase")]
    SegmentCreated {
        /// Its number.
        segment_id: i64,
    },
    /// A segment was renamed, or its formula was changed.
    #[serde(rename_all = "camelCase")]
    SegmentChanged {
        /// Its number.
        segment_id: i64,
    },
    /// A segment was deleted.
    #[serde(rename_all = "camelCase")]
    SegmentDeleted {
        /// Its number.
        segment_id: i64,
    },
    /// A category was made or changed.
    #[serde(rename_all = "camelCase")]
    Category {
        /// Its number.
        category_id: i64,
    },
    /// A custom field was made or changed.
    #[serde(rename_all = "camelCase")]
    Field {
        /// Its number.
        field_id: i64,
    },
}

/// Why a request was refused. It changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rejection)]
pub(crate) struct RejectionBody {
    /// The cause, for programs: `external_id_held`, `no_identifier`, `different_external_ids` and so on.
    #[schema(example = "external_id_held")]
    pub(crate) code: String,
    /// The cause, for people.
    #[schema(example = "externalCustomerId belongs to the contact with id=7")]
    pub(crate) message: String,
    /// The conflicting contact, for `external_id_held`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) holder_contact_id: Option<i64>,
}

impl From<&Decision> for DecisionBody {
    fn from(decision: &Decision) -> Self {
        Self {
            id: decision.id.0,
            at: decision.at,
            call: decision.call.clone(),
            outcome: decision.outcome.into(),
            contact_id: decision.contact.and_then(number),
            rule: decision.rule.into(),
            matched_by: decision.matched_by.as_ref().map(KeyBody::from),
            effects: decision.effects.iter().map(EffectBody::from).collect(),
            rejection: decision.rejection.as_ref().map(RejectionBody::from),
            email_status: decision.email_status.map(EmailStatusName::from),
            redacted: decision.redacted,
        }
    }
}

impl From<&IdentifierKey> for KeyBody {
    fn from(key: &IdentifierKey) -> Self {
        Self {
            kind: key.kind.into(),
            matching_value: key.value.clone(),
        }
    }
}

impl From<&Identifier> for IdentifierBody {
    fn from(identifier: &Identifier) -> Self {
        Self {
            kind: identifier.kind().into(),
            value: identifier.typed.clone(),
            matching_value: identifier.key.value.clone(),
        }
    }
}

impl From<&Effect> for EffectBody {
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of effect")]
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::Attached { identifier } => Self::Attached {
                identifier: identifier.into(),
            },
            Effect::Moved { identifier, from } => Self::Moved {
                identifier: identifier.into(),
                from_contact_id: number(*from),
            },
            Effect::Replaced { identifier } => Self::Replaced {
                identifier: identifier.into(),
            },
            Effect::Restated { identifier } => Self::Restated {
                identifier: identifier.into(),
            },
            Effect::Merged {
                merge: id,
                absorbed,
                rule,
                evidence,
            } => merged(*id, *absorbed, *rule, evidence.as_ref()),
            Effect::Unmerged { merge, contact } => Self::Unmerged {
                merge_id: merge.0,
                contact_id: number(*contact),
            },
            Effect::Quarantined { identifier, limit } => Self::Quarantined {
                identifier: identifier.into(),
                limit: *limit,
            },
            Effect::Blocked { identifier, kept } => Self::Blocked {
                identifier: identifier.into(),
                kept: *kept,
            },
            Effect::Shared { identifier, now } => Self::Shared {
                identifier: identifier.into(),
                now: *now,
            },
            Effect::Unsubscribed { identifier } => Self::Unsubscribed {
                identifier: identifier.into(),
            },
            Effect::Resubscribed { identifier } => Self::Resubscribed {
                identifier: identifier.into(),
            },
            Effect::Unshared { identifier } => Self::Unshared {
                identifier: identifier.into(),
            },
            Effect::NotLinked {
                identifier,
                contact,
                reason: why,
            } => Self::KeptApart {
                identifier: identifier.into(),
                contact_id: contact.and_then(number),
                why: (*why).into(),
            },
            Effect::EventWaits { visitor } => Self::EventWaits { visitor_id: visitor.0 },
            Effect::EventsDeleted { count, more } => Self::EventsDeleted {
                count: *count,
                more: *more,
            },
            Effect::OrderDeleted { external_id, store_id } => Self::OrderDeleted {
                external_order_id: external_id.to_string(),
                store_id: store_id.as_ref().map(ToString::to_string),
            },
            Effect::VisitorAdopted { visitor } => Self::VisitorAdopted { visitor_id: visitor.0 },
            Effect::Changed { attributes } => Self::Changed {
                attributes: attributes.iter().map(|key| key.to_text()).collect(),
            },
            Effect::Skipped(skipped) => Self::Skipped {
                field: skipped.field.clone(),
                reason: skipped.reason.clone(),
            },
            Effect::SegmentAdded { segment } => Self::SegmentAdded { segment_id: segment.0 },
            Effect::SegmentRemoved { segment } => Self::SegmentRemoved { segment_id: segment.0 },
            Effect::SegmentCreated { segment } => Self::SegmentCreated { segment_id: segment.0 },
            Effect::SegmentChanged { segment } => Self::SegmentChanged { segment_id: segment.0 },
            Effect::SegmentDeleted { segment } => Self::SegmentDeleted { segment_id: segment.0 },
            Effect::Category { category } => Self::Category {
                category_id: category.0,
            },
            Effect::Field { field } => Self::Field { field_id: field.0 },
        }
    }
}

/// The number of a contact; none after its erasure.
fn number(contact: ContactId) -> Option<i64> {
    (contact != ContactId::ERASED).then_some(contact.0)
}

fn merged(merge: MergeId, absorbed: ContactId, rule: MergeRule, evidence: Option<&IdentifierKey>) -> EffectBody {
    EffectBody::Merged {
        merge_id: merge.0,
        absorbed_contact_id: number(absorbed),
        rule: rule.into(),
        evidence: evidence.map(KeyBody::from),
    }
}

impl From<&Rejection> for RejectionBody {
    fn from(rejection: &Rejection) -> Self {
        let holder = match rejection {
            Rejection::ExternalIdHeld { holder } => number(*holder),
            _ => None,
        };
        Self {
            code: rejection.code().to_owned(),
            message: rejection.to_string(),
            holder_contact_id: holder,
        }
    }
}
