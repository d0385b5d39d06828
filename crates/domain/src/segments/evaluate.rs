//! Whether one contact is a member, why, and until when.

use super::calendar::{Anniversary, add_days, midnight, moment, month_day, wall};
use super::plan::{EMAIL_STATUSES, Leaf, Operand, Plan, Test, TextTest};
use super::span::Span;
use super::stored_facts::StoredFacts;
use crate::values::FieldValue;
use crate::{
    AttributeKey, AttributeValue, Contact, HeldIdentifier, IdentifierKey, IdentifierKind, IdentifierState, Timestamp,
};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How often an answer is followed into the future.
const MOST_STEPS: usize = 64;

/// What is known of a contact.
#[derive(Debug, Clone, Copy)]
pub struct ContactFacts<'c> {
    /// The contact, with its identifiers and the static segments that it is in.
    pub contact: &'c Contact,
    /// Its emails that are unsubscribed, and since when.
    pub unsubscribed: &'c BTreeMap<IdentifierKey, Timestamp>,
    /// What else is stored about it: at least what the plan needs.
    pub stored: &'c StoredFacts,
}

static NONE_UNSUBSCRIBED: BTreeMap<IdentifierKey, Timestamp> = BTreeMap::new();

static NONE_STORED: StoredFacts = StoredFacts::NONE;

impl<'c> ContactFacts<'c> {
    /// The facts of a contact without unsubscribed emails, of which nothing else is stored.
    pub fn of(contact: &'c Contact) -> Self {
        Self {
            contact,
            unsubscribed: &NONE_UNSUBSCRIBED,
            stored: &NONE_STORED,
        }
    }
}

/// Whether a contact is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Whether it is.
    pub is_member: bool,
    /// The conditions that decide it, in words.
    pub because: String,
    /// When it ends by itself, with nothing changed but the time; none when it does not. When the time changes the answer very often, a
    /// time until which it holds at least.
    pub until: Option<Timestamp>,
}

impl Plan {
    /// Whether the contact is a member. A removed or absorbed contact is a member of nothing.
    pub fn evaluate(&self, facts: ContactFacts<'_>, now: Timestamp) -> Membership {
        let is_member = self.matches(facts, now);
        Membership {
            is_member,
            because: if facts.contact.is_active() {
                self.explain(facts, now)
            } else {
                "the contact is removed".to_owned()
            },
            until: self.holds_until(facts, now),
        }
    }

    /// When the answer of [`Self::matches`] ends by itself, with nothing changed but the time; none when it does not. When the time changes the answer
    /// very often, a time until which it holds at least.
    pub fn holds_until(&self, facts: ContactFacts<'_>, now: Timestamp) -> Option<Timestamp> {
        let is_active = facts.contact.is_active();
        is_active
            .then(|| self.until(facts, now, self.holds(facts, now)))
            .flatten()
    }

    /// Whether the contact is a member.
    pub fn matches(&self, facts: ContactFacts<'_>, now: Timestamp) -> bool {
        facts.contact.is_active() && self.holds(facts, now)
    }

    pub(super) fn holds(&self, facts: ContactFacts<'_>, now: Timestamp) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(facts, now)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(facts, now)),
            Self::Not(part) => !part.holds(facts, now),
            Self::List { segment, .. } => facts.contact.segments().contains(segment),
            Self::Dynamic { plan, .. } => plan.holds(facts, now),
            Self::Leaf(leaf) => leaf.holds(facts, now),
            Self::Event(leaf) => leaf.holds(facts, now),
            Self::Orders(leaf) => leaf.holds(facts, now),
        }
    }

    fn until(&self, facts: ContactFacts<'_>, now: Timestamp, is_member: bool) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..MOST_STEPS {
            at = self.next_change(facts, at)?;
            if self.holds(facts, at) != is_member {
                return Some(at);
            }
        }
        Some(at)
    }

    /// When the first of its conditions changes by itself.
    fn next_change(&self, facts: ContactFacts<'_>, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().filter_map(|part| part.next_change(facts, now)).min(),
            Self::Not(part) => part.next_change(facts, now),
            Self::Dynamic { plan, .. } => plan.next_change(facts, now),
            Self::List { .. } => None,
            Self::Leaf(leaf) => leaf.next_change(facts, now),
            Self::Event(leaf) => leaf.next_change(facts, now),
            Self::Orders(leaf) => leaf.next_change(facts, now),
        }
    }
}

