//! The identifiers that a contact holds.

use super::context::{ContactUpdate, Context};
use super::evidence::{self, Evidence};
use crate::values::ChannelType;
use crate::{
    ChannelDetails, Contact, ContactId, Effect, HeldIdentifier, Identifier, IdentifierKey, IdentifierKind,
    IdentifierState, Invariant,
};
use std::collections::BTreeSet;

/// Gives the contact an identifier of its own. It is quarantined if the contact holds too many of its kind (rule 8).
pub(super) fn attach(
    cx: &mut Context<'_>,
    update: &ContactUpdate<'_>,
    identifier: &Identifier,
    channel: Option<(ChannelType, &ChannelDetails)>,
) -> Result<(), Invariant> {
    let id = update.contact;
    let kind = identifier.kind();
    let is_blocked = evidence::of(&cx.state, identifier) == Evidence::Blocked;
    let limit = exceeded_limit(cx, id, kind)?;
    let state = match limit {
        _ if is_blocked => IdentifierState::Blocked,
        Some(limit) => {
            let identifier = identifier.clone();
            cx.decision.report(Effect::Quarantined { identifier, limit });
            IdentifierState::Quarantined
        }
        None => IdentifierState::Active,
    };
    let at = cx.decision.at;
    cx.state.contact_mut(id)?.identifiers.push(HeldIdentifier {
        identifier: identifier.clone(),
        home: id,
        owner: id,
        state,
        hidden_by: None,
        channels: channel.iter().map(|(channel, _)| *channel).collect(),
        details: channel.map(|(_, details)| details.clone()).unwrap_or_default(),
        confirmed: kind == IdentifierKind::Email && update.request.confirmed,
        source: update.request.source,
        first_seen: at,
        last_seen: at,
    });
    cx.state.index(identifier, id);
    Ok(())
}

/// The limit of a kind, if the contact has reached it.
fn exceeded_limit(cx: &Context<'_>, id: ContactId, kind: IdentifierKind) -> Result<Option<u32>, Invariant> {
    let contact = cx.state.contact(id)?;
    let limit = cx.state.policy.limits.of(kind);
    Ok(limit.filter(|limit| count_active(contact, kind) >= *limit as usize))
}

/// Evaluates the state of a held identifier again when it is named again: a quarantined or blocked one becomes evidence as soon as there is
/// room and the policy allows it (rule 8). One that stays quarantined is reported each time.
pub(super) fn reevaluate(cx: &mut Context<'_>, id: ContactId, identifier: &Identifier) -> Result<(), Invariant> {
    if evidence::of(&cx.state, identifier) == Evidence::Blocked {
        return Ok(());
    }
    let held = visible(cx.state.contact(id)?, &identifier.key);
    let states: BTreeSet<IdentifierState> = held.map(|held| held.state).collect();
    // If one that an absorbed contact brought is active, the contact's own keeps its state for the time after an undo.
    if states.is_empty() || states.contains(&IdentifierState::Active) {
        return Ok(());
    }
    let limit = exceeded_limit(cx, id, identifier.kind())?;
    let state = match limit {
        Some(_) => IdentifierState::Quarantined,
        None => IdentifierState::Active,
    };
    let rows = cx.state.contact_mut(id)?.identifiers.iter_mut();
    for held in rows.filter(|held| held.key() == &identifier.key && held.is_visible()) {
        held.state = state;
    }
    let identifier = identifier.clone();
    cx.decision.report(match limit {
        Some(limit) => Effect::Quarantined { identifier, limit },
        None => Effect::Attached { identifier },
    });
    Ok(())
}

/// Records that the contact's identifier was named again, with the details of its channel.
pub(super) fn mark_seen(
    cx: &mut Context<'_>,
    id: ContactId,
    key: &IdentifierKey,
    details: Option<&ChannelDetails>,
) -> Result<(), Invariant> {
    cx.state.mark_seen(id, key, cx.decision.at)?;
    let Some(details) = details else { return Ok(()) };
    let rows = cx.state.contact_mut(id)?.identifiers.iter_mut();
    for held in rows.filter(|held| held.key() == key) {
        held.details.take(details);
    }
    Ok(())
}

/// Removes a value from a contact, so that it no longer matches. A value of its own is deleted; one that an absorbed contact brought is hidden
/// until the undo.
pub(super) fn remove_value(cx: &mut Context<'_>, id: ContactId, identifier: &Identifier) -> Result<(), Invariant> {
    let key = &identifier.key;
    let contact = cx.state.contact_mut(id)?;
    contact.identifiers.retain(|held| held.key() != key || held.home != id);
    let rows = contact.identifiers.iter_mut();
    for held in rows.filter(|held| held.key() == key && held.is_visible()) {
        held.hidden_by = Some(id);
    }
    let identifier = identifier.clone();
    cx.decision.report(Effect::Replaced { identifier });
    Ok(())
}

/// Takes an exclusive identifier from its holder, and returns it as it was held.
pub(super) fn release(
    cx: &mut Context<'_>,
    holder: ContactId,
    key: &IdentifierKey,
) -> Result<HeldIdentifier, Invariant> {
    let at = cx.decision.at;
    let contact = cx.state.contact_mut(holder)?;
    let place = contact.identifiers.iter().position(|held| held.key() == key);
    let place = place.ok_or(Invariant::NotHeld {
        contact: holder,
        kind: key.kind,
    })?;
    contact.updated_at = at;
    cx.decision.affected.insert(holder);
    Ok(contact.identifiers.remove(place))
}

/// Shows a token again that an absorbed contact brought and that was replaced since. [`reevaluate`] says whether there is room for it.
pub(super) fn show_again(cx: &mut Context<'_>, id: ContactId, key: &IdentifierKey) -> Result<(), Invariant> {
    let rows = cx.state.contact_mut(id)?.identifiers.iter_mut();
    for held in rows.filter(|held| held.key() == key && !held.is_visible()) {
        held.hidden_by = None;
        held.state = IdentifierState::Quarantined;
    }
    Ok(())
}

/// The rows by which a contact shows an identifier: its own, and those that absorbed contacts brought.
pub(super) fn visible<'c>(contact: &'c Contact, key: &IdentifierKey) -> impl Iterator<Item = &'c HeldIdentifier> {
    let rows = contact.identifiers.iter();
    rows.filter(move |held| held.key() == key && held.is_visible())
}

/// How many identifiers of a kind count towards its limit.
pub(super) fn count_active(contact: &Contact, kind: IdentifierKind) -> usize {
    active(contact, kind).collect::<BTreeSet<_>>().len()
}

/// How many identifiers of a kind would count if the two contacts were one. A value that one of them has quarantined counts if the other has
/// it active.
pub(super) fn count_active_of_both(contact: &Contact, other: &Contact, kind: IdentifierKind) -> usize {
    let all = active(contact, kind).chain(active(other, kind));
    all.collect::<BTreeSet<_>>().len()
}

/// The identifiers of a kind that count towards its limit. One that absorbed contacts brought as well occurs several times.
pub(super) fn active(contact: &Contact, kind: IdentifierKind) -> impl Iterator<Item = &IdentifierKey> {
    let held = contact.identifiers.iter().filter(move |held| held.kind() == kind);
    let counts = |held: &&HeldIdentifier| held.is_visible() && held.state == IdentifierState::Active;
    held.filter(counts).map(HeldIdentifier::key)
}
