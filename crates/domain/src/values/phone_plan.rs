//! Which international number a row of digits is, by the numbering plans of the phone library.
//!
//! The library knows the plans: it takes off exit codes and national prefixes, and says whether a number can exist. Here is only what a
//! row of digits without a plus leaves open, and numbers in the form of a plan that is gone.

use regex::Regex;
use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region,
    get_national_significant_number_owned,
};
use std::sync::LazyLock;

/// The most digits of an international number (ITU-T E.164).
const MAX_DIGITS: usize = 15;

/// The fewest digits, country code included, of a number without a plus that no plan knows: a shorter one is more likely a national
/// number of another country, or none.
const MIN_UNKNOWN_DIGITS: usize = 11;

/// A country's numbers as they were dialled before its plan changed: country code, former national number, today's.
///
/// Mexico took off the prefixes of mobile numbers in 2019, and the library's plan has dropped them since. Brazil put a 9 before all
/// mobile numbers until 2016. (Argentina's 9 and 15 the library's plan still knows.)
const FORMER: [(i32, &str, &str); 2] = [
    (52, r"^(?:1|01|044|045)(\d{10})$", "$1"),
    (55, r"^(\d{2})([6-9]\d{7})$", "${1}9$2"),
];

/// The same of what was dialled inside a region only. Ukraine's national prefix was 8 with a 0 after it until 2009.
const FORMER_INSIDE: [(i32, &str, &str); 1] = [(380, r"^80(\d{9})$", "$1")];

/// A compiled row of the tables of former numbers.
struct Former {
    code: i32,
    before: Regex,
    today: &'static str,
}

static COMPILED: LazyLock<[Vec<Former>; 2]> = LazyLock::new(|| [compile(&FORMER), compile(&FORMER_INSIDE)]);

