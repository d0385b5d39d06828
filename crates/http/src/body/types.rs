//! The types that members of bodies are read as ([`FromMember`]).

use super::member::{Member, Sent};
use super::typed::FromMember;
use crate::error::Problem;
use crate::fields::{MAX_ENTRIES, Problems};
use crate::times;
use selfsame_application::SigningKey;
use selfsame_domain::export::{ConnectorKind, Dataset, FileFormat, SslMode};
use selfsame_domain::values::{CategoryKey, CategoryName, Email, FieldType, Region, SegmentName, Token, text};
use selfsame_domain::webhooks::WebhookUrl;
use selfsame_domain::{ChangeKind, ConnectorId, ContactId, MessageId, SegmentId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use std::hash::Hash;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use uuid::Uuid;

/// Scalars, in the forms that [`Member`] takes.
macro_rules! scalars {
    ($($type:ty: $read:ident),*) => {$(
        impl FromMember for $type {
            fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
                member.required(problems)?;
                member.$read(problems).value()
            }
        }
    )*};
}

scalars!(String: text, i64: integer, bool: boolean);

/// A time in ISO 8601, in UTC without an offset.
impl FromMember for Timestamp {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let text = member.sent().value().and_then(Value::as_str);
        member.check(problems, text.and_then(times::parse).ok_or(times::REASON))
    }
}

/// Any value, as it was sent.
impl FromMember for Value {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        member.required(problems).cloned()
    }
}

/// A member that may be missing; `null` and a blank text count as missing.
impl<T: FromMember> FromMember for Option<T> {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        Sent::read(member, problems).map(Sent::value)
    }
}

/// A member that may be missing, where `null` has a meaning of its own.
impl<T: FromMember> FromMember for Sent<T> {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        match member.sent() {
            Sent::Nothing => Some(Self::Nothing),
            Sent::Null => Some(Self::Null),
            Sent::Value(_) => T::read(member, problems).map(Self::Value),
        }
    }
}

/// One line of 1 to `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Line<const MAX: usize>(pub(crate) String);

impl<const MAX: usize> FromMember for Line<MAX> {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let sent = String::read(member, problems)?;
        member.check(problems, text::clean(&sent, MAX)).map(Self)
    }
}

/// Makes a type of lines of 1 to `$max` characters that pass a check.
macro_rules! checked_line {
    ($(#[$meta:meta])* $name:ident, $max:expr, $check:expr) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub(super) struct $name(pub(super) String);

        impl $crate::body::FromMember for $name {
            fn read(member: $crate::body::Member<'_>, problems: &mut $crate::fields::Problems) -> Option<Self> {
                let $crate::body::Line::<{ $max }>(text) = $crate::body::FromMember::read(member, problems)?;
                member.check(problems, $check(&text))?;
                Some(Self(text))
            }
        }
    };
}

pub(crate) use checked_line;

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Within<const MIN: u32, const MAX: u32>(pub(crate) u32);

impl<const MIN: u32, const MAX: u32> FromMember for Within<MIN, MAX> {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let number = i64::read(member, problems)?;
        let number = u32::try_from(number).ok().filter(|number| (MIN..=MAX).contains(number));
        let reason = || format!("must be a whole number from {MIN} to {MAX}");
        member.check(problems, number.map(Self).ok_or_else(reason))
    }
}

/// A port of TCP.
impl FromMember for NonZeroU16 {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let number = i64::read(member, problems)?;
        let port = u16::try_from(number).ok().and_then(Self::new);
        member.check(problems, port.ok_or("must be a whole number from 1 to 65535"))
    }
}

/// A member that must be there, but may be `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Nullable<T>(pub(crate) Option<T>);

impl<T: FromMember> FromMember for Nullable<T> {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        match member.sent() {
            Sent::Nothing => member.refuse(problems, "is required; null for none"),
            Sent::Null => Some(Self(None)),
            Sent::Value(_) => T::read(member, problems).map(|value| Self(Some(value))),
        }
    }
}

/// A list of `MIN` to `MAX` entries, with their JSON pointers. A bare value counts as the only entry (wire fact); `null` and blank entries are
/// left out. No entry of a list that is too long is read.
#[derive(Debug, Clone)]
pub(crate) struct List<T, const MIN: usize = 0, const MAX: usize = MAX_ENTRIES>(pub(crate) Vec<(String, T)>);

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// The entries.
    pub(crate) fn values(self) -> impl Iterator<Item = T> {
        self.0.into_iter().map(|(_, value)| value)
    }
}