/// The zone of a contact's own clock and calendar; UTC when it has none.
pub(super) fn zone(contact: &Contact) -> Tz {
    let name = contact.attributes.text(AttributeKey::TimeZone);
    name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

/// A date or a time of a contact.
#[derive(Clone, Copy)]
enum Dated {
    Instant(Timestamp),
    Local(NaiveDateTime),
    Date(NaiveDate),
}

impl Dated {
    fn is_in(self, span: &Span, zone: Tz, now: Timestamp) -> bool {
        match self {
            Self::Instant(at) => span.has(&at, |edge| edge.moment(zone, now)),
            Self::Local(time) => span.has(&time, |edge| edge.minute(zone, now)),
            Self::Date(day) => span.has(&day, |edge| edge.day(zone, now)),
        }
    }

    fn day(self, zone: Tz) -> NaiveDate {
        match self {
            Self::Instant(at) => wall(zone, at).date(),
            Self::Local(time) => time.date(),
            Self::Date(day) => day,
        }
    }

    /// The moment at which the value is so many days away from then.
    fn moment_at(self, days: i64, zone: Tz) -> Timestamp {
        match self {
            Self::Instant(at) if days == 0 => at,
            Self::Instant(at) => moment(zone, add_days(wall(zone, at), -days)),
            Self::Local(time) => moment(zone, add_days(time, -days)),
            Self::Date(day) => moment(zone, add_days(day.and_time(NaiveTime::MIN), -days)),
        }
    }
}

impl Leaf {
    fn holds(&self, facts: ContactFacts<'_>, now: Timestamp) -> bool {
        let contact = facts.contact;
        match &self.test {
            Test::Empty => self.is_empty(facts),
            Test::NotEmpty => !self.is_empty(facts),
            Test::Text(test) => self.texts(facts).iter().any(|text| test.holds(text)),
            Test::Sources(sources) => sources.contains(&contact.source),
            Test::Numbers(_) | Test::Greater(_) | Test::Less(_) | Test::Between(..) => {
                self.number(facts).is_some_and(|number| self.test.has_number(number))
            }
            Test::Spans(spans) => self.dated(contact).is_some_and(|dated| {
                let zone = zone(contact);
                spans.iter().any(|span| dated.is_in(span, zone, now))
            }),
            Test::Anniversary(days) => self.dated(contact).is_some_and(|dated| {
                let zone = zone(contact);
                Anniversary::around(wall(zone, now).date(), *days).has(&month_day(dated.day(zone)))
            }),
            Test::Choices(wanted) => match self.custom(contact) {
                Some(FieldValue::Choices(choices)) => choices.iter().any(|choice| wanted.contains(choice)),
                _ => false,
            },
        }
    }

    fn is_empty(&self, facts: ContactFacts<'_>) -> bool {
        let contact = facts.contact;
        match self.operand {
            Operand::ContactId
            | Operand::CountOf(_)
            | Operand::Quarantined
            | Operand::Shared { .. }
            | Operand::AbsorbedCount
            | Operand::CreatedAt
            | Operand::UpdatedAt
            | Operand::Source => false,
            Operand::Import => facts.stored.imports.is_empty(),
            Operand::EmailDomain | Operand::EmailStatus => contact.visible(IdentifierKind::Email).is_empty(),
            Operand::DeviceOs => self.texts(facts).is_empty(),
            Operand::Identifier(kind) => contact.visible(kind).is_empty(),
            Operand::Attribute(key) | Operand::Name(key) => contact.attributes.text(key).is_none(),
            Operand::Custom(..) => self.custom(contact).is_none(),
        }
    }

    fn custom<'c>(&self, contact: &'c Contact) -> Option<&'c FieldValue> {
        let Operand::Custom(id, _) = self.operand else {
            return None;
        };
        match contact.attributes.get(AttributeKey::Field(id)) {
            Some(AttributeValue::Field(value)) => Some(value),
            _ => None,
        }
    }

    fn texts(&self, facts: ContactFacts<'_>) -> Vec<String> {
        let contact = facts.contact;
        match self.operand {
            Operand::Identifier(kind) => {
                let held = contact.visible(kind).into_iter();
                held.map(|held| held.key().value.clone()).collect()
            }
            Operand::EmailDomain => {
                let held = contact.visible(IdentifierKind::Email).into_iter();
                let domain = |email: &str| email.rsplit_once('@').map(|(_, domain)| domain.to_owned());
                held.filter_map(|held| domain(&held.key().value)).collect()
            }
            Operand::EmailStatus => {
                let held = contact.visible(IdentifierKind::Email).into_iter();
                let place = |held: &HeldIdentifier| usize::from(facts.unsubscribed.contains_key(held.key()));
                held.map(|held| EMAIL_STATUSES[place(held)].to_owned()).collect()
            }
            Operand::DeviceOs => shown(contact)
                .filter_map(|held| held.details.os().map(str::to_owned))
                .collect(),
            Operand::Attribute(key) => contact.attributes.text(key).map(str::to_owned).into_iter().collect(),
            Operand::Name(key) => contact
                .attributes
                .text(key)
                .map(str::to_lowercase)
                .into_iter()
                .collect(),
            Operand::Custom(..) => match self.custom(contact) {
                Some(FieldValue::Text(text)) => vec![text.clone()],
                _ => Vec::new(),
            },
            Operand::Import => facts.stored.imports.iter().map(Uuid::to_string).collect(),
            Operand::ContactId
            | Operand::CountOf(_)
            | Operand::Quarantined
            | Operand::Shared { .. }
            | Operand::AbsorbedCount
            | Operand::CreatedAt
            | Operand::UpdatedAt
            | Operand::Source => Vec::new(),
        }
    }

    fn number(&self, facts: ContactFacts<'_>) -> Option<Decimal> {
        let contact = facts.contact;
        match self.operand {
            Operand::ContactId => return Some(Decimal::from(contact.id.0)),
            Operand::CountOf(kind) => return Some(different(shown(contact).filter(|held| held.kind() == kind))),
            Operand::AbsorbedCount => return Some(Decimal::from(facts.stored.absorbed)),
            Operand::Shared { .. } => {
                let is_shared = |held: &&HeldIdentifier| facts.stored.shared.contains(held.key());
                return Some(different(shown(contact).filter(is_shared)));
            }
            Operand::Quarantined => {
                let is_quarantined = |held: &&HeldIdentifier| held.state == IdentifierState::Quarantined;
                return Some(different(shown(contact).filter(is_quarantined)));
            }
            _ => {}
        }
        match self.custom(contact)? {
            FieldValue::Integer(number) => Some(Decimal::from(*number)),
            FieldValue::Decimal(number) => Some(*number),
            _ => None,
        }
    }

    fn dated(&self, contact: &Contact) -> Option<Dated> {
        match self.operand {
            Operand::CreatedAt => Some(Dated::Instant(contact.created_at)),
            Operand::UpdatedAt => Some(Dated::Instant(contact.updated_at)),
            _ => match self.custom(contact)? {
                FieldValue::Date(day) => Some(Dated::Date(*day)),
                FieldValue::DateTime(time) => Some(Dated::Local(*time)),
                _ => None,
            },
        }
    }

    /// When the condition next changes by itself.
    fn next_change(&self, facts: ContactFacts<'_>, now: Timestamp) -> Option<Timestamp> {
        let dated = self.dated(facts.contact)?;
        let zone = zone(facts.contact);
        let mut candidates: Vec<Timestamp> = match &self.test {
            Test::Spans(spans) => {
                let edges = spans.iter().flat_map(Span::edges).filter_map(super::Edge::days);
                // A day ends with the midnight after it.
                let around = edges.flat_map(|days| [days, days - 1]);
                around.map(|days| dated.moment_at(days, zone)).collect()
            }
            Test::Anniversary(days) => anniversaries(dated.day(zone), i64::from(*days), wall(zone, now).date())
                .into_iter()
                .map(|day| midnight(zone, day))
                .collect(),
            _ => return None,
        };
        let just_after: Vec<_> = candidates.iter().map(|at| *at + TimeDelta::microseconds(1)).collect();
        candidates.extend(just_after);
        candidates.sort_unstable();
        let holds = self.holds(facts, now);
        candidates
            .into_iter()
            .find(|at| *at > now && self.holds(facts, *at) != holds)
    }
}

