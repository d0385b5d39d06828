//! JSON Schema in readable form: a short name of the type, a table of members, an example.

use super::prose::{Prose, prose};
use serde_json::{Map, Value, json};

/// How many levels of members are shown, and examples have, before a link replaces them.
const DEPTH: usize = 4;

/// The beginning of a reference to a schema.
const COMPONENT: &str = "#/components/schemas/";

/// A part of a type's name; a part that names a schema links to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The words.
    pub(super) text: String,
    /// The schema to link to.
    pub(super) link: Option<String>,
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name, after the names of the enclosing objects.
    pub(super) name: String,
    /// The name of its type.
    pub(super) kind: Vec<Piece>,
    /// Whether it is required.
    pub(super) required: bool,
    /// What it means.
    pub(super) description: Prose,
}

/// One of several forms that a value may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variant {
    /// What distinguishes it from the others.
    pub(super) title: String,
    /// What it means.
    pub(super) description: Prose,
    /// Its members.
    pub(super) members: Vec<Member>,
}

/// The schemas that references point to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemas<'a>(pub(super) Option<&'a Map<String, Value>>);

fn plain(text: impl Into<String>) -> Piece {
    Piece {
        text: text.into(),
        link: None,
    }
}

fn text<'a>(schema: &'a Value, member: &str) -> &'a str {
    schema.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(schema: &'a Value, member: &str) -> &'a [Value] {
    schema.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_null(schema: &Value) -> bool {
    text(schema, "type") == "null"
}

/// The name of the schema that a reference points to.
fn reference(schema: &Value) -> Option<&str> {
    text(schema, "$ref").strip_prefix(COMPONENT)
}

/// The alternative forms of a value, without `null`.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let all = list(schema, "oneOf").iter().chain(list(schema, "anyOf"));
    all.filter(|one| !is_null(one)).collect()
}

/// The types of a schema, without `null`.
fn types(schema: &Value) -> Vec<&str> {
    let several = list(schema, "type").iter().filter_map(Value::as_str);
    schema
        .get("type")
        .and_then(Value::as_str)
        .into_iter()
        .chain(several)
        .filter(|name| *name != "null")
        .collect()
}

fn nullable(schema: &Value) -> bool {
    list(schema, "type").iter().any(|name| name == "null")
        || list(schema, "oneOf").iter().chain(list(schema, "anyOf")).any(is_null)
}

/// The name of a type.
pub(super) fn words(schema: &Value) -> Vec<Piece> {
    let mut pieces = bare_words(schema);
    if nullable(schema) {
        pieces.push(plain(" or null"));
    }
    pieces
}

fn bare_words(schema: &Value) -> Vec<Piece> {
    if let Some(name) = reference(schema) {
        return vec![Piece {
            text: name.to_owned(),
            link: Some(name.to_owned()),
        }];
    }
    let alternatives = alternatives(schema);
    if !alternatives.is_empty() {
        return joined(alternatives.into_iter().map(words), " or ");
    }
    let choices = list(schema, "enum");
    if !choices.is_empty() {
        let quoted: Vec<String> = choices.iter().map(Value::to_string).collect();
        return vec![plain(quoted.join(" · "))];
    }
    let each = |name: &str| match name {
        "array" => {
            let mut of = vec![plain("list of ")];
            of.extend(schema.get("items").map_or_else(|| vec![plain("anything")], words));
            of
        }
        "string" => vec![plain(match text(schema, "format") {
            "" => "text".to_owned(),
            format => format!("text ({format})"),
        })],
        "integer" => vec![plain("whole number")],
        "object" if !text(schema, "type").is_empty() && schema.get("properties").is_none() => {
            let mut of = vec![plain("map")];
            if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
                of.push(plain(" of "));
                of.extend(words(values));
            }
            of
        }
        name => vec![plain(name)],
    };
    let named = types(schema);
    if named.is_empty() {
        let whole = if list(schema, "allOf").is_empty() {
            "any JSON"
        } else {
            "object"
        };
        return vec![plain(whole)];
    }
    let mut pieces = joined(named.into_iter().map(each), " or ");
    pieces.extend(bounds(schema).map(|bounds| plain(format!(", {bounds}"))));
    pieces
}

fn joined(each: impl Iterator<Item = Vec<Piece>>, between: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, part) in each.enumerate() {
        if index > 0 {
            pieces.push(plain(between));
        }
        pieces.extend(part);
    }
    pieces
}

