//! A phone number.

use super::phone_plan::{self, Reading};
use super::phone_text::Dialled;
use super::{Region, ValueError, text};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The fewest digits of a number without a plus and without a region that no numbering plan knows: a shorter one is
/// more likely a national number whose country nobody said.
const MIN_UNCERTAIN_DIGITS: usize = 11;

/// A phone number: as typed (outer blanks trimmed, at most 50 characters), and in the form of ITU-T E.164 (`+` and at
/// most 15 digits) by which it is compared (identity rules, table of kinds).
///
/// Numbers must have a length that their country's numbering plan has; being assigned is not asked for, because plans
/// grow faster than libraries. `==` and order compare the text as typed first; whether two numbers are the same one is a
/// question for [`Self::matching`]. Serialized as both forms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Forms")]
pub struct Phone {
    typed: String,
    matching: String,
}

/// Both forms, not yet checked.
#[derive(Deserialize)]
struct Forms {
    typed: String,
    matching: String,
}

impl Phone {
    /// The greatest length as typed, in characters.
    pub const MAX_CHARS: usize = 50;

    /// Reads a number: digits with an optional plus before the first; blanks, dashes, dots and parentheses do not count.
    ///
    /// With a plus it is international. Without one it is read as dialled in the region, then with an exit code (`00`),
    /// then as if it had a plus (wire fact: international digits, plus optional); a reading that a numbering plan
    /// knows comes before one that merely has a possible length.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotAPhone`], and those of [`text::clean`].
    pub fn parse(text: &str, region: Option<&Region>) -> Result<Self, ValueError> {
        let typed = text::clean(text, Self::MAX_CHARS)?;
        let dialled = Dialled::read(&typed).ok_or(ValueError::NotAPhone)?;
        let reading = read(&dialled, region).ok_or(ValueError::NotAPhone)?;
        Ok(Self {
            typed,
            matching: format!("+{}", reading.digits),
        })
    }

    /// Puts together what [`Self::as_typed`] and [`Self::matching`] gave, for instance out of storage: the region in which
    /// the number was once read need not be known any more.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotAPhone`] when `matching` is not the matching form of itself or `typed` no phone number at all, and
    /// those of [`text::clean`].
    pub fn from_parts(typed: &str, matching: &str) -> Result<Self, ValueError> {
        let typed = text::clean(typed, Self::MAX_CHARS)?;
        let phone = Self::parse(matching, None)?;
        if phone.matching != matching || Dialled::read(&typed).is_none() {
            return Err(ValueError::NotAPhone);
        }
        Ok(Self {
            typed,
            matching: phone.matching,
        })
    }

    /// As typed, outer blanks trimmed; what clients read back.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The form by which numbers are compared: ITU-T E.164, `+380501234567`.
    pub fn matching(&self) -> &str {
        &self.matching
    }
}

