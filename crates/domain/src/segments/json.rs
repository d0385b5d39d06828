//! The JSON form of a formula.

use super::formula::Arity;
use super::formula::{Aggregate, EventCondition, EventDateCondition, EventPlace, EventTimes, OrdersCondition, Within};
use super::{Condition, Formula, Literal, Operator, Problem};
use crate::SegmentId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value, json};

/// The members by which a node is recognized. It has exactly one of them.
const FORMS: [&str; 7] = ["all", "any", "not", "segment", "field", "event", "orders"];

/// The members that a node of a form may have.
fn members_of(form: &'static str) -> &'static [&'static str] {
    match form {
        "field" => &["field", "op", "value"],
        "event" => &["event", "count", "within", "first", "last", "where"],
        "orders" => &["orders", "op", "value", "where"],
        "all" => &["all"],
        "any" => &["any"],
        "not" => &["not"],
        _ => &["segment"],
    }
}

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
            Self::Condition(condition) => condition.to_json("field"),
            Self::Event(condition) => condition.to_json(),
            Self::EventDate(condition) => condition.to_json(),
            Self::Orders(condition) => condition.to_json(),
        }
    }
}

impl EventCondition {
    fn to_json(&self) -> Value {
        let count = match self.count {
            EventTimes::AtLeast(least) => json!({"atLeast": least}),
            EventTimes::AtMost(most) => json!({"atMost": most}),
        };
        let mut members = Map::from_iter([("event".to_owned(), json!(self.event)), ("count".to_owned(), count)]);
        let within = self.within.as_ref().map(|within| match within {
            Within::LastDays(days) => json!({"lastDays": days.to_json()}),
            Within::Between { from, to } => {
                let ends = [("from", from), ("to", to)].into_iter();
                let ends = ends.filter_map(|(name, end)| Some((name.to_owned(), end.as_ref()?.to_json())));
                Value::Object(ends.collect())
            }
        });
        members.extend(within.map(|within| ("within".to_owned(), within)));
        add_filters(&mut members, &self.filters, "param");
        Value::Object(members)
    }
}

impl EventDateCondition {
    fn to_json(&self) -> Value {
        let mut test = Map::new();
        add_test(&mut test, self.operator, &self.values);
        let place = self.place.as_str().to_owned();
        let mut members = Map::from_iter([("event".to_owned(), json!(self.event)), (place, Value::Object(test))]);
        add_filters(&mut members, &self.filters, "param");
        Value::Object(members)
    }
}

impl OrdersCondition {
    fn to_json(&self) -> Value {
        let mut members = Map::from_iter([("orders".to_owned(), json!(self.aggregate.as_str()))]);
        add_test(&mut members, self.operator, &self.values);
        add_filters(&mut members, &self.filters, "field");
        Value::Object(members)
    }
}

fn add_filters(members: &mut Map<String, Value>, filters: &[Condition], name: &str) {
    if !filters.is_empty() {
        let filters = filters.iter().map(|filter| filter.to_json(name)).collect();
        members.insert("where".to_owned(), Value::Array(filters));
    }
}

fn add_test(members: &mut Map<String, Value>, operator: Operator, values: &[Literal]) {
    members.insert("op".to_owned(), json!(operator.as_str()));
    let values = || values.iter().map(Literal::to_json).collect::<Vec<_>>();
    let value = match operator.arity() {
        Arity::None => None,
        Arity::One | Arity::Days => values().pop(),
        Arity::Two | Arity::Many => Some(Value::Array(values())),
    };
    members.extend(value.map(|value| ("value".to_owned(), value)));
}

