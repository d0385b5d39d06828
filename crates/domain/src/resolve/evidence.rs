//! Whether an identifier is evidence of a person (identity rule 8).

use super::context::Context;
use super::working_copy::WorkingCopy;
use crate::{ContactId, Effect, Identifier, IdentifierKind, Invariant, NotLinkedReason, Stability};
use uuid::Uuid;

/// Whether an identifier of a request finds contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It finds contacts.
    Matches,
    /// It has been seen with too many external IDs: it is attached, and finds no contact.
    Shared,
    /// It is on the list of blocked values: a channel keeps it, and it finds no contact.
    Blocked,
}

pub(super) fn of(state: &WorkingCopy<'_>, identifier: &Identifier) -> Evidence {
    let key = &identifier.key;
    if state.blocks(identifier) {
        Evidence::Blocked
    } else if key.kind != IdentifierKind::ExternalId && state.is_shared(key) {
        Evidence::Shared
    } else {
        Evidence::Matches
    }
}

/// Whether a contact keeps a blocked value of this kind. An email or a phone can still be written to. A value of an exclusive kind would only
/// move from one stranger to the next.
pub(super) fn kept_when_blocked(kind: IdentifierKind) -> bool {
    !kind.is_exclusive()
}

/// Reports the identifiers of a request that are no evidence. Whether a blocked value is kept is known later: see [`report_kept`].
pub(super) fn report(cx: &mut Context<'_>, identifiers: &[&Identifier]) {
    for identifier in identifiers {
        let copy = || Identifier::clone(identifier);
        match of(&cx.state, identifier) {
            Evidence::Matches => {}
            Evidence::Shared => cx.decision.report(Effect::Shared {
                identifier: copy(),
                now: false,
            }),
            Evidence::Blocked => cx.decision.report(Effect::Blocked {
                identifier: copy(),
                kept: false,
            }),
        }
    }
}

/// Completes the report on blocked values: which of them the contact holds now. A call that changes no channel keeps none.
pub(super) fn report_kept(cx: &mut Context<'_>, contact: ContactId) -> Result<(), Invariant> {
    let contact = cx.state.contact(contact)?;
    for effect in &mut cx.decision.effects {
        if let Effect::Blocked { identifier, kept } = effect {
            *kept = contact.holds(&identifier.key);
        }
    }
    Ok(())
}

/// Reports the emails, phones and external IDs of the request that named the contact, and that this call attaches to no contact.
pub(super) fn report_only_names(
    cx: &mut Context<'_>,
    contact: ContactId,
    identifiers: &[&Identifier],
) -> Result<(), Invariant> {
    let contact = cx.state.contact(contact)?;
    let is_lasting = |id: &&Identifier| {
        matches!(
            id.kind().stability(),
            Stability::Permanent | Stability::ConditionallyPermanent
        )
    };
    for identifier in identifiers.iter().copied().filter(is_lasting) {
        if !contact.holds(&identifier.key) && !cx.decision.mentions(&identifier.key) {
            cx.decision.not_linked(identifier, None, NotLinkedReason::OnlyNames);
        }
    }
    Ok(())
}

/// Records that the request's values were seen with the contact's external ID. A value that was seen with too many of them becomes shared.
pub(super) fn record_sightings(
    cx: &mut Context<'_>,
    contact: ContactId,
    identifiers: &[&Identifier],
) -> Result<(), Invariant> {
    let Some(external_id) = cx.state.contact(contact)?.external_id() else {
        return Ok(());
    };
    let seen = Uuid::new_v5(&Uuid::NAMESPACE_OID, external_id.as_bytes());
    for identifier in identifiers.iter().copied() {
        let kind = identifier.kind();
        let is_held = cx.state.contact(contact)?.holds(&identifier.key);
        // A contact key that the contact does not hold is in no log, so an erasure would not find its sighting.
        let is_excepted = kind == IdentifierKind::ExternalId || (kind == IdentifierKind::ContactKey && !is_held);
        if is_excepted || of(&cx.state, identifier) != Evidence::Matches {
            continue;
        }
        if cx.state.was_seen_with(&identifier.key, seen) {
            continue;
        }
        let mut record = cx.state.key_record(&identifier.key);
        record.seen_with.insert(seen);
        cx.decision.has_unheld_sighting |= !is_held;
        if record.is_shared(&cx.state.policy) {
            cx.decision.report(Effect::Shared {
                identifier: identifier.clone(),
                now: true,
            });
        }
        cx.state.keys.insert(identifier.key.clone(), record);
    }
    Ok(())
}
