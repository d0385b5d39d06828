//! Members of orders that are no identifiers: texts, amounts, items.
//!
//! A required member that cannot be read is added to [`Problems`]. Any other member that cannot be stored as sent is cut, stored as
//! text or left out, and reported: a detail never refuses an order.

use super::add::OrderItemInput;
use super::exact::Exact;
use crate::body::{Member, fault_of, pruned};
use crate::contacts::request::skipped;
use crate::fields::{Fields, Problems, Sent, name_of, text_of, why};
use selfsame_domain::values::{Amount, OrderText, ValueError};
use selfsame_domain::{Order, OrderItem, Skipped};
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads the members of an order or of an item.
pub(super) struct Members<'r> {
    pub(super) exact: &'r Exact,
    /// The errors of required members.
    pub(super) problems: &'r mut Problems,
    /// The members that were cut, changed or left out.
    pub(super) notes: &'r mut Vec<Skipped>,
}

impl Members<'_> {
    /// Reports a member that is not stored as sent, once.
    pub(super) fn note(&mut self, pointer: &str, reason: impl ToString) {
        let note = skipped(pointer, reason);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The text of a member: of a text, of a whole number, or of an unreadable value without the characters that made it
    /// unreadable.
    pub(super) fn sent(&mut self, member: Member<'_>) -> Option<String> {
        let value = member.sent().value()?;
        if fault_of(value).is_none() {
            return name_of(value);
        }
        let pointer = member.pointer();
        self.without_fault(&pointer, &pointer, value)
    }

    /// The text of an unreadable value, without the characters that made it unreadable; none for a readable value, or when nothing is left.
    /// The change is reported.
    fn without_fault(&mut self, pointer: &str, noted: &str, value: &Value) -> Option<String> {
        let reason = fault_of(value)?;
        let text = self.exact.text(pointer).map(str::to_owned);
        let what = if text.is_some() {
            "is kept as far as it can be"
        } else {
            "is left out"
        };
        self.note(noted, format!("{reason}, and {what}"));
        text
    }

    /// An optional text. Numbers and booleans become texts, lists and objects are stored as JSON. `null`, blanks and empty lists count as
    /// left out.
    pub(super) fn text(&mut self, member: Member<'_>) -> Option<OrderText> {
        let value = member.sent().value()?;
        let pointer = member.pointer();
        self.text_at(&pointer, &pointer, value)
    }

    /// The text of a value at one pointer; reports name the other.
    fn text_at(&mut self, pointer: &str, noted: &str, value: &Value) -> Option<OrderText> {
        let text = match value {
            Value::Array(list) if list.is_empty() => return None,
            Value::Object(object) if object.is_empty() => return None,
            Value::Array(_) | Value::Object(_) => {
                self.note(noted, "must be a text, and is kept as JSON");
                let mut faults = Problems::default();
                let kept = pruned(value, noted, &mut faults)?;
                for fault in faults.all() {
                    self.note(&fault.pointer, fault.reason + ", and is left out");
                }
                kept.to_string()
            }
            unreadable if fault_of(unreadable).is_some() => self.without_fault(pointer, noted, unreadable)?,
            Value::Number(number) => {
                let digits = self.exact.text(pointer).map(str::to_owned);
                digits.unwrap_or_else(|| number.to_string())
            }
            scalar => text_of(scalar)?,
        };
        match OrderText::parse(&text) {
            Ok(text) => Some(text),
            Err(ValueError::Empty) => None,
            Err(error) => {
                self.note(noted, format!("{error}, and is cut"));
                OrderText::fitted(&text).ok()
            }
        }
    }

    /// An optional amount that is not negative.
    pub(super) fn amount(&mut self, member: Member<'_>) -> Option<Amount> {
        self.optional(member, Amount::parse_unsigned)
    }

    /// A discount, which may be negative: some shops send it so (wire fact).
    pub(super) fn signed(&mut self, member: Member<'_>) -> Option<Amount> {
        self.optional(member, Amount::parse)
    }

    fn optional(&mut self, member: Member<'_>, parse: fn(&str) -> Result<Amount, ValueError>) -> Option<Amount> {
        match self.number(member, parse) {
            Ok(amount) => amount,
            Err(reason) => {
                self.note(&member.pointer(), format!("{reason}, and is left out"));
                None
            }
        }
    }

    /// A required amount that is not negative.
    pub(super) fn required_amount(&mut self, member: Member<'_>) -> Option<Amount> {
        self.required(member, |members| {
            let read = members.number(member, Amount::parse_unsigned);
            member.check(members.problems, read)?
        })
    }

    /// An amount, sent as a number or as a text.
    fn number(
        &self,
        member: Member<'_>,
        parse: fn(&str) -> Result<Amount, ValueError>,
    ) -> Result<Option<Amount>, String> {
        let text = match member.sent() {
            Sent::Nothing | Sent::Null => return Ok(None),
            Sent::Value(Value::String(text)) => text.clone(),
            Sent::Value(value @ Value::Number(number)) => {
                let written = self.exact.text(&member.pointer()).map(str::to_owned);
                match (written, fault_of(value)) {
                    (Some(written), _) => written,
                    (None, Some(reason)) => return Err(reason.to_owned()),
                    (None, None) => number.to_string(),
                }
            }
            Sent::Value(_) => return Err("must be a number".to_owned()),
        };
        match parse(&text) {
            Ok(amount) => Ok(Some(amount)),
            Err(ValueError::Empty) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A required member.
    pub(super) fn required<T>(&mut self, member: Member<'_>, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        match member.sent() {
            Sent::Value(_) => read(self),
            Sent::Nothing | Sent::Null => member.refuse(self.problems, "must be sent"),
        }
    }

    /// `additionalInfo`: an object of texts. The sender chooses the names of its members, so reports do not repeat them.
    pub(super) fn info(&mut self, member: Member<'_>) -> BTreeMap<OrderText, OrderText> {
        let here = member.pointer();
        let Some(Value::Object(object)) = member.sent().value() else {
            let text = self.text(member);
            if text.is_some() {
                self.note(
                    &here,
                    "must be an object of texts, and is kept as one text under this name",
                );
            }
            return OrderText::parse("additionalInfo").ok().zip(text).into_iter().collect();
        };
        if object.len() > Order::MAX_INFO {
            let (max, actual) = (Order::MAX_INFO, object.len());
            self.note(
                &here,
                ValueError::TooMany { max, actual }.to_string() + ", and the rest is left out",
            );
        }
        let within = Fields::of(Some(object), here.clone());
        let read = |(key, _): (&String, &Value)| {
            let value = self.text_at(&within.pointer(key), &here, within.raw(key).value()?)?;
            match OrderText::parse(key) {
                Ok(key) => Some((key, value)),
                Err(error) => {
                    self.note(
                        &here,
                        format!("has a name that is left out with its value: a name {error}"),
                    );
                    None
                }
            }
        };
        object.iter().take(Order::MAX_INFO).filter_map(read).collect()
    }

    /// `items`: objects, or a single one.
    pub(super) fn items(&mut self, member: Member<'_>) -> Vec<OrderItem> {
        let here = member.pointer();
        let mut entries = member.list(usize::MAX, self.problems);
        if entries.len() > Order::MAX_ITEMS {
            let (max, actual) = (Order::MAX_ITEMS, entries.len());
            self.note(
                &here,
                ValueError::TooMany { max, actual }.to_string() + ", and the rest is left out",
            );
            entries.truncate(Order::MAX_ITEMS);
        }
        let read = |(pointer, value): (String, &Value)| {
            let Value::Object(object) = value else {
                self.note(
                    &pointer,
                    format!("{}, and is left out", why(value, "must be an object")),
                );
                return None;
            };
            self.item(&Fields::of(Some(object), pointer))
        };
        entries.into_iter().filter_map(read).collect()
    }

    /// An item. One without a name or a quantity is left out.
    fn item(&mut self, fields: &Fields<'_>) -> Option<OrderItem> {
        let sent = OrderItemInput::of(fields);
        let mut missing = Problems::default();
        let mut item = Members {
            exact: self.exact,
            problems: &mut missing,
            notes: &mut *self.notes,
        };
        let id = item.required(sent.external_item_id, |item| item.text(sent.external_item_id));
        let quantity = item.required_amount(sent.quantity);
        let (name, category) = (item.text(sent.name), item.text(sent.category));
        let cost = item.amount(sent.cost);
        let (url, image_url) = (item.text(sent.url), item.text(sent.image_url));
        let description = item.text(sent.description);
        for problem in missing.all() {
            self.note(&problem.pointer, problem.reason + ", so the item is left out");
        }
        Some(OrderItem {
            external_item_id: id?,
            quantity: quantity?,
            name,
            category,
            cost,
            url,
            image_url,
            description,
        })
    }
}
