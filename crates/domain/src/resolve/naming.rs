//! Which identifiers a request means.

use super::evidence::{self, Evidence};
use super::working_copy::WorkingCopy;
use crate::values::ChannelType;
use crate::{Call, ChannelInput, ContactRequest, Identifier, IdentifierKind, Stability, Timestamp};
use std::borrow::Cow;

/// The identifiers of a request in the order of a call's search.
pub(super) fn in_order(call: Call, request: &ContactRequest) -> impl Iterator<Item = &Identifier> {
    let steps = call.order().iter();
    steps.flat_map(|step| request.identifiers().filter(|id| step.covers(id.kind())))
}

/// The request's external ID, unless it is blocked: `null` and the like are no ID.
pub(super) fn usable_external_id<'r>(state: &WorkingCopy<'_>, request: &'r ContactRequest) -> Option<&'r Identifier> {
    request
        .external_id
        .as_ref()
        .filter(|id| evidence::of(state, id) == Evidence::Matches)
}

pub(super) fn is_changeable(identifier: &Identifier) -> bool {
    identifier.kind().stability() == Stability::Changeable
}

/// The request with each of its tokens as it is held: a token keeps the app that it was first named with, or none.
pub(super) fn as_held<'r>(state: &WorkingCopy<'_>, call: Call, request: &'r ContactRequest) -> Cow<'r, ContactRequest> {
    let held = |input: &ChannelInput| meant_in(state, call, &input.identifier);
    let differs = |input: &ChannelInput| is_changeable(&input.identifier) && held(input).key != input.identifier.key;
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

/// The token that is meant in a call. Events do not say of what kind a token is (wire fact): in an event a held token of another kind is meant
/// if none of the named kind is held.
fn meant_in(state: &WorkingCopy<'_>, call: Call, named: &Identifier) -> Identifier {
    let own = meant(state, named.clone());
    if !matches!(call, Call::Event { .. }) || state.holder(&own.key).is_some() {
        return own;
    }
    let others = named.of_other_kinds().map(|token| meant(state, token));
    others
        .filter(|token| state.holder(&token.key).is_some())
        .max_by_key(|token| last_named(state, token))
        .unwrap_or(own)
}

/// When the token was last named with the contact that holds it.
fn last_named(state: &WorkingCopy<'_>, token: &Identifier) -> Option<Timestamp> {
    let holder = state.contacts.get(&state.holder(&token.key)?)?;
    let held = holder.identifiers.iter().find(|held| held.key() == &token.key)?;
    Some(held.last_seen)
}

/// The token that is meant: the named one, if a contact holds it. Otherwise, for a token with an app, the same token without one; for a token
/// without an app, the held token of any app that was named last.
pub(super) fn meant(state: &WorkingCopy<'_>, named: Identifier) -> Identifier {
    if state.holder(&named.key).is_some() {
        return named;
    }
    if let Some(key) = named.key_without_app() {
        if state.holder(&key).is_none() {
            return named;
        }
        return Identifier { key, ..named };
    }
    let latest = state
        .tokens_of_apps(&named.key)
        .max_by_key(|(_, held)| (held.last_seen, held.first_seen));
    latest.map(|(token, _)| token.clone()).unwrap_or(named)
}
