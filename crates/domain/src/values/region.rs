//! A region of the world, for reading phone numbers.

use super::newtype::text_value;
use super::{ValueError, text};
use rlibphonenumber::PHONE_NUMBER_UTIL;

text_value! {
    /// A region of ISO 3166-1 alpha-2 whose numbering plan is known, in upper case; lower case is taken.
    Region, 2, known
}

fn known(text: &str, max_chars: usize) -> Result<String, ValueError> {
    let code = text::clean(text, max_chars)?.to_ascii_uppercase();
    match with_plan(&code) {
        Some(_) => Ok(code),
        None => Err(ValueError::NotARegion),
    }
}

/// The region as the phone library names it, if it has a plan for it.
fn with_plan(code: &str) -> Option<rlibphonenumber::Region> {
    let region = rlibphonenumber::Region::from_code(code).ok()?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

impl Region {
    /// The region as the phone library names it; always there, because `parse` checked it.
    pub(super) fn id(&self) -> Option<rlibphonenumber::Region> {
        with_plan(&self.0)
    }

    /// The country code of its phone numbers, such as 380.
    pub fn calling_code(&self) -> Option<i32> {
        self.id()
            .and_then(|id| PHONE_NUMBER_UTIL.get_country_code_for_region(id))
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
        let id = Region::parse("UA").ok().and_then(|region| region.id());
        assert_eq!(id, Some(rlibphonenumber::Region::UA));
        for text in ["ZZ", "U1", "AQ"] {
            assert_eq!(Region::parse(text), Err(ValueError::NotARegion), "{text}");
        }
        assert_eq!(Region::parse("UKR"), Err(ValueError::TooLong { max: 2, actual: 3 }));
        assert_eq!(Region::parse(""), Err(ValueError::Empty));
    }
}
