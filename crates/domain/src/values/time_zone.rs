//! The time zone that a person lives in.

use super::newtype::text_value;
use super::{ValueError, text};
use chrono_tz::TZ_VARIANTS;

text_value! {
    /// A name of the IANA time zone database (`Europe/Kyiv`), in the spelling of the database; sent in any case. Older
    /// names that the database still lists (`Europe/Kiev`) are kept as they are.
    TimeZone, 100, known
}

fn known(text: &str, max_chars: usize) -> Result<String, ValueError> {
    let typed = text::clean(text, max_chars)?;
    let zone = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(&typed));
    zone.map(|zone| zone.name().to_owned()).ok_or(ValueError::NotATimeZone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case() {
        for (text, name) in [
            ("europe/kyiv", "Europe/Kyiv"),
            ("Europe/Kiev", "Europe/Kiev"),
            (" UTC ", "UTC"),
            ("america/argentina/buenos_aires", "America/Argentina/Buenos_Aires"),
        ] {
            assert_eq!(TimeZone::parse(text).map(String::from).as_deref(), Ok(name));
        }
        for text in ["Europe/Kyyiv", "+02:00", "GMT+2:00", "Kyiv"] {
            assert_eq!(TimeZone::parse(text), Err(ValueError::NotATimeZone), "{text}");
        }
    }

    #[test]
    fn names_differ_in_more_than_case() {
        let mut names: Vec<_> = TZ_VARIANTS
            .iter()
            .map(|zone| zone.name().to_ascii_lowercase())
            .collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
