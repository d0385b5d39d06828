//! Which contact an exclusive identifier belongs to (identity rules 3, 4, 5 and 7).

use super::context::{ContactUpdate, Context};
use super::evidence::{self, Evidence};
use super::{absorb, device_tokens, held, history, naming, ownership, trust};
use crate::values::ChannelType;
use crate::{ChannelDetails, Contact, ContactId, Effect, Identifier, IdentifierKind, Invariant, NotLinkedReason};

/// Gives the contact an external ID that no contact holds (rule 3). Only a call that names its contact by contact ID replaces the one that the
/// contact has.
pub(super) fn external_id(cx: &mut Context<'_>, update: &ContactUpdate<'_>) -> Result<(), Invariant> {
    let id = update.contact;
    let Some(identifier) = naming::usable_external_id(&cx.state, update.request) else {
        return Ok(());
    };
    let is_held = cx.state.holder(&identifier.key).is_some();
    let shows = |contact: &Contact| contact.external_id() == Some(identifier.typed.as_str());
    let contact = cx.state.contact(id)?;
    if update.call.is_by_contact_id() && !shows(contact) {
        // External IDs that absorbed contacts brought go on naming the contact, like their contact IDs (rule 10).
        let visible = contact.visible(IdentifierKind::ExternalId).into_iter();
        let own = visible.filter(|held| held.home == id);
        let own: Vec<Identifier> = own.map(|held| held.identifier.clone()).collect();
        for old in own {
            held::remove_value(cx, id, &old)?;
        }
    } else if !is_held && contact.has_external_id() {
        // A call that searches by contact ID first found a contact with another external ID (rule 1).
        cx.decision
            .skip("externalCustomerId", "the contact holds another external ID");
        return Ok(());
    }
    if is_held {
        held::mark_seen(cx, id, &identifier.key, None)?;
        if update.call.is_by_contact_id() && !shows(cx.state.contact(id)?) {
            let reason = "the contact holds it, and shows another one";
            cx.decision.skip("externalCustomerId", reason);
        }
        return Ok(());
    }
    held::attach(cx, update, identifier, None)?;
    let identifier = identifier.clone();
    cx.decision.report(Effect::Attached { identifier });
    Ok(())
}

/// Rule 4: each changeable identifier of the request moves to the contact. The device comes first: a token that it brings replaces those that
/// it brought before, which do not count towards the limit then.
pub(super) fn changeable(cx: &mut Context<'_>, update: &ContactUpdate<'_>) -> Result<(), Invariant> {
    let request = update.request;
    let mut device = None;
    if let Some(identifier) = &request.device_id {
        let former = cx.state.holder(&identifier.key);
        if claim(cx, update, identifier, None)? && cx.decision.late_event_time.is_none() {
            device = Some(identifier.key.value.as_str());
            device_tokens::replace(cx, update, update.contact, identifier)?;
            if let Some(former) = former.filter(|former| *former != update.contact) {
                device_tokens::replace(cx, update, former, identifier)?;
            }
        }
    }
    for input in &request.channels {
        let mut details = input.details.clone();
        if input.identifier.kind() == IdentifierKind::MobilePush {
            details.device_id = device.map(str::to_owned);
        }
        claim(cx, update, &input.identifier, Some((input.channel, &details)))?;
    }
    for cookie in &request.cookies {
        claim(cx, update, cookie, None)?;
    }
    Ok(())
}

/// Gives the contact an identifier if it is changeable and the request may have it. Returns whether the contact holds it now.
fn claim(
    cx: &mut Context<'_>,
    update: &ContactUpdate<'_>,
    identifier: &Identifier,
    channel: Option<(ChannelType, &ChannelDetails)>,
) -> Result<bool, Invariant> {
    let evidence = evidence::of(&cx.state, identifier);
    let details = channel.map(|(_, details)| details);
    let is_claimed = naming::is_changeable(identifier)
        && evidence != Evidence::Blocked
        && is_not_late(cx, update.contact, identifier)
        && trust::may_claim(cx, update, identifier, details)?;
    if is_claimed {
        take(cx, update, identifier, channel)?;
        held::mark_seen(cx, update.contact, &identifier.key, details)?;
        if identifier.kind() == IdentifierKind::Cookie {
            history::adopt_visitor(cx, update.contact, identifier, evidence);
        }
    }
    Ok(is_claimed)
}

/// Whether the request is no late event that would take the identifier from its present holder, or give it back to its former one (rule 4).
/// What it does not take is reported.
fn is_not_late(cx: &mut Context<'_>, id: ContactId, identifier: &Identifier) -> bool {
    let Some(time) = cx.decision.late_event_time else {
        return true;
    };
    let other = match cx.state.holder(&identifier.key) {
        Some(holder) => Some(holder).filter(|holder| *holder != id),
        None => ownership::former_owner(&cx.state, &identifier.key, time),
    };
    if let Some(other) = other {
        cx.decision.not_linked_once(identifier, other, NotLinkedReason::Past);
    }
    other.is_none()
}

/// Moves the identifier to the contact. The history from before the move stays with the former holder (rule 4).
fn take(
    cx: &mut Context<'_>,
    update: &ContactUpdate<'_>,
    identifier: &Identifier,
    channel: Option<(ChannelType, &ChannelDetails)>,
) -> Result<(), Invariant> {
    let (id, key) = (update.contact, &identifier.key);
    match cx.state.holder(key) {
        Some(holder) if holder == id => {
            held::show_again(cx, id, key)?;
            held::reevaluate(cx, id, identifier)?;
        }
        Some(former) => {
            if absorb::anonymous(cx, id, former, identifier)? {
                return Ok(());
            }
            let released = held::release(cx, former, key)?;
            held::attach(cx, update, identifier, channel)?;
            history::record_move(cx, id, key, Some(&released))?;
            cx.decision.report(Effect::Moved {
                identifier: identifier.clone(),
                from: former,
            });
        }
        None => {
            held::attach(cx, update, identifier, channel)?;
            history::record_move(cx, id, key, None)?;
            cx.decision.report(Effect::Attached {
                identifier: identifier.clone(),
            });
        }
    }
    Ok(())
}
