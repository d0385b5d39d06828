//! Emails and phones of a request.

use super::claim;
use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use crate::values::ChannelType;
use crate::{
    Apart, ChannelInput, ChannelMode, Contact, ContactId, ContactRequest, Effect, HeldIdentifier, Identifier,
    IdentifierKey, Stability,
};
use std::collections::{BTreeMap, BTreeSet};

/// Writes the conditionally permanent channels; tokens are claimed instead. Without a mode the contact is new and takes all.
pub(super) fn write(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    mode: Option<ChannelMode>,
) {
    let lasting: Vec<&ChannelInput> = request
        .channels
        .iter()
        .filter(|input| input.identifier.kind().stability() == Stability::ConditionallyPermanent)
        .collect();
    let types: BTreeSet<ChannelType> = lasting.iter().map(|input| input.channel).collect();
    for channel in types {
        let sent: Vec<&Identifier> = lasting
            .iter()
            .filter(|input| input.channel == channel)
            .map(|input| &input.identifier)
            .collect();
        match mode {
            Some(ChannelMode::Keep) => {}
            Some(ChannelMode::AddMissing) if shows(world, id, channel) => keep(world, draft, id, channel, &sent),
            Some(ChannelMode::Set | ChannelMode::AddMissing) | None => set(world, draft, request, id, channel, &sent),
        }
    }
    if mode == Some(ChannelMode::Set) {
        for channel in &request.cleared_channels {
            clear(world, draft, id, *channel);
        }
    }
}

/// Empties a channel: no value in it matches any more, also none that an absorbed contact brought and that the contact did not show.
fn clear(world: &mut World<'_>, draft: &mut Draft, id: ContactId, channel: ChannelType) {
    let Some(contact) = world.contacts.get(&id) else { return };
    let mut held: BTreeMap<IdentifierKey, (Identifier, BTreeSet<ChannelType>)> = BTreeMap::new();
    for row in contact.identifiers.iter().filter(|held| held.is_visible()) {
        let value = held.entry(row.key().clone());
        let (_, channels) = value.or_insert_with(|| (row.identifier.clone(), BTreeSet::new()));
        channels.extend(&row.channels);
    }
    for (identifier, channels) in held.into_values().filter(|(_, channels)| channels.contains(&channel)) {
        leave(world, draft, id, channel, &identifier, &channels);
        if channels.len() > 1 {
            draft.effects.push(Effect::Restated { identifier });
        }
    }
}

fn shows(world: &World<'_>, id: ContactId, channel: ChannelType) -> bool {
    world
        .contacts
        .get(&id)
        .is_some_and(|contact| contact.channels().iter().any(|(shown, _)| *shown == channel))
}

/// Leaves a channel that exists, and says so where the request named another value, also one that the contact holds and does not show
/// there: that of a contact that it absorbed (identity rule 10), or one of another channel.
fn keep(world: &mut World<'_>, draft: &mut Draft, id: ContactId, channel: ChannelType, sent: &[&Identifier]) {
    for identifier in sent {
        let Some(contact) = world.contacts.get_mut(&id) else {
            return;
        };
        let shows = |(shown, held): &(ChannelType, &HeldIdentifier)| *shown == channel && held.key() == &identifier.key;
        if !contact.channels().iter().any(shows) {
            draft.effects.push(Effect::KeptApart {
                identifier: (*identifier).clone(),
                contact: None,
                why: Apart::ChannelExists,
            });
        }
        if contact.holds(&identifier.key) {
            world.see(id, &identifier.key, draft.at);
            claim::settle(world, draft, id, identifier);
        }
    }
}

/// Sets the values of one channel: those that are not sent stop matching, those that are sent become the contact's own.
fn set(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    channel: ChannelType,
    sent: &[&Identifier],
) {
    let keys: BTreeSet<&IdentifierKey> = sent.iter().map(|identifier| &identifier.key).collect();
    let Some(contact) = world.contacts.get(&id) else { return };
    let shown: Vec<(Identifier, BTreeSet<ChannelType>)> = contact
        .channels()
        .into_iter()
        .filter(|(shown, held)| *shown == channel && !keys.contains(held.key()))
        .map(|(_, held)| (held.identifier.clone(), held.channels.clone()))
        .collect();
    for (old, channels) in shown {
        leave(world, draft, id, channel, &old, &channels);
    }
    for identifier in sent {
        own(world, draft, request, id, channel, identifier);
    }
}

/// Takes a value out of a channel; it goes altogether when it was in no other.
fn leave(
    world: &mut World<'_>,
    draft: &mut Draft,
    id: ContactId,
    channel: ChannelType,
    old: &Identifier,
    channels: &BTreeSet<ChannelType>,
) {
    if channels.len() == 1 {
        claim::drop_value(world, draft, id, old);
        return;
    }
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    let own = contact
        .identifiers
        .iter()
        .find(|held| held.key() == &old.key && held.home == id)
        .cloned();
    // The absorbed contacts' rows must read after an undo as they did before: the other channels go on with a row of our own.
    // Several of them may have brought it: the row of the earliest is copied, so that the order of rows does not matter.
    let mut absorbed: Vec<&mut HeldIdentifier> = contact
        .identifiers
        .iter_mut()
        .filter(|held| held.key() == &old.key && held.is_visible() && held.home != id)
        .collect();
    absorbed.sort_by_key(|held| (held.first_seen, held.home));
    let own = own.or_else(|| {
        absorbed.first().map(|held| HeldIdentifier {
            home: id,
            ..(**held).clone()
        })
    });
    for held in absorbed {
        held.hidden_by = Some(id);
    }
    contact
        .identifiers
        .retain(|held| held.key() != &old.key || held.home != id);
    if let Some(mut own) = own {
        own.channels = channels.iter().copied().filter(|other| *other != channel).collect();
        contact.identifiers.push(own);
    }
}

/// Makes a value of a channel the contact's own, also when it showed it through an absorbed contact before.
fn own(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    channel: ChannelType,
    identifier: &Identifier,
) {
    let blocked = evidence::of(world, identifier) == Evidence::Blocked;
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    let shown = contact.holds(&identifier.key);
    let before = shown_as(contact, &identifier.key);
    let confirmed = contact
        .identifiers
        .iter()
        .any(|held| held.key() == &identifier.key && held.confirmed);
    if contact
        .identifiers
        .iter()
        .any(|held| held.key() == &identifier.key && held.home == id)
    {
        claim::settle(world, draft, id, identifier);
    } else {
        claim::hold(world, draft, request, id, identifier, None);
        if !shown && !blocked {
            draft.effects.push(Effect::Attached {
                identifier: identifier.clone(),
            });
        }
    }
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    for held in contact
        .identifiers
        .iter_mut()
        .filter(|held| held.key() == &identifier.key && held.home == id)
    {
        held.channels.insert(channel);
        held.identifier.typed.clone_from(&identifier.typed);
        held.confirmed |= confirmed || (request.confirmed && channel == ChannelType::Email);
    }
    if shown && shown_as(contact, &identifier.key) != before {
        draft.effects.push(Effect::Restated {
            identifier: identifier.clone(),
        });
    }
    world.see(id, &identifier.key, draft.at);
}

/// How a contact shows a value: in which channels, in which spelling, and whether it is confirmed.
fn shown_as(contact: &Contact, key: &IdentifierKey) -> BTreeSet<(ChannelType, String, bool)> {
    let of_key = contact.channels().into_iter().filter(|(_, held)| held.key() == key);
    of_key
        .map(|(channel, held)| (channel, held.identifier.typed.clone(), held.confirmed))
        .collect()
}
