//! Who an exclusive identifier belongs to (identity rules 3, 4, 5 and 7).

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use super::{absorb, late, search, tokens, trust, visitors};
use crate::values::ChannelType;
use crate::{
    Call, ChannelDetails, Contact, ContactId, ContactRequest, Effect, HeldIdentifier, Identifier, IdentifierKey,
    IdentifierKind, IdentifierState, Stability,
};
use std::collections::BTreeSet;

/// Gives the contact an external ID that nobody holds (rule 3). Only a call that names its contact by contact ID replaces one that it has.
pub(super) fn external_id(
    world: &mut World<'_>,
    draft: &mut Draft,
    call: Call,
    request: &ContactRequest,
    id: ContactId,
) {
    let Some(identifier) = search::usable_external_id(world, request).cloned() else {
        return;
    };
    let held = world.holder(&identifier.key).is_some();
    let Some(contact) = world.contacts.get(&id) else { return };
    let shows = |contact: &Contact| contact.external_id() == Some(identifier.typed.as_str());
    if call.is_by_contact_id() && !shows(contact) {
        // Those of contacts that it absorbed go on answering, like their numbers (rule 10).
        let own: Vec<Identifier> = contact
            .visible(IdentifierKind::ExternalId)
            .iter()
            .filter(|held| held.home == id)
            .map(|held| held.identifier.clone())
            .collect();
        for old in own {
            drop_value(world, draft, id, &old);
        }
    } else if !held && contact.has_external_id() {
        // A call that searches by contact ID first found a contact with another external ID (rule 1).
        draft.skip("externalCustomerId", "the contact holds another external ID");
        return;
    }
    if held {
        touch(world, &identifier, id, draft, None);
        if call.is_by_contact_id() && !world.contacts.get(&id).is_some_and(shows) {
            draft.skip("externalCustomerId", "the contact answers to it, and shows another one");
        }
        return;
    }
    hold(world, draft, request, id, &identifier, None);
    draft.effects.push(Effect::Attached { identifier });
}

/// Stops an identifier of the contact from matching: its own is deleted, one of an absorbed contact is hidden until the undo.
pub(super) fn drop_value(world: &mut World<'_>, draft: &mut Draft, id: ContactId, identifier: &Identifier) {
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    contact
        .identifiers
        .retain(|held| held.key() != &identifier.key || held.home != id);
    for held in contact
        .identifiers
        .iter_mut()
        .filter(|held| held.key() == &identifier.key && held.is_visible())
    {
        held.hidden_by = Some(id);
    }
    draft.effects.push(Effect::Replaced {
        identifier: identifier.clone(),
    });
}

/// Rule 4: every changeable identifier of the request moves to the contact. The device comes first, because a token that it brings
/// replaces the ones that it brought before, which then count towards no limit.
pub(super) fn changeable(world: &mut World<'_>, draft: &mut Draft, request: &ContactRequest, id: ContactId) {
    let mut device = None;
    if let Some(identifier) = &request.device_id {
        let former = world.holder(&identifier.key);
        if claim_or_report(world, draft, request, id, identifier, None) && draft.past.is_none() {
            device = Some(identifier.key.value.as_str());
            tokens::refresh(world, draft, request, id, identifier);
            if let Some(former) = former.filter(|former| *former != id) {
                tokens::refresh(world, draft, request, former, identifier);
            }
        }
    }
    for input in &request.channels {
        let mut details = input.details.clone();
        if input.identifier.kind() == IdentifierKind::MobilePush {
            details.device_id = device.map(str::to_owned);
        }
        let channel = Some((input.channel, &details));
        claim_or_report(world, draft, request, id, &input.identifier, channel);
    }
    for cookie in &request.cookies {
        claim_or_report(world, draft, request, id, cookie, None);
    }
}

/// Claims an identifier if it is changeable and the request may have it. Says whether the contact holds it now.
fn claim_or_report(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    identifier: &Identifier,
    channel: Option<(ChannelType, &ChannelDetails)>,
) -> bool {
    let evidence = evidence::of(world, identifier);
    let details = channel.map(|(_, details)| details);
    let claims = identifier.kind().stability() == Stability::Changeable
        && evidence != Evidence::Blocked
        && may_take(world, draft, id, identifier)
        && trust::may_claim(world, draft, request, id, identifier, details);
    if claims {
        claim(world, draft, request, id, identifier, channel, evidence);
    }
    claims
}

/// Whoever has the identifier now does not lose it by what happened in the past, and whoever had it does not get it back (rule 4).
fn may_take(world: &World<'_>, draft: &mut Draft, id: ContactId, identifier: &Identifier) -> bool {
    let Some(time) = draft.past else { return true };
    let kept = match world.holder(&identifier.key) {
        Some(holder) => Some(holder).filter(|holder| *holder != id),
        None => late::former(world, &identifier.key, time),
    };
    if let Some(contact) = kept {
        draft.keep_past(identifier, contact);
    }
    kept.is_none()
}

