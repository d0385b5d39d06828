//! The state of an app token.

use super::draft::Draft;
use super::world::World;
use crate::values::{AppId, Device, Token};
use crate::{Decision, HeldIdentifier, Identifier, IdentifierKind, Outcome, Rejection, Rule, TokenChange};

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
