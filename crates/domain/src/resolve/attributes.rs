//! Names, address, language and custom fields of a request.

use super::context::{ContactUpdate, Context};
use super::held;
use super::working_copy::WorkingCopy;
use crate::{
    AttributeInput, AttributeKey, AttributeValue, ContactRequest, Effect, FieldInput, HeldIdentifier, Identifier,
    IdentifierKind, Invariant, Rejection, Timestamp,
};

/// Writes the attributes of the request. A custom field that is unknown or does not fit its type is left out and reported (wire fact).
pub(super) fn write(cx: &mut Context<'_>, update: &ContactUpdate<'_>) -> Result<(), Invariant> {
    let mut inputs = update.request.attributes.clone();
    for input in inputs.iter().filter(|input| input.key == AttributeKey::ContactKey) {
        set_identifier(cx, update, input.key, input.identifier())?;
    }
    for field in &update.request.fields {
        match read(&cx.state, field, cx.decision.at) {
            Ok(input) => {
                if let AttributeKey::Field(id) = input.key
                    && cx.state.fields.iter().any(|known| known.id == id && known.identifying)
                {
                    let new = match &input.value {
                        Some(AttributeValue::Field(value)) => Some(Identifier::field(id, value)),
                        _ => None,
                    };
                    set_identifier(cx, update, input.key, new)?;
                }
                inputs.push(input);
            }
            Err(reason) => cx.decision.skip(&field.member, reason),
        }
    }
    let at = cx.decision.at;
    let contact = cx.state.contact_mut(update.contact)?;
    let mut attributes = Vec::new();
    for input in &inputs {
        if contact.attributes.set(input, at) {
            attributes.push(input.key);
        }
    }
    if !attributes.is_empty() {
        cx.decision.report(Effect::Changed { attributes });
    }
    Ok(())
}

/// Whether every custom field of the request exists and can take its value.
pub(super) fn check(state: &WorkingCopy<'_>, request: &ContactRequest, at: Timestamp) -> Result<(), Rejection> {
    for field in &request.fields {
        read(state, field, at).map_err(|reason| Rejection::InvalidField {
            member: field.member.clone(),
            reason,
        })?;
    }
    Ok(())
}

fn read(state: &WorkingCopy<'_>, input: &FieldInput, at: Timestamp) -> Result<AttributeInput, String> {
    let known = state
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

/// Sets the identifier that an attribute also is. Its old value stops matching.
fn set_identifier(
    cx: &mut Context<'_>,
    update: &ContactUpdate<'_>,
    attribute: AttributeKey,
    new: Option<Identifier>,
) -> Result<(), Invariant> {
    let id = update.contact;
    let is_of_attribute = |held: &HeldIdentifier| match attribute {
        AttributeKey::Field(field) => held.key().field() == Some(field),
        _ => held.kind() == IdentifierKind::ContactKey,
    };
    let is_old = |held: &&HeldIdentifier| {
        held.is_visible() && is_of_attribute(held) && Some(held.key()) != new.as_ref().map(|new| &new.key)
    };
    let contact = cx.state.contact(id)?;
    let old: Vec<Identifier> = contact
        .identifiers
        .iter()
        .filter(is_old)
        .map(|held| held.identifier.clone())
        .collect();
    let is_held = new.as_ref().is_some_and(|new| contact.holds(&new.key));
    for old in old {
        held::remove_value(cx, id, &old)?;
    }
    match new {
        Some(new) if is_held => held::reevaluate(cx, id, &new),
        Some(new) => held::attach(cx, update, &new, None),
        None => Ok(()),
    }
}
