//! Comparing large values with a readable difference.

use proptest::test_runner::TestCaseError;
use std::fmt::{Debug, Write};

/// How many lines of each side are shown around a difference.
const SHOWN: usize = 24;

/// The result of a step. It fails without a panic, so that shrinking prints nothing.
pub(super) type Checked<T = ()> = Result<T, TestCaseError>;

/// Asserts that both are equal; the failure shows the first difference.
pub(super) fn assert_same<T: Debug + PartialEq + ?Sized>(what: impl Debug, found: &T, expected: &T) -> Checked {
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (format!("{found:#?}"), format!("{expected:#?}"));
    let (found, expected): (Vec<&str>, Vec<&str>) = (found.lines().collect(), expected.lines().collect());
    let alike = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    let mut text = format!("{what:#?} differ at line {alike}");
    for (name, lines) in [("found", found), ("expected", expected)] {
        let first = alike.saturating_sub(SHOWN / 2);
        let shown = lines
            .iter()
            .skip(first)
            .take(SHOWN)
            .copied()
            .collect::<Vec<_>>()
            .join("\n");
        let _ = write!(text, "\n{name}, from line {first}:\n{shown}");
    }
    Err(TestCaseError::fail(text))
}
