//! Members of orders that mean nobody: texts, amounts, items.

use super::exact::Exact;
use crate::fields::{Fields, Problems, Sent, text_of};
use selfsame_domain::values::{Amount, OrderText, ValueError};
use selfsame_domain::{Order, OrderItem};
use serde_json::Value;
use std::collections::BTreeMap;

/// What reads the members of one object.
pub(super) struct Members<'r, 'f> {
    pub(super) fields: &'r Fields<'f>,
    pub(super) exact: &'r Exact,
    pub(super) problems: &'r mut Problems,
}

impl Members<'_, '_> {
    /// A text; numbers and truth values are taken as one. `null` and blanks say nothing.
    pub(super) fn text(&mut self, name: &str) -> Option<OrderText> {
        let Sent::Value(value) = self.fields.raw(name) else {
            return None;
        };
        let pointer = self.fields.pointer(name);
        let digits = self.exact.digits(&pointer).filter(|_| value.is_number());
        let text = digits.map(str::to_owned).or_else(|| text_of(value));
        self.value(&pointer, text, "must be a text", OrderText::parse)
    }

    /// A number that is not negative, or a text that is one.
    pub(super) fn amount(&mut self, name: &str) -> Option<Amount> {
        self.number(name, Amount::parse_unsigned)
    }

    /// What was taken off: also a negative number, as some shops write it.
    pub(super) fn signed(&mut self, name: &str) -> Option<Amount> {
        self.number(name, Amount::parse)
    }

    fn number(&mut self, name: &str, parse: fn(&str) -> Result<Amount, ValueError>) -> Option<Amount> {
        let Sent::Value(value) = self.fields.raw(name) else {
            return None;
        };
        let pointer = self.fields.pointer(name);
        let text = match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => {
                let digits = self.exact.digits(&pointer).map(str::to_owned);
                Some(digits.unwrap_or_else(|| number.to_string()))
            }
            _ => None,
        };
        self.value(&pointer, text, "must be a number", parse)
    }

    /// A member that must be there.
    pub(super) fn required<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if !matches!(self.fields.raw(name), Sent::Value(_)) {
            self.problems.add(self.fields.pointer(name), "must be sent");
            return None;
        }
        read(self)
    }

    /// A text that is a value.
    pub(super) fn value<T>(
        &mut self,
        pointer: &str,
        text: Option<String>,
        reason: &str,
        parse: impl FnOnce(&str) -> Result<T, ValueError>,
    ) -> Option<T> {
        let Some(text) = text else {
            self.problems.add(pointer, reason);
            return None;
        };
        match parse(&text) {
            Ok(value) => Some(value),
            Err(ValueError::Empty) => None,
            Err(error) => {
                self.problems.add(pointer, error);
                None
            }
        }
    }

    /// `additionalInfo`: an object of texts.
    pub(super) fn info(&mut self) -> BTreeMap<OrderText, OrderText> {
        let name = "additionalInfo";
        let Some(Value::Object(object)) = self.fields.raw(name).value() else {
            // Says what is wrong with anything else.
            self.fields.object(name, self.problems);
            return BTreeMap::new();
        };
        let pointer = self.fields.pointer(name);
        if !self.problems.fits(&pointer, object.len(), Order::MAX_INFO) {
            return BTreeMap::new();
        }
        let inner = Fields::of(Some(object), pointer);
        let mut members = Members {
            fields: &inner,
            exact: self.exact,
            problems: &mut *self.problems,
        };
        let read = |name: &String| {
            let value = members.text(name)?;
            let pointer = members.fields.pointer(name);
            let key = members.value(&pointer, Some(name.clone()), "", OrderText::parse)?;
            Some((key, value))
        };
        object.keys().filter_map(read).collect()
    }

    /// `items`: objects, or a single one.
    pub(super) fn items(&mut self) -> Vec<OrderItem> {
        let items = self.fields.objects("items", Order::MAX_ITEMS, self.problems);
        let read = |item: &Fields<'_>| {
            let mut members = Members {
                fields: item,
                exact: self.exact,
                problems: &mut *self.problems,
            };
            members.item()
        };
        items.iter().filter_map(read).collect()
    }

    fn item(&mut self) -> Option<OrderItem> {
        let id = self.required("externalItemId", |item| item.text("externalItemId"));
        let quantity = self.required("quantity", |item| item.amount("quantity"));
        let (name, category) = (self.text("name"), self.text("category"));
        let cost = self.amount("cost");
        let (url, image_url) = (self.text("url"), self.text("imageUrl"));
        let description = self.text("description");
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
