//! The characters that the wire protocol forbids in keys.

use super::{ValueError, text};

/// Forbidden in event type keys, event key values, form types and the event key for new contacts (wire fact).
const FORBIDDEN: [char; 14] = ['<', ';', '’', '\\', '/', '|', '"', '`', '\'', '^', '?', '!', ',', '>'];

/// Like [`text::clean`], and refuses forbidden characters.
pub(super) fn clean(text: &str, max_chars: usize) -> Result<String, ValueError> {
    let cleaned = text::clean(text, max_chars)?;
    match cleaned.chars().find(|c| FORBIDDEN.contains(c)) {
        Some(c) => Err(ValueError::ForbiddenCharacter(c)),
        None => Ok(cleaned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_each_forbidden_character() {
        for c in "<;’\\/|\"`'^?!,>".chars() {
            assert_eq!(clean(&format!("a{c}b"), 9), Err(ValueError::ForbiddenCharacter(c)));
        }
        assert_eq!(
            clean("user@example.com:7+{}[]()#%&*=~$.", 99).as_deref(),
            Ok("user@example.com:7+{}[]()#%&*=~$.")
        );
    }
}
