//! Bounds of members in the API description. Members of one name have the same bounds, so each bound is defined once.

use crate::paging::MAX_LIMIT;
use selfsame_domain::values::AppId;
use utoipa::Number;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Object, Schema};
use utoipa::openapi::{Components, RefOr};

/// Members with numbers of contacts, segments, fields and the like. The first number is 1.
const NUMBERS: [&str; 5] = ["id", "contactId", "contactIds", "fieldId", "field"];

/// Texts that must not be empty, with their greatest length in characters.
const TEXTS: [(&str, usize); 3] = [("token", 4096), ("emails", 254), ("app", AppId::MAX_CHARS)];

/// Characters that the protocol forbids in names of types and forms (wire fact).
const WITHOUT_FORBIDDEN: (&str, &str) = ("formType", r#"^[^<;’\\/|"`'^?!,>]*$"#);

/// Adds the bounds of an operation's parameters.
pub(super) fn of_parameters(operation: &mut Operation) {
    let parameters = operation.parameters.iter_mut().flatten();
    for parameter in parameters {
        if let RefOr::T(Parameter {
            name,
            schema: Some(RefOr::T(Schema::Object(schema))),
            ..
        }) = parameter
        {
            bound_parameter(name, schema);
        }
    }
}

fn bound_parameter(name: &str, schema: &mut Object) {
    match name {
        "limit" => {
            schema.minimum = Some(Number::Int(1));
            schema.maximum = isize::try_from(MAX_LIMIT).ok().map(Number::Int);
        }
        "Idempotency-Key" => {
            schema.min_length = Some(1);
            schema.pattern = Some("^[!-~]+$".to_owned());
        }
        name => bound(name, schema),
    }
}

/// Adds the bounds of all schemas' members.
pub(super) fn of_schemas(components: &mut Components) {
    components.schemas.values_mut().for_each(of_schema);
}

fn of_schema(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            for (name, member) in &mut object.properties {
                bound_member(name, member);
                of_schema(member);
            }
            if let Some(additional) = &mut object.additional_properties
                && let AdditionalProperties::RefOr(member) = &mut **additional
            {
                of_schema(member);
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                of_schema(items);
            }
        }
        Schema::OneOf(one) => one.items.iter_mut().for_each(of_schema),
        Schema::AllOf(all) => all.items.iter_mut().for_each(of_schema),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(of_schema),
        _ => {}
    }
}

/// Bounds a member, or each of its entries.
fn bound_member(name: &str, member: &mut RefOr<Schema>) {
    match member {
        RefOr::T(Schema::Object(object)) => bound(name, object),
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                bound_member(name, items);
            }
        }
        _ => {}
    }
}

fn bound(name: &str, schema: &mut Object) {
    let described = serde_json::to_value(&*schema).unwrap_or_default();
    let is = |what: &str| {
        described["type"] == what
            || described["type"]
                .as_array()
                .is_some_and(|all| all.contains(&what.into()))
    };
    if NUMBERS.contains(&name) && is("integer") {
        schema.minimum.get_or_insert(Number::Int(1));
    }
    let has_format = described.get("format").is_some();
    if let Some((_, longest)) = TEXTS
        .iter()
        .find(|(text, _)| *text == name && is("string") && !has_format)
    {
        schema.min_length = Some(1);
        schema.max_length = schema.max_length.or(Some(*longest));
    }
    if name == WITHOUT_FORBIDDEN.0 {
        schema.pattern = Some(WITHOUT_FORBIDDEN.1.to_owned());
    }
}