fn bounds(schema: &Value) -> Option<String> {
    let pairs = [
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " entries"),
    ];
    pairs
        .into_iter()
        .find_map(|(least, most, unit)| match (schema.get(least), schema.get(most)) {
            (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
            (Some(least), None) => Some(format!("at least {least}{unit}")),
            (None, Some(most)) => Some(format!("at most {most}{unit}")),
            (None, None) => None,
        })
}

impl<'a> Schemas<'a> {
    /// The schema itself, or the one that it refers to.
    fn resolve(self, schema: &'a Value) -> &'a Value {
        reference(schema)
            .and_then(|name| self.0.and_then(|all| all.get(name)))
            .unwrap_or(schema)
    }

    /// The members of an object, each followed by the members of its own objects.
    pub(super) fn members(self, schema: &'a Value) -> Vec<Member> {
        let mut found = Vec::new();
        self.collect(self.resolve(schema), "", DEPTH, &mut found);
        found
    }

    fn collect(self, schema: &'a Value, prefix: &str, depth: usize, found: &mut Vec<Member>) {
        for part in list(schema, "allOf") {
            self.collect(self.resolve(part), prefix, depth, found);
        }
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return;
        };
        let required = list(schema, "required");
        for (name, property) in properties {
            let name = format!("{prefix}{name}");
            let description = self.described(property);
            found.push(Member {
                kind: words(property),
                required: required.iter().any(|each| each.as_str() == name.strip_prefix(prefix)),
                description: prose(description),
                name: name.clone(),
            });
            // A named schema has its own table.
            if depth > 0 && reference(property).is_none() {
                self.collect(property, &format!("{name}."), depth - 1, found);
                if let Some(items) = property.get("items").filter(|items| reference(items).is_none()) {
                    self.collect(items, &format!("{name}[]."), depth - 1, found);
                }
            }
        }
    }

    /// The description of a value: its own, else that of its first alternative form, else that of the schema that it
    /// refers to.
    fn described(self, schema: &'a Value) -> &'a str {
        let first = alternatives(schema).first().copied().unwrap_or(schema);
        let places = [schema, first, self.resolve(first)];
        places
            .into_iter()
            .map(|place| text(place, "description"))
            .find(|words| !words.is_empty())
            .unwrap_or_default()
    }

    /// The forms of a value that has one of several.
    pub(super) fn variants(self, schema: &'a Value) -> Vec<Variant> {
        let variant = |one: &'a Value| {
            let whole = self.resolve(one);
            Variant {
                title: tag(whole).unwrap_or_else(|| words(one).into_iter().map(|piece| piece.text).collect()),
                description: prose(text(whole, "description")),
                members: self.members(one),
            }
        };
        alternatives(self.resolve(schema)).into_iter().map(variant).collect()
    }

    /// An example of a value: the schema's own where it has one.
    pub(super) fn example(self, schema: &'a Value) -> Value {
        self.example_within(schema, DEPTH)
    }

    fn example_within(self, schema: &'a Value, depth: usize) -> Value {
        let whole = self.resolve(schema);
        let given = [schema, whole].into_iter().find_map(|schema| {
            schema
                .get("example")
                .or_else(|| list(schema, "examples").first())
                .or_else(|| schema.get("default"))
        });
        if let Some(given) = given.or_else(|| list(whole, "enum").first()) {
            return given.clone();
        }
        if let Some(first) = alternatives(whole).first() {
            return if depth == 0 {
                json!({})
            } else {
                self.example_within(first, depth - 1)
            };
        }
        let parts = list(whole, "allOf");
        if whole.get("properties").is_some() || !parts.is_empty() {
            let mut object = Map::new();
            for part in parts {
                if let Value::Object(members) = self.example_within(part, depth) {
                    object.extend(members);
                }
            }
            let properties = whole.get("properties").and_then(Value::as_object).into_iter().flatten();
            if depth > 0 {
                object.extend(properties.map(|(name, each)| (name.clone(), self.example_within(each, depth - 1))));
            }
            return Value::Object(object);
        }
        self.plain_example(whole, depth)
    }

    fn plain_example(self, schema: &'a Value, depth: usize) -> Value {
        match types(schema).first().copied() {
            Some("array") if depth > 0 => Value::Array(
                schema
                    .get("items")
                    .map(|items| self.example_within(items, depth - 1))
                    .into_iter()
                    .collect(),
            ),
            Some("array") => json!([]),
            Some("string") => json!(match text(schema, "format") {
                "date-time" => "2026-11-23T12:00:00Z",
                "uuid" => "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44",
                _ => "text",
            }),
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            Some("boolean") => json!(true),
            _ => json!({}),
        }
    }
}

