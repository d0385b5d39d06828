//! The JSON form of a formula.

use super::formula::Arity;
use super::{Condition, Formula, Literal, Operator, Problem};
use crate::SegmentId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value, json};

/// The kinds of nodes: a node has exactly one of these members.
const FORMS: &str = "must have one of all, any, not, segment, field";

impl Formula {
    /// Reads the JSON form. Every problem names its part; an unknown member is a problem, because a condition that is passed over would
    /// change who is a member.
    pub fn read(value: &Value) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::default();
        let formula = reader.formula(value, "", 0);
        if reader.nodes > Self::MOST_NODES {
            let reason = format!("must have at most {} conditions and joins", Self::MOST_NODES);
            return Err(vec![Problem::new("", reason)]);
        }
        formula.filter(|_| reader.problems.is_empty()).ok_or(reader.problems)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Value {
        let all = |parts: &[Self]| Value::Array(parts.iter().map(Self::to_json).collect());
        match self {
            Self::All(parts) => json!({"all": all(parts)}),
            Self::Any(parts) => json!({"any": all(parts)}),
            Self::Not(part) => json!({"not": part.to_json()}),
            Self::Segment(id) => json!({"segment": id.0}),
            Self::Condition(condition) => condition.to_json(),
        }
    }
}

impl Condition {
    fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("field".to_owned(), json!(self.field));
        members.insert("op".to_owned(), json!(self.operator.as_str()));
        let values = || self.values.iter().map(Literal::to_json).collect::<Vec<_>>();
        let value = match self.operator.arity() {
            Arity::None => None,
            Arity::One | Arity::Days => values().pop(),
            Arity::Two | Arity::Many => Some(Value::Array(values())),
        };
        members.extend(value.map(|value| ("value".to_owned(), value)));
        Value::Object(members)
    }
}

impl Literal {
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            // Numbers beyond the precision of JSON's are exact as text.
            Self::Number(text) => match serde_json::from_str::<serde_json::Number>(text) {
                Ok(number) if number.to_string() == *text => Value::Number(number),
                _ => json!(text),
            },
        }
    }
}

#[derive(Debug, Default)]
struct Reader {
    nodes: usize,
    problems: Vec<Problem>,
}

impl Reader {
    /// Notes a problem and gives nothing.
    fn refuse<T>(&mut self, pointer: &str, reason: impl Into<String>) -> Option<T> {
        // More of them are of no use.
        if self.problems.len() < 20 {
            self.problems.push(Problem::new(pointer, reason));
        }
        None
    }

    fn formula(&mut self, value: &Value, at: &str, depth: usize) -> Option<Formula> {
        self.nodes += 1;
        if depth > Formula::DEEPEST {
            return self.refuse(at, format!("must be nested at most {} deep", Formula::DEEPEST));
        }
        if self.nodes > Formula::MOST_NODES {
            return None;
        }
        let Some(members) = value.as_object() else {
            return self.refuse(at, "must be an object");
        };
        let forms = ["all", "any", "not", "segment", "field"];
        let mut found = forms.into_iter().filter(|form| members.contains_key(*form));
        let (Some(form), None) = (found.next(), found.next()) else {
            return self.refuse(at, FORMS);
        };
        let known: &[&str] = if form == "field" {
            &["field", "op", "value"]
        } else {
            &[form]
        };
        for unknown in members.keys().filter(|name| !known.contains(&name.as_str())) {
            // The names of the language are said; a name that a sender made up is not repeated.
            let pointer = if forms.contains(&unknown.as_str()) || unknown == "op" || unknown == "value" {
                format!("{at}/{unknown}")
            } else {
                at.to_owned()
            };
            self.refuse::<()>(&pointer, format!("has a member that does not belong beside {form}"));
        }
        let part = &members[form];
        let at = format!("{at}/{form}");
        match form {
            "all" => self.parts(part, &at, depth).map(Formula::All),
            "any" => self.parts(part, &at, depth).map(Formula::Any),
            "not" => self
                .formula(part, &at, depth + 1)
                .map(|part| Formula::Not(Box::new(part))),
            "segment" => match part.as_i64().filter(|id| *id > 0) {
                Some(id) => Some(Formula::Segment(SegmentId(id))),
                None => self.refuse(&at, "must be the number of a segment"),
            },
            _ => self
                .condition(members, at.trim_end_matches("/field"))
                .map(Formula::Condition),
        }
    }