/// The identifiers of every kind that a contact shows.
fn shown(contact: &Contact) -> impl Iterator<Item = &HeldIdentifier> {
    contact.identifiers.iter().filter(|held| held.is_visible())
}

/// How many different identifiers there are. A contact may hold one several times, by contacts that it absorbed.
fn different<'c>(held: impl Iterator<Item = &'c HeldIdentifier>) -> Decimal {
    Decimal::from(held.map(HeldIdentifier::key).collect::<BTreeSet<_>>().len())
}

/// The days on which an anniversary comes near or is past, this year and the next ones; the eighth year has a leap day again.
fn anniversaries(day: NaiveDate, days: i64, today: NaiveDate) -> Vec<NaiveDate> {
    let in_year = |year: i32| {
        let leap_day = || NaiveDate::from_ymd_opt(year, 2, 28);
        NaiveDate::from_ymd_opt(year, day.month(), day.day()).or_else(leap_day)
    };
    let observed = (today.year() - 1..=today.year() + 2).filter_map(in_year);
    let moved = |day: NaiveDate, days: i64| add_days(day.and_time(NaiveTime::MIN), days).date();
    observed
        .flat_map(|day| [moved(day, -days), moved(day, days + 1)])
        .collect()
}

impl Test {
    pub(super) fn has_number(&self, number: Decimal) -> bool {
        match self {
            Self::Numbers(numbers) => numbers.contains(&number),
            Self::Greater(least) => number > *least,
            Self::Less(greatest) => number < *greatest,
            Self::Between(least, greatest) => *least <= number && number <= *greatest,
            _ => false,
        }
    }
}

impl TextTest {
    pub(super) fn holds(&self, text: &str) -> bool {
        match self {
            Self::OneOf(texts) => texts.iter().any(|one| one == text),
            Self::Contains(part) => text.contains(part.as_str()),
            Self::StartsWith(part) => text.starts_with(part.as_str()),
            Self::EndsWith(part) => text.ends_with(part.as_str()),
        }
    }
}
