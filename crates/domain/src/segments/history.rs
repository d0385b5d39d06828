//! Conditions on what a contact did and ordered.

use super::field::Field;
use super::formula::{Aggregate, EventCondition, EventDateCondition, EventPlace, EventTimes, OrdersCondition, Within};
use super::plan::{Leaf, Operand, Plan, Planner, Test};
use super::readable::{write_event, write_event_date, write_orders};
use super::span::Span;
use super::{Condition, FieldType, Formula, Literal, Operator, read_literal};
use crate::AttributeKey;
use crate::values::EventTypeKey;

/// That events of a type happened at least so often: those that the contact, contacts that it absorbed and its visitors left.
#[derive(Debug, Clone, PartialEq)]
pub struct EventLeaf {
    /// The type.
    pub type_key: EventTypeKey,
    /// How often at least; one or more.
    pub least: u64,
    /// When; at any time without it.
    pub within: Option<Span>,
    /// What parameters must be, by their names.
    pub filters: Vec<(String, Test)>,
    /// The readable form.
    pub text: String,
}

/// What the orders of the contact, and of contacts that it absorbed, come to.
#[derive(Debug, Clone, PartialEq)]
pub struct OrdersLeaf {
    /// Which number.
    pub aggregate: Aggregate,
    /// How it is compared.
    pub test: Test,
    /// Which orders count.
    pub filters: Vec<(OrderField, Test)>,
    /// The readable form.
    pub text: String,
}

/// What of an item of an order is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemField {
    /// Its ID in the customer's system.
    Id,
    /// Its name.
    Name,
    /// Its category.
    Category,
}

impl ItemField {
    /// The name of the member of a stored item.
    pub fn stored_as(self) -> &'static str {
        match self {
            Self::Id => "external_item_id",
            Self::Name => "name",
            Self::Category => "category",
        }
    }
}

/// What of an order is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderField {
    /// How far it is.
    Status,
    /// What its amounts are counted in.
    Currency,
    /// Its shop.
    StoreId,
    /// What it costs.
    TotalCost,
    /// When it was made.
    Date,
    /// Its items: a condition holds when it holds for one of them.
    Item(ItemField),
}

impl OrderField {
    /// Every field, with its name and what it holds.
    const ALL: [(Self, &'static str, FieldType); 8] = [
        (Self::Status, "status", FieldType::Text),
        (Self::Currency, "currency", FieldType::Text),
        (Self::StoreId, "storeId", FieldType::Text),
        (Self::TotalCost, "totalCost", FieldType::Number),
        (Self::Date, "date", FieldType::Instant),
        (Self::Item(ItemField::Id), "itemId", FieldType::Text),
        (Self::Item(ItemField::Name), "itemName", FieldType::Text),
        (Self::Item(ItemField::Category), "itemCategory", FieldType::Text),
    ];
}

/// A text that is compared to the letter, for conditions on what is no field of a contact.
const PLAIN: Field = Field::Attribute(AttributeKey::Address);

impl Planner<'_> {
    pub(super) fn event(&mut self, condition: &EventCondition, at: &str) -> Option<Plan> {
        let type_key = self.event_type(&condition.event, at)?;
        let within = match condition.within.as_ref().map(within).transpose() {
            Ok(within) => within,
            Err((member, reason)) => return self.refuse(&format!("{at}/within/{member}"), reason),
        };
        let filters = self.parameters(&condition.filters, at)?;
        let (least, complement) = match condition.count {
            EventTimes::AtLeast(least) => (least, false),
            EventTimes::AtMost(most) => (most.saturating_add(1), true),
        };
        if least == 0 {
            // True of everybody, as that the contact has a number.
            let text = write_event(condition);
            let none = Plan::Leaf(Leaf {
                operand: Operand::ContactId,
                test: Test::Empty,
                text: text.clone(),
            });
            return Some(Plan::Dynamic {
                plan: Box::new(Plan::Not(Box::new(none))),
                text,
            });
        }
        let parsed = EventCondition {
            count: EventTimes::AtLeast(least),
            ..condition.clone()
        };
        let leaf = Plan::Event(EventLeaf {
            type_key,
            least,
            within,
            filters,
            text: write_event(&parsed),
        });
        Some(if complement { Plan::Not(Box::new(leaf)) } else { leaf })
    }

