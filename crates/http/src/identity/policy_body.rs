//! The identity policy in JSON.

use crate::error::ApiError;
use crate::fields::{Fields, Problems, Sent};
use selfsame_domain::values::{BlockedValue, BlockedValues, Region};
use selfsame_domain::{IdentifierKind, Limits, Policy};
use serde::Serialize;
use std::ops::RangeInclusive;
use utoipa::ToSchema;

/// What a workspace decides about identity for itself. Every member is required, and there are no others; `null` says that there is none.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Policy)]
pub(super) struct PolicyBody {
    /// Region (ISO 3166-1 alpha-2) in which a phone number without a country code is read; null takes only international ones.
    #[schema(required = true, example = "UA")]
    default_phone_region: Option<String>,
    /// Whether contacts without an external ID that hold the request's email or phone are merged into the decided one.
    merge_unclaimed: bool,
    /// Values that never match, at most 1,000.
    #[schema(max_items = 1000)]
    blocked: Vec<BlockedBody>,
    /// A value seen with this many different external IDs is shared and stops being evidence.
    #[schema(minimum = 2, maximum = 100, example = 3)]
    shared_threshold: u32,
    /// How many identifiers of a kind a contact may hold before the surplus is quarantined.
    limits: LimitsBody,
    /// Seconds within which an identical contact request is refused as duplicated; 0 turns the check off.
    #[schema(minimum = 0, maximum = 86_400, example = 0)]
    duplicate_window_seconds: u32,
    /// Whether `DELETE past_events` deletes.
    #[schema(example = false)]
    delete_past_events: bool,
    /// For how many seconds the time when an identifier was last seen stays as it is, though the identifier is named again.
    #[schema(minimum = 0, maximum = 86_400, example = 3600)]
    last_seen_seconds: u32,
    /// Whether `DELETE orders` deletes.
    #[schema(example = false)]
    delete_orders: bool,
    /// For how many days after it happened an event is kept, and a month more at the most; null for ever. What is older is deleted within
    /// an hour, and not taken any more.
    #[schema(required = true, minimum = 1, maximum = 36_500, example = 730)]
    event_retention_days: Option<u32>,
    /// Whether any identifier that cannot be read refuses the request. If not, one that stands beside a usable identifier is left out and
    /// reported, but for the external ID.
    #[schema(example = false)]
    strict_identifiers: bool,
}

/// A value that never matches: either `exact` or `pattern`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BlockedValue)]
pub(super) struct BlockedBody {
    /// The kind of identifier that it is blocked for; null for every kind.
    #[schema(required = true, example = "email")]
    kind: Option<String>,
    /// The value, compared without case; phone numbers by their digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "test@test.com")]
    exact: Option<String>,
    /// A regular expression that matches the whole value, without case; at most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "noreply@.+")]
    pattern: Option<String>,
}

/// Identifiers per contact and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Limits)]
pub(super) struct LimitsBody {
    /// Email addresses.
    #[schema(minimum = 1, maximum = 10_000, example = 5)]
    email: u32,
    /// Phone numbers.
    #[schema(minimum = 1, maximum = 10_000, example = 5)]
    phone: u32,
    /// Mobile push tokens.
    #[schema(minimum = 1, maximum = 10_000, example = 50)]
    mobile_push: u32,
    /// Web push tokens.
    #[schema(minimum = 1, maximum = 10_000, example = 50)]
    web_push: u32,
    /// Telegram tokens.
    #[schema(minimum = 1, maximum = 10_000, example = 10)]
    telegram: u32,
    /// Devices.
    #[schema(minimum = 1, maximum = 10_000, example = 50)]
    device_id: u32,
    /// Cookies.
    #[schema(minimum = 1, maximum = 10_000, example = 100)]
    cookie: u32,
    /// Values of identifying custom fields.
    #[schema(minimum = 1, maximum = 10_000, example = 10)]
    field: u32,
}

