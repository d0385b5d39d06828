//! Values that depend on a contact's time zone.
//!
//! They are computed here for every zone, and bound as a map. So both databases and the evaluator use the same time
//! zone database.

use crate::engine::{Engine, text};
use chrono_tz::{TZ_VARIANTS, Tz};
use sea_query::Expr;
use selfsame_domain::Timestamp;

/// A text that depends on the zone.
pub(crate) fn zoned_text(engine: Engine, value: impl Fn(Tz) -> String) -> Expr {
    let default = value(Tz::UTC);
    match map(&default, &value, Into::into) {
        Some(map) => engine.by_zone(map, text(default), false),
        None => text(default),
    }
}

/// A point in time that depends on the zone.
pub(crate) fn zoned_moment(engine: Engine, value: impl Fn(Tz) -> Timestamp) -> Expr {
    let default = value(Tz::UTC);
    match map(&default, &value, |at| engine.moment_in_map(at)) {
        Some(map) => engine.by_zone(map, engine.moment(default), true),
        None => engine.moment(default),
    }
}

/// A map of the zones whose value differs from the default; none when no zone differs.
fn map<T: PartialEq>(default: &T, value: impl Fn(Tz) -> T, write: impl Fn(T) -> serde_json::Value) -> Option<String> {
    let zones = TZ_VARIANTS.iter().map(|zone| (zone.name(), value(*zone)));
    let map: serde_json::Map<String, serde_json::Value> = zones
        .filter(|(_, value)| value != default)
        .map(|(name, value)| (name.to_owned(), write(value)))
        .collect();
    (!map.is_empty()).then(|| serde_json::Value::Object(map).to_string())
}
