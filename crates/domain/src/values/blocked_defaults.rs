//! The list of blocked values that a workspace starts with (identity rule 8).

use super::BlockedValue;

/// What programs write if they have no value, of any kind.
const PLACEHOLDERS: [&str; 18] = [
    "null",
    "(null)",
    "<null>",
    "nil",
    "none",
    "nan",
    "undefined",
    "[object object]",
    "true",
    "false",
    "unknown",
    "anonymous",
    "n/a",
    "na",
    "-",
    "0",
    "blacklisted",
    "test@test.com",
];

/// Forms of such placeholders: nothing but zeros; UUIDs of zeros or of F; errors of spreadsheets; unfilled templates; senders
/// that take no replies.
const FORMS: [&str; 7] = [
    "0{4,}",
    r"\{?(?:0{8}-0{4}-0{4}-0{4}-0{12}|f{8}-f{4}-f{4}-f{4}-f{12}|f{32})\}?",
    r"#(?:n/a|ref!|value!|name\?|null!|num!|div/0!|spill!|calc!|error!)",
    r".*(?:\{\{.*\}\}|\$\{.*\}|\{%.*%\}|\*\|.*\|\*).*",
    r"%(?:\d+\$)?[sd@]|%%.*%%|%[A-Z_]+%",
    "<[^<>]*>",
    r"(?:no|do[-_.]?not)[-_.]?reply(?:\+[^@]*)?@.+",
];

/// One digit over and over; also after a country code, then often enough to be no subscriber's number.
const FICTITIOUS_PHONES: [&str; 2] = [
    r"\+?(0{4,}|1{4,}|2{4,}|3{4,}|4{4,}|5{4,}|6{4,}|7{4,}|8{4,}|9{4,})",
    r"\+?[0-9]{1,3}(0{9,}|1{9,}|2{9,}|3{9,}|4{9,}|5{9,}|6{9,}|7{9,}|8{9,}|9{9,})",
];

/// The device ID that many devices with Android 2.2 have in common.
const SHARED_DEVICE: &str = "9774d56d682e549c";

/// The entries of the list, in the order in which they are shown.
pub(super) fn entries() -> Vec<BlockedValue> {
    let placeholders = PLACEHOLDERS.iter().map(|text| BlockedValue::exact(None, text));
    let device = BlockedValue::exact(Some("device_id"), SHARED_DEVICE);
    let forms = FORMS.iter().map(|text| BlockedValue::pattern(None, text));
    let phones = FICTITIOUS_PHONES
        .iter()
        .map(|text| BlockedValue::pattern(Some("phone"), text));
    placeholders
        .chain([device])
        .chain(forms)
        .chain(phones)
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_valid() {
        let expected = PLACEHOLDERS.len() + 1 + FORMS.len() + FICTITIOUS_PHONES.len();
        assert_eq!(entries().len(), expected);
    }
}
