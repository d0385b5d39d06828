//! A region of the world, for reading phone numbers.

use super::newtype::text_value;
use super::{ValueError, text};
use phonenumber::country;

text_value! {
    /// A region of ISO 3166-1 alpha-2 whose numbering plan is known, in upper case; lower case is taken.
    Region, 2, known
}

fn known(text: &str, max_chars: usize) -> Result<String, ValueError> {
    let code = text::clean(text, max_chars)?.to_ascii_uppercase();
    match code.parse::<country::Id>() {
        Ok(_) => Ok(code),
        Err(_) => Err(ValueError::NotARegion),
    }
}

impl Region {
    /// The region as the phone library names it; always there, because `parse` asked for it.
    pub(super) fn id(&self) -> Option<country::Id> {
        self.0.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_regions_in_any_case() {
        for text in ["UA", "ua", " Ua "] {
            assert_eq!(Region::parse(text).map(String::from).as_deref(), Ok("UA"));
        }
        assert!(Region::parse("UA").is_ok_and(|region| region.id() == Some(country::UA)));
        assert_eq!(Region::parse("ZZ"), Err(ValueError::NotARegion));
        assert_eq!(Region::parse("U1"), Err(ValueError::NotARegion));
        assert_eq!(Region::parse("UKR"), Err(ValueError::TooLong { max: 2, actual: 3 }));
        assert_eq!(Region::parse(""), Err(ValueError::Empty));
    }
}
