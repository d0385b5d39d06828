//! A formula that was checked against what the workspace defines: what storage adapters compile.

use super::field::Field;
use super::history::{EventLeaf, OrdersLeaf};
use super::readable::{Words, write_condition};
use super::span::Span;
use super::{Anniversary, Condition, Definitions, FieldType, Formula, Literal, Operator, Problem, read_literal};
use crate::values::{Email, Language, Phone, Source, TimeZone};
use crate::{AttributeKey, ContactId, FieldId, IdentifierKind, SegmentId};
use rust_decimal::Decimal;
use uuid::Uuid;

/// What an email can be: subscribed, or unsubscribed from everything.
pub const EMAIL_STATUSES: [&str; 2] = ["SUBSCRIBED", "UNSUBSCRIBED"];

/// A checked formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// All of them hold.
    All(Vec<Plan>),
    /// At least one of them holds.
    Any(Vec<Plan>),
    /// The exact complement.
    Not(Box<Plan>),
    /// Is in a static segment.
    List {
        /// Which.
        segment: SegmentId,
        /// The readable form.
        text: String,
    },
    /// Is a member of another dynamic segment, or fits a condition that is made of others.
    Dynamic {
        /// The formula.
        plan: Box<Plan>,
        /// The readable form.
        text: String,
    },
    /// A condition.
    Leaf(Leaf),
    /// Events happened so often.
    Event(EventLeaf),
    /// Orders come to something.
    Orders(OrdersLeaf),
}

/// A condition on a value of the contact.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// What is compared.
    pub operand: Operand,
    /// How.
    pub test: Test,
    /// The readable form.
    pub text: String,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// The contact's number.
    ContactId,
    /// The matching forms of the identifiers of a kind that it shows.
    Identifier(IdentifierKind),
    /// How many different identifiers of a kind it shows.
    CountOf(IdentifierKind),
    /// The domains of the emails that it shows.
    EmailDomain,
    /// How many different identifiers that it shows are quarantined.
    Quarantined,
    /// How many different identifiers that it shows are shared.
    Shared {
        /// The number of different external IDs with which a shared identifier was seen at least.
        threshold: u32,
    },
    /// The operating systems of the devices and browsers behind the tokens that it shows.
    DeviceOs,
    /// [`EMAIL_STATUSES`] of the emails that it shows.
    EmailStatus,
    /// How many contacts it has absorbed.
    AbsorbedCount,
    /// The imports that changed it or a contact that it absorbed.
    Import,
    /// A text.
    Attribute(AttributeKey),
    /// The lower case of a name.
    Name(AttributeKey),
    /// A custom field that holds a text, a date, a time or a list, and the member of the stored value that has it.
    Custom(FieldId, FieldType),
    /// When it was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// Where it came from.
    Source,
}

/// How a value is compared. Every test but [`Test::Empty`] is false of a contact without a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// There is no value.
    Empty,
    /// There is a value: of the parameter of an event, or of an order. Of a contact's own fields it is the negation of [`Self::Empty`].
    NotEmpty,
    /// Texts.
    Text(TextTest),
    /// Sources, one of these.
    Sources(Vec<Source>),
    /// Numbers, one of these.
    Numbers(Vec<Decimal>),
    /// Numbers greater than this one.
    Greater(Decimal),
    /// Numbers less than this one.
    Less(Decimal),
    /// Numbers from the one to the other, both included.
    Between(Decimal, Decimal),
    /// Dates and times in one of these spans.
    Spans(Vec<Span>),
    /// Dates and times whose anniversary is at most so many days from today.
    Anniversary(u32),
    /// Lists with one of these entries.
    Choices(Vec<String>),
}

/// How texts are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextTest {
    /// One of these.
    OneOf(Vec<String>),
    /// It contains this one.
    Contains(String),
    /// It begins with this one.
    StartsWith(String),
    /// It ends with this one.
    EndsWith(String),
}

impl Plan {
    /// Checks a formula. Every problem names its part.
    pub fn of(formula: &Formula, definitions: &Definitions) -> Result<Self, Vec<Problem>> {
        let mut planner = Planner {
            definitions,
            problems: Vec::new(),
            nodes: 0,
        };
        let plan = planner.plan(formula, "", 0);
        plan.filter(|_| planner.problems.is_empty()).ok_or(planner.problems)
    }

