//! The API page's contents, read from the API's description.

use super::prose::{Prose, Span, prose};
use super::schema::{Member, Piece, Schemas, Variant, words};
use serde_json::Value;

/// The whole page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: Prose,
    pub(super) groups: Vec<Group>,
    pub(super) schemas: Vec<Definition>,
}

/// Operations of one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) anchor: String,
    pub(super) name: String,
    pub(super) description: Prose,
    pub(super) operations: Vec<Operation>,
}

/// One method of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    pub(super) anchor: String,
    /// The method in lower case: the CSS class of its label.
    pub(super) class: String,
    pub(super) method: String,
    pub(super) path: String,
    /// One sentence.
    pub(super) title: Vec<Span>,
    pub(super) description: Prose,
    pub(super) secured: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) request: Option<Payload>,
    pub(super) successes: Vec<Answer>,
    pub(super) errors: Vec<Answer>,
}

/// A parameter of a path, a query or a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) kind: Vec<Piece>,
    pub(super) required: bool,
    pub(super) description: Prose,
}

/// A body: its media type, its schema, an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) media: String,
    pub(super) kind: Vec<Piece>,
    pub(super) members: Vec<Member>,
    /// Names, which may be empty, and texts.
    pub(super) examples: Vec<(String, String)>,
    /// Whether the examples are expanded.
    pub(super) open: bool,
}

/// A status with its description, headers and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: String,
    /// The first digit of the status: the CSS class of its label.
    pub(super) class: String,
    pub(super) description: Prose,
    pub(super) headers: Vec<(String, Prose)>,
    pub(super) payloads: Vec<Payload>,
}

/// A schema with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) kind: Vec<Piece>,
    pub(super) description: Prose,
    pub(super) members: Vec<Member>,
    pub(super) variants: Vec<Variant>,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn entries<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(member).and_then(Value::as_object).into_iter().flatten()
}

