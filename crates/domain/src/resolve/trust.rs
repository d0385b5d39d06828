//! What a public key may attach, and to which contact (identity rules, "Trust").

use super::context::{ContactUpdate, Context, Query};
use super::evidence::{self, Evidence};
use super::working_copy::WorkingCopy;
use crate::{ChannelDetails, ContactId, Identifier, IdentifierKind, Invariant, NotLinkedReason, Trust};

/// Whether the request may give the identifier to the contact; if not, it is reported. A request with a public key changes nothing about an
/// identifier, unless both the contact and the holder are anonymous.
pub(super) fn may_claim(
    cx: &mut Context<'_>,
    update: &ContactUpdate<'_>,
    identifier: &Identifier,
    details: Option<&ChannelDetails>,
) -> Result<bool, Invariant> {
    let id = update.contact;
    let holder = cx.state.holder(&identifier.key);
    if update.request.trust() == Trust::Full
        || (is_unknown_person(&cx.state, Some(id))? && is_unknown_person(&cx.state, holder)?)
    {
        return Ok(true);
    }
    if holder != Some(id) || changes_details(&cx.state, id, identifier, details)? {
        cx.decision.not_linked(identifier, holder, NotLinkedReason::PublicKey);
    }
    Ok(false)
}

/// Whether a contact that the request makes would hold anything; if not, the identifiers are reported.
pub(super) fn may_create(cx: &mut Context<'_>, query: &Query<'_>) -> Result<bool, Invariant> {
    if query.request.trust() == Trust::Full {
        return Ok(true);
    }
    let mut held = Vec::new();
    for identifier in query.searched.iter().copied() {
        let is_cookie = identifier.kind() == IdentifierKind::Cookie;
        if !is_cookie && evidence::of(&cx.state, identifier) != Evidence::Blocked {
            let holder = cx.state.holder(&identifier.key);
            if is_unknown_person(&cx.state, holder)? {
                return Ok(true);
            }
            held.push((identifier, holder));
        }
    }
    for (identifier, holder) in &held {
        cx.decision.not_linked(identifier, *holder, NotLinkedReason::PublicKey);
    }
    Ok(held.is_empty())
}

/// Whether no lasting identifier says who it is: no contact, an anonymous one, or one that was just made and holds nothing yet.
fn is_unknown_person(state: &WorkingCopy<'_>, contact: Option<ContactId>) -> Result<bool, Invariant> {
    let Some(id) = contact else { return Ok(true) };
    let contact = state.contact(id)?;
    Ok(contact.identifiers.is_empty() || contact.is_anonymous())
}

/// Whether the details of the request differ from those that the contact has.
fn changes_details(
    state: &WorkingCopy<'_>,
    id: ContactId,
    identifier: &Identifier,
    details: Option<&ChannelDetails>,
) -> Result<bool, Invariant> {
    let Some(details) = details else { return Ok(false) };
    let mut rows = state.contact(id)?.identifiers.iter();
    Ok(rows.any(|held| {
        let mut changed = held.details.clone();
        changed.take(details);
        held.key() == &identifier.key && changed != held.details
    }))
}
