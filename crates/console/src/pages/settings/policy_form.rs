//! The policy as a form: what stands in its fields, and reading them back.

use crate::fields::Fields;
use selfsame_domain::values::{BlockedValue, BlockedValues, Region};
use selfsame_domain::{IdentifierKind, Limits, Policy};

/// The kinds of identifiers that a contact may hold several of.
pub(super) const LIMITED: [IdentifierKind; 8] = [
    IdentifierKind::Email,
    IdentifierKind::Phone,
    IdentifierKind::MobilePush,
    IdentifierKind::WebPush,
    IdentifierKind::Telegram,
    IdentifierKind::DeviceId,
    IdentifierKind::Cookie,
    IdentifierKind::Field,
];

/// The fields of the form, as they are shown again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct PolicyForm {
    pub(super) merge: bool,
    pub(super) shared: String,
    pub(super) strict: bool,
    pub(super) region: String,
    pub(super) seen: String,
    pub(super) retention: String,
    pub(super) duplicates: String,
    pub(super) delete_events: bool,
    pub(super) delete_orders: bool,
    pub(super) limits: Vec<(IdentifierKind, String)>,
    pub(super) blocked: String,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FormProblem {
    /// A text that is no whole number.
    NotANumber,
    /// A text that is no region.
    Region,
    /// A line of the blocked values that cannot be read; from 1.
    Blocked(usize),
    /// The patterns are too large together.
    Patterns,
}

impl PolicyForm {
    pub(super) fn of(policy: &Policy) -> Self {
        let region = policy.default_phone_region.as_ref();
        let lines: Vec<String> = policy.blocked.iter().map(written).collect();
        let limit = |kind| Some((kind, policy.limits.of(kind)?.to_string()));
        Self {
            merge: policy.merge_unclaimed,
            shared: policy.shared_threshold.to_string(),
            strict: policy.strict_identifiers,
            region: region.map(|region| region.as_str().to_owned()).unwrap_or_default(),
            seen: policy.last_seen_seconds.to_string(),
            retention: policy
                .event_retention_days
                .map(|days| days.to_string())
                .unwrap_or_default(),
            duplicates: policy.duplicate_window_seconds.to_string(),
            delete_events: policy.delete_past_events,
            delete_orders: policy.delete_orders,
            limits: LIMITED.into_iter().filter_map(limit).collect(),
            blocked: lines.join("\n"),
        }
    }

    pub(super) fn posted(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self {
            merge: fields.is_on("merge"),
            shared: text("shared"),
            strict: fields.is_on("strict"),
            region: text("region"),
            seen: text("seen"),
            retention: text("retention"),
            duplicates: text("duplicates"),
            delete_events: fields.is_on("delete-events"),
            delete_orders: fields.is_on("delete-orders"),
            limits: LIMITED.map(|kind| (kind, text(&format!("limit-{kind}")))).into(),
            blocked: text("blocked").replace("\r\n", "\n"),
        }
    }

    /// The policy of the form. Bounds are checked by [`Policy::check`].
    pub(super) fn read(&self, known: &Policy) -> Result<Policy, FormProblem> {
        let default_phone_region = match self.region.as_str() {
            "" => None,
            text => Some(Region::parse(text).map_err(|_| FormProblem::Region)?),
        };
        let event_retention_days = match self.retention.as_str() {
            "" => None,
            text => Some(number(text)?),
        };
        Ok(Policy {
            default_phone_region,
            merge_unclaimed: self.merge,
            blocked: self.blocked(known)?,
            shared_threshold: number(&self.shared)?,
            limits: self.limits()?,
            duplicate_window_seconds: number(&self.duplicates)?,
            delete_past_events: self.delete_events,
            last_seen_seconds: number(&self.seen)?,
            delete_orders: self.delete_orders,
            event_retention_days,
            strict_identifiers: self.strict,
        })
    }