fn compile(rows: &[(i32, &str, &'static str)]) -> Vec<Former> {
    let former = |&(code, before, today): &(i32, &str, &'static str)| {
        let before = Regex::new(before).ok()?;
        Some(Former { code, before, today })
    };
    rows.iter().filter_map(former).collect()
}

/// An international number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// In the form of ITU-T E.164, with the plus.
    pub(super) e164: String,
    /// Whether a plan has the number; if not, the plan has at least numbers of this length.
    pub(super) known: bool,
    number: PhoneNumber,
}

impl Reading {
    fn of(number: PhoneNumber, known: bool) -> Option<Self> {
        let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
        let reading = Self { e164, known, number };
        (reading.digits() <= MAX_DIGITS).then_some(reading)
    }

    /// A number that a plan has, as it is or in its former form; else one of a length that the plan has.
    fn best(number: PhoneNumber) -> Option<Self> {
        if number.is_valid() {
            return Self::of(number, true);
        }
        todays(&number, 0).or_else(|| {
            let complete = number.is_possible_with_reason() == Ok(NumberLengthType::IsPossible);
            let reading = complete.then(|| Self::of(number, false)).flatten()?;
            // If the second reading differs, the digits have no certain meaning.
            let again = PHONE_NUMBER_UTIL.parse(&reading.e164, None).ok()?;
            (again == reading.number).then_some(reading)
        })
    }

    /// Whether digits are the number as it stands, from the country code on.
    fn is(&self, digits: &str) -> bool {
        self.e164.strip_prefix('+') == Some(digits)
    }

    /// How many digits it has, country code included.
    fn digits(&self) -> usize {
        self.e164.len() - 1
    }

    fn national(&self) -> String {
        get_national_significant_number_owned(&self.number)
    }
}

/// The number that a former number is today.
fn todays(number: &PhoneNumber, table: usize) -> Option<Reading> {
    let rows = COMPILED.get(table)?;
    let row = rows.iter().find(|row| row.code == number.country_code)?;
    let national = get_national_significant_number_owned(number);
    if !row.before.is_match(&national) {
        return None;
    }
    let today = row.before.replace(&national, row.today);
    let number = PHONE_NUMBER_UTIL.parse(format!("+{}{today}", row.code), None).ok()?;
    number.is_valid().then(|| Reading::of(number, true)).flatten()
}

/// Country codes whose national numbers the library takes as they stand unless they start with 0, with the one other digit that may start a
/// national prefix. A number of these codes needs no parsing if the plan has it. The library parses written texts, with extensions and
/// alphabetic digits, by interpreted patterns, and spends seven eighths of its time on them. A test compares both ways.
const PLAIN: [(&str, Option<char>); 24] = [
    ("1", Some('1')),
    ("7", Some('8')),
    ("30", None),
    ("31", None),
    ("32", None),
    ("33", None),
    ("34", None),
    ("40", None),
    ("41", None),
    ("43", None),
    ("44", None),
    ("45", None),
    ("46", None),
    ("47", None),
    ("48", None),
    ("49", None),
    ("90", None),
    ("351", None),
    ("353", None),
    ("359", None),
    ("373", None),
    ("380", None),
    ("420", None),
    ("421", None),
];

/// A number of [`PLAIN`] that a plan has as it stands.
fn plain(digits: &str) -> Option<Reading> {
    let (code, prefix) = *PLAIN.iter().find(|(code, _)| digits.starts_with(code))?;
    let national = digits.strip_prefix(code)?;
    if digits.len() > MAX_DIGITS || national.starts_with('0') || prefix.is_some_and(|digit| national.starts_with(digit))
    {
        return None;
    }
    let number = PhoneNumber {
        country_code: code.parse().ok()?,
        national_number: national.parse().ok()?,
        ..PhoneNumber::default()
    };
    number.is_valid().then(|| Reading::of(number, true))?
}

/// Reads digits that start with a country code. Reading the digits of the result gives the same result.
pub(super) fn international(digits: &str) -> Option<Reading> {
    plain(digits).or_else(|| parsed(digits))
}

/// As [`international`], parsed by the library.
fn parsed(digits: &str) -> Option<Reading> {
    // No country code starts with 0; the library would look for an exit code behind the plus.
    if digits.starts_with('0') {
        return None;
    }
    Reading::best(PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?)
}

/// Reads digits without a plus, as dialled in a region if there is one.
///
/// `00` always starts an international number, and what a region's plan has for it does where such a number exists (`0011` in Australia). Other
/// digits are the region's, then international ones that lack the plus (wire fact). Digits that are two different numbers are none.
pub(super) fn dialled(digits: &str, region: Option<Region>) -> Option<Reading> {
    let abroad = region.and_then(|region| from(digits, region, true));
    if let Some(rest) = digits.strip_prefix("00") {
        // Beside an exit code of the region's own, what follows a mere `00` must be a number as it stands.
        let is_other = |reading: &Reading| abroad.as_ref().is_none_or(|abroad| !abroad.known || reading.is(rest));
        let after_zeros = international(rest).filter(is_other);
        return either(abroad, after_zeros);
    }
    if abroad.as_ref().is_some_and(|reading| reading.known) {
        return abroad;
    }
    let inside = region.and_then(|region| inside(digits, region));
    let without_plus = without_plus(digits);
    match (inside, without_plus) {
        (Some(inside), Some(other)) if inside.known && other.known && inside.number != other.number => {
            if is_usual(digits, &inside) {
                Some(inside)
            } else {
                // Who writes the region's own country code means it.
                (other.number.country_code == inside.number.country_code).then_some(other)
            }
        }
        (Some(inside), Some(other)) => Some(if other.known && !inside.known { other } else { inside }),
        (inside, without_plus) => inside.or(without_plus).or(abroad),
    }
}

/// Reads digits as an international number that lacks the plus. They must be the number as it stands: what would count as a national
/// prefix after a plus makes them another country's national number here.
fn without_plus(digits: &str) -> Option<Reading> {
    let number = PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None).ok()?;
    if !ends_with(digits, &number) {
        return None;
    }
    Reading::best(number).filter(|reading| reading.known || digits.len() >= MIN_UNKNOWN_DIGITS)
}

