//! Exact decimals, which SQLite lacks.

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use selfsame_domain::segments::{add_decimals, compare_decimals, multiply_decimal};

/// Gives a connection functions of decimals in text form. Each is null when it is given null or what is no decimal, and where a result has
/// too many digits:
///
/// - `decimal_cmp(one, other)`: -1, 0 or 1 as the first is less than, equal to or greater than the second;
/// - `decimal_mul(decimal, whole)`: so many times the decimal;
/// - `decimal_sum(decimal)`: the sum of a group, null for none.
pub(crate) fn add(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("decimal_cmp", 2, flags, |context: &Context<'_>| {
        let text = |index| context.get::<Option<String>>(index);
        let (one, other) = (text(0)?, text(1)?);
        let order = one.zip(other).and_then(|(one, other)| compare_decimals(&one, &other));
        Ok(order.map(|order| order as i64))
    })?;
    connection.create_scalar_function("decimal_mul", 2, flags, |context: &Context<'_>| {
        let decimal = context.get::<Option<String>>(0)?;
        let times = context.get::<Option<i64>>(1)?;
        Ok(decimal
            .zip(times)
            .and_then(|(decimal, times)| multiply_decimal(&decimal, times)))
    })?;
    connection.create_aggregate_function("decimal_sum", 1, flags, Sum)
}

struct Sum;

/// The sum so far; none when a value is no decimal or there are too many digits.
impl Aggregate<Option<String>, Option<String>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<String>> {
        Ok(Some("0".to_owned()))
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Option<String>) -> rusqlite::Result<()> {
        let next = context.get::<Option<String>>(0)?;
        *sum = sum.take().zip(next).and_then(|(sum, next)| add_decimals(&sum, &next));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Option<String>>) -> rusqlite::Result<Option<String>> {
        Ok(sum.flatten())
    }
}
