//! The checks of all texts.

use super::ValueError;

/// Trims outer blanks of a text that stands on one line and checks the rest.
///
/// Lengths count characters (Unicode scalar values). NUL and every other control character, tabs and line breaks
/// included, are refused inside; databases and headers cannot carry them.
///
/// # Errors
///
/// [`ValueError::Empty`] when nothing is left, [`ValueError::ControlCharacter`], [`ValueError::TooLong`].
pub fn clean(text: &str, max_chars: usize) -> Result<String, ValueError> {
    checked(text, max_chars, char::is_control)
}

/// Like [`clean`], but takes tabs and line breaks (LF, CR) inside.
///
/// # Errors
///
/// As those of [`clean`].
pub fn clean_multiline(text: &str, max_chars: usize) -> Result<String, ValueError> {
    checked(text, max_chars, |c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// Makes a text fit where a part of it is worth more than nothing: takes out control characters but tabs and line breaks, and cuts it after
/// `max_chars` characters. What is left may be blank.
pub fn fitted(text: &str, max_chars: usize) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    let cut: String = text.trim().chars().filter(kept).take(max_chars).collect();
    cut.trim().to_owned()
}

/// Blanks, and characters that take no place on a page (Unicode: soft hyphen, zero-width space, joiners, direction marks, word joiner,
/// byte order mark): a text of nothing else says nothing.
fn is_unseen(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn checked(text: &str, max_chars: usize, refused: fn(char) -> bool) -> Result<String, ValueError> {
    let trimmed = text.trim();
    if trimmed.chars().all(is_unseen) {
        return Err(ValueError::Empty);
    }
    if trimmed.chars().any(refused) {
        return Err(ValueError::ControlCharacter);
    }
    let actual = trimmed.chars().count();
    if actual > max_chars {
        return Err(ValueError::TooLong { max: max_chars, actual });
    }
    Ok(trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trims_and_counts_characters() {
        assert_eq!(clean("  їжак \n", 4).as_deref(), Ok("їжак"));
        assert_eq!(clean("їжаки", 4), Err(ValueError::TooLong { max: 4, actual: 5 }));
        assert_eq!(clean(" \u{a0}\t ", 4), Err(ValueError::Empty));
        assert_eq!(clean("\u{200b} \u{feff}\u{2060}", 4), Err(ValueError::Empty));
        assert_eq!(clean("a\u{200d}b", 4).as_deref(), Ok("a\u{200d}b"));
    }

    #[test]
    fn refuses_control_characters() {
        for text in ["a\0b", "a\nb", "a\tb", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(clean(text, 9), Err(ValueError::ControlCharacter), "{text:?}");
        }
        assert_eq!(clean_multiline("a\r\n\tb", 9).as_deref(), Ok("a\r\n\tb"));
        assert_eq!(clean_multiline("a\0b", 9), Err(ValueError::ControlCharacter));
    }

    #[test]
    fn fits_a_text() {
        assert_eq!(fitted(" \0a\u{b}b\nїc", 4), "ab\nї");
        assert_eq!(fitted("ab cd", 3), "ab");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            if let Ok(once) = clean(&text, 40) {
                prop_assert_eq!(clean(&once, 40), Ok(once));
            }
            if let Ok(once) = clean_multiline(&text, 40) {
                prop_assert_eq!(clean_multiline(&once, 40), Ok(once));
            }
            let fits = clean_multiline(&fitted(&text, 40), 40);
            prop_assert!(matches!(fits, Ok(_) | Err(ValueError::Empty)), "{:?}", fits);
        }
    }
}
