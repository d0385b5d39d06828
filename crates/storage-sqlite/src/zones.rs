//! Values that depend on a contact's time zone.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Type, Value};
use std::collections::HashMap;

/// Gives a connection the function `of_zone(map, zone)`: the value of a zone in a JSON object of numbers and texts, null where the zone is null or not in it.
///
/// `json_extract` would search all zones for every contact. Here the map is read once per statement.
pub(crate) fn add(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("of_zone", 2, flags, |context: &Context<'_>| {
        let zones = context.get_or_create_aux(0, |map| read(map.as_str()?))?;
        let zone = context.get_raw(1).as_str_or_null()?;
        let found = zone.and_then(|zone| zones.get(zone));
        Ok(found.cloned().unwrap_or(Value::Null))
    })
}

fn read(map: &str) -> Result<HashMap<String, Value>, rusqlite::Error> {
    let failed = |error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error));
    let map: HashMap<String, serde_json::Value> = serde_json::from_str(map).map_err(failed)?;
    let value = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Value::Text(text),
        other => other.as_i64().map_or(Value::Null, Value::Integer),
    };
    Ok(map.into_iter().map(|(zone, of_it)| (zone, value(of_it))).collect())
}
