//! The values that never match in a workspace.

use super::blocked_defaults;
use super::blocked_value::{MAX_COMPILED, Rule, Written, whole};
use super::phone_text::Dialled;
use super::{BlockedValue, ValueError};
use regex::{RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

/// The kinds that are phone numbers: the identifier, and the channels that carry it.
const PHONE_KINDS: [&str; 3] = ["phone", "sms", "viber"];

/// A policy's list of values that never match (identity rule 8), prepared so that a value is compared with all entries at once. Clones
/// share it, and so do all workspaces that have the default list.
///
/// Serialized as the list of its entries.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<Written>", into = "Vec<BlockedValue>")]
pub struct BlockedValues(Arc<Prepared>);

#[derive(Debug)]
struct Prepared {
    entries: Vec<BlockedValue>,
    /// Exact texts in lower case, with the places of their entries.
    exact: HashMap<String, Vec<usize>>,
    /// The digits of exact texts that can be phone numbers.
    digits: HashMap<String, Vec<usize>>,
    patterns: RegexSet,
    /// The places of the patterns' entries.
    patterned: Vec<usize>,
}

static DEFAULTS: LazyLock<BlockedValues> = LazyLock::new(|| {
    let prepared = Prepared::new(blocked_defaults::entries());
    BlockedValues(Arc::new(prepared.unwrap_or_else(|_| Prepared::empty())))
});

impl BlockedValues {
    /// Prepares a list; none blocks nothing.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotAPattern`] when the patterns are too large together.
    pub fn new(entries: Vec<BlockedValue>) -> Result<Self, ValueError> {
        if entries == DEFAULTS.0.entries {
            return Ok(DEFAULTS.clone());
        }
        Prepared::new(entries).map(|prepared| Self(Arc::new(prepared)))
    }

    /// Whether an identifier of the kind must not match, given its text as typed and its matching form; the latter is
    /// empty when the text is no value of its kind.
    pub fn blocks(&self, kind: &str, raw: &str, matching: &str) -> bool {
        let raw = raw.trim();
        let is_phone = is_phone_kind(kind);
        let digits = [
            is_phone.then(|| phone_digits(raw)).flatten(),
            matching.strip_prefix('+').filter(|_| is_phone).map(str::to_owned),
        ];
        let other = Some(matching).filter(|matching| *matching != raw && !matching.is_empty());
        let texts = [raw].into_iter().chain(other);
        let mut places = texts.clone().filter_map(|text| self.0.exact.get(&text.to_lowercase()));
        let mut by_digits = digits.iter().flatten().filter_map(|digits| self.0.digits.get(digits));
        let is_for = |place: &usize| self.is_for(*place, kind, is_phone);
        if places.any(|places| places.iter().any(is_for)) || by_digits.any(|places| places.iter().any(is_for)) {
            return true;
        }
        let mut texts = texts.chain(digits.first().and_then(Option::as_deref));
        // Few texts match any pattern, and one look for all of them is faster.
        texts.any(|text| self.0.patterns.is_match(text) && self.matched(text).any(is_for))
    }

    /// The places of the patterns that match a text.
    fn matched(&self, text: &str) -> impl Iterator<Item = &usize> {
        let matches = self.0.patterns.matches(text);
        matches.into_iter().filter_map(|pattern| self.0.patterned.get(pattern))
    }

    fn is_for(&self, place: usize, kind: &str, is_phone: bool) -> bool {
        self.0.entries.get(place).is_some_and(|entry| {
            let own = entry.kind();
            own.is_none_or(|own| own.eq_ignore_ascii_case(kind) || (is_phone && is_phone_kind(own)))
        })
    }
}

impl Prepared {
    fn new(entries: Vec<BlockedValue>) -> Result<Self, ValueError> {
        let mut prepared = Self::empty();
        let mut patterns = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            match &entry.rule {
                Rule::Exact(text) => {
                    prepared.exact.entry(text.to_lowercase()).or_default().push(place);
                    if let Some(digits) = phone_digits(text) {
                        prepared.digits.entry(digits).or_default().push(place);
                    }
                }
                Rule::Pattern(pattern) => {
                    patterns.push(whole(pattern));
                    prepared.patterned.push(place);
                }
            }
        }
        let built = RegexSetBuilder::new(&patterns)
            .case_insensitive(true)
            .size_limit(MAX_COMPILED.saturating_mul(patterns.len() + 1))
            .build();
        prepared.patterns = built.map_err(|_| ValueError::NotAPattern)?;
        prepared.entries = entries;
        Ok(prepared)
    }

    fn empty() -> Self {
        Self {
            entries: Vec::new(),
            exact: HashMap::new(),
            digits: HashMap::new(),
            patterns: RegexSet::empty(),
            patterned: Vec::new(),
        }
    }
}

