//! Checking values against schemas.

use serde_json::Value;

/// The target of a reference; any other value is returned as it is.
pub(crate) fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().map(|target| target.trim_start_matches('#'));
    target.and_then(|target| document.pointer(target)).unwrap_or(value)
}

/// Checks a value against a schema: types, required members, unknown members, listed values. Returns the first error.
pub(crate) fn check(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        let target = target.ok_or_else(|| format!("{place}: {reference} leads nowhere"))?;
        return check(document, target, value, place);
    }
    let forms = list(schema, "oneOf").iter().chain(list(schema, "anyOf"));
    let checked: Vec<_> = forms.map(|form| check(document, form, value, place)).collect();
    if !checked.is_empty() && checked.iter().all(Result::is_err) {
        return Err(format!("{place}: {value} fits no form: {checked:?}"));
    }
    list(schema, "allOf")
        .iter()
        .try_for_each(|part| check_part(document, part, value, place))?;
    let choices = list(schema, "enum");
    if !choices.is_empty() && !choices.contains(value) {
        return Err(format!("{place}: {value} is none of {choices:?}"));
    }
    of_type(schema, value, place)?;
    if let (Some(items), Some(entries)) = (schema.get("items"), value.as_array()) {
        entries
            .iter()
            .try_for_each(|entry| check(document, items, entry, &format!("{place}[]")))?;
    }
    members(document, schema, value, place)
}

/// Checks a value against one part of a combined schema, ignoring members of the other parts.
fn check_part(document: &Value, part: &Value, value: &Value, place: &str) -> Result<(), String> {
    let part = part["$ref"]
        .as_str()
        .and_then(|name| document.pointer(name.trim_start_matches('#')))
        .unwrap_or(part);
    let Some(object) = value.as_object() else {
        return check(document, part, value, place);
    };
    let known = |name: &String| part["properties"].get(name).is_some();
    let own = object
        .iter()
        .filter(|(name, _)| known(name))
        .map(|(name, member)| (name.clone(), member.clone()));
    check(document, part, &own.collect(), place)
}

fn list<'a>(schema: &'a Value, member: &str) -> &'a [Value] {
    schema[member].as_array().map_or(&[], Vec::as_slice)
}

fn of_type(schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if types.contains(&is) {
        Ok(())
    } else {
        Err(format!("{place}: {value} is none of {types:?}"))
    }
}

fn members(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else {
        return Ok(());
    };
    let missing = list(schema, "required")
        .iter()
        .find(|name| !name.as_str().is_some_and(|name| object.contains_key(name)));
    if let Some(name) = missing {
        return Err(format!("{place}: {name} is missing"));
    }
    object.iter().try_for_each(|(name, member)| match properties.get(name) {
        Some(property) => check(document, property, member, &format!("{place}.{name}")),
        None => Err(format!("{place}: {name} is not described")),
    })
}