    /// The same, of some contacts alone.
    pub fn of_contacts(self, ids: &[ContactId]) -> Self {
        Self::All(vec![Self::contacts(ids), self])
    }

    /// That the contact is one of these.
    pub fn contacts(ids: &[ContactId]) -> Self {
        Self::Leaf(Leaf {
            operand: Operand::ContactId,
            test: Test::Numbers(ids.iter().map(|id| Decimal::from(id.0)).collect()),
            text: String::new(),
        })
    }

    /// That this holds and another plan does not.
    pub fn but(&self, other: &Self) -> Self {
        Self::All(vec![self.clone(), Self::Not(Box::new(other.clone()))])
    }

    /// For each negated condition that compares a value: the plan of the contacts without any value. Each occurs once, in the order of the formula.
    pub fn without_value(&self) -> Vec<Leaf> {
        let mut found = Vec::new();
        self.add_without_value(false, &mut found);
        found
    }

    fn add_without_value(&self, negated: bool, found: &mut Vec<Leaf>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.add_without_value(negated, found);
                }
            }
            Self::Not(part) => part.add_without_value(!negated, found),
            Self::Dynamic { plan, .. } => plan.add_without_value(negated, found),
            Self::Leaf(leaf) if negated && leaf.test != Test::Empty => {
                if !found.iter().any(|known: &Leaf| known.operand == leaf.operand) {
                    found.push(Leaf {
                        test: Test::Empty,
                        ..leaf.clone()
                    });
                }
            }
            Self::Leaf(_) | Self::List { .. } | Self::Event(_) | Self::Orders(_) => {}
        }
    }
}

pub(super) struct Planner<'d> {
    definitions: &'d Definitions,
    problems: Vec<Problem>,
    nodes: usize,
}

impl Planner<'_> {
    pub(super) fn refuse<T>(&mut self, pointer: &str, reason: impl Into<String>) -> Option<T> {
        if self.problems.len() < 20 {
            self.problems.push(Problem::new(pointer, reason));
        }
        None
    }

    fn plan(&mut self, formula: &Formula, at: &str, depth: usize) -> Option<Plan> {
        self.nodes += 1;
        if self.nodes > Formula::MOST_NODES || depth > Formula::DEEPEST {
            if self.problems.is_empty() {
                let reason = format!(
                    "must have at most {} conditions and joins, {} deep, with those of the segments that it names",
                    Formula::MOST_NODES,
                    Formula::DEEPEST
                );
                return self.refuse(at, reason);
            }
            return None;
        }
        match formula {
            Formula::All(parts) => self.parts(parts, &format!("{at}/all"), depth).map(Plan::All),
            Formula::Any(parts) => self.parts(parts, &format!("{at}/any"), depth).map(Plan::Any),
            Formula::Not(part) => self
                .plan(part, &format!("{at}/not"), depth + 1)
                .map(|part| Plan::Not(Box::new(part))),
            Formula::Segment(id) => self.segment(*id, &format!("{at}/segment"), depth),
            Formula::Condition(condition) => self.leaf(condition, at),
            Formula::Event(condition) => self.event(condition, at),
            Formula::EventDate(condition) => self.event_date(condition, at),
            Formula::Orders(condition) => self.orders(condition, at),
        }
    }

    fn parts(&mut self, parts: &[Formula], at: &str, depth: usize) -> Option<Vec<Plan>> {
        let planned: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| self.plan(part, &format!("{at}/{index}"), depth + 1))
            .collect();
        planned.into_iter().collect()
    }

    fn segment(&mut self, id: SegmentId, at: &str, depth: usize) -> Option<Plan> {
        if !self.definitions.names.contains_key(&id) {
            return self.refuse(at, "is no segment of this workspace");
        }
        let text = Words(self.definitions).segment(id);
        let definitions = self.definitions;
        let Some(formula) = definitions.formulas.get(&id) else {
            return Some(Plan::List { segment: id, text });
        };
        // The problem is reported for the part that names the segment: the other formula is not the sender's.
        let known = self.problems.len();
        let plan = self.plan(formula, at, depth + 1);
        for problem in &mut self.problems[known..] {
            at.clone_into(&mut problem.pointer);
        }
        plan.map(|plan| Plan::Dynamic {
            plan: Box::new(plan),
            text,
        })
    }

    fn leaf(&mut self, condition: &Condition, at: &str) -> Option<Plan> {
        let Some((field, held)) = Field::named(&condition.field, self.definitions) else {
            let known: Vec<&str> = Field::names().collect();
            let reason = format!(
                "must be one of {}, or custom:PROFILE.KEY of a custom field",
                known.join(", ")
            );
            return self.refuse(&format!("{at}/field"), reason);
        };
        let operator = condition.operator;
        let test = self.checked(field, held, (operator, &condition.values), at)?;
        let leaf = Leaf {
            operand: operand(field, held, self.definitions),
            test,
            text: write_condition(condition),
        };
        Some(if operator == Operator::IsNotEmpty {
            Plan::Not(Box::new(Plan::Leaf(Leaf {
                text: leaf.text.replace("is not empty", "is empty"),
                ..leaf
            })))
        } else {
            Plan::Leaf(leaf)
        })
    }
}

