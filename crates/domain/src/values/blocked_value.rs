//! Values that never match.

use super::phone_text::Dialled;
use super::{ValueError, text};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

/// The greatest length of an exact text, in characters: that of the longest identifier.
const MAX_EXACT: usize = 4_096;

/// The greatest length of a pattern, in characters.
const MAX_PATTERN: usize = 200;

/// The greatest length of the name of a kind, in characters.
const MAX_KIND: usize = 50;

/// The most memory of a compiled pattern, in bytes. It also bounds how long compiling takes, and matching a text.
const MAX_COMPILED: usize = 1 << 16;

/// How many compiled patterns are kept.
const MAX_KNOWN: usize = 1_000;

/// The kinds that are phone numbers: the identifier, and the channels that carry it.
const PHONE_KINDS: [&str; 3] = ["phone", "sms", "viber"];

/// Placeholders that systems write where they have no value, whatever it was to be.
const PLACEHOLDERS: [&str; 8] = ["null", "none", "undefined", "nil", "n/a", "na", "-", "0"];

/// Email addresses that stand for nobody, as patterns.
const NOBODYS_EMAILS: [&str; 3] = ["noreply@.+", "no-reply@.+", "donotreply@.+"];

/// One digit over and over; also after a country code, then often enough to be no subscriber's number.
const NOBODYS_PHONES: [&str; 2] = [
    r"\+?(0{4,}|1{4,}|2{4,}|3{4,}|4{4,}|5{4,}|6{4,}|7{4,}|8{4,}|9{4,})",
    r"\+?[0-9]{1,3}(0{9,}|1{9,}|2{9,}|3{9,}|4{9,}|5{9,}|6{9,}|7{9,}|8{9,}|9{9,})",
];

/// An entry of the policy's list of values that never match (identity rule 8): for one kind of identifier or for every
/// kind, either one value or a regular expression.
///
/// Serialized as `{"kind": "email", "rule": {"exact": "a@b.c"}}` or `{"rule": {"pattern": "…"}}`; deserialized through
/// the same checks as [`Self::exact`] and [`Self::pattern`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct BlockedValue {
    kind: Option<String>,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Rule {
    Exact { text: String, phone_digits: Option<String> },
    Pattern(Pattern),
}

/// A compiled expression; its text decides what it equals. Shared, because a clone of an expression begins without the memory that
/// matching needs, and a policy is cloned for every request.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    whole: Arc<Regex>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    rule: WrittenRule,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenRule {
    Exact(String),
    Pattern(String),
}

static DEFAULTS: LazyLock<Vec<BlockedValue>> = LazyLock::new(|| {
    let placeholders = PLACEHOLDERS.iter().map(|text| BlockedValue::exact(None, text));
    let test_email = BlockedValue::exact(Some("email"), "test@test.com");
    let emails = NOBODYS_EMAILS
        .iter()
        .map(|text| BlockedValue::pattern(Some("email"), text));
    let phones = NOBODYS_PHONES
        .iter()
        .map(|text| BlockedValue::pattern(Some("phone"), text));
    placeholders
        .chain([test_email])
        .chain(emails)
        .chain(phones)
        .flatten()
        .collect()
});

impl BlockedValue {
    /// Blocks one value, compared without case and outer blanks; phone numbers by their digits alone. `kind` is the text
    /// of an identifier kind (`email`, `phone`, …), none for every kind. At most 4,096 characters.
    ///
    /// # Errors
    ///
    /// Those of [`text::clean`], for either argument.
    pub fn exact(kind: Option<&str>, text: &str) -> Result<Self, ValueError> {
        let text = text::clean(text, MAX_EXACT)?;
        let phone_digits = phone_digits(&text);
        Ok(Self {
            kind: clean_kind(kind)?,
            rule: Rule::Exact { text, phone_digits },
        })
    }

    /// Blocks every value that a regular expression matches from beginning to end, without case. Compiled here, once. At
    /// most 200 characters, and at most 64 KiB compiled.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotAPattern`], and those of [`text::clean`], for either argument.
    pub fn pattern(kind: Option<&str>, pattern: &str) -> Result<Self, ValueError> {
        let text = text::clean(pattern, MAX_PATTERN)?;
        let whole = compiled(&text)?;
        Ok(Self {
            kind: clean_kind(kind)?,
            rule: Rule::Pattern(Pattern { text, whole }),
        })
    }

    /// The list that a workspace starts with (identity rule 8): placeholders of any kind, `test@test.com`, senders that
    /// take no replies, phone numbers of one repeated digit. `example.com` stays usable.
    pub fn default_list() -> Vec<Self> {
        DEFAULTS.clone()
    }

