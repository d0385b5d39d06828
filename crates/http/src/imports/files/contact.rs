//! From the cells of a row to a contact as bulk calls have it.

use super::plan::Column;
use super::target::Target;
use selfsame_domain::FieldId;
use serde_json::{Map, Value, json};

/// Characters between the names of segments in a cell.
const BETWEEN_SEGMENTS: [char; 3] = [';', '|', '\n'];

/// The names of segments as one cell that an import reads: with semicolons between them, or as a JSON array where a name has such a character itself.
pub fn segments_cell(names: &[&str]) -> String {
    if names
        .iter()
        .any(|name| name.contains(BETWEEN_SEGMENTS) || name.starts_with('['))
    {
        Value::from(names).to_string()
    } else {
        names.join(";")
    }
}

fn segments_of(cell: &str) -> Vec<String> {
    serde_json::from_str(cell).unwrap_or_else(|_| {
        let names = cell.split(BETWEEN_SEGMENTS).map(str::trim);
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
    })
}

/// A contact in the making.
#[derive(Debug, Default)]
pub(super) struct ContactBuilder {
    contact: Map<String, Value>,
    channels: Vec<Value>,
    fields: Vec<Value>,
    address: Map<String, Value>,
    groups: Vec<Value>,
    /// Custom fields whose cell is empty.
    pub(super) empty_fields: Vec<FieldId>,
}

impl ContactBuilder {
    /// Puts a cell where its column goes.
    pub(super) fn place(&mut self, column: &Column, text: &str) {
        let Some(target) = column.target else { return };
        if text.trim().is_empty() {
            if let Target::Field(id) = target {
                self.empty_fields.push(id);
            }
            return;
        }
        match target {
            Target::Email => self.channel("email", text),
            Target::Phone => self.channel("sms", text),
            Target::Viber => self.channel("viber", text),
            Target::MobilePush => self.channel("mobilepush", text),
            Target::WebPush => self.channel("webpush", text),
            Target::Telegram => self.channel("telegram", text),
            Target::Region | Target::Town | Target::Address | Target::Postcode => {
                self.address.insert(target.to_string(), Value::from(text));
            }
            Target::Groups => {
                self.groups.extend(segments_of(text).into_iter().map(Value::from));
            }
            Target::Field(id) => {
                let date = column.order().and_then(|order| order.to_wire(text));
                let text = date.as_deref().unwrap_or(text);
                self.fields.push(json!({"id": id.0, "value": text}));
            }
            member => {
                self.contact.insert(member.to_string(), Value::from(text));
            }
        }
    }

    fn channel(&mut self, channel: &str, text: &str) {
        self.channels.push(json!({"type": channel, "value": text}));
    }

    /// Takes over a member that is no scalar, as bulk calls have it.
    pub(super) fn take_over(&mut self, name: &str, value: Value) {
        match (name, value) {
            ("channels", Value::Array(channels)) => self.channels.extend(channels),
            ("channels", channel @ Value::Object(_)) => self.channels.push(channel),
            ("fields", Value::Array(fields)) => self.fields.extend(fields),
            ("groups", Value::Array(groups)) => self.groups.extend(groups),
            ("address", Value::Object(address)) => self.address.extend(address),
            ("cookies" | "telegram", value) => {
                self.contact.insert(name.to_owned(), value);
            }
            _ => {}
        }
    }

    /// The contact.
    pub(super) fn finish(self) -> Map<String, Value> {
        let mut contact = self.contact;
        let lists = [
            ("channels", self.channels),
            ("fields", self.fields),
            ("groups", self.groups),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            contact.insert(name.to_owned(), Value::Array(list));
        }
        if !self.address.is_empty() {
            contact.insert("address".to_owned(), Value::Object(self.address));
        }
        contact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_any_name_read_back() {
        for (names, cell) in [
            (vec!["VIP", "Shop 1"], "VIP;Shop 1"),
            (vec!["A;B", "VIP"], r#"["A;B","VIP"]"#),
            (vec!["[\"x\"]"], r#"["[\"x\"]"]"#),
            (vec![], ""),
        ] {
            assert_eq!(segments_cell(&names), cell);
            assert_eq!(segments_of(cell), names);
        }
        assert_eq!(segments_of(" A | B \n[C"), ["A", "B", "[C"]);
    }
}
