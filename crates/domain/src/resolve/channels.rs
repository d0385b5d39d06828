//! Emails and phones of a request.

use super::context::{ContactUpdate, Context};
use super::evidence::{self, Evidence};
use super::held;
use crate::values::ChannelType;
use crate::{
    ChannelInput, ChannelMode, Contact, ContactId, Effect, HeldIdentifier, Identifier, IdentifierKey, Invariant,
    NotLinkedReason, Stability,
};
use std::collections::{BTreeMap, BTreeSet};

/// A value with all channels through which a contact is reached by it.
type ShownValue = (Identifier, BTreeSet<ChannelType>);

/// Writes the emails and phones; tokens are claimed instead.
pub(super) fn write(cx: &mut Context<'_>, update: &ContactUpdate<'_>) -> Result<(), Invariant> {
    let mode = update.channel_mode();
    let lasting: Vec<&ChannelInput> = update
        .request
        .channels
        .iter()
        .filter(|input| input.identifier.kind().stability() == Stability::ConditionallyPermanent)
        .collect();
    let types: BTreeSet<ChannelType> = lasting.iter().map(|input| input.channel).collect();
    for channel in types {
        let sent = lasting.iter().filter(|input| input.channel == channel);
        let sent: Vec<&Identifier> = sent.map(|input| &input.identifier).collect();
        match mode {
            Some(ChannelMode::Keep) => {}
            Some(ChannelMode::AddMissing) if shows(cx, update.contact, channel)? => {
                keep(cx, update.contact, channel, &sent)?;
            }
            Some(ChannelMode::Set | ChannelMode::AddMissing) | None => set(cx, update, channel, &sent)?,
        }
    }
    if mode == Some(ChannelMode::Set) {
        for channel in &update.request.cleared_channels {
            clear(cx, update.contact, *channel)?;
        }
    }
    Ok(())
}

fn shows(cx: &Context<'_>, id: ContactId, channel: ChannelType) -> Result<bool, Invariant> {
    let channels = cx.state.contact(id)?.channels();
    Ok(channels.iter().any(|(shown, _)| *shown == channel))
}

/// Empties a channel: none of its values matches any more. That includes values of absorbed contacts that the contact did not show.
fn clear(cx: &mut Context<'_>, id: ContactId, channel: ChannelType) -> Result<(), Invariant> {
    let rows = cx.state.contact(id)?.identifiers.iter();
    let mut held: BTreeMap<IdentifierKey, ShownValue> = BTreeMap::new();
    for row in rows.filter(|held| held.is_visible()) {
        let value = held.entry(row.key().clone());
        let (_, channels) = value.or_insert_with(|| (row.identifier.clone(), BTreeSet::new()));
        channels.extend(&row.channels);
    }
    for value in held.into_values().filter(|(_, channels)| channels.contains(&channel)) {
        leave(cx, id, channel, &value)?;
        let (identifier, channels) = value;
        if channels.len() > 1 {
            cx.decision.report(Effect::Restated { identifier });
        }
    }
    Ok(())
}

/// Keeps a channel that exists, and reports the values of the request that the contact does not show there.
fn keep(cx: &mut Context<'_>, id: ContactId, channel: ChannelType, sent: &[&Identifier]) -> Result<(), Invariant> {
    for identifier in sent.iter().copied() {
        let contact = cx.state.contact(id)?;
        let is_it = |(shown, held): &(ChannelType, &HeldIdentifier)| *shown == channel && held.key() == &identifier.key;
        let holds = contact.holds(&identifier.key);
        // The contact may hold it and not show it here: in another channel, or through a contact that it absorbed (identity rule 10).
        if !contact.channels().iter().any(is_it) {
            cx.decision.not_linked(identifier, None, NotLinkedReason::ChannelExists);
        }
        if holds {
            held::mark_seen(cx, id, &identifier.key, None)?;
            held::reevaluate(cx, id, identifier)?;
        }
    }
    Ok(())
}