impl<T: FromMember, const MIN: usize, const MAX: usize> FromMember for List<T, MIN, MAX> {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let entries = entries(member, MIN..=MAX, problems, T::read)?.into_iter();
        let entries = entries.map(|(pointer, entry)| Some((pointer, entry?)));
        entries.collect::<Option<_>>().map(Self)
    }
}

/// A [`List`] whose entries differ.
#[derive(Debug, Clone)]
pub(crate) struct Distinct<T, const MIN: usize = 0, const MAX: usize = MAX_ENTRIES>(pub(crate) List<T, MIN, MAX>);

impl<T: FromMember + Eq + Hash, const MIN: usize, const MAX: usize> FromMember for Distinct<T, MIN, MAX> {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let entries = entries(member, MIN..=MAX, problems, T::read)?;
        let mut seen = HashSet::new();
        for (pointer, entry) in entries.iter().filter(|(_, entry)| entry.is_some()) {
            if !seen.insert(entry) {
                problems.add(pointer, "must be listed once");
            }
        }
        let is_distinct = seen.len() == entries.len();
        let entries = entries.into_iter().map(|(pointer, entry)| Some((pointer, entry?)));
        let entries: Option<_> = entries.collect();
        entries.filter(|_| is_distinct).map(|entries| Self(List(entries)))
    }
}

/// A [`List`] whose entries are judged one by one: each, or what is wrong with it. One without an entry that can be read is refused.
#[derive(Debug)]
pub(crate) struct Each<T, const MAX: usize = MAX_ENTRIES>(pub(crate) Vec<Result<T, Vec<Problem>>>);

impl<T: FromMember, const MAX: usize> FromMember for Each<T, MAX> {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let entries = entries(member, 1..=MAX, problems, |entry, _| {
            let mut wrong = Problems::default();
            let read = T::read(entry, &mut wrong);
            Some(read.ok_or_else(|| wrong.all()))
        });
        let entries: Vec<_> = entries?.into_iter().filter_map(|(_, entry)| entry).collect();
        if entries.iter().any(Result::is_ok) {
            return Some(Self(entries));
        }
        problems.extend(entries.into_iter().filter_map(Result::err).flatten());
        None
    }
}

/// The entries of a list with their JSON pointers; none instead of one that cannot be read.
fn entries<T>(
    member: Member<'_>,
    count: RangeInclusive<usize>,
    problems: &mut Problems,
    read: impl Fn(Member<'_>, &mut Problems) -> Option<T>,
) -> Option<Vec<(String, Option<T>)>> {
    let value = member.required(problems)?;
    let entries = member.list(*count.end(), problems);
    if value.as_array().is_some_and(|sent| sent.len() > *count.end()) {
        return None;
    }
    if entries.len() < *count.start() {
        return member.refuse(problems, "must have at least one entry");
    }
    let read = |(pointer, value): (String, &Value)| {
        let entry = read(Member::here(&pointer, value), problems);
        (pointer, entry)
    };
    Some(entries.into_iter().map(read).collect())
}

/// Values that are read from a text.
macro_rules! parsed {
    ($($type:ty),* $(,)?) => {$(
        impl FromMember for $type {
            fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
                let text = String::read(member, problems)?;
                member.check(problems, Self::parse(&text))
            }
        }
    )*};
}

parsed!(
    CategoryKey,
    CategoryName,
    Email,
    Region,
    SegmentName,
    SigningKey,
    Token,
    WebhookUrl
);

/// Values of a closed list, by their names.
macro_rules! named {
    ($($type:ty: $read:ident, $write:ident;)*) => {$(
        impl FromMember for $type {
            fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
                let text = String::read(member, problems)?;
                let names = || format!("must be one of {}", Self::ALL.map(Self::$write).join(", "));
                member.check(problems, Self::$read(text.trim()).ok_or_else(names))
            }
        }
    )*};
}

named! {
    ChangeKind: from_text, as_str;
    ConnectorKind: from_text, as_str;
    Dataset: from_text, as_str;
    FieldType: from_wire, as_wire;
    FileFormat: from_text, as_str;
    SslMode: from_text, as_str;
}

/// Numbers that are given from 1 on.
macro_rules! numbers {
    ($($type:ident),*) => {$(
        impl FromMember for $type {
            fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
                let number = i64::read(member, problems)?;
                let number = Some(number).filter(|number| *number > 0);
                member.check(problems, number.map(Self).ok_or("must be a positive whole number"))
            }
        }
    )*};
}

