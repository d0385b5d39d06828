//! Decimals as text: a binary floating-point number on the way would change them.

use super::ValueError;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serializer, de};

/// The least number that has more digits than are taken. The library keeps some of that many, and not all.
const TOO_LONG: u128 = 10_u128.pow(28);

/// Reads a decimal with a dot and no exponent, at most 28 digits, its scale as sent.
pub(super) fn parse(text: &str) -> Result<Decimal, ValueError> {
    read(text).and_then(short)
}

/// Refuses a number of more than 28 digits.
pub(super) fn short(number: Decimal) -> Result<Decimal, ValueError> {
    if number.mantissa().unsigned_abs() < TOO_LONG {
        Ok(number)
    } else {
        Err(ValueError::NotDecimal)
    }
}

fn read(text: &str) -> Result<Decimal, ValueError> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    // The library also takes underscores between digits.
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_written_out = [whole, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !is_written_out {
        return Err(ValueError::NotDecimal);
    }
    let mut number = Decimal::from_str_exact(text).map_err(|_| ValueError::NotDecimal)?;
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    Ok(number)
}

pub(super) fn serialize<S: Serializer>(number: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    read(&text).map_err(de::Error::custom)
}