    /// A condition on the time of the first or the last event. It is made of conditions on how often events happened: the last event is in a span when one
    /// is in it and none after it.
    pub(super) fn event_date(&mut self, condition: &EventDateCondition, at: &str) -> Option<Plan> {
        let type_key = self.event_type(&condition.event, at)?;
        let place = condition.place.as_str();
        let test = self.checked(
            PLAIN,
            FieldType::Instant,
            (condition.operator, &condition.values),
            &format!("{at}/{place}"),
        )?;
        let filters = self.parameters(&condition.filters, at)?;
        let operator = match condition.operator {
            Operator::IsNotEmpty => Operator::IsEmpty,
            other => other,
        };
        let readable = write_event_date(&EventDateCondition {
            operator,
            ..condition.clone()
        });
        let happened = |within: Option<Span>| {
            Plan::Event(EventLeaf {
                type_key: type_key.clone(),
                least: 1,
                within,
                filters: filters.clone(),
                text: readable.clone(),
            })
        };
        let not = |plan| Plan::Not(Box::new(plan));
        let is_in = |span: &Span| {
            let (from, until) = match condition.place {
                EventPlace::First => (None, span.from),
                EventPlace::Last => (span.until, None),
            };
            let is_bounded = from.is_some() || until.is_some();
            let beyond = is_bounded.then(|| not(happened(Some(Span { from, until }))));
            Plan::All([happened(Some(*span))].into_iter().chain(beyond).collect())
        };
        let plan = match &test {
            Test::Spans(spans) => Plan::Any(spans.iter().map(is_in).collect()),
            _ => not(happened(None)),
        };
        let plan = Plan::Dynamic {
            plan: Box::new(plan),
            text: readable.clone(),
        };
        Some(if condition.operator == Operator::IsNotEmpty {
            not(plan)
        } else {
            plan
        })
    }

    fn event_type(&mut self, key: &str, at: &str) -> Option<EventTypeKey> {
        match EventTypeKey::parse(key) {
            Ok(key) => Some(key),
            Err(error) => self.refuse(&format!("{at}/event"), error.to_string()),
        }
    }

    fn parameters(&mut self, filters: &[Condition], at: &str) -> Option<Vec<(String, Test)>> {
        let filters = filters.iter().enumerate();
        filters
            .map(|(index, filter)| self.parameter(filter, &format!("{at}/where/{index}")))
            .collect()
    }

    /// A condition on a parameter. The type of a parameter is not defined, so that the operator says how it is read.
    fn parameter(&mut self, filter: &Condition, at: &str) -> Option<(String, Test)> {
        let name = &filter.field;
        if name.chars().count() > Formula::LONGEST_VALUE || name.contains(['"', '\\', '\0']) {
            return self.refuse(&format!("{at}/param"), "must be a name without quotes and backslashes");
        }
        let held = match filter.operator {
            Operator::Greater | Operator::Less | Operator::Between => FieldType::Number,
            _ => FieldType::Text,
        };
        Some((name.clone(), self.filter(PLAIN, held, filter, at)?))
    }

    fn filter(&mut self, field: Field, held: FieldType, filter: &Condition, at: &str) -> Option<Test> {
        let test = self.checked(field, held, (filter.operator, &filter.values), at)?;
        Some(if filter.operator == Operator::IsNotEmpty {
            Test::NotEmpty
        } else {
            test
        })
    }

    pub(super) fn orders(&mut self, condition: &OrdersCondition, at: &str) -> Option<Plan> {
        let held = match condition.aggregate {
            Aggregate::LastDate => FieldType::Instant,
            Aggregate::Count | Aggregate::Sum | Aggregate::Average => FieldType::Number,
        };
        let test = self.checked(PLAIN, held, (condition.operator, &condition.values), at)?;
        let mut filters = Vec::new();
        for (index, filter) in condition.filters.iter().enumerate() {
            let at = format!("{at}/where/{index}");
            let known = OrderField::ALL.into_iter().find(|(_, name, _)| *name == filter.field);
            let Some((field, _, held)) = known else {
                let names = OrderField::ALL.map(|(_, name, _)| name).join(", ");
                return self.refuse(&format!("{at}/field"), format!("must be one of {names}"));
            };
            filters.push((field, self.filter(PLAIN, held, filter, &at)?));
        }
        let empty = condition.operator == Operator::IsNotEmpty;
        let parsed = OrdersCondition {
            operator: if empty { Operator::IsEmpty } else { condition.operator },
            ..condition.clone()
        };
        let leaf = Plan::Orders(OrdersLeaf {
            aggregate: condition.aggregate,
            test,
            filters,
            text: write_orders(&parsed),
        });
        Some(if empty { Plan::Not(Box::new(leaf)) } else { leaf })
    }
}

/// The span of a time within which something happens, or the member that is wrong and why.
fn within(within: &Within) -> Result<Span, (&'static str, String)> {
    let one = |operator, literal: &Literal, member: &'static str| {
        let spans = read_literal::spans(operator, std::slice::from_ref(literal), FieldType::Instant);
        let spans = spans.map_err(|(_, reason)| (member, reason))?;
        Ok(spans.into_iter().next().unwrap_or_default())
    };
    match within {
        Within::LastDays(days) => one(Operator::InLastDays, days, "lastDays"),
        Within::Between { from, to } => {
            // Until the end of the day, the minute or the second that is named.
            let from = from
                .as_ref()
                .map(|from| one(Operator::Equals, from, "from"))
                .transpose()?;
            let to = to.as_ref().map(|to| one(Operator::Equals, to, "to")).transpose()?;
            Ok(Span {
                from: from.and_then(|span| span.from),
                until: to.and_then(|span| span.until),
            })
        }
    }
}
