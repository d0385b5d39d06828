//! What is wrong with one member of a structure.

use super::{ValueError, text};
use thiserror::Error;

/// Which member of a structure is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{member} {error}")]
pub struct FieldProblem {
    /// The member's name on the wire.
    pub member: &'static str,
    /// What is wrong with it.
    pub error: ValueError,
}

/// Checks a member that may be left out; a blank one counts as left out (clients send blanks for what they lack, wire fact).
pub(super) fn checked(
    member: &'static str,
    value: Option<String>,
    max_chars: usize,
) -> Result<Option<String>, FieldProblem> {
    match value.map(|value| text::clean(&value, max_chars)) {
        None | Some(Err(ValueError::Empty)) => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(error)) => Err(FieldProblem { member, error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_member() {
        assert_eq!(checked("os", None, 3), Ok(None));
        assert_eq!(checked("os", Some(" ".to_owned()), 3), Ok(None));
        assert_eq!(checked("os", Some(" iOS ".to_owned()), 3), Ok(Some("iOS".to_owned())));
        let problem = checked("os", Some("Android".to_owned()), 3).err();
        let text = problem.map(|problem| problem.to_string());
        assert_eq!(text.as_deref(), Some("os must be at most 3 characters long, not 7"));
    }
}
