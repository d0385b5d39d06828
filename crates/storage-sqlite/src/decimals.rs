//! Exact decimals, which SQLite lacks.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use selfsame_domain::segments::compare_decimals;

/// Adds the function `decimal_cmp(text, text)` to a connection: -1, 0 or 1 as the first decimal is less than, equal to
/// or greater than the second; null when one of them is null or not a decimal.
pub(crate) fn add(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("decimal_cmp", 2, flags, |context: &Context<'_>| {
        let text = |index| context.get::<Option<String>>(index);
        let (one, other) = (text(0)?, text(1)?);
        let order = one.zip(other).and_then(|(one, other)| compare_decimals(&one, &other));
        Ok(order.map(|order| order as i64))
    })
}
