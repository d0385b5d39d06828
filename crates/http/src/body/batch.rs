//! Bodies with a list of entries that are validated one by one.

use super::{Incoming, json, object};
use crate::error::{ApiError, Problem};
use crate::fields::{Fields, why};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A body with a list.
#[derive(Debug)]
pub(crate) struct Batch<'b> {
    /// The other members.
    rest: Map<String, Value>,
    /// The entries in their order. A `null` entry counts as an invalid one, so that answers keep the positions of the request.
    pub(crate) entries: Vec<Entry<'b>>,
}

impl Batch<'_> {
    /// The members without the list.
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields::of(Some(&self.rest), String::new())
    }
}

/// One entry of a list.
#[derive(Debug)]
pub(crate) struct Entry<'b> {
    /// Its place (JSON pointer).
    pub(crate) pointer: String,
    /// The entry character for character.
    pub(crate) raw: &'b RawValue,
    value: Value,
}

impl<'b> Entry<'b> {
    fn read(pointer: String, raw: &'b RawValue) -> Result<Self, ApiError> {
        let value = value(raw)?;
        Ok(Self { pointer, raw, value })
    }

    /// Its members, if it is an object.
    pub(crate) fn fields(&self) -> Result<Fields<'_>, Problem> {
        match &self.value {
            Value::Object(object) => Ok(Fields::of(Some(object), self.pointer.clone())),
            other => Err(Problem::new(self.pointer.clone(), why(other, "must be an object"))),
        }
    }
}

impl Incoming {
    /// The body, an object, with the entries of one of its lists separated. A single object counts as a list (wire fact). Refuses invalid
    /// JSON, a member that is no list, and a list of more than `max` entries.
    pub(crate) fn batch(&self, list: &str, max: usize) -> Result<Batch<'_>, ApiError> {
        batch_of(&self.bytes, list, max)
    }
}

/// As [`Incoming::batch`], for a stored body.
pub(crate) fn batch_of<'b>(bytes: &'b [u8], list: &str, max: usize) -> Result<Batch<'b>, ApiError> {
    let Some(mut members) = json::members(bytes) else {
        // An invalid body fails here. A valid object without readable members has a name with unpaired surrogates.
        object(bytes)?;
        let reason = "must not have names with unpaired surrogates";
        return Err(ApiError::invalid("", reason));
    };
    let entries = match members.remove(list) {
        Some(raw) => entries(list, raw, max)?,
        None => Vec::new(),
    };
    let rest = members.into_iter().map(|(name, raw)| Ok((name, value(raw)?)));
    Ok(Batch {
        rest: rest.collect::<Result<_, ApiError>>()?,
        entries,
    })
}

fn entries<'b>(list: &str, raw: &'b RawValue, max: usize) -> Result<Vec<Entry<'b>>, ApiError> {
    let pointer = format!("/{list}");
    if raw.get().starts_with('{') {
        return Ok(vec![Entry::read(pointer, raw)?]);
    }
    if raw.get().starts_with('[') {
        let listed: Vec<&RawValue> = serde_json::from_str(raw.get())
            .map_err(|_| ApiError::Internal("a list without faults that cannot be read"))?;
        if listed.len() > max {
            let reason = format!("must have at most {max} entries, not {}", listed.len());
            return Err(ApiError::invalid(pointer, reason));
        }
        let entry = |(index, raw)| Entry::read(format!("{pointer}/{index}"), raw);
        return listed.into_iter().enumerate().map(entry).collect();
    }
    match value(raw)? {
        Value::Null => Ok(Vec::new()),
        Value::String(text) if text.trim().is_empty() => Ok(Vec::new()),
        other => Err(ApiError::invalid(pointer, why(&other, "must be an array of objects"))),
    }
}

fn value(raw: &RawValue) -> Result<Value, ApiError> {
    json::value(raw).map_err(|_| ApiError::Internal("JSON without faults that cannot be read"))
}
