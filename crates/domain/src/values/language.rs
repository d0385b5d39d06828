//! The language that a person reads.

use super::newtype::text_value;
use super::{ValueError, text};
use oxilangtag::LanguageTag;

text_value! {
    /// A language tag of BCP 47 (RFC 5646), well formed, at most 100 characters, in canonical case (`en-GB`,
    /// `zh-Hant-TW`). Underscores are taken as hyphens (`en_UK`, wire fact). Subtags are not looked up in the registry.
    Language, 100, canonical
}

fn canonical(text: &str, max_chars: usize) -> Result<String, ValueError> {
    let hyphenated = text::clean(text, max_chars)?.replace('_', "-");
    match LanguageTag::parse_and_normalize(&hyphenated) {
        Ok(tag) => Ok(tag.into_inner()),
        Err(_) => Err(ValueError::NotALanguage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_case() {
        for (text, tag) in [
            ("UK", "uk"),
            ("en_uk", "en-UK"),
            ("EN-gb", "en-GB"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            (" pt-BR ", "pt-BR"),
        ] {
            assert_eq!(Language::parse(text).map(String::from).as_deref(), Ok(tag));
        }
    }

    #[test]
    fn refuses_what_is_no_tag() {
        for text in [
            "english please",
            "e",
            "en--GB",
            "-",
            "українська",
            "en-GB-",
            "uk_UA.UTF-8",
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
