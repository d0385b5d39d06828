//! A phone number.

use super::phone_plan;
use super::phone_text::Dialled;
use super::{Region, ValueError, text};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The fewest digits of a national number without a country.
const MIN_NATIONAL_DIGITS: usize = 5;

/// The digits that a matching form has (ITU-T E.164; the shortest numbers have a country code and three digits).
const MATCHING_DIGITS: std::ops::RangeInclusive<usize> = 4..=15;

/// A phone number: as typed (outer blanks trimmed, at most 50 characters), and in the form of ITU-T E.164 (`+` and at
/// most 15 digits) by which it is compared (identity rules, table of kinds).
///
/// An international number must have a length that its country's numbering plan has; it need not be assigned, because
/// plans grow faster than libraries. Numbers in the form of a former plan match as they are dialled today. `==` and order compare the
/// text as typed first; whether two numbers are the same one is a question for [`Self::matching`]. Serialized as both forms.
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

    /// Reads a number: digits of any script with an optional plus before the first. Blanks, dashes, dots, slashes, parentheses, invisible
    /// marks, `tel:` at the beginning and a comma at the end do not count.
    ///
    /// With a plus it is international, and so it is after an exit code (`00`, or the region's own). Other digits are read as dialled
    /// in the region, then as if they had a plus (wire fact: international digits, plus optional). A number is read as itself or not at
    /// all: digits that may be two different numbers are none (identity rule 8).
    ///
    /// # Errors
    ///
    /// [`ValueError::NotAPhone`], [`ValueError::NoPhoneRegion`], and those of [`text::clean`].
    pub fn parse(text: &str, region: Option<&Region>) -> Result<Self, ValueError> {
        let typed = text::clean(text, Self::MAX_CHARS)?;
        let Dialled { digits, plus } = Dialled::read(&typed).ok_or(ValueError::NotAPhone)?;
        let reading = if plus {
            phone_plan::international(&digits)
        } else {
            phone_plan::dialled(&digits, region.and_then(Region::id))
        };
        let may_be_national =
            !plus && region.is_none() && !digits.starts_with("00") && digits.len() >= MIN_NATIONAL_DIGITS;
        match reading {
            Some(reading) => Ok(Self {
                typed,
                matching: reading.e164,
            }),
            None if may_be_national => Err(ValueError::NoPhoneRegion),
            None => Err(ValueError::NotAPhone),
        }
    }

    /// Puts together what [`Self::as_typed`] and [`Self::matching`] gave, for instance out of storage. The numbering plans are not
    /// checked again: they may have changed since, and so may the region in which the number was read.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotAPhone`] when `matching` is no plus with 4 to 15 digits after it, and those of [`text::clean`].
    pub fn from_parts(typed: &str, matching: &str) -> Result<Self, ValueError> {
        let typed = text::clean(typed, Self::MAX_CHARS)?;
        let digits = matching.strip_prefix('+').ok_or(ValueError::NotAPhone)?;
        if !MATCHING_DIGITS.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ValueError::NotAPhone);
        }
        let matching = matching.to_owned();
        Ok(Self { typed, matching })
    }

    /// As typed, outer blanks trimmed; what clients read back.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The form by which numbers are compared: ITU-T E.164, `+380501234567`.
    pub fn matching(&self) -> &str {
        &self.matching
    }

    /// Loads the metadata of the numbering plans, so that the first number after a start does not have to.
    pub fn load_plans() {
        phone_plan::load();
    }
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
    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType};
    use std::collections::{BTreeMap, BTreeSet};

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
    }

    #[test]
    fn national_prefixes_belong_to_one_plan() {
        assert_eq!(matching("+7 800 555 35 35", "").as_deref(), Some("+78005553535"));
        assert_eq!(matching("+39 06 1234 5678", "UA").as_deref(), Some("+390612345678"));
        assert_eq!(matching("0039 06 1234 5678", "UA").as_deref(), Some("+390612345678"));
        assert_eq!(matching("4930123456", "DE").as_deref(), Some("+4930123456"));
        assert_eq!(matching("+375 80 123 45 67", "").as_deref(), Some("+375801234567"));
        // Seven digits are a subscriber of Guam in Guam alone.
        assert_eq!(matching("555-0142", "US"), None);
        assert_eq!(matching("300-1234", "US"), None);
        assert_eq!(matching("300-1234", "GU").as_deref(), Some("+16713001234"));
    }

    #[test]
    fn the_exit_code_comes_first() {
        assert_eq!(matching("0043 664 1234567", "DE").as_deref(), Some("+436641234567"));
        assert_eq!(matching("00 1 202 555 0123", "UA").as_deref(), Some("+12025550123"));
        assert_eq!(matching("00380 50 123 45 67", "US").as_deref(), Some("+380501234567"));
        assert_eq!(matching("011 43 664 1234567", "US").as_deref(), Some("+436641234567"));
        assert_eq!(matching("0011 43 664 1234567", "AU").as_deref(), Some("+436641234567"));
        assert_eq!(matching("0011 32 12 34 56 78", "AU").as_deref(), Some("+3212345678"));
        assert_eq!(matching("00 32 12 34 56 78", "AU").as_deref(), Some("+3212345678"));
        assert_eq!(matching("810 43 664 1234567", "RU").as_deref(), Some("+436641234567"));
        assert_eq!(matching("00 12", "DE"), None);
    }

    #[test]
    fn digits_without_a_plan_need_a_prefix() {
        assert_eq!(matching("+15551234567", "").as_deref(), Some("+15551234567"));
        assert_eq!(matching("15551234567", "").as_deref(), Some("+15551234567"));
        assert_eq!(matching("1 555 123 4567", "US").as_deref(), Some("+15551234567"));
        // Ten digits that no plan has: probably American, formally Brazilian.
        assert_eq!(matching("5551234567", ""), None);
        for name in every_region() {
            let id = Region::parse(&name).ok().and_then(|region| region.id());
            let code = id.and_then(|id| PHONE_NUMBER_UTIL.get_country_code_for_region(id));
            let read = matching("12345678", &name);
            // Some plans, such as that of Armenia, have it.
            assert!(
                read.is_none() || read == code.map(|code| format!("+{code}12345678")),
                "{name}: {read:?}"
            );
        }
        assert_eq!(matching("12345678", "US"), None);
        assert_eq!(matching("12345678", "DE"), None);
        assert_eq!(matching("12345678", ""), None);
    }

    #[test]
    fn former_numbers_are_todays() {
        for (text, region, today) in [
            ("8 050 123 45 67", "UA", "+380501234567"),
            ("80501234567", "UA", "+380501234567"),
            ("+52 1 55 1234 5678", "", "+525512345678"),
            ("5215512345678", "", "+525512345678"),
            ("044 55 1234 5678", "MX", "+525512345678"),
            ("+55 11 8123-4567", "", "+5511981234567"),
            ("(11) 98123-4567", "BR", "+5511981234567"),
            ("0 15 11 98123-4567", "BR", "+5511981234567"),
            ("+55 11 3123-4567", "", "+551131234567"),
            ("+54 9 11 2345-6789", "", "+5491123456789"),
            ("+54 11 15 2345-6789", "", "+5491123456789"),
            ("011 15 2345-6789", "AR", "+5491123456789"),
        ] {
            assert_eq!(matching(text, region).as_deref(), Some(today), "{text} in {region}");
        }
        assert_eq!(matching("80501234567", "PL"), None);
        let typed = Phone::parse("+52 1 55 1234 5678", None).map(|phone| phone.typed);
        assert_eq!(typed.as_deref(), Ok("+52 1 55 1234 5678"));
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
            "380501234567.0",
            "3.80501E+11",
            "+380501234567 ext 12",
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
    fn a_national_number_without_a_region_names_the_setting() {
        let region = Region::parse("UA").ok();
        assert_eq!(Phone::parse("0501234567", None), Err(ValueError::NoPhoneRegion));
        for (text, region) in [
            ("0501234", region.as_ref()),
            ("+050123", None),
            ("00 12345", None),
            ("12", None),
        ] {
            assert_eq!(Phone::parse(text, region), Err(ValueError::NotAPhone), "{text}");
        }
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
        // As it was read by an older plan.
        assert!(serde_json::from_str::<Phone>(r#"{"typed":"1","matching":"+5215512345678"}"#).is_ok());
        for json in [
            r#"{"typed":" ","matching":"+380501234567"}"#,
            r#"{"typed":"050","matching":"380501234567"}"#,
            r#"{"typed":"050","matching":"+38050123456x"}"#,
        ] {
            assert!(serde_json::from_str::<Phone>(json).is_err(), "{json}");
        }
    }

    fn every_region() -> Vec<String> {
        let regions = PHONE_NUMBER_UTIL.get_supported_regions();
        let mut all: Vec<String> = regions.map(|region| region.as_region_str().to_string()).collect();
        all.sort_unstable();
        all.push(String::new());
        all
    }

    /// The numbers that the metadata of all regions give as examples, mobile and fixed, each once.
    fn examples() -> Vec<(String, PhoneNumber)> {
        let types = [PhoneNumberType::Mobile, PhoneNumberType::FixedLine];
        let of_region = |region| {
            types.map(|kind| {
                PHONE_NUMBER_UTIL
                    .get_example_number_for_type_and_region(region, kind)
                    .ok()
            })
        };
        let numbers = PHONE_NUMBER_UTIL.get_supported_regions().flat_map(of_region).flatten();
        let all: BTreeMap<_, _> = numbers.map(|number| (e164(&number), number)).collect();
        all.into_iter().collect()
    }

    fn e164(number: &PhoneNumber) -> String {
        number.format_as(PhoneNumberFormat::E164).into_owned()
    }

    /// The national spellings of a number, with and without the national prefix, as digits.
    fn national(number: &PhoneNumber) -> BTreeSet<String> {
        let written = number.format_as(PhoneNumberFormat::National);
        let digits = written.chars().filter(char::is_ascii_digit).collect();
        [digits, rlibphonenumber::get_national_significant_number_owned(number)].into()
    }

    /// What is dialled in a region before a country code: `00`, and what the metadata say.
    fn exit_codes(region: Option<rlibphonenumber::Region>) -> BTreeSet<String> {
        let far = PHONE_NUMBER_UTIL.parse("+85212345678", None).unwrap();
        let dialled = region.map(|region| far.format_out_of_country_calling_number(region).into_owned());
        let digits = dialled.map(|text| text.chars().filter(char::is_ascii_digit).collect::<String>());
        let own = digits.and_then(|digits| digits.strip_suffix("85212345678").map(str::to_owned));
        own.into_iter()
            .filter(|own| !own.is_empty())
            .chain(["00".to_owned()])
            .collect()
    }

    #[test]
    fn in_every_region_a_number_reads_as_itself_or_not_at_all() {
        let examples = examples();
        assert!(examples.len() > 400, "{}", examples.len());
        let mut wrong = Vec::new();
        let mut left_out = 0;
        for name in every_region() {
            let region = Region::parse(&name).ok();
            let id = region.as_ref().and_then(Region::id);
            let code = id.and_then(|id| PHONE_NUMBER_UTIL.get_country_code_for_region(id));
            let plan = code.map(|code| format!("+{code}"));
            let exit_codes = exit_codes(id);
            let read = |text: &str| Phone::parse(text, region.as_ref()).map(|phone| phone.matching);
            for (number, parts) in &examples {
                if read(number).as_ref() != Ok(number) {
                    wrong.push(format!("{number} in {name}"));
                }
                for exit_code in &exit_codes {
                    match read(&number.replace('+', exit_code)) {
                        Ok(read) if read == *number => {}
                        Ok(read) => wrong.push(format!("{exit_code} {number} in {name}: {read}")),
                        Err(_) if exit_code.len() > 3 => {
                            wrong.push(format!("{exit_code} {number} in {name}: left out"));
                        }
                        // The exit code of a few regions may go on into the number, as `001` may that of Guyana.
                        Err(_) => left_out += 1,
                    }
                }
                for digits in national(parts) {
                    let Ok(read) = read(&digits) else { continue };
                    // Abroad the same digits may be a number of that region's plan, or an international one as it stands.
                    let abroad = code != Some(parts.country_code);
                    let of_plan = plan.as_ref().is_some_and(|plan| read.starts_with(plan));
                    if read != *number && !(abroad && (of_plan || digits.ends_with(&read[1..]))) {
                        wrong.push(format!("{digits} of {number} in {name}: {read}"));
                    }
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "{} wrong: {:#?}",
            wrong.len(),
            &wrong[..wrong.len().min(40)]
        );
        assert!(left_out < examples.len() * 5, "{left_out} left out");
    }

    #[test]
    fn at_home_a_national_number_is_read() {
        for (number, parts) in examples() {
            let id = PHONE_NUMBER_UTIL.get_region_for_number(&parts).unwrap();
            let written = parts.format_as(PhoneNumberFormat::National);
            assert_eq!(
                matching(&written, &id.as_region_str()),
                Some(number),
                "{written} in {id:?}"
            );
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