fn read(dialled: &Dialled, region: Option<&Region>) -> Option<Reading> {
    let digits = dialled.digits.as_str();
    if dialled.plus {
        return phone_plan::international(digits);
    }
    let region = region.and_then(Region::id);
    let dialled_inside = region.and_then(|region| phone_plan::national(digits, region));
    let with_exit_code = phone_plan::after_exit_code(digits, region);
    let without_plus = phone_plan::international(digits)
        .filter(|reading| reading.known || region.is_some() || digits.len() >= MIN_UNCERTAIN_DIGITS);
    let mut readings: Vec<_> = [dialled_inside, with_exit_code, without_plus]
        .into_iter()
        .flatten()
        .collect();
    // Stable, so that the order above decides among equals.
    readings.sort_by_key(|reading| !reading.known);
    readings.into_iter().next()
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl TryFrom<Forms> for Phone {
    type Error = ValueError;

    fn try_from(forms: Forms) -> Result<Self, Self::Error> {
        Self::from_parts(&forms.typed, &forms.matching)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matching(text: &str, region: &str) -> Option<String> {
        let region = Region::parse(region).ok();
        Phone::parse(text, region.as_ref()).ok().map(|phone| phone.matching)
    }

    #[test]
    fn international_numbers_with_and_without_plus() {
        for text in [
            "+380501234567",
            "380501234567",
            "+38 (050) 123-45-67",
            "38 050 123 45 67",
            "00380501234567",
            "+380 (0)50 123 45 67",
        ] {
            for region in ["", "UA", "US", "PL", "DE"] {
                assert_eq!(
                    matching(text, region).as_deref(),
                    Some("+380501234567"),
                    "{text} in {region}"
                );
            }
        }
    }

    #[test]
    fn national_numbers_need_their_region() {
        for text in ["0501234567", "050 123-45-67", "501234567"] {
            assert_eq!(matching(text, "UA").as_deref(), Some("+380501234567"), "{text}");
            assert_eq!(matching(text, ""), None, "{text}");
        }
        assert_eq!(matching("(202) 555-0123", "US").as_deref(), Some("+12025550123"));
        assert_eq!(matching("8 916 123-45-67", "RU").as_deref(), Some("+79161234567"));
        assert_eq!(matching("011 44 7911 123456", "US").as_deref(), Some("+447911123456"));
    }

    #[test]
    fn what_the_library_alone_gets_wrong() {
        assert_eq!(matching("+7 800 555 35 35", "").as_deref(), Some("+78005553535"));
        assert_eq!(matching("+39 06 1234 5678", "UA").as_deref(), Some("+390612345678"));
        assert_eq!(matching("0039 06 1234 5678", "UA").as_deref(), Some("+390612345678"));
        assert_eq!(matching("4930123456", "DE").as_deref(), Some("+4930123456"));
        assert_eq!(matching("+375 80 123 45 67", "").as_deref(), Some("+375801234567"));
    }

    #[test]
    fn unassigned_numbers_of_a_possible_length() {
        assert_eq!(matching("+15551234567", "").as_deref(), Some("+15551234567"));
        assert_eq!(matching("15551234567", "").as_deref(), Some("+15551234567"));
        assert_eq!(matching("+380000000000", "").as_deref(), Some("+380000000000"));
        // Ten digits, no region, no plan: probably American, formally Brazilian.
        assert_eq!(matching("5551234567", ""), None);
        assert_eq!(matching("5551234567", "US").as_deref(), Some("+15551234567"));
    }

    #[test]
    fn refuses_what_is_no_phone_number() {
        for text in [
            "null",
            "12",
            "+0000000000",
            "+38050CALLME",
            "ann@example.com",
            "+999123456789",
        ] {
            for region in ["", "UA", "US"] {
                assert_eq!(matching(text, region), None, "{text} in {region}");
            }
        }
        assert_eq!(matching("0000000000", ""), None);
        assert_eq!(Phone::parse("", None), Err(ValueError::Empty));
        assert_eq!(Phone::parse("+", None), Err(ValueError::NotAPhone));
        assert_eq!(
            Phone::parse(&"1".repeat(51), None),
            Err(ValueError::TooLong { max: 50, actual: 51 })
        );
    }

    #[test]
    fn both_forms_are_serialized() {
        let region = Region::parse("UA").ok();
        let phone = Phone::parse(" 050 123 45 67 ", region.as_ref()).ok();
        assert_eq!(phone.as_ref().map(Phone::as_typed), Some("050 123 45 67"));
        let json = serde_json::to_string(&phone).ok();
        assert_eq!(
            json.as_deref(),
            Some(r#"{"typed":"050 123 45 67","matching":"+380501234567"}"#)
        );
        assert_eq!(json.and_then(|json| serde_json::from_str(&json).ok()), phone);
        for json in [
            r#"{"typed":"x","matching":"+380501234567"}"#,
            r#"{"typed":"050","matching":"380501234567"}"#,
        ] {
            assert!(serde_json::from_str::<Phone>(json).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = Phone::parse(&text, None);
        }

        #[test]
        fn matching_is_its_own_matching(
            text in "[+]?[0-9 ()-]{1,20}",
            region in prop::sample::select(vec!["", "UA", "US", "DE", "IT", "RU", "AR", "MX", "BR", "GB", "KZ"]),
        ) {
            if let Some(once) = matching(&text, region) {
                prop_assert_eq!(matching(&once, region), Some(once.clone()));
                prop_assert_eq!(matching(&once, ""), Some(once.clone()));
                prop_assert_eq!(once.get(..1), Some("+"));
            }
        }
    }
}
