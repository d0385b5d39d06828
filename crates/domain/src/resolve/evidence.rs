//! How far an identifier can be trusted (identity rule 8).

use super::draft::Draft;
use super::world::World;
use crate::values::Email;
use crate::{Apart, ContactId, Decision, Effect, Identifier, IdentifierKind, Outcome, Rule, Stability};
use uuid::Uuid;

/// What an identifier of a request is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It finds contacts.
    Matches,
    /// It has been seen with too many external IDs: it is attached, and finds nobody.
    Shared,
    /// It is on the list of blocked values: a channel keeps it, and it finds nobody.
    Blocked,
}

pub(super) fn of(world: &World<'_>, identifier: &Identifier) -> Evidence {
    let key = &identifier.key;
    if world.policy.blocks(key.kind, &identifier.typed, &key.value) {
        Evidence::Blocked
    } else if key.kind != IdentifierKind::ExternalId && world.key(key).is_shared(&world.policy) {
        Evidence::Shared
    } else {
        Evidence::Matches
    }
}

/// Whether a blocked value is kept with the contact. A blocked email or phone may still be written to; a blocked value of a kind with
/// one owner would only make strangers take it from each other.
pub(super) fn kept_when_blocked(kind: IdentifierKind) -> bool {
    !kind.is_exclusive()
}

/// Reports what in the request is no evidence. Whether a blocked value is kept is not known yet: see [`tell_kept`].
pub(super) fn report(world: &World<'_>, draft: &mut Draft, identifiers: &[&Identifier]) {
    for identifier in identifiers.iter().copied().cloned() {
        match of(world, &identifier) {
            Evidence::Matches => {}
            Evidence::Shared => draft.effects.push(Effect::Shared { identifier, now: false }),
            Evidence::Blocked => draft.effects.push(Effect::Blocked {
                identifier,
                kept: false,
            }),
        }
    }
}

/// Says of the blocked values of a request which of them the contact holds now: a call that changes no channel keeps none.
pub(super) fn tell_kept(world: &World<'_>, draft: &mut Draft, contact: ContactId) {
    let Some(contact) = world.contacts.get(&contact) else {
        return;
    };
    for effect in &mut draft.effects {
        if let Effect::Blocked { identifier, kept } = effect {
            *kept = contact.holds(&identifier.key);
        }
    }
}

/// Reports the emails, phones and external IDs that named the contact, which the call gives to nobody.
pub(super) fn tell_apart(world: &World<'_>, draft: &mut Draft, contact: ContactId, identifiers: &[&Identifier]) {
    let Some(contact) = world.contacts.get(&contact) else {
        return;
    };
    let lasts = |id: &Identifier| {
        matches!(
            id.kind().stability(),
            Stability::Permanent | Stability::ConditionallyPermanent
        )
    };
    for identifier in identifiers.iter().copied().filter(|id| lasts(id)) {
        if !contact.holds(&identifier.key) && !draft.tells_of(&identifier.key) {
            draft.effects.push(Effect::KeptApart {
                identifier: identifier.clone(),
                contact: None,
                why: Apart::OnlyNames,
            });
        }
    }
}

/// Remembers that the request's values were seen with the contact's external ID; the third different one makes a value shared.
pub(super) fn count(world: &mut World<'_>, draft: &mut Draft, contact: ContactId, identifiers: &[&Identifier]) {
    let Some(external_id) = world.contacts.get(&contact).and_then(|contact| contact.external_id()) else {
        return;
    };
    let seen = Uuid::new_v5(&Uuid::NAMESPACE_OID, external_id.as_bytes());
    for identifier in identifiers {
        if identifier.kind() == IdentifierKind::ExternalId || of(world, identifier) != Evidence::Matches {
            continue;
        }
        // Nor does a key that only names: no log tells of it, so that an erasure would not find what was noted.
        if identifier.kind() == IdentifierKind::ContactKey && !world.contacts[&contact].holds(&identifier.key) {
            continue;
        }
        let mut record = world.key(&identifier.key);
        if !record.seen_with.insert(seen) {
            continue;
        }
        // Erasing the contact finds by its log what was noted of values that it does not hold.
        draft.noted |= !world.contacts[&contact].holds(&identifier.key);
        if record.is_shared(&world.policy) {
            draft.effects.push(Effect::Shared {
                identifier: (*identifier).clone(),
                now: true,
            });
        }
        world.keys.insert(identifier.key.clone(), record);
    }
}

/// Marks an email as unsubscribed, or takes the mark off. It belongs to the address, whoever holds it now or later; those who show it now
/// read of it in their log, unless it is blocked: the footprint does not ask who shows a blocked value.
pub(super) fn unsubscribe(world: &mut World<'_>, mut draft: Draft, email: &Email, unsubscribed: bool) -> Decision {
    draft.rule = Rule::Explicit;
    let identifier = Identifier::email(email);
    let mut record = world.key(&identifier.key);
    if record.unsubscribed_at.is_some() == unsubscribed {
        return draft.finish(world, Outcome::Unchanged, None);
    }
    record.unsubscribed_at = unsubscribed.then_some(draft.at);
    if of(world, &identifier) != Evidence::Blocked {
        draft.touched.extend(world.showing(&identifier.key));
    }
    world.keys.insert(identifier.key.clone(), record);
    draft.effects.push(if unsubscribed {
        Effect::Unsubscribed { identifier }
    } else {
        Effect::Resubscribed { identifier }
    });
    draft.finish(world, Outcome::Updated, None)
}
