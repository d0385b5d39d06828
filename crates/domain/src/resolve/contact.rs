//! A call that names a contact by its identifiers: from the search to the outcome.

use super::context::{ContactUpdate, Context, Query};
use super::decision_builder::{Decided, Stop, Verdict};
use super::evidence::{self, Evidence};
use super::search::{self, Found};
use super::{absorb, attributes, channels, claim, history, memberships, naming, recorded_events, row_changes, trust};
use crate::values::ChannelType;
use crate::{
    Call, Contact, ContactId, ContactRequest, ContactState, DedupeOn, Effect, Identifier, IdentifierKey,
    IdentifierKind, Invariant, ObservableContact, Outcome, Rejection, SubscribeStatus, Trust,
};
use std::borrow::Cow;

/// Decides one call. Whatever can refuse it happens before the first change.
pub(super) fn decide(cx: &mut Context<'_>, call: Call, request: &ContactRequest) -> Verdict {
    let request = &*naming::as_held(&cx.state, call, request);
    let declared = request.declared(&cx.state.fields, cx.decision.at);
    let query = Query::new(call, request, &declared);
    cx.decision.skip_all(request.left_out());
    check_fields(cx, &query)?;
    evidence::report(cx, &query.identifiers);

    let found = match search::search(cx, &query)? {
        Found::Contact(id) => Some(id),
        Found::Nothing if may_create(cx, &query)? => None,
        Found::Nothing | Found::Removed => return Ok(Decided::without_contact(Outcome::Unmatched)),
    };
    let before = match found {
        Some(id) => Some(cx.state.copy(id)?),
        None => None,
    };
    let id = match found {
        Some(id) => id,
        None => create(cx, &query)?,
    };

    let is_bulk = matches!(call, Call::Bulk { .. });
    let rows_before = is_bulk.then(|| row_changes::before(&cx.state, found, &query.identifiers));
    let is_restored = restore(cx, id)?;
    let written = written(cx, &query, found.is_none());
    let update = ContactUpdate {
        call,
        request: &written,
        contact: id,
        is_new: found.is_none(),
    };
    write(cx, &update)?;
    let named = (!is_restored).then_some(query.identifiers.as_slice());
    history::adopt_waiting(cx, id, named)?;
    evidence::report_kept(cx, id)?;
    evidence::report_only_names(cx, id, &query.identifiers)?;
    // A public key could make any value shared otherwise, by naming it beside the tokens of different people.
    if request.trust() == Trust::Full {
        evidence::record_sightings(cx, id, &query.identifiers)?;
    }

    let outcome = outcome(cx, id, before.as_deref(), is_restored)?;
    if outcome != Outcome::Unchanged {
        cx.state.contact_mut(id)?.updated_at = cx.decision.at;
        if let Some(before) = rows_before {
            row_changes::record(cx, &before, id)?;
        }
    }
    record_events(cx, &query, id, outcome)?;
    Ok(Decided::about(id, outcome))
}

/// Whether the custom fields that the call depends on are there. A patch leaves none out.
fn check_fields(cx: &Context<'_>, query: &Query<'_>) -> Result<(), Rejection> {
    if let Some(id) = query.call.dedupe_field() {
        let mut fields = cx.state.fields.iter();
        let field = fields.find(|field| field.id == id && !field.archived);
        // Without it a bulk call would recognise no contact, and create all of them again.
        if !field.ok_or(Rejection::FieldNotFound)?.identifying {
            return Err(Rejection::FieldNotIdentifying);
        }
    }
    if query.call == Call::Patch {
        attributes::check(&cx.state, query.request, cx.decision.at)?;
    }
    Ok(())
}

/// Whether the call may create a contact for what it did not find.
fn may_create(cx: &mut Context<'_>, query: &Query<'_>) -> Result<bool, Stop> {
    if !query.call.powers().creates {
        return Ok(false);
    }
    if !can_be_found_again(cx, query) {
        return Err(Rejection::NoDedupeValue.into());
    }
    Ok(trust::may_create(cx, query)?)
}

/// Whether the next bulk call would find the contact that this one makes: it names an external ID, or a value of what the call dedupes by.
fn can_be_found_again(cx: &Context<'_>, query: &Query<'_>) -> bool {
    let Call::Bulk { dedupe_on, .. } = query.call else {
        return true;
    };
    let dedupes = |identifier: &Identifier| {
        let mut steps = query.call.order().iter();
        identifier.kind() != IdentifierKind::ExternalId && steps.any(|step| step.covers(identifier.kind()))
    };
    naming::usable_external_id(&cx.state, query.request).is_some()
        || match dedupe_on {
            DedupeOn::Id => query.request.contact_id.is_some(),
            DedupeOn::ExternalCustomerId => false,
            _ => query.searched.iter().any(|identifier| dedupes(identifier)),
        }
}

