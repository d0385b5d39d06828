//! The application that a token belongs to.

use super::newtype::text_value;
use super::{ValueError, text};
use uuid::Uuid;

text_value! {
    /// The application that a token belongs to; the same token text of two applications is two tokens (identity rules,
    /// table of kinds). A UUID for mobile applications, an integer for web ones, any other text of 1 to 100 characters
    /// for the rest. A hyphenated UUID is kept in lower case; everything else as sent, outer blanks trimmed.
    AppId, 100, canonical
}

fn canonical(text: &str, max_chars: usize) -> Result<String, ValueError> {
    let cleaned = text::clean(text, max_chars)?;
    // Only the form with hyphens: 32 hexadecimal digits without them may be another kind of key.
    let hyphenated = cleaned.len() == 36 && Uuid::try_parse(&cleaned).is_ok();
    Ok(if hyphenated {
        cleaned.to_ascii_lowercase()
    } else {
        cleaned
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        AppId::parse(text).ok().map(String::from)
    }

    #[test]
    fn uuids_are_lower_case() {
        let lower = "0192c7a0-1f2e-7abc-8def-0123456789ab";
        assert_eq!(parsed(&lower.to_uppercase()).as_deref(), Some(lower));
        assert_eq!(parsed(lower).as_deref(), Some(lower));
    }

    #[test]
    fn the_rest_is_kept() {
        assert_eq!(parsed(" 42 ").as_deref(), Some("42"));
        assert_eq!(parsed("My.App").as_deref(), Some("My.App"));
        assert_eq!(
            parsed("ABCDEF0123456789ABCDEF0123456789").as_deref(),
            Some("ABCDEF0123456789ABCDEF0123456789")
        );
        assert_eq!(parsed(&"a".repeat(101)), None);
        assert_eq!(parsed("a\nb"), None);
        assert_eq!(parsed(""), None);
    }
}