impl From<&Policy> for PolicyBody {
    fn from(policy: &Policy) -> Self {
        Self {
            default_phone_region: policy
                .default_phone_region
                .as_ref()
                .map(|region| region.as_str().to_owned()),
            merge_unclaimed: policy.merge_unclaimed,
            blocked: policy.blocked.iter().map(BlockedBody::from).collect(),
            shared_threshold: policy.shared_threshold,
            limits: LimitsBody::from(policy.limits),
            duplicate_window_seconds: policy.duplicate_window_seconds,
            delete_past_events: policy.delete_past_events,
            last_seen_seconds: policy.last_seen_seconds,
            delete_orders: policy.delete_orders,
            event_retention_days: policy.event_retention_days,
            strict_identifiers: policy.strict_identifiers,
        }
    }
}

impl From<&BlockedValue> for BlockedBody {
    fn from(blocked: &BlockedValue) -> Self {
        let text = || blocked.text().to_owned();
        Self {
            kind: blocked.kind().map(str::to_owned),
            exact: (!blocked.is_pattern()).then(text),
            pattern: blocked.is_pattern().then(text),
        }
    }
}

impl From<Limits> for LimitsBody {
    fn from(limits: Limits) -> Self {
        let Limits {
            email,
            phone,
            mobile_push,
            web_push,
            telegram,
            device_id,
            cookie,
            field,
        } = limits;
        Self {
            email,
            phone,
            mobile_push,
            web_push,
            telegram,
            device_id,
            cookie,
            field,
        }
    }
}

/// The members of [`PolicyBody`].
const MEMBERS: [&str; 11] = [
    "defaultPhoneRegion",
    "mergeUnclaimed",
    "blocked",
    "sharedThreshold",
    "limits",
    "duplicateWindowSeconds",
    "deletePastEvents",
    "lastSeenSeconds",
    "deleteOrders",
    "eventRetentionDays",
    "strictIdentifiers",
];

/// Reads a complete policy. A missing member and an unknown one, which may be misspelt, are errors: an incomplete policy could
/// merge different persons, or delete events.
pub(super) fn read_policy(body: &Fields<'_>) -> Result<Policy, ApiError> {
    let mut problems = Problems::default();
    body.only(&MEMBERS, &mut problems);
    let region = body.text("defaultPhoneRegion", &mut problems);
    let region = nullable(body, "defaultPhoneRegion", region, &mut problems);
    let pointer = body.pointer("defaultPhoneRegion");
    let default_phone_region = region.and_then(|text| problems.check(&pointer, Region::parse(&text)));
    let policy = Policy {
        default_phone_region,
        merge_unclaimed: boolean(body, "mergeUnclaimed", &mut problems),
        blocked: blocked(body, &mut problems),
        shared_threshold: number(body, "sharedThreshold", Policy::SHARED_THRESHOLDS, &mut problems),
        limits: limits(body, &mut problems),
        duplicate_window_seconds: number(body, "duplicateWindowSeconds", Policy::DUPLICATE_WINDOWS, &mut problems),
        delete_past_events: boolean(body, "deletePastEvents", &mut problems),
        last_seen_seconds: number(body, "lastSeenSeconds", Policy::LAST_SEEN_DELAYS, &mut problems),
        delete_orders: boolean(body, "deleteOrders", &mut problems),
        event_retention_days: {
            let days = ranged(body, "eventRetentionDays", Policy::RETENTIONS, &mut problems);
            nullable(body, "eventRetentionDays", days, &mut problems)
        },
        strict_identifiers: boolean(body, "strictIdentifiers", &mut problems),
    };
    problems.finish()?;
    Ok(policy)
}

/// A member that is required, but may be `null`.
fn nullable<T>(body: &Fields<'_>, member: &str, sent: Sent<T>, problems: &mut Problems) -> Option<T> {
    if matches!(body.raw(member), Sent::Nothing) {
        problems.add(body.pointer(member), "is required; null for none");
    }
    sent.value()
}

/// A required member. The default of a missing one is never used: its problem refuses the policy.
fn required<T: Default>(body: &Fields<'_>, member: &str, sent: Sent<T>, problems: &mut Problems) -> T {
    let is_there = body.raw(member).value().is_some();
    sent.value().unwrap_or_else(|| {
        if !is_there {
            problems.add(body.pointer(member), "is required");
        }
        T::default()
    })
}

fn boolean(body: &Fields<'_>, member: &str, problems: &mut Problems) -> bool {
    let sent = body.boolean(member, problems);
    required(body, member, sent, problems)
}

