//! Amounts: of money, of pieces.

use super::ValueError;
use super::decimal;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An exact amount, with its digits as sent: at most 28 significant ones. Equal when the number is: `1.5` equals `1.50`. Serialized as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(#[serde(with = "decimal")] Decimal);

impl Amount {
    /// Reads an amount: `12.50`, or in the form that JSON numbers may have, `1.25e1`.
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`], and [`ValueError::NotDecimal`] for what is no number or has too many digits.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ValueError::Empty);
        }
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
        let written = decimal::parse(digits)?;
        if digits.len() == text.len() {
            return Ok(Self(written));
        }
        // The library takes an exponent of any form: it must be a small number here.
        let moderate = exponent.parse::<i8>().is_ok();
        let read = Decimal::from_scientific(text).ok().filter(|_| moderate);
        decimal::short(read.ok_or(ValueError::NotDecimal)?).map(Self)
    }

    /// Reads an amount that there is no less than nothing of: a price, a number of pieces.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`], and [`ValueError::Negative`].
    pub fn parse_unsigned(text: &str) -> Result<Self, ValueError> {
        let amount = Self::parse(text)?;
        if amount.0 < Decimal::ZERO {
            return Err(ValueError::Negative);
        }
        Ok(amount)
    }
}

impl Amount {
    /// The amount that is a checked decimal: of at most 28 digits.
    pub(crate) fn of(number: Decimal) -> Self {
        Self(number)
    }

    /// The number.
    pub fn decimal(self) -> Decimal {
        self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, ValueError> {
        Amount::parse(text).map(|amount| amount.to_string())
    }

    #[test]
    fn is_exact() {
        for (text, amount) in [
            ("12.50", "12.50"),
            (" -0.01 ", "-0.01"),
            ("+7", "7"),
            ("-0", "0"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("12345678901234567.89", "12345678901234567.89"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
            ("1.25e1", "12.5"),
            ("1E-7", "0.0000001"),
            ("2e+3", "2000"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(amount));
        }
        assert_eq!(Amount::parse("1.5"), Amount::parse("1.50"));
    }

    #[test]
    fn what_costs_something_costs_no_less_than_nothing() {
        for text in ["0", "-0", "-0.00", "0.01", "1e-3"] {
            assert!(Amount::parse_unsigned(text).is_ok(), "{text}");
        }
        for text in ["-0.01", "-1e-7"] {
            assert_eq!(Amount::parse_unsigned(text), Err(ValueError::Negative), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_number_or_would_be_rounded() {
        for text in [
            "1,5",
            "1_000",
            "1e",
            "e5",
            "1e5.5",
            "1e99",
            "1e999999999999",
            "NaN",
            "12 UAH",
            "0.00000000000000000000000000001",
            "99999999999999999999999999999.9",
            "79228162514264337593543950335",
            "1.0000000000000000000000000000",
            "1000000000000000000000000000e1",
            "1.0e-28",
        ] {
            assert_eq!(read(text), Err(ValueError::NotDecimal), "{text}");
        }
        assert_eq!(read(" "), Err(ValueError::Empty));
    }
}
