//! A call that names a contact by its identifiers: from the search to the outcome.

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::search::{self, Found};
use super::world::World;
use super::{absorb, attributes, channels, claim, event, segments, take_back, tokens, trust, visitors};
use crate::values::ChannelType;
use crate::{
    Call, Contact, ContactId, ContactRequest, ContactState, Decision, DedupeOn, Effect, Face, Identifier,
    IdentifierKey, IdentifierKind, Outcome, Rejection, SubscribeStatus, Timestamp, Trust,
};
use std::borrow::Cow;

/// Decides one call. Everything that can refuse it happens before the first change.
pub(super) fn decide(world: &mut World<'_>, mut draft: Draft, call: Call, request: &ContactRequest) -> Decision {
    let request = &*tokens::as_held(world, call, request);
    let declared = request.declared(&world.fields, draft.at);
    let identifiers: Vec<&Identifier> = request.identifiers().chain(&declared).collect();
    let naming: Vec<&Identifier> = identifiers
        .iter()
        .copied()
        .filter(|id| call.names_by(&id.key))
        .collect();
    draft.effects.extend(request.left_out().cloned().map(Effect::Skipped));
    if let Err(rejection) = check_fields(world, call, request, draft.at) {
        return draft.reject(world, rejection);
    }
    evidence::report(world, &mut draft, &identifiers);
    let found = search::search(world, &mut draft, call, request, &naming);
    let (id, before) = match found {
        Found::Refused(rejection) => return draft.reject(world, rejection),
        Found::Removed => return draft.finish(world, Outcome::Unmatched, None),
        Found::Contact(id) => (id, world.contacts.get(&id).map(Face::of)),
        Found::Nobody if !call.powers().creates => return draft.finish(world, Outcome::Unmatched, None),
        Found::Nobody if !recognises_again(world, call, request, &naming) => {
            return draft.reject(world, Rejection::NoDedupeValue);
        }
        Found::Nobody if !trust::may_create(world, &mut draft, request, &naming) => {
            return draft.finish(world, Outcome::Unmatched, None);
        }
        Found::Nobody => match create(world, &draft, request, &naming) {
            Ok(id) => (id, None),
            Err(rejection) => return draft.reject(world, rejection),
        },
    };
    let found = before.is_some().then_some(id);
    let undo = matches!(call, Call::Bulk { .. }).then(|| take_back::before(world, found, &identifiers));
    let restored = restore(world, id);
    let written = written(&mut draft, call, request, before.is_none());
    write(world, &mut draft, call, &written, id, before.is_none());
    visitors::adopt_waiting(world, &mut draft, id, &identifiers, restored);
    evidence::tell_kept(world, &mut draft, id);
    evidence::tell_apart(world, &mut draft, id, &identifiers);
    // Otherwise anybody could make a value shared, by naming it beside the tokens of different people.
    if request.trust() == Trust::Full {
        evidence::count(world, &mut draft, id, &identifiers);
    }
    let outcome = outcome(world, &draft, id, before.as_ref(), restored);
    if outcome != Outcome::Unchanged
        && let Some(contact) = world.contacts.get_mut(&id)
    {
        contact.updated_at = draft.at;
    }
    tell(world, &mut draft, call, request, (id, outcome));
    let mut decision = draft.finish(world, outcome, Some(id));
    if let Some(before) = undo.filter(|_| outcome != Outcome::Unchanged) {
        decision.undo = take_back::record(world, &before, &decision.effects, id);
    }
    decision
}

/// Keeps the events that a call leaves of itself, and says what it came to for the email.
fn tell(
    world: &mut World<'_>,
    draft: &mut Draft,
    call: Call,
    request: &ContactRequest,
    (id, outcome): (ContactId, Outcome),
) {
    if let Some(type_key) = request.event_for_new.as_ref().filter(|_| outcome == Outcome::Created) {
        event::imported(world, draft, request, type_key, id);
    }
    if call == Call::Subscribe {
        draft.email_status = email_status(world, draft, request, id);
        event::subscribed(world, draft, request, id, outcome == Outcome::Created);
    }
}

/// Whether the custom fields that the call depends on are there. A patch leaves none out.
fn check_fields(world: &World<'_>, call: Call, request: &ContactRequest, at: Timestamp) -> Result<(), Rejection> {
    check_dedupe_field(world, call)?;
    if call == Call::Patch {
        attributes::check(world, request, at)?;
    }
    Ok(())
}

/// What became of the contact, by how it showed itself before.
fn outcome(world: &World<'_>, draft: &Draft, id: ContactId, before: Option<&Face>, restored: bool) -> Outcome {
    let merged = |effect: &Effect| matches!(effect, Effect::Merged { .. });
    let Some(before) = before else { return Outcome::Created };
    if restored {
        return Outcome::Restored;
    }
    let after = world.contacts.get(&id).map(Face::of);
    if Some(before) != after.as_ref() || draft.effects.iter().any(merged) {
        return Outcome::Updated;
    }
    Outcome::Unchanged
}

