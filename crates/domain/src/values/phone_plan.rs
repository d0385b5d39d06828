//! Which digits are a phone number, by the numbering plans of the phone library.
//!
//! The plans decide here, not the library's own parser: that one takes the national prefix off numbers that are right
//! with it (`+7 800 …` loses its 8), and cannot say whether a length is possible, which would join different people. It
//! is asked what countries put before national numbers, and its answer is taken when a plan knows the number.

use super::numbering_plan::{self, Plan};
use phonenumber::metadata::{DATABASE, Metadata};
use phonenumber::{Mode, country};

/// The most digits of an international number (ITU-T E.164).
const MAX_DIGITS: usize = 15;

/// Country codes have one to three digits (ITU-T E.164).
const MAX_CODE_DIGITS: usize = 3;

/// Digits read as an international number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// Country code and national number, without the plus.
    pub(super) digits: String,
    /// Whether a plan knows the number; if not, it has at least numbers of this length.
    pub(super) known: bool,
}

impl Reading {
    fn known(digits: impl Into<String>) -> Self {
        Self {
            digits: digits.into(),
            known: true,
        }
    }
}

/// Reads digits that start with a country code. Reading the digits of the result gives the same result.
pub(super) fn international(digits: &str) -> Option<Reading> {
    let (plans, national) = plans_of(digits)?;
    if is_known(digits) {
        return Some(Reading::known(digits));
    }
    if let Some(corrected) = without_prefix(digits, plans, national) {
        return Some(Reading::known(corrected));
    }
    let possible = digits.len() <= MAX_DIGITS && plans.iter().any(|plan| plan.has_length(national));
    possible.then(|| Reading {
        digits: digits.to_owned(),
        known: false,
    })
}

/// The known number behind a national prefix that follows the country code, `+44 (0)20 …`.
fn without_prefix(digits: &str, plans: &[Plan], national: &str) -> Option<String> {
    let code = digits.strip_suffix(national)?;
    let plainly = plans
        .iter()
        .filter_map(|plan| plan.without_prefix(national))
        .map(|rest| format!("{code}{rest}"));
    let regions = plans
        .iter()
        .filter(|plan| plan.may_have_prefix(national))
        .filter_map(|plan| plan.region);
    let by_library = regions.filter_map(|region| by_library(region, &format!("+{digits}")));
    plainly.chain(by_library).find(|corrected| is_known(corrected))
}

/// Reads digits as they are dialled inside a region.
pub(super) fn national(digits: &str, region: country::Id) -> Option<Reading> {
    let plan = DATABASE.by_id(region.as_ref())?;
    let code = plan.country_code().to_string();
    // Who writes the region's own country code means it: the wire protocol's numbers are international ones.
    if digits.starts_with(&code) && is_known(digits) {
        return Some(Reading::known(digits));
    }
    let direct = format!("{code}{digits}");
    if is_known(&direct) {
        return Some(Reading::known(direct));
    }
    let by_library = by_library(region, digits).and_then(|digits| international(&digits));
    let prefix = plan.national_prefix().unwrap_or_default();
    let without_prefix = digits
        .strip_prefix(prefix)
        .and_then(|rest| international(&format!("{code}{rest}")));
    let readings = [by_library, without_prefix, international(&direct)]
        .into_iter()
        .flatten();
    // The first of those that a plan knows, else the first: `min_by_key` keeps the earlier of equals.
    readings.min_by_key(|reading| !reading.known)
}

/// Reads digits that start with the exit code of a region (`00` in most), which stands for the plus.
pub(super) fn after_exit_code(digits: &str, region: Option<country::Id>) -> Option<Reading> {
    let plan = region.and_then(|region| DATABASE.by_id(region.as_ref()));
    let exit_code = plan
        .and_then(Metadata::international_prefix)
        .and_then(|code| code.find(digits));
    let rest = exit_code
        .filter(|found| found.start() == 0)
        .and_then(|found| digits.get(found.end()..));
    rest.or_else(|| digits.strip_prefix("00")).and_then(international)
}

/// The digits of what the library's parser makes of a text. None for a number behind an exit code: the library would
/// take the region's national prefix off it, which is not the one of the country that is called.
fn by_library(region: country::Id, text: &str) -> Option<String> {
    let number = phonenumber::parse(Some(region), text).ok()?;
    if number.code().source() == country::Source::Idd {
        return None;
    }
    let e164 = number.format().mode(Mode::E164).to_string();
    e164.strip_prefix('+').map(str::to_owned)
}

/// The plans of a number's country code, and its national part.
fn plans_of(digits: &str) -> Option<(&'static [Plan], &str)> {
    (1..=MAX_CODE_DIGITS).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        // `007` is no way to write 7.
        if code.starts_with('0') {
            return None;
        }
        Some((numbering_plan::of_code(code.parse().ok()?)?, national))
    })
}

fn is_known(digits: &str) -> bool {
    digits.len() <= MAX_DIGITS
        && plans_of(digits).is_some_and(|(plans, national)| plans.iter().any(|plan| plan.knows(national)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mobile_example_is_read_inside_and_outside_its_region() {
        for plan in DATABASE.iter() {
            let Ok(region) = plan.id().parse::<country::Id>() else {
                continue;
            };
            let Some(example) = plan.descriptors().mobile().and_then(|mobile| mobile.example()) else {
                continue;
            };
            let code = plan.country_code();
            let expected = Some(Reading::known(format!("{code}{example}")));
            assert_eq!(international(&format!("{code}{example}")), expected, "{}", plan.id());
            assert_eq!(national(example, region), expected, "{}", plan.id());
            assert_eq!(
                national(&format!("{code}{example}"), region),
                expected,
                "{} with code",
                plan.id()
            );
            let Some(prefix) = plan.national_prefix() else { continue };
            assert_eq!(
                national(&format!("{prefix}{example}"), region),
                expected,
                "{} with {prefix}",
                plan.id()
            );
        }
    }
}
