//! What a public key may attach, and to whom (identity rules, "Trust").

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use crate::{
    Apart, ChannelDetails, Contact, ContactId, ContactRequest, Effect, HeldIdentifier, Identifier, IdentifierKind,
    Trust,
};

/// Whether the request may give the identifier to the contact; what it may not is reported. With a public key it stays where it is, and
/// as it is, unless both the contact and the holder are nobody in particular.
pub(super) fn may_claim(
    world: &World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    identifier: &Identifier,
    details: Option<&ChannelDetails>,
) -> bool {
    let holder = world.holder(&identifier.key);
    if request.trust() == Trust::Full || (is_nobody(world, id) && holder.is_none_or(|holder| is_nobody(world, holder)))
    {
        return true;
    }
    if holder != Some(id) || tells_more(world, id, identifier, details) {
        keep_apart(draft, identifier, holder);
    }
    false
}

/// Whether a contact that the request makes would hold anything; if not, what is kept apart is reported.
pub(super) fn may_create(
    world: &World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    naming: &[&Identifier],
) -> bool {
    if request.trust() == Trust::Full {
        return true;
    }
    let kept = naming
        .iter()
        .filter(|id| id.kind() != IdentifierKind::Cookie && evidence::of(world, id) != Evidence::Blocked);
    let held: Vec<_> = kept.map(|id| (*id, world.holder(&id.key))).collect();
    let is_free = |holder: &Option<ContactId>| holder.is_none_or(|holder| is_nobody(world, holder));
    if held.is_empty() || held.iter().any(|(_, holder)| is_free(holder)) {
        return true;
    }
    for (identifier, holder) in held {
        keep_apart(draft, identifier, holder);
    }
    false
}

/// Whether nothing lasting is known of who it is. One that was just made holds nothing yet.
fn is_nobody(world: &World<'_>, id: ContactId) -> bool {
    let is_fresh = |contact: &Contact| contact.identifiers.is_empty();
    let contact = world.contacts.get(&id);
    contact.is_some_and(|contact| is_fresh(contact) || contact.is_anonymous())
}

/// Whether the request describes what the contact holds in other words than before.
fn tells_more(world: &World<'_>, id: ContactId, identifier: &Identifier, details: Option<&ChannelDetails>) -> bool {
    let contact = world.contacts.get(&id);
    let mut held = contact
        .into_iter()
        .flat_map(|contact| &contact.identifiers)
        .filter(|held| held.key() == &identifier.key);
    let differs = |held: &HeldIdentifier, details: &ChannelDetails| {
        let mut told = held.details.clone();
        told.take(details);
        told != held.details
    };
    details.is_some_and(|details| held.any(|held| differs(held, details)))
}

fn keep_apart(draft: &mut Draft, identifier: &Identifier, contact: Option<ContactId>) {
    draft.effects.push(Effect::KeptApart {
        identifier: identifier.clone(),
        contact,
        why: Apart::PublicKey,
    });
}