    fn parts(&mut self, value: &Value, at: &str, depth: usize) -> Option<Vec<Formula>> {
        let Some(parts) = value.as_array().filter(|parts| !parts.is_empty()) else {
            return self.refuse(at, "must be an array of at least one condition");
        };
        let read: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| self.formula(part, &format!("{at}/{index}"), depth + 1))
            .collect();
        read.into_iter().collect()
    }

    fn condition(&mut self, members: &Map<String, Value>, at: &str) -> Option<Condition> {
        let field = match members.get("field") {
            Some(Value::String(field)) => Some(field.clone()),
            _ => self.refuse(&format!("{at}/field"), "must be the name of a field"),
        };
        let operator = members.get("op").and_then(Value::as_str).and_then(Operator::from_text);
        let Some(operator) = operator else {
            let known: Vec<&str> = Operator::ALL.iter().map(|operator| operator.as_str()).collect();
            return self.refuse(&format!("{at}/op"), format!("must be one of {}", known.join(", ")));
        };
        let values = self.values(members.get("value"), operator, &format!("{at}/value"))?;
        Some(Condition {
            field: field?,
            operator,
            values,
        })
    }

    fn values(&mut self, value: Option<&Value>, operator: Operator, at: &str) -> Option<Vec<Literal>> {
        let value = value.filter(|value| !value.is_null());
        let Some(value) = value else {
            return match operator.arity() {
                Arity::None => Some(Vec::new()),
                _ => self.refuse(at, "is required by the operator"),
            };
        };
        match operator.arity() {
            Arity::None => self.refuse(at, "must be left out: the operator takes no value"),
            Arity::One | Arity::Days => self.literal(value, at).map(|literal| vec![literal]),
            Arity::Many => match value.as_array() {
                Some(values) if (1..=Formula::MOST_VALUES).contains(&values.len()) => self.literals(values, at),
                _ => self.refuse(at, format!("must be an array of 1 to {} values", Formula::MOST_VALUES)),
            },
            Arity::Two => match value {
                Value::Array(values) if values.len() == 2 => self.literals(values, at),
                Value::Object(ends) if ends.len() == 2 && ends.contains_key("from") && ends.contains_key("to") => {
                    self.literals(&[ends["from"].clone(), ends["to"].clone()], at)
                }
                _ => self.refuse(
                    at,
                    "must be an array of two values, the least and the greatest, or have from and to",
                ),
            },
        }
    }

    fn literals(&mut self, values: &[Value], at: &str) -> Option<Vec<Literal>> {
        let read: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(index, value)| self.literal(value, &format!("{at}/{index}")))
            .collect();
        read.into_iter().collect()
    }

    fn literal(&mut self, value: &Value, at: &str) -> Option<Literal> {
        match value {
            Value::Number(number) => Some(Literal::Number(number.to_string())),
            Value::String(text) if text.is_empty() => {
                self.refuse(at, "must not be empty: use is_empty to find contacts without a value")
            }
            Value::String(text) if text.chars().count() > Formula::LONGEST_VALUE => self.refuse(
                at,
                format!("must be at most {} characters long", Formula::LONGEST_VALUE),
            ),
            Value::String(text) if text.contains('\0') => self.refuse(at, "must not have a NUL character"),
            Value::String(text) => Some(Literal::Text(text.clone())),
            _ => self.refuse(at, "must be a text or a number"),
        }
    }
}

impl Serialize for Formula {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Formula {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::read(&value).map_err(|problems| {
            let reasons = problems.iter().map(|problem| problem.reason.as_str());
            de::Error::custom(reasons.collect::<Vec<_>>().join("; "))
        })
    }
}
