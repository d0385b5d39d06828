//! Names, address, language and custom fields of a request.

use super::claim;
use super::draft::Draft;
use super::world::World;
use crate::{
    AttributeInput, AttributeKey, AttributeValue, ContactId, ContactRequest, Effect, FieldInput, HeldIdentifier,
    Identifier, IdentifierKind, Rejection, Timestamp,
};

/// Writes what the request sends. A custom field that is unknown or does not fit its type is left out and reported (wire fact).
pub(super) fn write(world: &mut World<'_>, draft: &mut Draft, request: &ContactRequest, id: ContactId) {
    let mut inputs = request.attributes.clone();
    for input in inputs.iter().filter(|input| input.key == AttributeKey::ContactKey) {
        let old = |held: &HeldIdentifier| held.kind() == IdentifierKind::ContactKey;
        identify(world, draft, request, id, old, input.identifier());
    }
    for field in &request.fields {
        match read(world, field, draft.at) {
            Ok(input) => {
                if let AttributeKey::Field(field) = input.key
                    && world.fields.iter().any(|known| known.id == field && known.identifying)
                {
                    let old = |held: &HeldIdentifier| held.key().field() == Some(field);
                    let new = match &input.value {
                        Some(AttributeValue::Field(value)) => Some(Identifier::field(field, value)),
                        _ => None,
                    };
                    identify(world, draft, request, id, old, new);
                }
                inputs.push(input);
            }
            Err(reason) => draft.skip(&field.member, reason),
        }
    }
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    let mut changed = Vec::new();
    for input in &inputs {
        if contact.attributes.set(input, draft.at) {
            changed.push(input.key);
        }
    }
    if !changed.is_empty() {
        draft.effects.push(Effect::Changed { attributes: changed });
    }
}

/// Whether every custom field of the request exists and can take its value.
pub(super) fn check(world: &World<'_>, request: &ContactRequest, at: Timestamp) -> Result<(), Rejection> {
    for field in &request.fields {
        read(world, field, at).map_err(|reason| Rejection::InvalidField {
            member: field.member.clone(),
            reason,
        })?;
    }
    Ok(())
}

fn read(world: &World<'_>, input: &FieldInput, at: Timestamp) -> Result<AttributeInput, String> {
    let known = world
        .fields
        .iter()
        .find(|field| field.id == input.id && !field.archived);
    let field = known.ok_or_else(|| format!("there is no custom field with id={}", input.id))?;
    let text = input.text.as_deref().filter(|text| !text.trim().is_empty());
    let value = text
        .map(|text| field.read(text, at))
        .transpose()
        .map_err(|problem| problem.to_string())?;
    Ok(AttributeInput::field(input.id, value))
}

/// Keeps the identifier that an attribute is in step with its value: `old` tells what the attribute was before.
fn identify(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    old: impl Fn(&HeldIdentifier) -> bool,
    new: Option<Identifier>,
) {
    let Some(contact) = world.contacts.get(&id) else { return };
    let old: Vec<Identifier> = contact
        .identifiers
        .iter()
        .filter(|held| held.is_visible() && old(held) && Some(held.key()) != new.as_ref().map(|new| &new.key))
        .map(|held| held.identifier.clone())
        .collect();
    let held = new.as_ref().is_some_and(|new| contact.holds(&new.key));
    for old in old {
        claim::drop_value(world, draft, id, &old);
    }
    match new {
        Some(new) if held => claim::settle(world, draft, id, &new),
        Some(new) => claim::hold(world, draft, request, id, &new, None),
        None => {}
    }
}
