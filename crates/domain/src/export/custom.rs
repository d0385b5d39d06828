//! Custom fields of contacts as rows.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use crate::values::{Amount, FieldType, FieldValue};
use crate::{AttributeKey, AttributeValue, Contact, CustomField, FieldId};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The greatest length of the part of a column's name that comes from the keys of its field. With an ID behind it the name is still
/// within PostgreSQL's 63 bytes.
const MAX_NAME: usize = 40;

/// The columns of the dataset `contacts_custom` besides those of the fields.
pub(super) static COLUMNS: [Column; 1] = [Column::new(
    "contactId",
    ColumnType::BigInteger,
    "The contact's number, as in contacts",
)];

/// The columns of custom fields, in the order of the fields' IDs, archived fields included.
///
/// A name is made of the keys of the group and the field, in letters, digits and underscores, which every destination takes. A name that
/// lost characters, or that a field with a smaller ID has in any letter case, ends with the ID. Keys and types of fields never change and
/// fields are never deleted, so a name stays that of its field.
pub fn field_columns(fields: &[CustomField]) -> Vec<(FieldId, Column)> {
    let mut ordered: Vec<&CustomField> = fields.iter().collect();
    ordered.sort_by_key(|field| field.id);
    let mut taken = BTreeSet::new();
    let column = |field: &CustomField| {
        let (mut name, is_whole) = plain_name(field);
        let id = format!("_{}", field.id);
        if !is_whole && !name.ends_with(&id) {
            name.push_str(&id);
        }
        while taken.contains(&name.to_lowercase()) {
            name.push_str(&id);
        }
        taken.insert(name.to_lowercase());
        let column = Column {
            name: Cow::Owned(name),
            kind: type_of(field.field_type),
            description: Cow::Owned(describe(field)),
        };
        (field.id, column)
    };
    ordered.into_iter().map(column).collect()
}

/// The name of a column without an ID, and whether it has every character of the keys.
fn plain_name(field: &CustomField) -> (String, bool) {
    let keys = format!("{}_{}", field.profile_key, field.field_key);
    let words = keys.split(|c: char| !c.is_ascii_alphanumeric());
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let begins = words.first().and_then(|word| word.chars().next());
    if !begins.is_some_and(|first| first.is_ascii_alphabetic()) {
        words.insert(0, "field");
    }
    let mut name = words.join("_");
    name.truncate(MAX_NAME);
    let is_whole = name == keys;
    (name, is_whole)
}

fn type_of(field_type: FieldType) -> ColumnType {
    match field_type {
        FieldType::TextField
        | FieldType::TextArea
        | FieldType::ComboBox
        | FieldType::CheckboxList
        | FieldType::Tags => ColumnType::Text(None),
        FieldType::Number => ColumnType::Integer,
        FieldType::Decimal => ColumnType::Number,
        FieldType::Date => ColumnType::Date,
        FieldType::DateTime => ColumnType::LocalTime,
    }
}

fn describe(field: &CustomField) -> String {
    let form = match field.field_type {
        FieldType::CheckboxList | FieldType::Tags => ", separated by commas",
        FieldType::DateTime => ", on the contact's own clock",
        _ => "",
    };
    let (group, key, kind) = (&field.profile_key, &field.field_key, field.field_type.as_wire());
    format!("Custom field {group}.{key}, {kind}{form}")
}

/// The row of a contact's custom fields: its ID, and the values of these fields.
pub fn custom_row(contact: &Contact, fields: &[FieldId]) -> Row {
    let value = |id: &FieldId| match contact.attributes.get(AttributeKey::Field(*id)) {
        Some(AttributeValue::Field(value)) => cell(value),
        _ => Cell::Null,
    };
    let id = std::iter::once(Cell::Integer(contact.id.0));
    id.chain(fields.iter().map(value)).collect()
}

