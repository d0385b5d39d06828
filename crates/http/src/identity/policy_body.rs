//! The identity policy in JSON.

use crate::body::{FromMember, List, Member, Nullable, Within, body};
use crate::fields::{Problems, says_something};
use selfsame_domain::values::{BlockedValue, BlockedValues, Region};
use selfsame_domain::{IdentifierKind, Limits, Policy};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// In seconds: up to a day. A request that is repeated later is meant.
type UpToADay = Within<{ *Policy::DUPLICATE_WINDOWS.start() }, { *Policy::DUPLICATE_WINDOWS.end() }>;

// An incomplete policy could merge different persons, or delete events.
body! {
    strict
    /// What a workspace decides about identity for itself. Every member is required, and there are no others; `null` says that there is none.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[serde(deny_unknown_fields)]
    #[schema(as = Policy)]
    pub(super) struct PolicyBody {
        /// Region (ISO 3166-1 alpha-2) in which a phone number without a country code is read; null takes only international ones.
        #[schema(value_type = Option<String>, required = true, example = "UA")]
        default_phone_region: Nullable<Region>,
        /// Whether contacts without an external ID that hold the request's email or phone are merged into the decided one.
        merge_unclaimed: bool,
        /// Values that never match, at most 1,000.
        #[schema(value_type = Vec<BlockedBody>, max_items = 1000)]
        blocked: Blocked,
        /// A value seen with this many different external IDs is shared and stops being evidence.
        #[schema(value_type = u32, minimum = 2, maximum = 100, example = 3)]
        shared_threshold: Within<{ *Policy::SHARED_THRESHOLDS.start() }, { *Policy::SHARED_THRESHOLDS.end() }>,
        /// How many identifiers of a kind a contact may hold before the surplus is quarantined.
        limits: LimitsBody,
        /// Seconds within which an identical contact request is refused as duplicated; 0 turns the check off.
        #[schema(value_type = u32, minimum = 0, maximum = 86_400, example = 0)]
        duplicate_window_seconds: UpToADay,
        /// Whether `DELETE past_events` deletes.
        #[schema(example = false)]
        delete_past_events: bool,
        /// For how many seconds the time when an identifier was last seen stays as it is, though the identifier is named again.
        #[schema(value_type = u32, minimum = 0, maximum = 86_400, example = 3600)]
        last_seen_seconds: UpToADay,
        /// Whether `DELETE orders` deletes.
        #[schema(example = false)]
        delete_orders: bool,
        /// For how many days after it happened an event is kept, and a month more at the most; null for ever. What is older is deleted within
        /// an hour, and not taken any more.
        #[schema(value_type = Option<u32>, required = true, minimum = 1, maximum = 36_500, example = 730)]
        event_retention_days: Nullable<Within<{ *Policy::RETENTIONS.start() }, { *Policy::RETENTIONS.end() }>>,
        /// Whether any identifier that cannot be read refuses the request. If not, one that stands beside a usable identifier is left out and
        /// reported, but for the external ID.
        #[schema(example = false)]
        strict_identifiers: bool,
    }
}

body! {
    strict
    /// A value that never matches: either `exact` or `pattern`.
    #[derive(Serialize)]
    #[serde(deny_unknown_fields)]
    #[schema(as = BlockedValue)]
    pub(super) struct BlockedBody {
        /// The kind of identifier that it is blocked for; null for every kind.
        #[schema(value_type = Option<String>, required = true, example = "email")]
        kind: Nullable<String>,
        /// The value, compared without case; phone numbers by their digits.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(example = "test@test.com")]
        exact: Option<String>,
        /// A regular expression that matches the whole value, without case; at most 200 characters.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(example = "noreply@.+")]
        pattern: Option<String>,
    }
}

/// How many identifiers of a kind a contact may have.
type Limit = Within<{ *Limits::RANGE.start() }, { *Limits::RANGE.end() }>;

