//! Whether conditions on events and orders hold for a contact.

use super::evaluate::{ContactFacts, zone};
use super::formula::Aggregate;
use super::history::{EventLeaf, ItemField, OrderField, OrdersLeaf};
use super::plan::Test;
use super::span::{Edge, Span};
use super::{calendar, read_literal};
use crate::values::OrderText;
use crate::{Event, Order, OrderItem, Timestamp};
use chrono::TimeDelta;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

impl EventLeaf {
    pub(super) fn holds(&self, facts: ContactFacts<'_>, now: Timestamp) -> bool {
        let zone = zone(facts.contact);
        let wanted =
            |event: &&Event| self.is_wanted(event) && is_within(self.within.as_ref(), event.occurred_at, zone, now);
        facts.stored.events.iter().filter(wanted).count() as u64 >= self.least
    }

    /// Whether the event is of the type, with the parameters.
    fn is_wanted(&self, event: &Event) -> bool {
        if event.type_key != self.type_key {
            return false;
        }
        if self.filters.is_empty() {
            return true;
        }
        let params: Map<String, Value> = serde_json::from_str(event.params.as_json()).unwrap_or_default();
        self.filters.iter().all(|(name, test)| {
            let (there, text) = match params.get(name) {
                None | Some(Value::Null) => (false, None),
                Some(Value::String(text)) => (true, Some(text.clone())),
                Some(Value::Number(number)) => (true, Some(number.to_string())),
                Some(_) => (true, None),
            };
            test.fits(there, text.as_deref())
        })
    }

    pub(super) fn next_change(&self, facts: ContactFacts<'_>, now: Timestamp) -> Option<Timestamp> {
        let zone = zone(facts.contact);
        let wanted = facts.stored.events.iter().filter(|event| self.is_wanted(event));
        let moments = wanted.flat_map(|event| crossings(self.within.as_slice(), event.occurred_at, zone));
        first_change(moments, now, |at| self.holds(facts, at))
    }
}

impl OrdersLeaf {
    pub(super) fn holds(&self, facts: ContactFacts<'_>, now: Timestamp) -> bool {
        let zone = zone(facts.contact);
        let wanted = |order: &&Order| {
            let fits = |(field, test): &(OrderField, Test)| fits_order(*field, test, order, zone, now);
            self.filters.iter().all(fits)
        };
        let wanted: Vec<&Order> = facts.stored.orders.iter().filter(wanted).collect();
        let costs = wanted.iter().map(|order| order.content.total_cost.decimal());
        // A sum beyond what decimals hold fits nothing.
        let sum = || costs.clone().try_fold(Decimal::ZERO, Decimal::checked_add);
        let count = Decimal::from(wanted.len());
        match self.aggregate {
            Aggregate::Count => self.test.fits_number(Some(count)),
            Aggregate::Sum => self.test.fits_number(sum()),
            Aggregate::Average if wanted.is_empty() => self.test == Test::Empty,
            Aggregate::Average => self.test.times(count).is_some_and(|test| test.fits_number(sum())),
            Aggregate::LastDate => match (&self.test, wanted.iter().map(|order| order.date).max()) {
                (Test::Empty, last) => last.is_none(),
                (Test::Spans(spans), Some(last)) => spans.iter().any(|span| is_within(Some(span), last, zone, now)),
                _ => false,
            },
        }
    }

    pub(super) fn next_change(&self, facts: ContactFacts<'_>, now: Timestamp) -> Option<Timestamp> {
        let zone = zone(facts.contact);
        let tests = self.filters.iter().map(|(_, test)| test).chain([&self.test]);
        let spans: Vec<Span> = tests
            .filter_map(|test| match test {
                Test::Spans(spans) => Some(spans.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        let moments = facts
            .stored
            .orders
            .iter()
            .flat_map(|order| crossings(&spans, order.date, zone));
        first_change(moments, now, |at| self.holds(facts, at))
    }
}

fn fits_order(field: OrderField, test: &Test, order: &Order, zone: Tz, now: Timestamp) -> bool {
    let content = &order.content;
    let value = match field {
        OrderField::Status => Some(order.status.as_str().to_owned()),
        OrderField::Currency => Some(content.currency.as_str().to_owned()),
        OrderField::StoreId => order.key.store_id.as_ref().map(|store| store.as_str().to_owned()),
        OrderField::TotalCost => Some(content.total_cost.decimal().normalize().to_string()),
        OrderField::Date => match test {
            Test::Spans(spans) => return spans.iter().any(|span| is_within(Some(span), order.date, zone, now)),
            _ => Some(String::new()),
        },
        OrderField::Item(part) => {
            let values: Vec<&str> = content.items.iter().filter_map(|item| item_text(item, part)).collect();
            return match test {
                Test::Empty => values.is_empty(),
                test => values.into_iter().any(|value| test.fits(true, Some(value))),
            };
        }
    };
    test.fits(value.is_some(), value.as_deref())
}

fn item_text(item: &OrderItem, part: ItemField) -> Option<&str> {
    let text = match part {
        ItemField::Id => Some(&item.external_item_id),
        ItemField::Name => item.name.as_ref(),
        ItemField::Category => item.category.as_ref(),
    };
    text.map(OrderText::as_str)
}

fn is_within(span: Option<&Span>, at: Timestamp, zone: Tz, now: Timestamp) -> bool {
    span.is_none_or(|span| span.has(&at, |edge| edge.moment(zone, now)))
}

/// The moments at which a time enters or leaves spans that move with the time.
fn crossings(spans: &[Span], at: Timestamp, zone: Tz) -> Vec<Timestamp> {
    let days = spans.iter().flat_map(Span::edges).filter_map(Edge::days);
    let moved = |days: i64| {
        if days == 0 {
            at
        } else {
            calendar::moment(zone, calendar::add_days(calendar::wall(zone, at), -days))
        }
    };
    days.map(moved)
        .flat_map(|at| [at, at + TimeDelta::microseconds(1)])
        .collect()
}

/// The first of the moments after now at which an answer changes.
fn first_change(
    moments: impl Iterator<Item = Timestamp>,
    now: Timestamp,
    holds: impl Fn(Timestamp) -> bool,
) -> Option<Timestamp> {
    let mut moments: Vec<Timestamp> = moments.filter(|at| *at > now).collect();
    moments.sort_unstable();
    moments.dedup();
    let before = holds(now);
    moments.into_iter().find(|at| holds(*at) != before)
}

impl Test {
    /// Whether a parameter, or a value of an order, fits: whether it is there, and its text if it is a text or a number.
    fn fits(&self, there: bool, value: Option<&str>) -> bool {
        match self {
            Self::Empty => !there,
            Self::NotEmpty => there,
            Self::Text(test) => value.is_some_and(|value| test.holds(value)),
            _ => value
                .and_then(read_literal::plain_decimal)
                .is_some_and(|number| self.has_number(number)),
        }
    }

    fn fits_number(&self, number: Option<Decimal>) -> bool {
        number.is_some_and(|number| self.has_number(number))
    }

    /// The same test of so many times the number.
    fn times(&self, count: Decimal) -> Option<Self> {
        let times = |number: &Decimal| number.checked_mul(count);
        Some(match self {
            Self::Numbers(numbers) => Self::Numbers(numbers.iter().map(times).collect::<Option<_>>()?),
            Self::Greater(least) => Self::Greater(times(least)?),
            Self::Less(greatest) => Self::Less(times(greatest)?),
            Self::Between(least, greatest) => Self::Between(times(least)?, times(greatest)?),
            other => other.clone(),
        })
    }
}
