//! The language that a person reads.

use super::newtype::text_value;
use super::{ValueError, text};
use oxilangtag::LanguageTag;

/// The most letters of a code of ISO 639; longer words are names.
const MAX_CODE: usize = 3;

/// Codes of countries (ISO 3166-1) that are no codes of languages (ISO 639-1), and languages that most of their people read.
///
/// A country is missing if its code is also that of another language (`se`, `ee`, `kr`), or if it has several languages.
#[rustfmt::skip]
const COUNTRIES: [(&str, &str); 59] = [
    ("ua", "uk"), ("by", "be"), ("cz", "cs"), ("kz", "kk"), ("gr", "el"), ("dk", "da"), ("at", "de"), ("rs", "sr"), ("al", "sq"),
    ("md", "ro"), ("us", "en"), ("gb", "en"), ("au", "en"), ("nz", "en"), ("il", "he"), ("ir", "fa"), ("iq", "ar"), ("eg", "ar"),
    ("jo", "ar"), ("qa", "ar"), ("sy", "ar"), ("ye", "ar"), ("jp", "ja"), ("cn", "zh"), ("hk", "zh"), ("vn", "vi"), ("kh", "km"),
    ("bd", "bn"), ("pk", "ur"), ("np", "ne"), ("tj", "tg"), ("mx", "es"), ("pe", "es"), ("ec", "es"), ("cl", "es"), ("uy", "es"),
    ("do", "es"), ("gt", "es"), ("hn", "es"), ("ni", "es"), ("pr", "es"), ("ao", "pt"), ("mz", "pt"), ("gw", "pt"), ("ly", "ar"),
    ("ma", "ar"), ("bh", "ar"), ("ge", "ka"), ("mm", "my"), ("kp", "ko"), ("bt", "dz"), ("tm", "tk"), ("xk", "sq"), ("ax", "sv"),
    ("ad", "ca"), ("mc", "fr"), ("va", "it"), ("jm", "en"), ("bb", "en"),
];

/// Codes of regions that are no codes (ISO 3166-1), and those that are meant.
const REGIONS: [(&str, &str); 1] = [("UK", "GB")];

/// Codes that ISO 639-1 had before today's.
const FORMER: [(&str, &str); 4] = [("iw", "he"), ("in", "id"), ("ji", "yi"), ("mo", "ro")];

/// Names of languages that the tables of ISO 639-3 know by another one.
const NAMES: [(&str, &str); 6] = [
    ("greek", "el"),
    ("chinese", "zh"),
    ("farsi", "fa"),
    ("kyrgyz", "ky"),
    ("moldovan", "ro"),
    ("castilian", "es"),
];

text_value! {
    /// A language tag of BCP 47 (RFC 5646), well formed, at most 100 characters, in canonical case (`en-GB`, `zh-Hant-TW`) and with the
    /// shortest code of the language (`uk`, not `ukr`). Underscores are taken as hyphens (`en_GB`, wire fact), and `UK` as `GB`.
    ///
    /// The code of a country that is none of a language becomes its language (`ua` is `uk`), and so does the name of a language in English or
    /// in itself (`Ukrainian`, `українська`). Any other code of two letters must be one of ISO 639-1. Codes of three letters and other subtags
    /// are not looked up in the registry.
    Language, 100, canonical
}

fn canonical(text: &str, max_chars: usize) -> Result<String, ValueError> {
    let hyphenated = text::clean(text, max_chars)?.replace('_', "-");
    let primary = hyphenated.split('-').next().unwrap_or_default();
    if primary.chars().count() > MAX_CODE {
        // No code has so many letters (RFC 5646, section 2.2.1).
        return by_name(&hyphenated).map(str::to_owned).ok_or(ValueError::NotALanguage);
    }
    let tag = LanguageTag::parse_and_normalize(&hyphenated).map_err(|_| ValueError::NotALanguage)?;
    let mut code = code_of(tag.primary_language())
        .ok_or(ValueError::NotALanguage)?
        .to_owned();
    let rest = tag.as_str().strip_prefix(tag.primary_language()).unwrap_or_default();
    // In canonical case nothing but a region is two letters in upper case.
    for subtag in rest.split('-').skip(1) {
        let meant = REGIONS.iter().find(|(typed, _)| *typed == subtag);
        code.push('-');
        code.push_str(meant.map_or(subtag, |(_, region)| region));
    }
    Ok(code)
}

