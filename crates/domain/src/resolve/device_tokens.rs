//! Push tokens that a device replaces.

use super::context::{ContactUpdate, Context};
use super::evidence::{self, Evidence};
use super::{held, history};
use crate::{ContactId, HeldIdentifier, Identifier, IdentifierKind, Invariant};
use std::collections::BTreeSet;

/// Removes from `contact` the mobile push tokens that the device named before, if the request brings another one of the same app: the app got a
/// new token, and the old one is out of use.
pub(super) fn replace(
    cx: &mut Context<'_>,
    update: &ContactUpdate<'_>,
    contact: ContactId,
    device: &Identifier,
) -> Result<(), Invariant> {
    let is_token = |identifier: &Identifier| {
        identifier.kind() == IdentifierKind::MobilePush && evidence::of(&cx.state, identifier) != Evidence::Blocked
    };
    let channels = update.request.channels.iter();
    let named: Vec<_> = channels.filter(|input| is_token(&input.identifier)).collect();
    let is_old = |held: &&HeldIdentifier| {
        held.kind() == IdentifierKind::MobilePush
            && held.is_visible()
            && held.details.device_id.as_deref() == Some(device.key.value.as_str())
            && named
                .iter()
                .any(|input| may_be_same_app(input.details.app(), held.details.app()))
            && !named.iter().any(|input| input.identifier.key == *held.key())
    };
    let rows = cx.state.contact(contact)?.identifiers.iter();
    let old: Vec<HeldIdentifier> = rows.filter(is_old).cloned().collect();
    if old.is_empty() {
        return Ok(());
    }
    for held in &old {
        history::record_past_ownership(cx, held);
    }
    let tokens: BTreeSet<&Identifier> = old.iter().map(|held| &held.identifier).collect();
    for token in tokens {
        held::remove_value(cx, contact, token)?;
    }
    cx.state.contact_mut(contact)?.updated_at = cx.decision.at;
    cx.decision.affected.insert(contact);
    Ok(())
}

fn may_be_same_app(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}