    /// The kind of identifier it is for; none for every kind.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The value or the regular expression, as given.
    pub fn text(&self) -> &str {
        match &self.rule {
            Rule::Exact { text, .. } => text,
            Rule::Pattern(pattern) => &pattern.text,
        }
    }

    /// Whether [`Self::text`] is a regular expression.
    pub fn is_pattern(&self) -> bool {
        matches!(self.rule, Rule::Pattern(_))
    }

    /// Whether an identifier of the kind must not match, given its text as typed and its matching form; the latter is
    /// empty when the text is no value of its kind.
    pub fn blocks(&self, kind: &str, raw: &str, matching: &str) -> bool {
        let is_phone = is_phone_kind(kind);
        if self
            .kind
            .as_deref()
            .is_some_and(|own| !(own.eq_ignore_ascii_case(kind) || (is_phone && is_phone_kind(own))))
        {
            return false;
        }
        let raw = raw.trim();
        match &self.rule {
            Rule::Exact {
                text,
                phone_digits: own,
            } => {
                same_without_case(text, raw)
                    || same_without_case(text, matching)
                    || (is_phone && own.is_some() && (*own == phone_digits(raw) || *own == phone_digits(matching)))
            }
            Rule::Pattern(Pattern { whole, .. }) => {
                whole.is_match(raw)
                    || (!matching.is_empty() && whole.is_match(matching))
                    || (is_phone && phone_digits(raw).is_some_and(|digits| whole.is_match(&digits)))
            }
        }
    }
}

/// The compiled form of a pattern's text, which must match from beginning to end.
///
/// Policies are read from storage with every request, and compiling costs a hundred times what reading does: what was compiled is
/// kept. The number of texts is bounded, because a workspace may bring any.
fn compiled(text: &str) -> Result<Arc<Regex>, ValueError> {
    static KNOWN: LazyLock<RwLock<HashMap<String, Arc<Regex>>>> = LazyLock::new(RwLock::default);
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(text) {
        return Ok(Arc::clone(known));
    }
    // Alone first: `a)|(b` is no expression, although it would be one inside the parentheses.
    compile(text)?;
    let whole = Arc::new(compile(&format!(r"\A(?:{text})\z"))?);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MAX_KNOWN {
        known.clear();
    }
    known.insert(text.to_owned(), Arc::clone(&whole));
    Ok(whole)
}

fn compile(pattern: &str) -> Result<Regex, ValueError> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(MAX_COMPILED)
        .build();
    built.map_err(|_| ValueError::NotAPattern)
}

fn clean_kind(kind: Option<&str>) -> Result<Option<String>, ValueError> {
    kind.map(|kind| text::clean(kind, MAX_KIND).map(|kind| kind.to_ascii_lowercase()))
        .transpose()
}

fn is_phone_kind(kind: &str) -> bool {
    PHONE_KINDS.iter().any(|phone| phone.eq_ignore_ascii_case(kind))
}

fn phone_digits(text: &str) -> Option<String> {
    Dialled::read(text).map(|dialled| dialled.digits)
}

fn same_without_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars()
        .flat_map(char::to_lowercase)
        .eq(b.chars().flat_map(char::to_lowercase))
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl TryFrom<Written> for BlockedValue {
    type Error = ValueError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written.rule {
            WrittenRule::Exact(text) => Self::exact(written.kind.as_deref(), &text),
            WrittenRule::Pattern(pattern) => Self::pattern(written.kind.as_deref(), &pattern),
        }
    }
}