/// Makes a contact. Rule 7: a cookie alone is not enough; nor is a value that is not kept (rule 8).
fn create(cx: &mut Context<'_>, query: &Query<'_>) -> Result<ContactId, Stop> {
    let is_kept = |identifier: &&Identifier| {
        evidence::of(&cx.state, identifier) != Evidence::Blocked || evidence::kept_when_blocked(identifier.kind())
    };
    let kept = query.searched.iter().copied().filter(is_kept);
    let mut kinds = kept.map(Identifier::kind).peekable();
    if kinds.peek().is_none() {
        return Err(Rejection::NoIdentifier.into());
    }
    if kinds.all(|kind| kind == IdentifierKind::Cookie) {
        return Err(Rejection::CookieAlone.into());
    }
    let id = cx.state.fresh.contacts.pop();
    let id = id.ok_or(Invariant::NoNewId("contact"))?;
    let contact = Contact::new(id, query.request.source, cx.decision.at);
    cx.state.contacts.insert(id, contact);
    Ok(id)
}

/// Rule 2: restores a removed contact. Returns whether it was removed.
fn restore(cx: &mut Context<'_>, id: ContactId) -> Result<bool, Invariant> {
    let contact = cx.state.contact_mut(id)?;
    let is_removed = contact.state == ContactState::Removed;
    if is_removed {
        contact.state = ContactState::Active;
    }
    Ok(is_removed)
}

/// What of the request is written. A bulk call writes to a contact that exists only what it lists.
fn written<'r>(cx: &mut Context<'_>, query: &Query<'r>, is_new: bool) -> Cow<'r, ContactRequest> {
    let Some(listed) = query.request.listed.as_deref().filter(|_| !is_new) else {
        return Cow::Borrowed(query.request);
    };
    let (part, left_out) = query.request.listed_part(query.call, listed);
    for field in left_out {
        let reason = "customFieldsIDs does not list the custom field";
        cx.decision.skip(&field.member, reason);
    }
    Cow::Owned(part)
}

fn write(cx: &mut Context<'_>, update: &ContactUpdate<'_>) -> Result<(), Invariant> {
    let powers = update.call.powers();
    claim::external_id(cx, update)?;
    claim::changeable(cx, update)?;
    channels::write(cx, update)?;
    if update.is_new || powers.writes {
        attributes::write(cx, update)?;
        memberships::join_named(cx, update)?;
        memberships::leave_named(cx, update)?;
    }
    if powers.absorbs_unclaimed {
        absorb::unclaimed(cx, update)?;
    }
    Ok(())
}

/// The outcome, by what could be observed of the contact before.
fn outcome(cx: &Context<'_>, id: ContactId, before: Option<&Contact>, is_restored: bool) -> Result<Outcome, Invariant> {
    let is_merge = |effect: &Effect| matches!(effect, Effect::Merged { .. });
    let after = cx.state.contact(id)?;
    let differs = |before: &Contact| before != after && ObservableContact::of(before) != ObservableContact::of(after);
    Ok(match before {
        None => Outcome::Created,
        Some(_) if is_restored => Outcome::Restored,
        Some(before) if differs(before) || cx.decision.effects.iter().any(is_merge) => Outcome::Updated,
        Some(_) => Outcome::Unchanged,
    })
}

/// Records the events that the call leaves, and the status of the email that a subscribe call answers.
fn record_events(cx: &mut Context<'_>, query: &Query<'_>, id: ContactId, outcome: Outcome) -> Result<(), Invariant> {
    let request = query.request;
    let is_new = outcome == Outcome::Created;
    if let Some(type_key) = request.event_for_new.as_ref().filter(|_| is_new) {
        recorded_events::record_import(cx, request, type_key, id)?;
    }
    if query.call == Call::Subscribe {
        cx.decision.email_status = email_status(cx, request, id)?;
        recorded_events::record_subscription(cx, request, id, is_new)?;
    }
    Ok(())
}

/// The wire fact `emailStatus`, about an email that the request names: the first one that the contact shows, else one that may not be written
/// to. Any other email was not linked, and the effects say so (identity rule 9).
fn email_status(
    cx: &Context<'_>,
    request: &ContactRequest,
    id: ContactId,
) -> Result<Option<SubscribeStatus>, Invariant> {
    let contact = cx.state.contact(id)?;
    let channels = contact.channels();
    // Whether another address is unsubscribed is unknown: the snapshot has only those that the request names.
    let named = || request.identifiers().filter(|id| id.kind() == IdentifierKind::Email);
    let is_named = |key: &IdentifierKey| named().any(|identifier| identifier.key == *key);
    let mut emails = channels.iter().filter(|(channel, _)| *channel == ChannelType::Email);
    let is_blacklisted = |identifier: &Identifier| {
        let record = cx.state.key_record(&identifier.key);
        record.unsubscribed_at.is_some() || evidence::of(&cx.state, identifier) == Evidence::Blocked
    };
    let Some((_, email)) = emails.find(|(_, held)| is_named(held.key())) else {
        return Ok(named().any(is_blacklisted).then_some(SubscribeStatus::Blacklisted));
    };
    let is_join = |effect: &Effect| matches!(effect, Effect::SegmentAdded { .. });
    let has_joined = cx.decision.effects.iter().any(is_join);
    Ok(Some(
        match (is_blacklisted(&email.identifier), email.confirmed, has_joined) {
            (true, ..) => SubscribeStatus::Blacklisted,
            (_, false, _) => SubscribeStatus::NeedConfirmation,
            (_, true, true) => SubscribeStatus::Subscribed,
            (_, true, false) => SubscribeStatus::AlreadySubscribed,
        },
    ))
}