/// Sets the values of one channel: those that are not sent stop matching, those that are sent become the contact's own.
fn set(
    cx: &mut Context<'_>,
    update: &ContactUpdate<'_>,
    channel: ChannelType,
    sent: &[&Identifier],
) -> Result<(), Invariant> {
    let keys: BTreeSet<&IdentifierKey> = sent.iter().map(|identifier| &identifier.key).collect();
    let contact = cx.state.contact(update.contact)?;
    let shown: Vec<ShownValue> = contact
        .channels()
        .into_iter()
        .filter(|(shown, held)| *shown == channel && !keys.contains(held.key()))
        .map(|(_, held)| (held.identifier.clone(), held.channels.clone()))
        .collect();
    for old in shown {
        leave(cx, update.contact, channel, &old)?;
    }
    for identifier in sent {
        set_value(cx, update, channel, identifier)?;
    }
    Ok(())
}

/// Takes a value out of a channel. A value that is in no other channel is removed from the contact.
fn leave(
    cx: &mut Context<'_>,
    id: ContactId,
    channel: ChannelType,
    (old, channels): &ShownValue,
) -> Result<(), Invariant> {
    if channels.len() == 1 {
        return held::remove_value(cx, id, old);
    }
    let contact = cx.state.contact_mut(id)?;
    let is_own = |held: &HeldIdentifier| held.key() == &old.key && held.home == id;
    let own = contact.identifiers.iter().find(|held| is_own(held)).cloned();
    // After an undo the rows of absorbed contacts must be as before. So they are hidden, and the contact gets a row of its own for the other
    // channels. If several absorbed contacts brought the value, the earliest row is copied, so that the order of rows does not matter.
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
    contact.identifiers.retain(|held| !is_own(held));
    if let Some(mut own) = own {
        own.channels = channels.iter().copied().filter(|other| *other != channel).collect();
        contact.identifiers.push(own);
    }
    Ok(())
}

/// Makes a value of a channel the contact's own, also if an absorbed contact brought it before.
fn set_value(
    cx: &mut Context<'_>,
    update: &ContactUpdate<'_>,
    channel: ChannelType,
    identifier: &Identifier,
) -> Result<(), Invariant> {
    let (id, key) = (update.contact, &identifier.key);
    let contact = cx.state.contact(id)?;
    let is_own = |held: &HeldIdentifier| held.key() == key && held.home == id;
    let is_shown = contact.holds(key);
    let before = is_shown.then(|| shown_as(contact, key));
    let rows = contact.identifiers.iter();
    let is_confirmed = rows.clone().any(|held| held.key() == key && held.confirmed);
    if rows.clone().any(is_own) {
        held::reevaluate(cx, id, identifier)?;
    } else {
        held::attach(cx, update, identifier, None)?;
        if !is_shown && evidence::of(&cx.state, identifier) != Evidence::Blocked {
            let identifier = identifier.clone();
            cx.decision.report(Effect::Attached { identifier });
        }
    }
    let contact = cx.state.contact_mut(id)?;
    for held in contact.identifiers.iter_mut().filter(|held| is_own(held)) {
        held.channels.insert(channel);
        held.identifier.typed.clone_from(&identifier.typed);
        held.confirmed |= is_confirmed || (update.request.confirmed && channel == ChannelType::Email);
    }
    if before.is_some_and(|before| before != shown_as(contact, key)) {
        let identifier = identifier.clone();
        cx.decision.report(Effect::Restated { identifier });
    }
    held::mark_seen(cx, id, key, None)
}

/// How a contact shows a value: in which channels, in which spelling, and whether it is confirmed.
fn shown_as(contact: &Contact, key: &IdentifierKey) -> BTreeSet<(ChannelType, String, bool)> {
    let of_key = contact.channels().into_iter().filter(|(_, held)| held.key() == key);
    of_key
        .map(|(channel, held)| (channel, held.identifier.typed.clone(), held.confirmed))
        .collect()
}
