//! App tokens: their state, and the ones that a device replaces.

use super::claim;
use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use crate::values::{AppId, Device, Token};
use crate::{
    ContactId, ContactRequest, Decision, HeldIdentifier, Identifier, IdentifierKind, IdentifierState, Outcome,
    Rejection, Rule, TokenChange,
};

/// Activates, mutes or unmutes a token that a contact holds.
pub(super) fn change(
    world: &mut World<'_>,
    mut draft: Draft,
    app: &AppId,
    token: &Token,
    change: TokenChange,
) -> Decision {
    draft.rule = Rule::Search;
    let kinds = [
        IdentifierKind::MobilePush,
        IdentifierKind::WebPush,
        IdentifierKind::Telegram,
    ];
    let keys = kinds.map(|kind| Identifier::token(kind, Some(app), token).key);
    let found = keys.into_iter().find_map(|key| world.holder(&key).map(|id| (id, key)));
    let Some((id, key)) = found.filter(|(id, _)| world.is_active(*id)) else {
        return draft.reject(world, Rejection::TokenNotFound);
    };
    draft.matched_by = Some(key.clone());
    let Some(contact) = world.contacts.get_mut(&id) else {
        return draft.reject(world, Rejection::TokenNotFound);
    };
    let mut changed = false;
    for held in contact.identifiers.iter_mut().filter(|held| held.key() == &key) {
        changed |= apply(held, app, change);
    }
    if changed {
        contact.updated_at = draft.at;
    }
    let outcome = if changed { Outcome::Updated } else { Outcome::Unchanged };
    draft.finish(world, outcome, Some(id))
}

fn apply(held: &mut HeldIdentifier, app: &AppId, change: TokenChange) -> bool {
    let before = held.details.clone();
    match change {
        TokenChange::Active(active) => {
            let device = held.details.device.get_or_insert_with(Device::default);
            device.app_id.get_or_insert_with(|| app.clone());
            device.active = active;
        }
        TokenChange::Mute { until } => held.details.muted_until = Some(until),
        TokenChange::Unmute => held.details.muted_until = None,
    }
    held.details != before
}

/// Takes from a contact the mobile push tokens that the device named before, where the request brings another one of the same app: the
/// app was given a new token, and the old one reaches nobody.
pub(super) fn refresh(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    device: &Identifier,
) {
    let is_token = |identifier: &Identifier| {
        identifier.kind() == IdentifierKind::MobilePush && evidence::of(world, identifier) != Evidence::Blocked
    };
    let named: Vec<_> = request
        .channels
        .iter()
        .filter(|input| is_token(&input.identifier))
        .collect();
    let is_old = |held: &&HeldIdentifier| {
        held.kind() == IdentifierKind::MobilePush
            && held.is_visible()
            && held.details.device_id.as_deref() == Some(device.key.value.as_str())
            && named.iter().any(|input| input.details.app() == held.details.app())
            && !named.iter().any(|input| input.identifier.key == *held.key())
    };
    let Some(contact) = world.contacts.get(&id) else { return };
    let old = contact.identifiers.iter().filter(is_old);
    let old: std::collections::BTreeSet<Identifier> = old.map(|held| held.identifier.clone()).collect();
    for token in &old {
        claim::drop_value(world, draft, id, token);
    }
    if let Some(contact) = world.contacts.get_mut(&id).filter(|_| !old.is_empty()) {
        contact.updated_at = draft.at;
        draft.touched.insert(id);
    }
}

/// Shows a token again that an absorbed contact brought and that was replaced since. Whether there is room for it is judged anew.
pub(super) fn show_again(world: &mut World<'_>, id: ContactId, identifier: &Identifier) {
    let contact = world.contacts.get_mut(&id);
    let identifiers = contact.into_iter().flat_map(|contact| &mut contact.identifiers);
    for held in identifiers.filter(|held| held.key() == &identifier.key && !held.is_visible()) {
        held.hidden_by = None;
        held.state = IdentifierState::Quarantined;
    }
}