impl Planner<'_> {
    /// The test of an operator on a field, if the two fit.
    pub(super) fn checked(
        &mut self,
        field: Field,
        held: FieldType,
        (operator, values): (Operator, &[Literal]),
        at: &str,
    ) -> Option<Test> {
        if !held.operators().contains(&operator) {
            let known: Vec<&str> = held.operators().iter().map(|operator| operator.as_str()).collect();
            let reason = format!("does not apply to {}: it takes {}", held.name(), known.join(", "));
            return self.refuse(&format!("{at}/op"), reason);
        }
        match test(field, held, operator, values) {
            Ok(test) => Some(test),
            Err((index, reason)) => {
                let many = matches!(operator, Operator::OneOf | Operator::Between);
                let value = if many {
                    format!("{at}/value/{index}")
                } else {
                    format!("{at}/value")
                };
                self.refuse(&value, reason)
            }
        }
    }
}

fn operand(field: Field, held: FieldType, definitions: &Definitions) -> Operand {
    match field {
        Field::ContactId => Operand::ContactId,
        Field::Identifier(kind) => Operand::Identifier(kind),
        Field::CountOf(kind) => Operand::CountOf(kind),
        Field::EmailDomain => Operand::EmailDomain,
        Field::Quarantined => Operand::Quarantined,
        Field::Shared => Operand::Shared {
            threshold: definitions.shared_threshold,
        },
        Field::Import => Operand::Import,
        Field::DeviceOs => Operand::DeviceOs,
        Field::EmailStatus => Operand::EmailStatus,
        Field::AbsorbedCount => Operand::AbsorbedCount,
        Field::Attribute(key) if held == FieldType::Name => Operand::Name(key),
        Field::Attribute(key) => Operand::Attribute(key),
        Field::Custom(id) => Operand::Custom(id, held),
        Field::CreatedAt => Operand::CreatedAt,
        Field::UpdatedAt => Operand::UpdatedAt,
        Field::Source => Operand::Source,
    }
}

/// The test, or the place of the value that is wrong and why.
fn test(field: Field, held: FieldType, operator: Operator, values: &[Literal]) -> Result<Test, (usize, String)> {
    if matches!(operator, Operator::IsEmpty | Operator::IsNotEmpty) {
        return Ok(Test::Empty);
    }
    if operator == Operator::AnniversaryWithinDays {
        let literal = values.first().ok_or((0, "is missing".to_owned()))?;
        let days = read_literal::days(literal, Anniversary::MOST_DAYS);
        return days.map(Test::Anniversary).map_err(|reason| (0, reason));
    }
    match held {
        FieldType::Text | FieldType::Name => text_test(field, held, operator, values),
        FieldType::Number => {
            let read = |(index, literal)| read_literal::number(literal).map_err(|reason| (index, reason));
            let numbers: Vec<Decimal> = values.iter().enumerate().map(read).collect::<Result<_, _>>()?;
            Ok(match (operator, numbers.as_slice()) {
                (Operator::Greater, [number]) => Test::Greater(*number),
                (Operator::Less, [number]) => Test::Less(*number),
                (Operator::Between, [least, greatest]) => Test::Between(*least, *greatest),
                _ => Test::Numbers(numbers),
            })
        }
        FieldType::Date | FieldType::Local | FieldType::Instant => {
            read_literal::spans(operator, values, held).map(Test::Spans)
        }
        FieldType::Choices => Ok(Test::Choices(texts(values))),
    }
}