/// The constant member that distinguishes a form from the others, such as `effect: moved`.
fn tag(schema: &Value) -> Option<String> {
    let own = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let found = own.filter_map(|(name, property)| match list(property, "enum") {
        [only] => Some(format!("{name}: {}", only.as_str().unwrap_or_default())),
        _ => None,
    });
    let nested = list(schema, "allOf").iter().filter_map(tag);
    found.chain(nested).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(schema: &Value) -> String {
        words(schema).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn types_in_words() {
        let cases = [
            (json!({"type": "string"}), "text"),
            (
                json!({"type": ["string", "null"], "format": "uuid"}),
                "text (uuid) or null",
            ),
            (
                json!({"type": "integer", "minimum": 1, "maximum": 9}),
                "whole number, 1 to 9",
            ),
            (
                json!({"type": "string", "maxLength": 40}),
                "text, at most 40 characters",
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/Effect"}}),
                "list of Effect",
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Key"}]}),
                "Key or null",
            ),
            (json!({"type": ["string", "integer"]}), "text or whole number"),
            (json!({"type": "string", "enum": ["a", "b"]}), "\"a\" · \"b\""),
            (
                json!({"type": "object", "additionalProperties": {"type": "boolean"}}),
                "map of boolean",
            ),
            (json!({}), "any JSON"),
        ];
        for (schema, expected) in cases {
            assert_eq!(text_of(&schema), expected, "{schema}");
        }
        let link = words(&json!({"$ref": "#/components/schemas/Effect"}));
        assert_eq!(
            link,
            [Piece {
                text: "Effect".to_owned(),
                link: Some("Effect".to_owned())
            }]
        );
    }

    #[test]
    fn members_of_named_schemas_are_linked_and_others_are_unfolded() {
        let all = json!({
            "Whole": {"allOf": [
                {"$ref": "#/components/schemas/Part"},
                {"properties": {"inner": {"type": "object", "properties": {"deep": {"type": "string"}}}}},
            ]},
            "Part": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "integer", "description": "number"}, "other": {"$ref": "#/components/schemas/Whole"},
            }},
        });
        let schemas = Schemas(all.as_object());
        let whole = json!({"$ref": "#/components/schemas/Whole"});
        let names: Vec<(String, bool)> = schemas
            .members(&whole)
            .into_iter()
            .map(|member| (member.name, member.required))
            .collect();
        let expected = [("id", true), ("other", false), ("inner", false), ("inner.deep", false)];
        assert_eq!(names, expected.map(|(name, required)| (name.to_owned(), required)));
        // A recursive schema ends at the greatest depth.
        assert!(schemas.example(&whole).get("inner").is_some());
    }

    #[test]
    fn a_meaning_is_found_wherever_it_stands() {
        let all = json!({"Key": {"description": "far"}});
        let schemas = Schemas(all.as_object());
        let far = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Key"}]});
        let near = json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Key", "description": "near"}]});
        assert_eq!(schemas.described(&far), "far");
        assert_eq!(schemas.described(&near), "near");
        assert_eq!(
            schemas.described(&json!({"type": "string", "description": "own"})),
            "own"
        );
    }

    #[test]
    fn examples_are_given_or_made() {
        let schemas = Schemas(None);
        assert_eq!(schemas.example(&json!({"type": "string", "example": "x"})), json!("x"));
        assert_eq!(
            schemas.example(&json!({"type": "string", "enum": ["a", "b"]})),
            json!("a")
        );
        let object = json!({"type": "object", "properties": {"n": {"type": ["integer", "null"], "minimum": 2}}});
        assert_eq!(schemas.example(&object), json!({"n": 2}));
        assert_eq!(
            schemas.example(&json!({"type": "array", "items": {"type": "boolean"}})),
            json!([true])
        );
    }

    #[test]
    fn variants_are_distinguished_by_their_tag() {
        let schema = json!({"oneOf": [
            {"type": "object", "description": "came", "properties": {"effect": {"type": "string", "enum": ["attached"]}}},
            {"type": "string"},
        ]});
        let variants = Schemas(None).variants(&schema);
        let titles: Vec<_> = variants.iter().map(|variant| variant.title.as_str()).collect();
        assert_eq!(titles, ["effect: attached", "text"]);
        assert_eq!(variants[0].description, prose("came"));
    }
}
