//! What an amount of money is counted in.

use super::newtype::text_value;
use super::{ValueError, text};

text_value! {
    /// A currency by its three letters (ISO 4217, wire fact), in upper case; also one that another has superseded, because orders of its
    /// time are sent.
    Currency, 3, known
}

fn known(text: &str, max_chars: usize) -> Result<String, ValueError> {
    let code = match text::clean(text, max_chars) {
        Ok(code) => code.to_ascii_uppercase(),
        Err(ValueError::TooLong { .. }) => return Err(ValueError::NotACurrency),
        Err(other) => return Err(other),
    };
    match iso_currency::Currency::from_code(&code) {
        Some(_) => Ok(code),
        None => Err(ValueError::NotACurrency),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_of_the_standard() {
        for (text, code) in [("UAH", "UAH"), (" usd ", "USD"), ("HRK", "HRK"), ("bgn", "BGN")] {
            assert_eq!(Currency::parse(text).map(String::from).as_deref(), Ok(code));
        }
        for text in ["UHA", "$", "грн", "EURO", "US"] {
            assert_eq!(Currency::parse(text), Err(ValueError::NotACurrency), "{text}");
        }
        assert_eq!(Currency::parse(" "), Err(ValueError::Empty));
    }
}