fn number(body: &Fields<'_>, member: &str, range: RangeInclusive<u32>, problems: &mut Problems) -> u32 {
    let sent = ranged(body, member, range, problems);
    required(body, member, sent, problems)
}

fn ranged(body: &Fields<'_>, member: &str, range: RangeInclusive<u32>, problems: &mut Problems) -> Sent<u32> {
    body.integer(member, problems).map(|number| {
        let fits = u32::try_from(number).ok().filter(|number| range.contains(number));
        fits.unwrap_or_else(|| {
            let reason = format!("must be a whole number from {} to {}", range.start(), range.end());
            problems.add(body.pointer(member), reason);
            0
        })
    })
}

/// The members of [`LimitsBody`].
const LIMITS: [&str; 8] = [
    "email",
    "phone",
    "mobilePush",
    "webPush",
    "telegram",
    "deviceId",
    "cookie",
    "field",
];

fn limits(body: &Fields<'_>, problems: &mut Problems) -> Limits {
    let sent = body.object("limits", problems);
    let limits = match sent {
        Sent::Value(limits) => limits,
        Sent::Nothing | Sent::Null => {
            if body.raw("limits").value().is_none() {
                problems.add(body.pointer("limits"), "is required");
            }
            return Limits::default();
        }
    };
    limits.only(&LIMITS, problems);
    let mut limit = |member| number(&limits, member, Limits::RANGE, problems);
    Limits {
        email: limit("email"),
        phone: limit("phone"),
        mobile_push: limit("mobilePush"),
        web_push: limit("webPush"),
        telegram: limit("telegram"),
        device_id: limit("deviceId"),
        cookie: limit("cookie"),
        field: limit("field"),
    }
}

/// The list of blocked values. The default for a refused list is never used: its problem refuses the policy.
fn blocked(body: &Fields<'_>, problems: &mut Problems) -> BlockedValues {
    if body.raw("blocked").value().is_none() {
        problems.add(body.pointer("blocked"), "is required");
    }
    let entries = body.objects("blocked", Policy::MAX_BLOCKED, problems);
    let patterns = entries.iter().filter(|entry| entry.raw("pattern").value().is_some());
    if patterns.count() > Policy::MAX_PATTERNS {
        problems.add(
            body.pointer("blocked"),
            format!("must have at most {} patterns", Policy::MAX_PATTERNS),
        );
        return BlockedValues::default();
    }
    let values = entries
        .iter()
        .filter_map(|entry| blocked_value(entry, problems))
        .collect();
    problems
        .check(&body.pointer("blocked"), BlockedValues::new(values))
        .unwrap_or_default()
}

fn blocked_value(entry: &Fields<'_>, problems: &mut Problems) -> Option<BlockedValue> {
    entry.only(&["kind", "exact", "pattern"], problems);
    let kind = entry.text("kind", problems);
    let kind = nullable(entry, "kind", kind, problems).map(|kind| kind.to_ascii_lowercase());
    if kind
        .as_deref()
        .is_some_and(|kind| IdentifierKind::from_text(kind).is_none())
    {
        let names = IdentifierKind::ALL.map(IdentifierKind::as_str).join(", ");
        problems.add(entry.pointer("kind"), format!("must be null or one of {names}"));
        return None;
    }
    let exact = entry.text("exact", problems).value();
    let pattern = entry.text("pattern", problems).value();
    match (exact, pattern) {
        (Some(text), None) => problems.check(&entry.pointer("exact"), BlockedValue::exact(kind.as_deref(), &text)),
        (None, Some(text)) => problems.check(&entry.pointer("pattern"), BlockedValue::pattern(kind.as_deref(), &text)),
        (Some(_), Some(_)) | (None, None) => {
            problems.add(entry.here(), "must have either exact or pattern");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    fn read(body: &Value) -> Result<Policy, ApiError> {
        read_policy(&Fields::of(body.as_object(), String::new()))
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
            for (object, members) in [(&body, &MEMBERS[..]), (&body["limits"], &LIMITS[..])] {
                let written: BTreeSet<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(written, members.iter().copied().collect());
            }
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
