//! The numbering plans of the phone library, compiled so that a number is checked in microseconds.
//!
//! The library compiles its patterns again and again, because it keeps a hundred of them and one country code alone has
//! twice as many; and its own check is content when a pattern matches the first digits.

use phonenumber::country;
use phonenumber::metadata::{DATABASE, Descriptor, Metadata};
use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

/// The greatest country code (ITU-T E.164).
const MAX_CODE: u16 = 999;

/// The numbers of one region that can be called from abroad.
pub(super) struct Plan {
    /// The region; none for numbers of no country, such as +800.
    pub(super) region: Option<country::Id>,
    /// What is usually dialled before a national number inside the region.
    national_prefix: Option<&'static str>,
    /// Everything that may be dialled before it there, such as the code of a carrier.
    prefixes: Option<Regex>,
    kinds: Vec<Kind>,
}

/// Mobile numbers, fixed lines and so on.
struct Kind {
    lengths: &'static [u16],
    whole: Regex,
}

/// By country code. Each is compiled when it is first asked for: all of them would take seconds.
static PLANS: LazyLock<BTreeMap<u16, OnceLock<Vec<Plan>>>> = LazyLock::new(|| {
    let codes = (1..=MAX_CODE).filter(|code| DATABASE.by_code(code).is_some());
    codes.map(|code| (code, OnceLock::new())).collect()
});

/// The plans that share a country code; none if nobody has it.
pub(super) fn of_code(code: u16) -> Option<&'static [Plan]> {
    let plans = PLANS.get(&code)?;
    Some(plans.get_or_init(|| {
        let sharing = DATABASE.by_code(&code).unwrap_or_default();
        sharing.into_iter().map(Plan::compile).collect()
    }))
}

impl Plan {
    fn compile(plan: &'static Metadata) -> Self {
        let prefixes = plan.national_prefix_for_parsing();
        Self {
            region: plan.id().parse().ok(),
            national_prefix: plan.national_prefix(),
            prefixes: prefixes.and_then(|prefixes| compile(&format!("^(?:{})", prefixes.as_str()))),
            kinds: kinds(plan).filter_map(Kind::compile).collect(),
        }
    }

    /// Whether the plan has this national number.
    pub(super) fn knows(&self, national: &str) -> bool {
        let mut fitting = self.kinds.iter().filter(|kind| kind.has_length(national));
        fitting.any(|kind| kind.whole.is_match(national))
    }

    /// Whether the plan has national numbers of this length.
    pub(super) fn has_length(&self, national: &str) -> bool {
        self.kinds.iter().any(|kind| kind.has_length(national))
    }

    /// What follows the region's national prefix, if the digits start with it.
    pub(super) fn without_prefix<'a>(&self, digits: &'a str) -> Option<&'a str> {
        digits.strip_prefix(self.national_prefix?)
    }

    /// Whether the digits start with more than a national number has, by the rules that only the library knows.
    pub(super) fn may_have_prefix(&self, digits: &str) -> bool {
        self.prefixes.as_ref().is_some_and(|prefixes| prefixes.is_match(digits))
    }
}

impl Kind {
    fn compile(kind: &'static Descriptor) -> Option<Self> {
        let whole = compile(&format!("^(?:{})$", kind.national_number().as_str()))?;
        Some(Self {
            lengths: kind.possible_length(),
            whole,
        })
    }

    fn has_length(&self, national: &str) -> bool {
        u16::try_from(national.len()).is_ok_and(|length| self.lengths.contains(&length))
    }
}

/// The kinds of numbers that a person can be reached by from abroad.
fn kinds(plan: &Metadata) -> impl Iterator<Item = &Descriptor> {
    let all = plan.descriptors();
    [
        all.mobile(),
        all.fixed_line(),
        all.voip(),
        all.personal_number(),
        all.toll_free(),
        all.shared_cost(),
        all.premium_rate(),
        all.uan(),
        all.pager(),
        all.voicemail(),
    ]
    .into_iter()
    .flatten()
}

/// The library's patterns are broken over lines, and about ASCII digits only.
fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern)
        .ignore_whitespace(true)
        .unicode(false)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_knows_its_example() {
        for source in DATABASE.iter() {
            let plan = Plan::compile(source);
            assert_eq!(plan.kinds.len(), kinds(source).count(), "{}", source.id());
            assert_eq!(
                plan.prefixes.is_some(),
                source.national_prefix_for_parsing().is_some(),
                "{}",
                source.id()
            );
            for example in kinds(source).filter_map(Descriptor::example) {
                assert!(
                    plan.knows(example) && plan.has_length(example),
                    "{} {example}",
                    source.id()
                );
            }
        }
    }

    #[test]
    fn whole_numbers_only() {
        let knows = |national| of_code(380).is_some_and(|plans| plans.iter().any(|plan| plan.knows(national)));
        assert!(knows("501234567"));
        for national in ["50123456", "5012345678", "050123456", ""] {
            assert!(!knows(national), "{national}");
        }
    }

    #[test]
    fn plans_by_code() {
        assert_eq!(of_code(380).map(<[Plan]>::len), Some(1));
        assert!(of_code(1).is_some_and(|plans| plans.len() > 20));
        assert!(of_code(999).is_none());
        let regions: Vec<_> = of_code(800).into_iter().flatten().map(|plan| plan.region).collect();
        assert_eq!(regions, [None]);
    }
}
