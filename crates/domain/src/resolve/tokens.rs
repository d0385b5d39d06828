//! App tokens: their state, and the ones that a device replaces.

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use super::{claim, visitors};
use crate::values::{AppId, ChannelType, Device, Token};
use crate::{
    Call, ChannelInput, ContactId, ContactRequest, Decision, HeldIdentifier, Identifier, IdentifierKind,
    IdentifierState, Outcome, Rejection, Rule, Timestamp, TokenChange,
};
use std::borrow::Cow;

/// The request with each of its tokens as it is held: a token keeps the app that it was first named with, or none.
pub(super) fn as_held<'r>(world: &World<'_>, call: Call, request: &'r ContactRequest) -> Cow<'r, ContactRequest> {
    let held = |input: &ChannelInput| meant_in(world, call, &input.identifier);
    let differs = |input: &ChannelInput| held(input).key != input.identifier.key;
    if !request.channels.iter().any(differs) {
        return Cow::Borrowed(request);
    }
    let mut request = request.clone();
    for input in &mut request.channels {
        input.identifier = held(input);
        input.channel = match input.identifier.kind() {
            IdentifierKind::WebPush => ChannelType::WebPush,
            IdentifierKind::Telegram => ChannelType::Telegram,
            _ => input.channel,
        };
    }
    Cow::Owned(request)
}

/// The token that is meant in a call: events do not say of what kind it is (wire fact), so there one of another kind is meant where somebody
/// holds that.
fn meant_in(world: &World<'_>, call: Call, named: &Identifier) -> Identifier {
    let own = meant(world, named.clone());
    if !matches!(call, Call::Event { .. }) || world.holder(&own.key).is_some() {
        return own;
    }
    let others = named.of_other_kinds().map(|token| meant(world, token));
    others
        .filter(|token| world.holder(&token.key).is_some())
        .max_by_key(|token| last_named(world, token))
        .unwrap_or(own)
}

/// When the token was last named by whoever holds it.
fn last_named(world: &World<'_>, token: &Identifier) -> Option<Timestamp> {
    let holder = world.contacts.get(&world.holder(&token.key)?)?;
    let held = holder.identifiers.iter().find(|held| held.key() == &token.key)?;
    Some(held.last_seen)
}

/// The token that is meant: the one that is named, if somebody holds it. Else, of one that is named with an app, the same without any; of
/// one that is named without an app, the one of whatever app that was named last.
fn meant(world: &World<'_>, named: Identifier) -> Identifier {
    if world.holder(&named.key).is_some() {
        return named;
    }
    if let Some(nameless) = named.nameless() {
        if world.holder(&nameless).is_none() {
            return named;
        }
        return Identifier { key: nameless, ..named };
    }
    let latest = world
        .qualified(&named.key)
        .max_by_key(|(_, held)| (held.last_seen, held.first_seen));
    latest.map(|(token, _)| token.clone()).unwrap_or(named)
}

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
    let keys = kinds.map(|kind| meant(world, Identifier::token(kind, Some(app), token)).key);
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
            && named
                .iter()
                .any(|input| is_same_app(input.details.app(), held.details.app()))
            && !named.iter().any(|input| input.identifier.key == *held.key())
    };
    let Some(contact) = world.contacts.get(&id) else { return };
    let old: Vec<HeldIdentifier> = contact.identifiers.iter().filter(is_old).cloned().collect();
    for held in &old {
        visitors::had(world, draft, held);
    }
    let tokens: std::collections::BTreeSet<&Identifier> = old.iter().map(|held| &held.identifier).collect();
    for token in tokens {
        claim::drop_value(world, draft, id, token);
    }
    if let Some(contact) = world.contacts.get_mut(&id).filter(|_| !old.is_empty()) {
        contact.updated_at = draft.at;
        draft.touched.insert(id);
    }
}

/// Whether nothing says that they are two apps.
fn is_same_app(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
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