fn texts(values: &[Literal]) -> Vec<String> {
    values.iter().map(|value| value.as_str().to_owned()).collect()
}

fn text_test(field: Field, held: FieldType, operator: Operator, values: &[Literal]) -> Result<Test, (usize, String)> {
    let exact = matches!(operator, Operator::Equals | Operator::OneOf);
    if field == Field::Source && exact {
        let read = |(index, literal): (usize, &Literal)| {
            let known: Vec<&str> = Source::ALL.iter().map(|source| source.as_str()).collect();
            Source::from_text(literal.as_str()).ok_or_else(|| (index, format!("must be one of {}", known.join(", "))))
        };
        return values
            .iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Test::Sources);
    }
    if field == Field::Source {
        return Err((0, "of a source must be compared by equals or one_of".to_owned()));
    }
    if field == Field::Import && !exact {
        return Err((0, "of an import must be compared by equals or one_of".to_owned()));
    }
    if field == Field::EmailStatus && !exact {
        return Err((0, "of a status must be compared by equals or one_of".to_owned()));
    }
    let read = |(index, literal): (usize, &Literal)| {
        let text = literal.as_str();
        let lower =
            held == FieldType::Name || matches!(field, Field::Identifier(IdentifierKind::Email) | Field::EmailDomain);
        match normal(field, text).filter(|_| exact) {
            Some(normal) => normal.map_err(|reason| (index, reason)),
            None if lower => Ok(text.to_lowercase()),
            None => Ok(text.to_owned()),
        }
    };
    let mut read: Vec<String> = values.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    let first = |read: &mut Vec<String>| {
        if read.is_empty() {
            String::new()
        } else {
            read.swap_remove(0)
        }
    };
    Ok(Test::Text(match operator {
        Operator::Contains => TextTest::Contains(first(&mut read)),
        Operator::StartsWith => TextTest::StartsWith(first(&mut read)),
        Operator::EndsWith => TextTest::EndsWith(first(&mut read)),
        _ => TextTest::OneOf(read),
    }))
}

/// The form in which a whole value of the field is stored and compared, where it has one of its own.
fn normal(field: Field, text: &str) -> Option<Result<String, String>> {
    let why = |error: crate::values::ValueError| error.to_string();
    Some(match field {
        Field::Identifier(IdentifierKind::Email) => {
            Email::parse(text).map(|email| email.matching().to_owned()).map_err(why)
        }
        Field::EmailStatus => {
            let known = EMAIL_STATUSES.into_iter().find(|known| *known == text);
            let why = || format!("must be one of {}", EMAIL_STATUSES.join(", "));
            known.map(str::to_owned).ok_or_else(why)
        }
        Field::Import => Uuid::try_parse(text)
            .map(|id| id.to_string())
            .map_err(|_| "must be the ID of an import".to_owned()),
        Field::EmailDomain => Email::parse(&format!("a@{text}"))
            .map(|email| email.domain().to_owned())
            .map_err(|_| "must be a domain".to_owned()),
        Field::Identifier(IdentifierKind::Phone) => Phone::parse(text, None)
            .map(|phone| phone.matching().to_owned())
            .map_err(why),
        Field::Attribute(AttributeKey::Language) => Language::parse(text)
            .map(|language| language.as_str().to_owned())
            .map_err(why),
        Field::Attribute(AttributeKey::TimeZone) => {
            TimeZone::parse(text).map(|zone| zone.as_str().to_owned()).map_err(why)
        }
        _ => return None,
    })
}