/// A bulk call that could recognise nobody would make everybody anew.
fn check_dedupe_field(world: &World<'_>, call: Call) -> Result<(), Rejection> {
    let Some(id) = call.dedupe_field() else { return Ok(()) };
    let field = world.fields.iter().find(|field| field.id == id && !field.archived);
    match field {
        Some(field) if field.identifying => Ok(()),
        Some(_) => Err(Rejection::FieldNotIdentifying),
        None => Err(Rejection::FieldNotFound),
    }
}

/// Whether a contact that a bulk call makes could be found by the next such call: it names an external ID, or a value of what the call
/// dedupes by.
fn recognises_again(world: &World<'_>, call: Call, request: &ContactRequest, naming: &[&Identifier]) -> bool {
    let Call::Bulk { dedupe_on, .. } = call else {
        return true;
    };
    if search::usable_external_id(world, request).is_some() {
        return true;
    }
    let dedupes = |identifier: &&&Identifier| {
        identifier.kind() != IdentifierKind::ExternalId
            && call.order().iter().any(|step| step.covers(identifier.kind()))
    };
    match dedupe_on {
        DedupeOn::Id => request.contact_id.is_some(),
        DedupeOn::ExternalCustomerId => false,
        _ => naming.iter().any(|identifier| dedupes(&identifier)),
    }
}

/// What of the request is written to the contact: of a bulk call to a contact that exists only what it lists.
fn written<'r>(draft: &mut Draft, call: Call, request: &'r ContactRequest, created: bool) -> Cow<'r, ContactRequest> {
    let Some(listed) = request.listed.as_deref().filter(|_| !created) else {
        return Cow::Borrowed(request);
    };
    let (part, left_out) = request.listed_part(call, listed);
    for field in left_out {
        draft.skip(&field.member, "customFieldsIDs does not list the custom field");
    }
    Cow::Owned(part)
}

/// Makes a contact. Rule 7: a cookie alone is not enough; nor is a value that is not kept (rule 8).
fn create(
    world: &mut World<'_>,
    draft: &Draft,
    request: &ContactRequest,
    naming: &[&Identifier],
) -> Result<ContactId, Rejection> {
    let kept = |identifier: &&Identifier| {
        evidence::of(world, identifier) != Evidence::Blocked || evidence::kept_when_blocked(identifier.kind())
    };
    let mut kinds = naming.iter().copied().filter(kept).map(Identifier::kind).peekable();
    if kinds.peek().is_none() {
        return Err(Rejection::NoIdentifier);
    }
    if kinds.all(|kind| kind == IdentifierKind::Cookie) {
        return Err(Rejection::CookieAlone);
    }
    let id = world.fresh.contacts.pop().ok_or(Rejection::ContactNotFound)?;
    world.contacts.insert(id, Contact::new(id, request.source, draft.at));
    Ok(id)
}

/// Rule 2: brings a removed contact back.
fn restore(world: &mut World<'_>, id: ContactId) -> bool {
    match world.contacts.get_mut(&id) {
        Some(contact) if contact.state == ContactState::Removed => {
            contact.state = ContactState::Active;
            true
        }
        _ => false,
    }
}

fn write(world: &mut World<'_>, draft: &mut Draft, call: Call, request: &ContactRequest, id: ContactId, created: bool) {
    let powers = call.powers();
    claim::external_id(world, draft, call, request, id);
    claim::changeable(world, draft, request, id);
    channels::write(
        world,
        draft,
        request,
        id,
        if created { None } else { Some(powers.channels) },
    );
    if created || powers.writes {
        attributes::write(world, draft, request, id);
        segments::join(world, draft, request, id);
        segments::leave_named(world, draft, request, id);
    }
    if powers.absorbs_unclaimed {
        absorb::unclaimed(world, draft, request, id);
    }
}

/// The wire fact `emailStatus`, about an email that the request names: the first that the contact shows, else one that nobody may write
/// to. Any other was kept apart, and the effects say so (identity rule 9).
fn email_status(world: &World<'_>, draft: &Draft, request: &ContactRequest, id: ContactId) -> Option<SubscribeStatus> {
    let contact = world.contacts.get(&id)?;
    let channels = contact.channels();
    // Only what the request names was loaded: whether another address is unsubscribed is not known.
    let named = || request.identifiers().filter(|id| id.kind() == IdentifierKind::Email);
    let is_named = |key: &IdentifierKey| named().any(|identifier| identifier.key == *key);
    let mut emails = channels.iter().filter(|(channel, _)| *channel == ChannelType::Email);
    let blacklisted = |identifier: &Identifier| {
        world.key(&identifier.key).unsubscribed_at.is_some() || evidence::of(world, identifier) == Evidence::Blocked
    };
    let Some((_, email)) = emails.find(|(_, held)| is_named(held.key())) else {
        return named().any(blacklisted).then_some(SubscribeStatus::Blacklisted);
    };
    let joined = draft
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::SegmentAdded { .. }));
    Some(match (blacklisted(&email.identifier), email.confirmed, joined) {
        (true, ..) => SubscribeStatus::Blacklisted,
        (_, false, _) => SubscribeStatus::NeedConfirmation,
        (_, true, true) => SubscribeStatus::Subscribed,
        (_, true, false) => SubscribeStatus::AlreadySubscribed,
    })
}