fn cell(value: &FieldValue) -> Cell {
    match value {
        FieldValue::Integer(number) => Cell::Integer(i64::from(*number)),
        FieldValue::Decimal(number) => Cell::Number(Amount::of(*number)),
        FieldValue::Date(date) => Cell::Date(*date),
        FieldValue::DateTime(at) => Cell::LocalTime(*at),
        FieldValue::Text(_) | FieldValue::Choices(_) => Cell::Text(value.to_wire()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(id: i64, profile_key: &str, field_key: &str, field_type: FieldType) -> CustomField {
        CustomField {
            id: FieldId(id),
            profile_key: profile_key.to_owned(),
            field_key: field_key.to_owned(),
            name: "any".to_owned(),
            field_type,
            allowed: Vec::new(),
            required: false,
            identifying: false,
            archived: false,
        }
    }

    fn names(fields: &[CustomField]) -> Vec<String> {
        let columns = field_columns(fields);
        columns
            .into_iter()
            .map(|(_, column)| column.name.into_owned())
            .collect()
    }

    #[test]
    fn a_column_keeps_its_name_whatever_fields_come_later() {
        let long = "k".repeat(100);
        let fields = [
            field(1, "shop", "size", FieldType::Number),
            field(2, "SHOP", "Size", FieldType::Number),
            field(3, "магазин", "розмір", FieldType::TextField),
            field(4, "1st", "visit", FieldType::Date),
            field(5, "shop", &long, FieldType::Tags),
            field(6, "a", "b_7", FieldType::TextField),
            field(7, "a", "b", FieldType::TextField),
            field(8, "a", "b 7", FieldType::TextField),
        ];
        let expected = [
            "shop_size".to_owned(),
            "SHOP_Size_2".to_owned(),
            "field_3".to_owned(),
            "field_1st_visit_4".to_owned(),
            format!("shop_{}_5", "k".repeat(35)),
            "a_b_7".to_owned(),
            "a_b".to_owned(),
            "a_b_7_8".to_owned(),
        ];
        assert_eq!(names(&fields), expected);
        for count in 1..fields.len() {
            assert_eq!(names(&fields[..count]), expected[..count]);
        }
        assert!(expected.iter().all(|name| name.len() <= 63));
    }

    #[test]
    fn values_have_the_type_of_their_column() {
        let fields: Vec<CustomField> = FieldType::ALL
            .into_iter()
            .zip(1..)
            .map(|(field_type, id)| field(id, "p", &format!("f{id}"), field_type))
            .collect();
        let texts = [
            "a",
            "b\nc",
            "-7",
            "1.50",
            "0001-02-03",
            "9999-12-31T23:59",
            "x",
            "x,y",
            "😀",
        ];
        let mut contact = Contact::new(
            crate::ContactId(5),
            crate::values::Source::Api,
            crate::Timestamp::UNIX_EPOCH,
        );
        for (field, text) in fields.iter().zip(texts) {
            let value = field.read(text, crate::Timestamp::UNIX_EPOCH).unwrap();
            let input = crate::AttributeInput::field(field.id, Some(value));
            contact.attributes.set(&input, crate::Timestamp::UNIX_EPOCH);
        }
        let columns = field_columns(&fields);
        let ids: Vec<FieldId> = columns.iter().map(|(id, _)| *id).collect();
        let row = custom_row(&contact, &ids);
        assert_eq!(row[0], Cell::Integer(5));
        for (cell, (_, column)) in row[1..].iter().zip(&columns) {
            let fits = match column.kind {
                ColumnType::Text(None) => matches!(cell, Cell::Text(_)),
                ColumnType::Integer => *cell == Cell::Integer(-7),
                ColumnType::Number => *cell == Cell::Number(Amount::parse("1.50").unwrap()),
                ColumnType::Date => *cell == Cell::Date("0001-02-03".parse().unwrap()),
                ColumnType::LocalTime => *cell == Cell::LocalTime("9999-12-31T23:59:00".parse().unwrap()),
                _ => false,
            };
            assert!(fits, "{cell:?} in {column:?}");
        }
        let empty = Contact::new(
            crate::ContactId(6),
            crate::values::Source::Api,
            crate::Timestamp::UNIX_EPOCH,
        );
        assert!(custom_row(&empty, &ids)[1..].iter().all(|cell| *cell == Cell::Null));
    }
}