numbers!(ContactId, SegmentId);

impl FromMember for ConnectorId {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(member, problems)?;
        let id = Uuid::parse_str(text.trim()).map_err(|_| "must be the ID of a connector");
        member.check(problems, id).map(Self)
    }
}

impl FromMember for MessageId {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(member, problems)?;
        member.check(
            problems,
            Self::from_header(text.trim()).ok_or("must be the ID of a message"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::typed::{body, read_object};
    use super::*;
    use crate::fields::Fields;
    use serde_json::json;

    body! {
        /// A body of every kind of member.
        struct Sample {
            #[schema(value_type = String)]
            name: Line<5>,
            #[schema(value_type = Option<i64>)]
            segment_id: Option<SegmentId>,
            #[schema(value_type = Option<String>)]
            r#type: Option<FieldType>,
            #[schema(value_type = Option<Vec<String>>)]
            kinds: Sent<List<ChangeKind, 1, 2>>,
            #[schema(value_type = Option<Vec<String>>)]
            datasets: Option<Distinct<Dataset>>,
            force: Option<bool>,
            inner: Option<Inner>,
        }
    }

    body! {
        strict
        /// A part of it.
        struct Inner {
            #[schema(value_type = u32)]
            most_days: Within<1, 7>,
            anything: Value,
        }
    }

    fn read(body: &Value) -> Result<Sample, Vec<(String, String)>> {
        read_object(&Fields::of(body.as_object(), String::new())).map_err(|error| {
            let problems = error.problems().into_iter();
            problems.map(|problem| (problem.pointer, problem.reason)).collect()
        })
    }

    #[test]
    fn lenient_forms_are_read() {
        let body = json!({
            "name": 7, "segmentId": " 3 ", "type": "number", "kinds": "created", "datasets": [null, "orders", " "], "force": "TRUE",
            "inner": {"mostDays": "7", "anything": [1]}, "more": 1,
        });
        let sample = read(&body).unwrap();
        assert_eq!((sample.name.0.as_str(), sample.segment_id), ("7", Some(SegmentId(3))));
        assert_eq!(sample.r#type, Some(FieldType::Number));
        assert_eq!(
            sample.kinds.value().unwrap().0,
            [("/kinds".to_owned(), ChangeKind::Created)]
        );
        assert_eq!(
            sample.datasets.unwrap().0.0,
            [("/datasets/1".to_owned(), Dataset::Orders)]
        );
        assert_eq!(sample.force, Some(true));
        let inner = sample.inner.unwrap();
        assert_eq!((inner.most_days.0, inner.anything), (7, json!([1])));

        let sample = read(&json!({"name": "a", "segmentId": null, "kinds": null, "datasets": " "})).unwrap();
        assert!(sample.segment_id.is_none() && sample.datasets.is_none() && sample.inner.is_none());
        assert!(matches!(sample.kinds, Sent::Null));
        assert!(matches!(read(&json!({"name": "a"})).unwrap().kinds, Sent::Nothing));
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let body = json!({
            "segmentId": 0, "type": "picture", "kinds": [null], "datasets": ["orders", {}, "orders"], "force": 1,
            "inner": {"mostDays": 8, "odd": 1},
        });
        let wrong = read(&body).unwrap_err();
        let pointers: Vec<&str> = wrong.iter().map(|(pointer, _)| pointer.as_str()).collect();
        let expected = [
            "/name",
            "/segmentId",
            "/type",
            "/kinds",
            "/datasets/1",
            "/datasets/2",
            "/force",
            "/*/*",
            "/*/*",
            "/*/*",
        ];
        assert_eq!(pointers, expected);
        assert_eq!(wrong[0].1, "is required");
        assert_eq!(wrong[3].1, "must have at least one entry");
        assert_eq!(wrong[7].1, "is unknown");
        assert_eq!(wrong[8].1, "must be a whole number from 1 to 7");

        let twice = read(&json!({"name": "a", "datasets": ["orders", null, "orders"]})).unwrap_err();
        assert_eq!(twice, [("/datasets/2".to_owned(), "must be listed once".to_owned())]);
        let long = read(&json!({"name": "abcdef", "kinds": ["a", "b", "c"]})).unwrap_err();
        assert_eq!(
            long.iter().map(|(_, reason)| reason.as_str()).collect::<Vec<_>>(),
            [
                "must be at most 5 characters long, not 6",
                "must have at most 2 entries, not 3"
            ]
        );
    }
}