body! {
    strict
    /// Identifiers per contact and kind.
    #[derive(Clone, PartialEq, Eq, Serialize)]
    #[serde(deny_unknown_fields)]
    #[schema(as = Limits)]
    pub(super) struct LimitsBody {
        /// Email addresses.
        #[schema(value_type = u32, minimum = 1, maximum = 10_000, example = 5)]
        email: Limit,
        /// Phone numbers.
        #[schema(value_type = u32, minimum = 1, maximum = 10_000, example = 5)]
        phone: Limit,
        /// Mobile push tokens.
        #[schema(value_type = u32, minimum = 1, maximum = 10_000, example = 50)]
        mobile_push: Limit,
        /// Web push tokens.
        #[schema(value_type = u32, minimum = 1, maximum = 10_000, example = 50)]
        web_push: Limit,
        /// Telegram tokens.
        #[schema(value_type = u32, minimum = 1, maximum = 10_000, example = 10)]
        telegram: Limit,
        /// Devices.
        #[schema(value_type = u32, minimum = 1, maximum = 10_000, example = 50)]
        device_id: Limit,
        /// Cookies.
        #[schema(value_type = u32, minimum = 1, maximum = 10_000, example = 100)]
        cookie: Limit,
        /// Values of identifying custom fields.
        #[schema(value_type = u32, minimum = 1, maximum = 10_000, example = 10)]
        field: Limit,
    }
}

impl From<&Policy> for PolicyBody {
    fn from(policy: &Policy) -> Self {
        Self {
            default_phone_region: Nullable(policy.default_phone_region.clone()),
            merge_unclaimed: policy.merge_unclaimed,
            blocked: Blocked(policy.blocked.clone()),
            shared_threshold: Within(policy.shared_threshold),
            limits: LimitsBody::from(policy.limits),
            duplicate_window_seconds: Within(policy.duplicate_window_seconds),
            delete_past_events: policy.delete_past_events,
            last_seen_seconds: Within(policy.last_seen_seconds),
            delete_orders: policy.delete_orders,
            event_retention_days: Nullable(policy.event_retention_days.map(Within)),
            strict_identifiers: policy.strict_identifiers,
        }
    }
}

impl From<PolicyBody> for Policy {
    fn from(body: PolicyBody) -> Self {
        Self {
            default_phone_region: body.default_phone_region.0,
            merge_unclaimed: body.merge_unclaimed,
            blocked: body.blocked.0,
            shared_threshold: body.shared_threshold.0,
            limits: body.limits.into(),
            duplicate_window_seconds: body.duplicate_window_seconds.0,
            delete_past_events: body.delete_past_events,
            last_seen_seconds: body.last_seen_seconds.0,
            delete_orders: body.delete_orders,
            event_retention_days: body.event_retention_days.0.map(|days| days.0),
            strict_identifiers: body.strict_identifiers,
        }
    }
}

macro_rules! limits {
    ($($kind:ident),*) => {
        impl From<Limits> for LimitsBody {
            fn from(limits: Limits) -> Self {
                Self { $($kind: Within(limits.$kind)),* }
            }
        }

        impl From<LimitsBody> for Limits {
            fn from(body: LimitsBody) -> Self {
                Self { $($kind: body.$kind.0),* }
            }
        }
    };
}

limits!(email, phone, mobile_push, web_push, telegram, device_id, cookie, field);

/// The values that never match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blocked(BlockedValues);

impl Serialize for Blocked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|blocked| {
            let text = || blocked.text().to_owned();
            BlockedBody {
                kind: Nullable(blocked.kind().map(str::to_owned)),
                exact: (!blocked.is_pattern()).then(text),
                pattern: blocked.is_pattern().then(text),
            }
        }))
    }
}

impl FromMember for Blocked {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let sent = member.raw.and_then(Value::as_array).into_iter().flatten();
        let patterns = sent.filter(|entry| entry.get("pattern").is_some_and(says_something));
        if patterns.count() > Policy::MAX_PATTERNS {
            return member.refuse(problems, format!("must have at most {} patterns", Policy::MAX_PATTERNS));
        }
        let values = List::<BlockedValue, 0, { Policy::MAX_BLOCKED }>::read(member, problems)?;
        let values = BlockedValues::new(values.values().collect());
        member.check(problems, values).map(Self)
    }
}

