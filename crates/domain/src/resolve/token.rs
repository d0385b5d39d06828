//! The state of app tokens.

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::naming;
use crate::values::{AppId, Device, Token};
use crate::{HeldIdentifier, Identifier, IdentifierKind, Outcome, Rejection, Rule, TokenChange};

/// Activates, mutes or unmutes a token that a contact holds.
pub(super) fn change(cx: &mut Context<'_>, app: &AppId, token: &Token, change: TokenChange) -> Verdict {
    cx.decision.rule = Rule::Search;
    let kinds = [
        IdentifierKind::MobilePush,
        IdentifierKind::WebPush,
        IdentifierKind::Telegram,
    ];
    let mut keys = kinds
        .into_iter()
        .map(|kind| naming::meant(&cx.state, Identifier::token(kind, Some(app), token)).key);
    let found = keys.find_map(|key| Some((cx.state.holder(&key)?, key)));
    let found = found.filter(|(id, _)| cx.state.is_active(*id));
    let (id, key) = found.ok_or(Rejection::TokenNotFound)?;
    let at = cx.decision.at;
    let contact = cx.state.contact_mut(id)?;
    let mut is_changed = false;
    for held in contact.identifiers.iter_mut().filter(|held| held.key() == &key) {
        is_changed |= apply(held, app, change);
    }
    if is_changed {
        contact.updated_at = at;
    }
    cx.decision.matched_by = Some(key);
    let outcome = if is_changed {
        Outcome::Updated
    } else {
        Outcome::Unchanged
    };
    Ok(Decided::about(id, outcome))
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