fn claim(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    identifier: &Identifier,
    channel: Option<(ChannelType, &ChannelDetails)>,
    evidence: Evidence,
) {
    let holder = world.holder(&identifier.key);
    match holder {
        Some(holder) if holder == id => {
            tokens::show_again(world, id, identifier);
            settle(world, draft, id, identifier);
        }
        Some(former) if absorb::anonymous(world, draft, id, former, identifier, evidence) => {}
        Some(former) => {
            let held = release(world, draft, former, identifier);
            hold(world, draft, request, id, identifier, channel);
            visitors::moved(world, draft, id, &identifier.key, held.as_ref());
            draft.effects.push(Effect::Moved {
                identifier: identifier.clone(),
                from: former,
            });
        }
        None => {
            hold(world, draft, request, id, identifier, channel);
            visitors::moved(world, draft, id, &identifier.key, None);
            draft.effects.push(Effect::Attached {
                identifier: identifier.clone(),
            });
        }
    }
    touch(world, identifier, id, draft, channel.map(|(_, details)| details));
    if identifier.kind() == IdentifierKind::Cookie {
        visitors::adopt(world, draft, id, identifier, evidence);
    }
}

/// Takes an exclusive identifier from its owner, and returns what it was there. The history before the move stays with the owner (rule 4).
fn release(
    world: &mut World<'_>,
    draft: &mut Draft,
    former: ContactId,
    identifier: &Identifier,
) -> Option<HeldIdentifier> {
    let contact = world.contacts.get_mut(&former)?;
    let place = contact
        .identifiers
        .iter()
        .position(|held| held.key() == &identifier.key)?;
    contact.updated_at = draft.at;
    draft.touched.insert(former);
    Some(contact.identifiers.remove(place))
}

/// Gives the contact a new identifier of its own, quarantined when there are too many of its kind (rule 8).
pub(super) fn hold(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    identifier: &Identifier,
    channel: Option<(ChannelType, &ChannelDetails)>,
) {
    let blocked = evidence::of(world, identifier) == Evidence::Blocked;
    let limit = world.policy.limits.of(identifier.kind());
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    let state = if blocked {
        IdentifierState::Blocked
    } else if let Some(limit) = limit.filter(|limit| counted(contact, identifier.kind()) >= *limit as usize) {
        draft.effects.push(Effect::Quarantined {
            identifier: identifier.clone(),
            limit,
        });
        IdentifierState::Quarantined
    } else {
        IdentifierState::Active
    };
    contact.identifiers.push(HeldIdentifier {
        identifier: identifier.clone(),
        home: id,
        owner: id,
        state,
        hidden_by: None,
        channels: channel.iter().map(|(channel, _)| *channel).collect::<BTreeSet<_>>(),
        details: channel.map(|(_, details)| details.clone()).unwrap_or_default(),
        confirmed: identifier.kind() == IdentifierKind::Email && request.confirmed,
        source: request.source,
        first_seen: draft.at,
        last_seen: draft.at,
    });
    world.note_holder(&identifier.key, id);
    world.note_token(identifier);
}

/// Judges an identifier anew that the contact holds and that is named again: what was quarantined or blocked counts as evidence as soon
/// as there is room and the policy lets it (rule 8). What stays quarantined is reported every time.
pub(super) fn settle(world: &mut World<'_>, draft: &mut Draft, id: ContactId, identifier: &Identifier) {
    let kind = identifier.kind();
    let limit = world.policy.limits.of(kind);
    if evidence::of(world, identifier) == Evidence::Blocked {
        return;
    }
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    let held = |held: &&HeldIdentifier| held.key() == &identifier.key && held.is_visible();
    let states: BTreeSet<IdentifierState> = contact.identifiers.iter().filter(held).map(|held| held.state).collect();
    // If it counts as another's whom the contact absorbed, its own stays what it is for when that one goes home.
    if states.is_empty() || states.contains(&IdentifierState::Active) {
        return;
    }
    let full = limit.filter(|limit| counted(contact, kind) >= *limit as usize);
    let identifier = identifier.clone();
    let state = if full.is_some() {
        IdentifierState::Quarantined
    } else {
        IdentifierState::Active
    };
    for held in contact
        .identifiers
        .iter_mut()
        .filter(|held| held.key() == &identifier.key && held.is_visible())
    {
        held.state = state;
    }
    draft.effects.push(match full {
        Some(limit) => Effect::Quarantined { identifier, limit },
        None => Effect::Attached { identifier },
    });
}

/// How many identifiers of a kind count towards its limit.
pub(super) fn counted(contact: &Contact, kind: IdentifierKind) -> usize {
    counting(contact, kind).collect::<BTreeSet<_>>().len()
}

/// The identifiers of a kind that count towards its limit; one that the contact got by a merge, too, more than once.
pub(super) fn counting(contact: &Contact, kind: IdentifierKind) -> impl Iterator<Item = &IdentifierKey> {
    let held = contact.identifiers.iter().filter(move |held| held.kind() == kind);
    let counts = |held: &&HeldIdentifier| held.is_visible() && held.state == IdentifierState::Active;
    held.filter(counts).map(HeldIdentifier::key)
}

/// Notes that the contact's identifier was named again, with what came along.
fn touch(
    world: &mut World<'_>,
    identifier: &Identifier,
    id: ContactId,
    draft: &Draft,
    details: Option<&ChannelDetails>,
) {
    world.see(id, &identifier.key, draft.at);
    let (Some(contact), Some(details)) = (world.contacts.get_mut(&id), details) else {
        return;
    };
    for held in contact
        .identifiers
        .iter_mut()
        .filter(|held| held.key() == &identifier.key)
    {
        held.details.take(details);
    }
}