impl FromMember for BlockedValue {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let sent = BlockedBody::read(member, problems)?;
        let kind = sent.kind.0.map(|kind| kind.to_ascii_lowercase());
        let kind = kind.as_deref();
        let (place, value) = match (sent.exact, sent.pattern) {
            _ if kind.is_some_and(|kind| IdentifierKind::from_text(kind).is_none()) => {
                let names = IdentifierKind::ALL.map(IdentifierKind::as_str).join(", ");
                problems.add(
                    format!("{}/kind", member.pointer()),
                    format!("must be null or one of {names}"),
                );
                return None;
            }
            (Some(text), None) => ("exact", Self::exact(kind, &text)),
            (None, Some(text)) => ("pattern", Self::pattern(kind, &text)),
            (Some(_), Some(_)) | (None, None) => {
                return member.refuse(problems, "must have either exact or pattern");
            }
        };
        problems.check(&format!("{}/{place}", member.pointer()), value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::read_object;
    use crate::error::ApiError;
    use crate::fields::Fields;
    use serde_json::json;

    fn read(body: &Value) -> Result<Policy, ApiError> {
        read_object::<PolicyBody>(&Fields::of(body.as_object(), String::new())).map(Policy::from)
    }

    #[test]
    fn a_policy_is_read_back() {
        let policy = Policy {
            default_phone_region: Region::parse("UA").ok(),
            merge_unclaimed: false,
            shared_threshold: 7,
            duplicate_window_seconds: 60,
            delete_past_events: true,
            last_seen_seconds: 0,
            delete_orders: true,
            event_retention_days: Some(36_500),
            strict_identifiers: true,
            ..Policy::default()
        };
        for policy in [policy, Policy::default()] {
            let body = serde_json::to_value(PolicyBody::from(&policy)).unwrap();
            assert_eq!(read(&body).unwrap(), policy);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let body = json!({
            "defaultPhoneRegion": "Ukraine", "mergeUnclaimed": 3, "sharedThreshold": 1, "duplicateWindowSeconds": -1,
            "deletePastEvents": "often", "lastSeenSeconds": -1, "deleteOrders": 2, "eventRetentionDays": 0, "strictIdentifiers": 1,
            "blocked": [
                {"kind": "fax", "exact": "a"}, {"kind": null, "pattern": "("}, {"kind": null}, {"kind": null, "exact": "a", "pattern": "b"},
                {"exact": "a", "regex": "b"},
            ],
            "limits": {
                "email": 0, "phone": 10_001, "mobilePush": 1, "webPush": 1, "telegram": 1, "deviceId": 1, "cookie": 1, "fields": 1,
            },
            "eventRetentionDay": 1,
        });
        let problems = read(&body).unwrap_err().problems();
        let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        let expected = [
            "/*",
            "/defaultPhoneRegion",
            "/mergeUnclaimed",
            "/blocked/0/kind",
            "/blocked/1/pattern",
            "/blocked/2",
            "/blocked/3",
            "/blocked/4/*",
            "/blocked/4/kind",
            "/sharedThreshold",
            "/limits/fields",
            "/limits/email",
            "/limits/phone",
            "/limits/field",
            "/duplicateWindowSeconds",
            "/deletePastEvents",
            "/lastSeenSeconds",
            "/deleteOrders",
            "/eventRetentionDays",
            "/strictIdentifiers",
        ];
        assert_eq!(pointers, expected);
        let problems = read(&json!({})).unwrap_err().problems();
        let missing: Vec<_> = problems
            .iter()
            .map(|problem| (problem.pointer.as_str(), problem.reason.as_str()))
            .collect();
        let required = |pointer| (pointer, "is required");
        let or_null = |pointer| (pointer, "is required; null for none");
        let expected = [
            or_null("/defaultPhoneRegion"),
            required("/mergeUnclaimed"),
            required("/blocked"),
            required("/sharedThreshold"),
            required("/limits"),
            required("/duplicateWindowSeconds"),
            required("/deletePastEvents"),
            required("/lastSeenSeconds"),
            required("/deleteOrders"),
            or_null("/eventRetentionDays"),
            required("/strictIdentifiers"),
        ];
        assert_eq!(missing, expected);
    }
}