fn slug(text: &str) -> String {
    let dashed: String = text
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    dashed
        .split('-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

impl Page {
    /// Reads the document.
    pub(super) fn of(document: &Value) -> Self {
        let null = Value::Null;
        let info = document.get("info").unwrap_or(&null);
        let components = document.pointer("/components/schemas").and_then(Value::as_object);
        let schemas = Schemas(components);
        Self {
            title: text(info, "title").to_owned(),
            version: text(info, "version").to_owned(),
            description: prose(text(info, "description")),
            groups: groups(document, schemas),
            schemas: components
                .into_iter()
                .flatten()
                .map(|(name, schema)| definition(name, schema, schemas))
                .collect(),
        }
    }
}

/// Groups by tag: the document's list of tags in its order, then tags that only operations name.
fn groups(document: &Value, schemas: Schemas<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = items(document, "tags")
        .map(|tag| group(text(tag, "name"), text(tag, "description")))
        .collect();
    for (path, item) in entries(document, "paths") {
        for method in METHODS {
            let Some(found) = item.get(method) else { continue };
            let name = items(found, "tags").next().and_then(Value::as_str).unwrap_or("Other");
            let index = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
                groups.push(group(name, ""));
                groups.len() - 1
            });
            let mut operation = operation((path, method), found, document, schemas);
            operation.secured = is_secured(found.get("security").or_else(|| document.get("security")));
            groups[index].operations.push(operation);
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    groups
}

/// Whether every request needs a key: no alternative of the security requirement is empty.
fn is_secured(ways: Option<&Value>) -> bool {
    let ways = ways.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    !ways.is_empty()
        && ways
            .iter()
            .all(|way| way.as_object().is_some_and(|schemes| !schemes.is_empty()))
}

fn group(name: &str, description: &str) -> Group {
    let (anchor, name, description) = (slug(name), name.to_owned(), prose(description));
    Group {
        anchor,
        name,
        description,
        operations: Vec::new(),
    }
}

fn operation((path, method): (&str, &str), found: &Value, document: &Value, schemas: Schemas<'_>) -> Operation {
    let answers =
        entries(found, "responses").map(|(status, response)| answer(status, followed(document, response), schemas));
    let (errors, successes) = answers.partition(|answer| matches!(answer.class.as_str(), "4" | "5"));
    let request = found
        .get("requestBody")
        .and_then(|body| payloads(body, true, schemas).into_iter().next());
    // The first sentence is the title; what follows it explains.
    let summary = text(found, "summary");
    let (title, more) = summary.split_once(". ").unwrap_or((summary, ""));
    let title = prose(title.trim_end_matches('.')).into_iter().flatten().collect();
    let description = prose(more)
        .into_iter()
        .chain(prose(text(found, "description")))
        .collect();
    Operation {
        anchor: slug(&format!("{method} {path}")),
        class: method.to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        title,
        description,
        secured: false,
        parameters: items(found, "parameters").map(parameter).collect(),
        request,
        successes,
        errors,
    }
}

/// The target of a reference; any other value is returned as it is.
fn followed<'a>(document: &'a Value, found: &'a Value) -> &'a Value {
    let target = text(found, "$ref").strip_prefix('#');
    target.and_then(|target| document.pointer(target)).unwrap_or(found)
}

fn parameter(found: &Value) -> Parameter {
    Parameter {
        name: text(found, "name").to_owned(),
        place: text(found, "in").to_owned(),
        kind: found.get("schema").map(words).unwrap_or_default(),
        required: found.get("required").and_then(Value::as_bool).unwrap_or_default(),
        description: prose(text(found, "description")),
    }
}

fn answer(status: &str, response: &Value, schemas: Schemas<'_>) -> Answer {
    let header = |(name, header): (&String, &Value)| (name.clone(), prose(text(header, "description")));
    Answer {
        status: status.to_owned(),
        class: status.chars().take(1).collect(),
        description: prose(text(response, "description")),
        headers: entries(response, "headers").map(header).collect(),
        payloads: payloads(response, status.starts_with('2'), schemas),
    }
}

fn payloads(body: &Value, open: bool, schemas: Schemas<'_>) -> Vec<Payload> {
    let payload = |(media, content): (&String, &Value)| {
        let schema = content.get("schema")?;
        Some(Payload {
            media: media.clone(),
            kind: words(schema),
            members: schemas.members(schema),
            examples: examples(content, schema, media, schemas),
            open,
        })
    };
    entries(body, "content").filter_map(payload).collect()
}

fn examples(content: &Value, schema: &Value, media: &str, schemas: Schemas<'_>) -> Vec<(String, String)> {
    let named: Vec<(String, String)> = entries(content, "examples")
        .filter_map(|(name, example)| Some((name.clone(), pretty(example.get("value")?))))
        .collect();
    if !named.is_empty() {
        return named;
    }
    match content.get("example") {
        Some(example) => vec![(String::new(), pretty(example))],
        None if media.contains("json") => vec![(String::new(), pretty(&schemas.example(schema)))],
        None => Vec::new(),
    }
}

/// Texts as they are, everything else as indented JSON.
fn pretty(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    }
}

fn definition(name: &str, schema: &Value, schemas: Schemas<'_>) -> Definition {
    let members = schemas.members(schema);
    let variants = schemas.variants(schema);
    let is_plain = members.is_empty() && variants.is_empty();
    Definition {
        name: name.to_owned(),
        kind: if is_plain { words(schema) } else { Vec::new() },
        description: prose(text(schema, "description")),
        members,
        variants,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_grouped_by_tag_in_the_order_of_the_tags() {
        let operation = |tag: &str| json!({"tags": [tag], "summary": "Does it. Well.", "responses": {}});
        let document = json!({
            "info": {"title": "T", "version": "1"},
            "tags": [{"name": "Second things"}, {"name": "First"}, {"name": "Empty"}],
            "paths": {
                "/a": {"get": operation("First"), "post": operation("Third")},
                "/b/{id}": {"delete": operation("Second things")},
            },
        });
        let page = Page::of(&document);
        let names: Vec<_> = page
            .groups
            .iter()
            .map(|group| (group.anchor.as_str(), group.operations.len()))
            .collect();
        assert_eq!(names, [("second-things", 1), ("first", 1), ("third", 1)]);
        assert_eq!(page.groups[0].operations[0].anchor, "delete-b-id");
        assert_eq!(page.groups[0].operations[0].title[0].text, "Does it");
        assert_eq!(page.groups[0].operations[0].description, prose("Well."));
    }

    #[test]
    fn an_operation_is_secured_by_itself_or_by_the_document() {
        let whole = json!([{"basic": []}, {"bearer": []}]);
        let page = |own: Value| {
            let document = json!({"security": whole, "paths": {"/a": {"get": own}}});
            Page::of(&document).groups[0].operations[0].secured
        };
        assert!(page(json!({})));
        assert!(!page(json!({"security": [{}]})));
        assert!(!page(json!({"security": []})));
        assert!(page(json!({"security": [{"basic": []}]})));
    }

    #[test]
    fn bodies_come_with_examples() {
        let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
        let made = json!({"content": {"application/json": {"schema": schema}}});
        let given = json!({"content": {"text/plain": {"schema": {"type": "string"}, "example": "ok"}}});
        let named = json!({"content": {"application/json": {"schema": schema, "examples": {"a": {"value": 1}}}}});
        let first = |body: &Value| payloads(body, true, Schemas(None)).remove(0).examples;
        assert_eq!(first(&made), [(String::new(), "{\n  \"id\": 1\n}".to_owned())]);
        assert_eq!(first(&given), [(String::new(), "ok".to_owned())]);
        assert_eq!(first(&named), [("a".to_owned(), "1".to_owned())]);
    }
}