fn is_phone_kind(kind: &str) -> bool {
    PHONE_KINDS.iter().any(|phone| phone.eq_ignore_ascii_case(kind))
}

fn phone_digits(text: &str) -> Option<String> {
    Dialled::read(text).map(|dialled| dialled.digits)
}

/// The list that a workspace starts with (identity rule 8): placeholders and unfilled templates of any kind, `test@test.com`, senders that
/// take no replies, phone numbers of one repeated digit. `example.com` stays usable.
impl Default for BlockedValues {
    fn default() -> Self {
        DEFAULTS.clone()
    }
}

impl PartialEq for BlockedValues {
    fn eq(&self, other: &Self) -> bool {
        self.0.entries == other.0.entries
    }
}

impl Eq for BlockedValues {}

/// The entries, in the order given.
impl Deref for BlockedValues {
    type Target = [BlockedValue];

    fn deref(&self) -> &[BlockedValue] {
        &self.0.entries
    }
}

impl TryFrom<Vec<Written>> for BlockedValues {
    type Error = ValueError;

    fn try_from(written: Vec<Written>) -> Result<Self, Self::Error> {
        let defaults = &DEFAULTS.0.entries;
        if written.len() == defaults.len()
            && defaults
                .iter()
                .zip(&written)
                .all(|(own, written)| own.is_written(written))
        {
            return Ok(DEFAULTS.clone());
        }
        let entries: Result<Vec<_>, _> = written.into_iter().map(BlockedValue::try_from).collect();
        Self::new(entries?)
    }
}