/// Whether a number stands at the end of digits as it is, from the country code on.
fn ends_with(digits: &str, number: &PhoneNumber) -> bool {
    digits.ends_with(number.format_as(PhoneNumberFormat::E164).trim_start_matches('+'))
}

/// The known one of two readings of the same digits. Two different numbers are none.
fn either(a: Option<Reading>, b: Option<Reading>) -> Option<Reading> {
    match (a, b) {
        (Some(a), Some(b)) if a.known == b.known => (a.number == b.number).then_some(a),
        (Some(a), Some(b)) => Some(if a.known { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// What the library reads in a region: with an exit code or without one.
fn from(digits: &str, region: Region, exit_code: bool) -> Option<Reading> {
    parse(digits, region, exit_code).and_then(Reading::best)
}

fn parse(digits: &str, region: Region, exit_code: bool) -> Option<PhoneNumber> {
    let mut number = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(digits, Some(region)).ok()?;
    let written = match number.country_code_source() {
        CountryCodeSource::FromNumberWithIdd if exit_code => ends_with(digits, &number),
        CountryCodeSource::FromNumberWithIdd => false,
        // A plan's transforms would make seven digits behind a country code whole: `1 234 5678` in Barbados.
        CountryCodeSource::FromNumberWithoutPlusSign => !exit_code && ends_with(digits, &number),
        _ => !exit_code,
    };
    if !written {
        return None;
    }
    // What the library notes beside the number would make equal numbers differ.
    number.raw_input = None;
    number.country_code_source = None;
    number.preferred_domestic_carrier_code = None;
    Some(number)
}

/// Reads digits as dialled inside a region. A number that the plan does not have must come with a national prefix: other digits of the right
/// length may be anything.
fn inside(digits: &str, region: Region) -> Option<Reading> {
    let number = parse(digits, region, false)?;
    if let Some(today) = todays(&number, 1) {
        return Some(today);
    }
    let reading = Reading::best(number)?;
    let national = reading.national();
    let has_prefix = national.len() < digits.len() && digits.ends_with(&national);
    (reading.known || (has_prefix && reading.digits() >= MIN_UNKNOWN_DIGITS)).then_some(reading)
}

/// Whether a number is written as usual inside its region: with its national prefix, or without one where none is written.
fn is_usual(digits: &str, reading: &Reading) -> bool {
    let national = reading.national();
    let written = reading.number.format_as(PhoneNumberFormat::National);
    digits != national || PHONE_NUMBER_UTIL.normalize_digits_only(&written) == national
}

/// Loads the metadata, and compiles the patterns that every number is read by.
pub(super) fn load() {
    LazyLock::force(&COMPILED);
    international("12025550123");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All numbers of the codes by their first three national digits and their length; the other digits differ from number to number.
    #[test]
    fn what_needs_no_parsing_is_parsed_alike() {
        let mut found = 0;
        for (code, _) in PLAIN {
            for first in 0..1000_u64 {
                let length = 4 + (first * 7 + code.len() as u64) % 9;
                for length in [length, 9, 10] {
                    let rest = (first + 1) * 982_451_653 % 10_u64.pow(u32::try_from(length).unwrap() - 3);
                    let width = usize::try_from(length).unwrap() - 3;
                    let digits = format!("{code}{first:03}{rest:0width$}");
                    let Some(reading) = plain(&digits) else { continue };
                    assert_eq!(Some(reading), parsed(&digits), "{digits}");
                    found += 1;
                }
            }
        }
        assert!(found > 5_000, "{found}");
        assert!(plain("380501234567").is_some());
        for other in ["3800501234567", "78005553535", "390612345678", "81312345678", "380501"] {
            assert_eq!(plain(other), None, "{other}");
        }
    }
}
