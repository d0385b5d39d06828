//! A value that never matches.

use super::{ValueError, text};
use regex::RegexBuilder;
use serde::{Deserialize, Serialize};

/// The greatest length of an exact text, in characters: that of the longest identifier.
const MAX_EXACT: usize = 4_096;

/// The greatest length of a pattern, in characters.
const MAX_PATTERN: usize = 200;

/// The greatest length of the name of a kind, in characters.
const MAX_KIND: usize = 50;

/// The most memory of a compiled pattern, in bytes. It also bounds how long compiling takes, and matching a text.
pub(super) const MAX_COMPILED: usize = 1 << 16;

/// An entry of the policy's list of values that never match (identity rule 8): for one kind of identifier or for every
/// kind, either one value or a regular expression.
///
/// Serialized as `{"kind": "email", "rule": {"exact": "a@b.c"}}` or `{"rule": {"pattern": "…"}}`; deserialized through
/// the same checks as [`Self::exact`] and [`Self::pattern`]. What an entry blocks, [`super::BlockedValues`] says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct BlockedValue {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    pub(super) rule: Rule,
}

/// What is blocked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rule {
    Exact(String),
    Pattern(String),
}

/// An entry that is not yet checked.
#[derive(Deserialize)]
pub(super) struct Written {
    #[serde(default)]
    kind: Option<String>,
    rule: Rule,
}

impl BlockedValue {
    /// Blocks one value, compared without case and outer blanks; phone numbers by their digits alone. `kind` is the text
    /// of an identifier kind (`email`, `phone`, …), none for every kind. At most 4,096 characters.
    ///
    /// # Errors
    ///
    /// Those of [`text::clean`], for either argument.
    pub fn exact(kind: Option<&str>, text: &str) -> Result<Self, ValueError> {
        Ok(Self {
            kind: clean_kind(kind)?,
            rule: Rule::Exact(text::clean(text, MAX_EXACT)?),
        })
    }

    /// Blocks every value that a regular expression matches from beginning to end, without case. At most 200 characters, and at most
    /// 64 KiB compiled.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotAPattern`], and those of [`text::clean`], for either argument.
    pub fn pattern(kind: Option<&str>, pattern: &str) -> Result<Self, ValueError> {
        let pattern = text::clean(pattern, MAX_PATTERN)?;
        // Alone first: `a)|(b` is no expression, although it would be one inside the parentheses.
        for text in [&pattern, &whole(&pattern)] {
            let built = RegexBuilder::new(text)
                .case_insensitive(true)
                .size_limit(MAX_COMPILED)
                .build();
            built.map_err(|_| ValueError::NotAPattern)?;
        }
        Ok(Self {
            kind: clean_kind(kind)?,
            rule: Rule::Pattern(pattern),
        })
    }

    /// The kind of identifier it is for; none for every kind.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The value or the regular expression, as given.
    pub fn text(&self) -> &str {
        match &self.rule {
            Rule::Exact(text) | Rule::Pattern(text) => text,
        }
    }

    /// Whether [`Self::text`] is a regular expression.
    pub fn is_pattern(&self) -> bool {
        matches!(self.rule, Rule::Pattern(_))
    }

    /// Whether an unchecked entry says the same as this one.
    pub(super) fn is_written(&self, written: &Written) -> bool {
        self.kind == written.kind && self.rule == written.rule
    }
}

/// The expression that matches a whole text where a pattern does.
pub(super) fn whole(pattern: &str) -> String {
    format!(r"\A(?:{pattern})\z")
}

fn clean_kind(kind: Option<&str>) -> Result<Option<String>, ValueError> {
    kind.map(|kind| text::clean(kind, MAX_KIND).map(|kind| kind.to_ascii_lowercase()))
        .transpose()
}

impl TryFrom<Written> for BlockedValue {
    type Error = ValueError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written.rule {
            Rule::Exact(text) => Self::exact(written.kind.as_deref(), &text),
            Rule::Pattern(pattern) => Self::pattern(written.kind.as_deref(), &pattern),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_are_refused() {
        for pattern in ["(", "a)|(b", "[", "(?x) a # b", r"(\w{50}){50}", r"(a)\1"] {
            assert_eq!(
                BlockedValue::pattern(None, pattern),
                Err(ValueError::NotAPattern),
                "{pattern}"
            );
        }
        assert!(BlockedValue::pattern(None, &"a".repeat(200)).is_ok());
        let error = ValueError::TooLong { max: 200, actual: 201 };
        assert_eq!(BlockedValue::pattern(None, &"a".repeat(201)), Err(error));
    }

    #[test]
    fn empty_ones_are_refused() {
        assert_eq!(BlockedValue::exact(None, " "), Err(ValueError::Empty));
        assert_eq!(BlockedValue::exact(Some(""), "a"), Err(ValueError::Empty));
    }

    #[test]
    fn is_read_back() {
        let written = BlockedValue::pattern(Some(" Email "), "a.*").ok();
        let json = serde_json::to_string(&written).ok();
        assert_eq!(json.as_deref(), Some(r#"{"kind":"email","rule":{"pattern":"a.*"}}"#));
        assert_eq!(json.and_then(|json| serde_json::from_str(&json).ok()), written);
        assert!(serde_json::from_str::<BlockedValue>(r#"{"rule":{"pattern":"("}}"#).is_err());
        assert_eq!(written.as_ref().and_then(BlockedValue::kind), Some("email"));
        assert_eq!(written.as_ref().map(BlockedValue::text), Some("a.*"));
        assert_eq!(written.as_ref().map(BlockedValue::is_pattern), Some(true));
    }
}