    fn limits(&self) -> Result<Limits, FormProblem> {
        let limit = |kind| {
            let found = self.limits.iter().find(|(known, _)| *known == kind);
            number(found.map_or("", |(_, text)| text.as_str()))
        };
        Ok(Limits {
            email: limit(IdentifierKind::Email)?,
            phone: limit(IdentifierKind::Phone)?,
            mobile_push: limit(IdentifierKind::MobilePush)?,
            web_push: limit(IdentifierKind::WebPush)?,
            telegram: limit(IdentifierKind::Telegram)?,
            device_id: limit(IdentifierKind::DeviceId)?,
            cookie: limit(IdentifierKind::Cookie)?,
            field: limit(IdentifierKind::Field)?,
        })
    }

    /// The blocked values, one a line. A line that stands for a known entry is that entry.
    fn blocked(&self, known: &Policy) -> Result<BlockedValues, FormProblem> {
        let mut entries: Vec<BlockedValue> = Vec::new();
        for (place, line) in (1..).zip(self.blocked.lines().map(str::trim)) {
            if line.is_empty() {
                continue;
            }
            let same = known.blocked.iter().find(|entry| written(entry) == line);
            let entry = same.cloned().or_else(|| read(line));
            entries.push(entry.ok_or(FormProblem::Blocked(place))?);
        }
        BlockedValues::new(entries).map_err(|_| FormProblem::Patterns)
    }
}

fn number(text: &str) -> Result<u32, FormProblem> {
    text.parse().map_err(|_| FormProblem::NotANumber)
}

/// A blocked value as a line: `email: test@test.com`, `*: null`, `email: /noreply@.+/`.
fn written(entry: &BlockedValue) -> String {
    let kind = entry.kind().unwrap_or("*");
    if entry.is_pattern() {
        format!("{kind}: /{}/", entry.text())
    } else {
        format!("{kind}: {}", entry.text())
    }
}

/// Reads what [`written`] wrote.
fn read(line: &str) -> Option<BlockedValue> {
    let (kind, text) = line.split_once(':')?;
    let (kind, text) = (kind.trim().to_ascii_lowercase(), text.trim());
    let kind = match kind.as_str() {
        "*" => None,
        kind => Some(IdentifierKind::from_text(kind)?.as_str()),
    };
    match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => BlockedValue::pattern(kind, pattern).ok(),
        None => BlockedValue::exact(kind, text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_back_from_its_form() {
        let policy = Policy {
            default_phone_region: Region::parse("UA").ok(),
            merge_unclaimed: false,
            shared_threshold: 7,
            duplicate_window_seconds: 60,
            delete_past_events: true,
            last_seen_seconds: 0,
            delete_orders: true,
            event_retention_days: Some(30),
            strict_identifiers: true,
            ..Policy::default()
        };
        for policy in [policy, Policy::default()] {
            assert_eq!(PolicyForm::of(&policy).read(&Policy::default()), Ok(policy));
        }
    }

    #[test]
    fn blocked_values_are_lines() {
        let with = |blocked: &str| PolicyForm {
            blocked: blocked.to_owned(),
            ..PolicyForm::of(&Policy::default())
        };
        let read = |blocked| with(blocked).read(&Policy::default());
        let policy = read("email: test@test.com\n\n*: null\nEmail:/noreply@.+/").expect("a policy");
        let lines: Vec<String> = policy.blocked.iter().map(written).collect();
        assert_eq!(lines, ["email: test@test.com", "*: null", "email: /noreply@.+/"]);
        for (blocked, line) in [("null", 1), ("*: a\nfax: b", 2), ("*:", 1), ("*: /(/", 1)] {
            assert_eq!(read(blocked), Err(FormProblem::Blocked(line)), "{blocked}");
        }
    }

    #[test]
    fn texts_that_are_no_numbers_are_refused() {
        for change in [
            (|form| form.shared = "many".to_owned()) as fn(&mut PolicyForm),
            |form| form.retention = "-1".to_owned(),
            |form| form.limits.clear(),
        ] {
            let mut form = PolicyForm::of(&Policy::default());
            change(&mut form);
            assert_eq!(form.read(&Policy::default()), Err(FormProblem::NotANumber));
        }
        let region = PolicyForm {
            region: "Ukraine".to_owned(),
            ..PolicyForm::of(&Policy::default())
        };
        assert_eq!(region.read(&Policy::default()), Err(FormProblem::Region));
    }
}
