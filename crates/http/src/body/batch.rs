//! Bodies with a list whose entries are judged one by one.

use super::json::Step;
use super::{Document, Incoming, json};
use crate::error::{ApiError, Problem};
use crate::fields::{Fields, Problems};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A body with a list. What cannot be read in one entry is that entry's problem.
#[derive(Debug)]
pub(crate) struct Batch<'b> {
    /// The other members.
    rest: Map<String, Value>,
    /// The entries in their order; one that is `null` is no object, so that answers line up with what was sent.
    pub(crate) entries: Vec<Entry<'b>>,
}

impl Batch<'_> {
    /// The members but for the list.
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields::of(Some(&self.rest), String::new())
    }
}

/// One entry of a list.
#[derive(Debug)]
pub(crate) struct Entry<'b> {
    /// Where it stands (JSON pointer).
    pub(crate) pointer: String,
    /// The entry character for character.
    pub(crate) raw: &'b RawValue,
    read: Result<Value, Problem>,
}

impl Entry<'_> {
    /// Its members, if it is an object that can be read.
    pub(crate) fn fields(&self) -> Result<Fields<'_>, Problem> {
        match &self.read {
            Ok(Value::Object(object)) => Ok(Fields::of(Some(object), self.pointer.clone())),
            Ok(_) => Err(Problem::new(self.pointer.clone(), "must be an object")),
            Err(problem) => Err(problem.clone()),
        }
    }

    /// Reads other JSON in the place of the entry.
    pub(crate) fn read_again(&self, json: &str) -> Result<Value, Problem> {
        let step = |part: &str| match part.parse() {
            Ok(index) => Step::Entry(index),
            Err(_) => Step::Member(part.to_owned()),
        };
        let path: Vec<Step> = self.pointer.split('/').skip(1).map(step).collect();
        json::parse_part(json, &path)
    }
}

impl Incoming {
    /// The body, an object, with the entries of one of its lists apart; a single object is taken for a list (wire fact). Refuses what is no
    /// JSON, no list, or has more than `max` entries.
    pub(crate) fn batch(&self, list: &str, max: usize) -> Result<Batch<'_>, ApiError> {
        let Some(mut members) = json::members(&self.bytes) else {
            // Says what is wrong.
            self.object()?;
            return Err(ApiError::invalid("", "must be a JSON object"));
        };
        let entries = match members.remove(list) {
            Some(raw) => entries(list, raw, max)?,
            None => Vec::new(),
        };
        let mut rest = Map::new();
        for (name, raw) in members {
            let value = json::parse_part(raw.get(), &[Step::Member(name.clone())])?;
            rest.insert(name, value);
        }
        Ok(Batch { rest, entries })
    }

    /// The body, an object. What cannot be read beside the member that matters most is told, and then that member is all that is read.
    pub(crate) fn object_for(&self, name: &str) -> Result<(Document, Problems), ApiError> {
        let unread = match self.object() {
            Ok(body) => return Ok((body, Problems::default())),
            Err(ApiError::Invalid(problems)) => problems,
            Err(error) => return Err(error),
        };
        let members = json::members(&self.bytes);
        let Some(raw) = members.and_then(|members| members.get(name).copied()) else {
            return Err(ApiError::Invalid(unread));
        };
        let value = json::parse_part(raw.get(), &[Step::Member(name.to_owned())])?;
        let read = Map::from_iter([(name.to_owned(), value)]);
        Ok((Document(Value::Object(read)), unread.into()))
    }
}

fn entries<'b>(list: &str, raw: &'b RawValue, max: usize) -> Result<Vec<Entry<'b>>, ApiError> {
    let name = Step::Member(list.to_owned());
    let pointer = format!("/{list}");
    if raw.get().starts_with('{') {
        let read = json::parse_part(raw.get(), &[name]);
        return Ok(vec![Entry { pointer, raw, read }]);
    }
    if raw.get().starts_with('[') {
        let listed: Vec<&RawValue> = serde_json::from_str(raw.get())
            .map_err(|_| ApiError::Internal("a list without faults that cannot be read"))?;
        if listed.len() > max {
            let reason = format!("must have at most {max} entries, not {}", listed.len());
            return Err(ApiError::invalid(pointer, reason));
        }
        let entry = |(index, raw): (usize, &'b RawValue)| Entry {
            pointer: format!("{pointer}/{index}"),
            raw,
            read: json::parse_part(raw.get(), &[name.clone(), Step::Entry(index)]),
        };
        return Ok(listed.into_iter().enumerate().map(entry).collect());
    }
    match json::parse_part(raw.get(), &[name])? {
        Value::Null => Ok(Vec::new()),
        Value::String(text) if text.trim().is_empty() => Ok(Vec::new()),
        _ => Err(ApiError::invalid(pointer, "must be an array of objects")),
    }
}
