//! Names, address, language and custom fields of a request.

use super::claim;
use super::draft::Draft;
use super::world::World;
use crate::{
    AttributeInput, AttributeKey, ContactId, ContactRequest, Effect, FieldId, FieldInput, Identifier, IdentifierKind,
};

/// Writes what the request sends. A custom field that is unknown or does not fit its type is left out and reported (wire fact).
pub(super) fn write(world: &mut World<'_>, draft: &mut Draft, request: &ContactRequest, id: ContactId) {
    let mut inputs = request.attributes.clone();
    for field in &request.fields {
        match read(world, field) {
            Ok(input) => {
                if let AttributeKey::Field(field) = input.key
                    && world.fields.iter().any(|known| known.id == field && known.identifying)
                {
                    identify(world, draft, request, id, field, &input);
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

fn read(world: &World<'_>, input: &FieldInput) -> Result<AttributeInput, String> {
    let known = world
        .fields
        .iter()
        .find(|field| field.id == input.id && !field.archived);
    let field = known.ok_or_else(|| format!("there is no custom field with id={}", input.id))?;
    let text = input.text.as_deref().filter(|text| !text.trim().is_empty());
    let value = text
        .map(|text| field.read(text))
        .transpose()
        .map_err(|problem| problem.to_string())?;
    Ok(AttributeInput::field(input.id, value))
}

/// Keeps the identifier of a custom field that identifies in step with its value.
fn identify(
    world: &mut World<'_>,
    draft: &mut Draft,
    request: &ContactRequest,
    id: ContactId,
    field: FieldId,
    input: &AttributeInput,
) {
    let new = match &input.value {
        Some(crate::AttributeValue::Field(value)) => Some(Identifier::field(field, value)),
        _ => None,
    };
    let Some(contact) = world.contacts.get(&id) else { return };
    let old: Vec<Identifier> = contact
        .visible(IdentifierKind::Field)
        .into_iter()
        .filter(|held| held.key().field() == Some(field) && Some(held.key()) != new.as_ref().map(|new| &new.key))
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