impl From<BlockedValue> for Written {
    fn from(value: BlockedValue) -> Self {
        let rule = match value.rule {
            Rule::Exact { text, .. } => WrittenRule::Exact(text),
            Rule::Pattern(pattern) => WrittenRule::Pattern(pattern.text),
        };
        Self { kind: value.kind, rule }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn default_blocks(kind: &str, raw: &str, matching: &str) -> bool {
        BlockedValue::default_list()
            .iter()
            .any(|entry| entry.blocks(kind, raw, matching))
    }

    #[test]
    fn the_default_list_is_whole() {
        let expected = PLACEHOLDERS.len() + 1 + NOBODYS_EMAILS.len() + NOBODYS_PHONES.len();
        assert_eq!(BlockedValue::default_list().len(), expected);
    }

    #[test]
    fn the_default_list_blocks_nobodys_values() {
        for text in ["null", " NULL ", "None", "undefined", "nil", "N/A", "na", "-", "0"] {
            for kind in ["external_id", "email", "phone", "cookie", "field"] {
                assert!(default_blocks(kind, text, ""), "{kind} {text}");
            }
        }
        for text in [
            "test@test.com",
            "Test@Test.com",
            "noreply@shop.com",
            "No-Reply@shop.com",
            "donotreply@a.b",
        ] {
            assert!(default_blocks("email", text, &text.to_lowercase()), "{text}");
        }
        for text in [
            "0000000000",
            "+0000000000",
            "000-000-00-00",
            "+380000000000",
            "1111111",
            "+1 (999) 999-99-99",
            "0",
        ] {
            for kind in ["phone", "sms", "Viber"] {
                assert!(default_blocks(kind, text, ""), "{kind} {text}");
            }
        }
    }

    #[test]
    fn the_default_list_leaves_others_alone() {
        for text in [
            "test@example.com",
            "a@test.com",
            "anoreply@shop.com",
            "nullius@shop.com",
            "noreply",
        ] {
            assert!(!default_blocks("email", text, text), "{text}");
        }
        for text in [
            "+380501234567",
            "+380500000000",
            "+380501111111",
            "+12025550000",
            "+78005553535",
        ] {
            assert!(!default_blocks("phone", text, text), "{text}");
        }
        for text in ["0000000000", "10", "test@test.com", "nullable", "1111111"] {
            assert!(!default_blocks("external_id", text, text), "{text}");
        }
    }

    #[test]
    fn exact_values() -> Result<(), ValueError> {
        let phone = BlockedValue::exact(Some("phone"), "0000000000")?;
        assert!(phone.blocks("phone", "+0000000000", ""));
        assert!(phone.blocks("sms", "(000) 000-00-00", "+0000000000"));
        assert!(!phone.blocks("external_id", "0000000000", "0000000000"));
        assert!(!phone.blocks("phone", "00000000000", ""));
        let email = BlockedValue::exact(Some(" Email "), " Shop@Example.com ")?;
        assert!(email.blocks("email", " shop@example.com ", "shop@example.com"));
        assert!(email.blocks("email", "typed otherwise", "SHOP@example.com"));
        assert!(!email.blocks("email", "ashop@example.com", "ashop@example.com"));
        assert_eq!(BlockedValue::exact(None, " "), Err(ValueError::Empty));
        assert_eq!(BlockedValue::exact(Some(""), "a"), Err(ValueError::Empty));
        Ok(())
    }

    #[test]
    fn patterns_match_whole_values() -> Result<(), ValueError> {
        let either = BlockedValue::pattern(None, "a|ab")?;
        assert!(either.blocks("email", "AB", ""));
        assert!(!either.blocks("email", "abc", ""));
        assert!(!BlockedValue::pattern(None, ".*")?.blocks("email", "a\nb", ""));
        assert!(!BlockedValue::pattern(None, "(?m)^a$")?.blocks("email", "a\nb", ""));
        assert!(!BlockedValue::pattern(None, "a*")?.blocks("email", "b", ""));
        Ok(())
    }

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
    fn a_policy_is_read_back() {
        let list = BlockedValue::default_list();
        let json = serde_json::to_string(&list).ok();
        assert_eq!(json.and_then(|json| serde_json::from_str(&json).ok()), Some(list));
        let written = BlockedValue::pattern(Some("email"), "a.*").ok();
        let json = serde_json::to_string(&written).ok();
        assert_eq!(json.as_deref(), Some(r#"{"kind":"email","rule":{"pattern":"a.*"}}"#));
        assert!(serde_json::from_str::<BlockedValue>(r#"{"rule":{"pattern":"("}}"#).is_err());
        assert_eq!(written.as_ref().and_then(BlockedValue::kind), Some("email"));
        assert_eq!(written.as_ref().map(BlockedValue::text), Some("a.*"));
        assert_eq!(written.as_ref().map(BlockedValue::is_pattern), Some(true));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn never_panics(pattern in any::<String>(), raw in any::<String>(), matching in any::<String>()) {
            for kind in ["phone", "email"] {
                for value in [BlockedValue::exact(None, &pattern), BlockedValue::pattern(None, &pattern)].into_iter().flatten() {
                    value.blocks(kind, &raw, &matching);
                }
            }
        }

        #[test]
        fn an_exact_value_blocks_itself(text in "\\S{1,20}", kind in "[a-z_]{1,10}") {
            if let Ok(value) = BlockedValue::exact(Some(&kind), &text) {
                prop_assert!(value.blocks(&kind, &text, ""));
            }
        }
    }
}