impl Condition {
    fn to_json(&self, name: &str) -> Value {
        let mut members = Map::from_iter([(name.to_owned(), json!(self.field))]);
        add_test(&mut members, self.operator, &self.values);
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
        let mut found = FORMS.into_iter().filter(|form| members.contains_key(*form));
        let (Some(form), None) = (found.next(), found.next()) else {
            return self.refuse(at, format!("must have one of {}", FORMS.join(", ")));
        };
        self.only(members, members_of(form), at, form);
        let part = &members[form];
        let inside = format!("{at}/{form}");
        match form {
            "all" => self.parts(part, &inside, depth).map(Formula::All),
            "any" => self.parts(part, &inside, depth).map(Formula::Any),
            "not" => self
                .formula(part, &inside, depth + 1)
                .map(|part| Formula::Not(Box::new(part))),
            "segment" => match part.as_i64().filter(|id| *id > 0) {
                Some(id) => Some(Formula::Segment(SegmentId(id))),
                None => self.refuse(&inside, "must be the number of a segment"),
            },
            "event" => match EventPlace::ALL
                .into_iter()
                .find(|place| members.contains_key(place.as_str()))
            {
                Some(place) => self.event_date(members, place, at).map(Formula::EventDate),
                None => self.event(members, at).map(Formula::Event),
            },
            "orders" => self.orders(members, at).map(Formula::Orders),
            _ => self.condition(members, "field", at).map(Formula::Condition),
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

    /// Refuses members of other names than these. The pointer repeats names of the language alone, never one that a sender made up.
    fn only(&mut self, members: &Map<String, Value>, known: &[&str], at: &str, form: &str) {
        for unknown in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let is_ours = FORMS.contains(&unknown.as_str()) || ["op", "value"].contains(&unknown.as_str());
            let pointer = if is_ours {
                format!("{at}/{unknown}")
            } else {
                at.to_owned()
            };
            self.refuse::<()>(&pointer, format!("has a member that does not belong beside {form}"));
        }
    }

    fn condition(&mut self, members: &Map<String, Value>, name: &str, at: &str) -> Option<Condition> {
        let field = match members.get(name) {
            Some(Value::String(field)) if !field.is_empty() => Some(field.clone()),
            _ => self.refuse(&format!("{at}/{name}"), "must be a name"),
        };
        let (operator, values) = self.test(members, at)?;
        Some(Condition {
            field: field?,
            operator,
            values,
        })
    }

    fn test(&mut self, members: &Map<String, Value>, at: &str) -> Option<(Operator, Vec<Literal>)> {
        let operator = members.get("op").and_then(Value::as_str).and_then(Operator::from_text);
        let Some(operator) = operator else {
            let known: Vec<&str> = Operator::ALL.iter().map(|operator| operator.as_str()).collect();
            return self.refuse(&format!("{at}/op"), format!("must be one of {}", known.join(", ")));
        };
        let values = self.values(members.get("value"), operator, &format!("{at}/value"))?;
        Some((operator, values))
    }

    fn filters(&mut self, members: &Map<String, Value>, name: &str, at: &str) -> Option<Vec<Condition>> {
        let filters = match members.get("where") {
            None | Some(Value::Null) => return Some(Vec::new()),
            Some(Value::Array(filters)) if filters.len() <= Formula::MOST_FILTERS => filters,
            Some(_) => {
                let reason = format!("must be an array of at most {} conditions", Formula::MOST_FILTERS);
                return self.refuse(&format!("{at}/where"), reason);
            }
        };
        let mut read = Vec::new();
        for (index, filter) in filters.iter().enumerate() {
            let at = format!("{at}/where/{index}");
            let Some(members) = filter.as_object() else {
                return self.refuse(&at, "must be an object");
            };
            self.only(members, &[name, "op", "value"], &at, name);
            read.push(self.condition(members, name, &at)?);
        }
        self.nodes += read.len();
        Some(read)
    }

    fn event_type(&mut self, members: &Map<String, Value>, at: &str) -> Option<String> {
        match members.get("event") {
            Some(Value::String(event)) => Some(event.clone()),
            _ => self.refuse(&format!("{at}/event"), "must be the key of a type of events"),
        }
    }

    fn event_date(&mut self, members: &Map<String, Value>, place: EventPlace, at: &str) -> Option<EventDateCondition> {
        let name = place.as_str();
        for other in ["count", "within", "last"] {
            if other != name && members.contains_key(other) {
                return self.refuse(&format!("{at}/{other}"), format!("must be left out beside {name}"));
            }
        }
        let event = self.event_type(members, at);
        let inside = format!("{at}/{name}");
        let Some(test) = members.get(name).and_then(Value::as_object) else {
            return self.refuse(&inside, "must be an object with op and value");
        };
        self.only(test, &["op", "value"], &inside, name);
        let (operator, values) = self.test(test, &inside)?;
        let filters = self.filters(members, "param", at)?;
        Some(EventDateCondition {
            event: event?,
            place,
            operator,
            values,
            filters,
        })
    }

    fn event(&mut self, members: &Map<String, Value>, at: &str) -> Option<EventCondition> {
        let event = self.event_type(members, at);
        let count = match members.get("count") {
            None | Some(Value::Null) => Some(EventTimes::AtLeast(1)),
            Some(count) => self.times(count, &format!("{at}/count")),
        };
        let within = match members.get("within") {
            None | Some(Value::Null) => None,
            Some(within) => Some(self.within(within, &format!("{at}/within"))?),
        };
        let filters = self.filters(members, "param", at)?;
        Some(EventCondition {
            event: event?,
            count: count?,
            within,
            filters,
        })
    }

    fn times(&mut self, value: &Value, at: &str) -> Option<EventTimes> {
        let members = value.as_object().filter(|members| members.len() == 1);
        let number = |name: &str| {
            let number = members.and_then(|members| members.get(name)).and_then(Value::as_u64);
            number.filter(|number| *number <= Formula::MOST_TIMES)
        };
        match (number("atLeast"), number("atMost")) {
            (Some(least), None) => Some(EventTimes::AtLeast(least)),
            (None, Some(most)) => Some(EventTimes::AtMost(most)),
            _ => {
                let most = Formula::MOST_TIMES;
                self.refuse(
                    at,
                    format!("must have atLeast or atMost, a whole number from 0 to {most}"),
                )
            }
        }
    }

    fn within(&mut self, value: &Value, at: &str) -> Option<Within> {
        let Some(members) = value.as_object().filter(|members| !members.is_empty()) else {
            return self.refuse(at, "must have lastDays, or from and to");
        };
        if let Some(days) = members.get("lastDays").filter(|_| members.len() == 1) {
            return self.literal(days, &format!("{at}/lastDays")).map(Within::LastDays);
        }
        if members.keys().any(|name| name != "from" && name != "to") {
            return self.refuse(at, "must have lastDays, or from and to");
        }
        let mut end = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.literal(value, &format!("{at}/{name}")).map(Some),
        };
        let (from, to) = (end("from")?, end("to")?);
        if from.is_none() && to.is_none() {
            return self.refuse(at, "must have lastDays, or from and to");
        }
        Some(Within::Between { from, to })
    }

    fn orders(&mut self, members: &Map<String, Value>, at: &str) -> Option<OrdersCondition> {
        let named = members.get("orders").and_then(Value::as_str);
        let mut known = Aggregate::ALL.into_iter();
        let Some((aggregate, _, _)) = known.find(|(_, name, _)| Some(*name) == named) else {
            return self.refuse(&format!("{at}/orders"), "must be one of count, sum, average, lastDate");
        };
        let (operator, values) = self.test(members, at)?;
        Some(OrdersCondition {
            aggregate,
            operator,
            values,
            filters: self.filters(members, "field", at)?,
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
