//! `GET contact/{id}/identity`.

use super::decision::KeyBody;
use super::merge::MergeBody;
use super::names::{ContactStateName, KindName, SourceName, StabilityName};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use selfsame_application::ports::IdentityView;
use selfsame_domain::{
    ContactId, HeldIdentifier, Identifier, IdentifierKind, IdentifierState, KeyRecord, Policy, Visitor,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Everything about a contact's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Identity)]
pub(crate) struct IdentityBody {
    /// The contact: the survivor, where the requested number is that of an absorbed contact.
    #[schema(example = 564_407_320)]
    contact_id: i64,
    /// Whether it answers for itself.
    state: ContactStateName,
    /// Its external ID, if it holds one.
    #[schema(example = "C-1001")]
    external_customer_id: Option<String>,
    /// Where it came from.
    source: SourceName,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When a request last changed something about it that can be observed; merges by hand and undos aside.
    updated_at: DateTime<Utc>,
    /// What it can be recognised by; its own before those of contacts that it absorbed.
    identifiers: Vec<HeldBody>,
    /// Merges among the contacts that it answers for, and undone ones; the earliest first.
    merges: Vec<MergeBody>,
    /// Visitors whose history is its own; the earliest first, at most 1,000 (in an export, all).
    // The last member: an export goes on with it.
    visitors: Vec<VisitorBody>,
}

/// Whether an identifier counts as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IdentifierState)]
pub(super) enum StateName {
    /// It matches.
    Active,
    /// It has been seen with too many external IDs: kept, never matched.
    Shared,
    /// It is beyond the limit of its kind: kept, never matched.
    Quarantined,
    /// It is on the list of blocked values: kept, never matched.
    Blocked,
}

impl StateName {
    /// The state by the policy, the contact's row and the row of the value. Only the policy decides whether the value is blocked: it may
    /// have changed since the row was written.
    pub(super) fn of(
        identifier: &Identifier,
        state: IdentifierState,
        record: Option<&KeyRecord>,
        policy: &Policy,
    ) -> Self {
        let key = &identifier.key;
        if policy.blocks(key.kind, &identifier.typed, &key.value) {
            return Self::Blocked;
        }
        match state {
            IdentifierState::Quarantined => Self::Quarantined,
            IdentifierState::Active | IdentifierState::Blocked
                if record.is_some_and(|record| record.is_shared(policy)) =>
            {
                Self::Shared
            }
            IdentifierState::Active | IdentifierState::Blocked => Self::Active,
        }
    }
}

/// An identifier that a contact holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HeldIdentifier)]
pub(crate) struct HeldBody {
    /// What kind of identifier it is.
    kind: KindName,
    /// As typed.
    #[schema(example = "Anna@Example.com")]
    value: String,
    /// The form in which it is compared; tokens are written `app/token`, identifying fields `fieldId:value`.
    #[schema(example = "anna@example.com")]
    matching_value: String,
    /// How lasting it is.
    stability: StabilityName,
    /// Whether it counts as evidence: `active`, `shared`, `quarantined` or `blocked`.
    state: StateName,
    /// When it was first seen with the contact that brought it.
    first_seen: DateTime<Utc>,
    /// When it was last named together with the contact.
    last_seen: DateTime<Utc>,
    /// Where it came from first.
    source: SourceName,
    /// The contact that brought it: another one's number where that one was absorbed.
    #[schema(example = 564_407_320)]
    brought_by: i64,
    /// Channels through which the value is reached.
    #[schema(example = json!(["email"]))]
    channels: Vec<String>,
    /// Whether the address is confirmed; null for everything but emails.
    confirmed: Option<bool>,
    /// For an email: since when it is unsubscribed.
    unsubscribed_at: Option<DateTime<Utc>>,
    /// For a token: until when messages to it are muted, or were; null for one that is not.
    muted_until: Option<DateTime<Utc>>,
    /// Whether it was replaced while the contact that brought it is absorbed: it shows and matches again when the merge is undone.
    #[schema(example = false)]
    hidden: bool,
}

impl HeldBody {
    pub(super) fn of(held: &HeldIdentifier, record: Option<&KeyRecord>, policy: &Policy) -> Self {
        Self {
            kind: held.kind().into(),
            value: held.identifier.typed.clone(),
            matching_value: held.key().value.clone(),
            stability: held.kind().stability().into(),
            state: StateName::of(&held.identifier, held.state, record, policy),
            first_seen: held.first_seen,
            last_seen: held.last_seen,
            source: held.source.into(),
            brought_by: held.home.0,
            channels: held
                .channels
                .iter()
                .map(|channel| channel.as_wire().to_owned())
                .collect(),
            confirmed: (held.kind() == IdentifierKind::Email).then_some(held.confirmed),
            unsubscribed_at: record.and_then(|record| record.unsubscribed_at),
            muted_until: held.details.muted_until,
            hidden: !held.is_visible(),
        }
    }
}

/// A visitor whose history belongs to a contact: history behind an identifier that no contact held then, or of the time in which the contact
/// owned a token or a device that has moved since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Visitor)]
pub(crate) struct VisitorBody {
    /// Its identity.
    id: Uuid,
    /// The identifier that made it.
    identifier: KeyBody,
    /// The contact that adopted it.
    brought_by: Option<i64>,
    /// When its history begins.
    since: DateTime<Utc>,
    /// When its history ended: the identifier moved to another contact, or a contact claimed it.
    closed_at: Option<DateTime<Utc>>,
}

impl From<&Visitor> for VisitorBody {
    fn from(visitor: &Visitor) -> Self {
        Self {
            id: visitor.id.0,
            identifier: KeyBody::from(&visitor.key),
            brought_by: visitor.home.map(|home| home.0),
            since: visitor.since,
            closed_at: visitor.closed_at,
        }
    }
}

impl IdentityBody {
    pub(crate) fn of(view: &IdentityView, policy: &Policy) -> Self {
        let contact = &view.contact;
        let mut held: Vec<&HeldIdentifier> = contact.identifiers.iter().collect();
        held.sort_by_key(|held| {
            (
                held.home != contact.id,
                held.kind(),
                held.first_seen,
                held.key(),
                held.home,
            )
        });
        Self {
            contact_id: contact.id.0,
            state: contact.state.into(),
            external_customer_id: contact.external_id().map(str::to_owned),
            source: contact.source.into(),
            created_at: contact.created_at,
            updated_at: contact.updated_at,
            identifiers: held
                .into_iter()
                .map(|held| HeldBody::of(held, view.keys.get(held.key()), policy))
                .collect(),
            merges: view.merges.iter().map(MergeBody::from).collect(),
            visitors: view.visitors.iter().map(VisitorBody::from).collect(),
        }
    }
}

/// The identity of a contact.
///
/// What the contact can be recognised by, where each part came from, which contacts were merged into it, and which web visitors
/// it was.
#[utoipa::path(
    get,
    path = "/api/v1/contact/{id}/identity",
    operation_id = "getIdentity",
    tag = "identity",
    params(("id" = i64, Path, description = "The contact ID; that of an absorbed contact leads to its survivor. A removed one is answered too.")),
    responses((status = 200, description = "Its identity.", body = IdentityBody), RefusedOrMissing),
)]
pub(crate) async fn identity(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<ContactId>,
) -> Result<Json<IdentityBody>, ApiError> {
    let found = state.app.store().identity(auth.workspace(), id).await?;
    let view = found.ok_or(ApiError::NotFound("contact"))?;
    Ok(Json(IdentityBody::of(&view, &auth.0.workspace.policy)))
}