/// The code of the language that a primary subtag in lower case means. Two letters without a meaning give none.
fn code_of(primary: &str) -> Option<&str> {
    if isolang::Language::from_639_1(primary).is_some() {
        return Some(primary);
    }
    let listed = FORMER.iter().chain(&COUNTRIES).find(|(code, _)| *code == primary);
    let shortest = || isolang::Language::from_639_3(primary)?.to_639_1();
    listed
        .map(|(_, language)| *language)
        .or_else(shortest)
        .or_else(|| (primary.len() != 2).then_some(primary))
}

/// The code of the language that has a name, in English or in itself, in any case.
fn by_name(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(code);
    }
    let same = {
        let name = name.clone();
        move |known: &str| known.to_lowercase() == name
    };
    let language =
        isolang::Language::from_name_lowercase(&name).or_else(|| isolang::Language::match_autonyms(same).next())?;
    Some(language.to_639_1().unwrap_or_else(|| language.to_639_3()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_case() {
        for (text, tag) in [
            ("UK", "uk"),
            ("en_uk", "en-GB"),
            ("en-Latn-UK", "en-Latn-GB"),
            ("ru_UK-x-uk", "ru-GB-x-uk"),
            ("EN-gb", "en-GB"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            (" pt-BR ", "pt-BR"),
            ("fil", "fil"),
            ("x-shop", "x-shop"),
        ] {
            assert_eq!(Language::parse(text).map(String::from).as_deref(), Ok(tag));
        }
    }

    #[test]
    fn countries_and_names_become_languages() {
        for (text, tag) in [
            ("ua", "uk"),
            ("UA", "uk"),
            ("ua-UA", "uk-UA"),
            ("cz", "cs"),
            ("cz_CZ", "cs-CZ"),
            ("kz", "kk"),
            ("gr", "el"),
            ("ge", "ka"),
            ("mm", "my"),
            ("ly-LY", "ar-LY"),
            ("do", "es"),
            ("iw", "he"),
            ("ukr", "uk"),
            ("ENG", "en"),
            ("english", "en"),
            ("Ukrainian", "uk"),
            ("українська", "uk"),
            ("Deutsch", "de"),
            ("Greek", "el"),
            ("German", "de"),
            ("russian", "ru"),
        ] {
            assert_eq!(Language::parse(text).map(String::from).as_deref(), Ok(tag), "{text}");
        }
    }

    #[test]
    fn no_language_is_taken_for_a_country() {
        for (code, language) in FORMER.iter().chain(&COUNTRIES) {
            assert_eq!(isolang::Language::from_639_1(code), None, "{code}");
            assert!(isolang::Language::from_639_1(language).is_some(), "{language}");
        }
    }

    #[test]
    fn refuses_what_is_no_tag() {
        for text in [
            "english please",
            "klingonese",
            "abcdefgh",
            "e",
            "en--GB",
            "-",
            "en-GB-",
            "uk_UA.UTF-8",
            "xx",
            "XX-UA",
            "bw",
            "zz",
        ] {
            assert_eq!(Language::parse(text), Err(ValueError::NotALanguage), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn parsing_twice_changes_nothing(text in "[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{1,8}){0,4}") {
            if let Ok(once) = Language::parse(&text) {
                prop_assert_eq!(Language::parse(once.as_str()), Ok(once));
            }
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = Language::parse(&text);
        }
    }
}