impl From<BlockedValues> for Vec<BlockedValue> {
    fn from(values: BlockedValues) -> Self {
        values.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn default_blocks(kind: &str, text: &str) -> bool {
        BlockedValues::default().blocks(kind, text, "")
    }

    fn one(entry: Result<BlockedValue, ValueError>) -> BlockedValues {
        BlockedValues::new(vec![entry.unwrap()]).unwrap()
    }

    const KINDS: [&str; 7] = [
        "external_id",
        "email",
        "phone",
        "device_id",
        "mobile_push",
        "cookie",
        "field",
    ];

    #[test]
    fn the_default_list_blocks_values_that_name_no_contact() {
        for text in [
            "null",
            " NULL ",
            "(null)",
            "<null>",
            "nil",
            "None",
            "NaN",
            "undefined",
            "[object Object]",
            "true",
            "FALSE",
            "Unknown",
            "N/A",
            "na",
            "-",
            "0",
            "0000000000",
            "BLACKLISTED",
            "#N/A",
            "#REF!",
            "#VALUE!",
            "#DIV/0!",
            "00000000-0000-0000-0000-000000000000",
            "{00000000-0000-0000-0000-000000000000}",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "00000000000000000000000000000000",
            "{{customer.id}}",
            "user-{{ id }}",
            "${externalCustomerId}",
            "%s",
            "%1$s",
            "%EMAIL%",
            "*|EMAIL|*",
            "<external_id>",
            "test@test.com",
            "Test@Test.com",
            "noreply@shop.com",
            "No-Reply@shop.com",
            "no_reply@shop.com",
            "noreply+17@shop.com",
            "donotreply@a.b",
            "do-not-reply@a.b",
            "do_not_reply@a.b",
        ] {
            for kind in KINDS {
                assert!(default_blocks(kind, text), "{kind} {text}");
            }
        }
        for text in ["000-000-00-00", "+380000000000", "1111111", "+1 (999) 999-99-99", "0"] {
            for kind in ["phone", "sms", "Viber"] {
                assert!(default_blocks(kind, text), "{kind} {text}");
            }
        }
        assert!(default_blocks("device_id", "9774D56D682E549C"));
    }

    #[test]
    fn the_default_list_leaves_others_alone() {
        for text in [
            "test@example.com",
            "a@test.com",
            "anoreply@shop.com",
            "reply@shop.com",
            "nullius@shop.com",
            "noreply",
            "unknown@shop.com",
        ] {
            assert!(!default_blocks("email", text), "{text}");
        }
        for text in [
            "+380501234567",
            "+380500000000",
            "+380501111111",
            "+12025550000",
            "+78005553535",
        ] {
            assert!(!default_blocks("phone", text), "{text}");
        }
        for text in [
            "10",
            "1000",
            "nullable",
            "1111111",
            "trueman",
            "00000000-0000-0000-0000-000000000001",
            "a%s",
            "{id}",
            "#1",
        ] {
            assert!(!default_blocks("external_id", text), "{text}");
        }
    }

    #[test]
    fn exact_values() {
        let phone = one(BlockedValue::exact(Some("phone"), "0000000000"));
        assert!(phone.blocks("phone", "+0000000000", ""));
        assert!(phone.blocks("sms", "(000) 000-00-00", "+0000000000"));
        assert!(!phone.blocks("external_id", "0000000000", "0000000000"));
        assert!(!phone.blocks("phone", "00000000000", ""));
        let email = one(BlockedValue::exact(Some(" Email "), " Shop@Example.com "));
        assert!(email.blocks("email", " shop@example.com ", "shop@example.com"));
        assert!(email.blocks("email", "typed otherwise", "SHOP@example.com"));
        assert!(!email.blocks("email", "ashop@example.com", "ashop@example.com"));
    }

    #[test]
    fn patterns_match_whole_values() {
        let either = one(BlockedValue::pattern(None, "a|ab"));
        assert!(either.blocks("email", "AB", ""));
        assert!(!either.blocks("email", "abc", ""));
        assert!(!one(BlockedValue::pattern(None, ".*")).blocks("email", "a\nb", ""));
        assert!(!one(BlockedValue::pattern(None, "(?m)^a$")).blocks("email", "a\nb", ""));
        assert!(!one(BlockedValue::pattern(None, "a*")).blocks("email", "b", ""));
        let phone = one(BlockedValue::pattern(Some("sms"), "5+"));
        assert!(phone.blocks("phone", "55-55", ""));
        assert!(!phone.blocks("email", "5555", ""));
    }

    #[test]
    fn as_many_patterns_as_a_policy_may_have_are_prepared_together() {
        let large = |place: usize| BlockedValue::pattern(None, &format!("[a-z0-9]{{100}}{place}")).unwrap();
        assert!(BlockedValues::new((0..100).map(large).collect()).is_ok());
    }

    #[test]
    fn a_list_is_read_back() {
        let json = serde_json::to_string(&BlockedValues::default()).unwrap();
        let read: BlockedValues = serde_json::from_str(&json).unwrap();
        assert!(Arc::ptr_eq(&read.0, &DEFAULTS.0));
        let json = r#"[{"rule":{"exact":"a"}},{"kind":"email","rule":{"pattern":"b+"}}]"#;
        let read: BlockedValues = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        assert!(read.blocks("email", "bb", "") && !read.blocks("email", "null", ""));
        assert!(serde_json::from_str::<BlockedValues>(r#"[{"rule":{"pattern":"("}}]"#).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn never_panics(pattern in any::<String>(), raw in any::<String>(), matching in any::<String>()) {
            for kind in ["phone", "email"] {
                for value in [BlockedValue::exact(None, &pattern), BlockedValue::pattern(None, &pattern)] {
                    if value.is_ok() {
                        one(value).blocks(kind, &raw, &matching);
                    }
                }
            }
        }

        #[test]
        fn an_exact_value_blocks_itself(text in "\\S{1,20}", kind in "[a-z_]{1,10}") {
            if let Ok(value) = BlockedValue::exact(Some(&kind), &text) {
                prop_assert!(one(Ok(value)).blocks(&kind, &text.to_uppercase().to_lowercase(), &text));
            }
        }
    }
}
