//! The columns of the list of contacts, which everybody chooses for their browser.

use crate::contact_view::{kind, name_of};
use crate::page::Choice;
use crate::sentences::attribute;
use crate::texts::Texts;
use selfsame_domain::{AttributeKey, AttributeValue, Contact, CustomField, IdentifierKind, Timestamp};

/// The most columns of a list.
const MOST: usize = 20;

/// A column. The contact ID is always the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// First and last name together.
    Name,
    /// The values of a kind that the contact shows.
    Held(IdentifierKind),
    Attribute(AttributeKey),
    Source,
    Created,
    Updated,
}

impl Column {
    /// What is shown before anything was chosen.
    const DEFAULT: [Self; 5] = [
        Self::Name,
        Self::Held(IdentifierKind::ExternalId),
        Self::Held(IdentifierKind::Email),
        Self::Held(IdentifierKind::Phone),
        Self::Updated,
    ];

    /// Every column but those of custom fields.
    fn built_in() -> Vec<Self> {
        let begin = [
            Self::Name,
            Self::Held(IdentifierKind::ExternalId),
            Self::Held(IdentifierKind::Email),
            Self::Held(IdentifierKind::Phone),
            Self::Held(IdentifierKind::DeviceId),
        ];
        let end = [Self::Source, Self::Created, Self::Updated];
        let attributes = AttributeKey::BUILT_IN.map(Self::Attribute);
        begin.into_iter().chain(attributes).chain(end).collect()
    }

    /// The stable text of the column.
    fn to_text(self) -> String {
        match self {
            Self::Name => "name".to_owned(),
            Self::Held(kind) => kind.as_str().to_owned(),
            Self::Attribute(key) => key.to_text(),
            Self::Source => "source".to_owned(),
            Self::Created => "createdAt".to_owned(),
            Self::Updated => "updatedAt".to_owned(),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let built_in = Self::built_in().into_iter().find(|column| column.to_text() == text);
        let field = || AttributeKey::from_text(text).map(Self::Attribute);
        built_in.or_else(field)
    }

    /// Reads a choice: the texts of columns, with full stops between them. Without a readable one it is the default.
    pub(crate) fn chosen(text: &str) -> Vec<Self> {
        let mut columns = Vec::new();
        for column in text.split('.').filter_map(Self::from_text).take(MOST) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        if columns.is_empty() {
            Self::DEFAULT.into()
        } else {
            columns
        }
    }

    /// Writes a choice, as [`Self::chosen`] reads it.
    pub(crate) fn written(columns: &[Self]) -> String {
        let texts: Vec<String> = columns.iter().map(|column| column.to_text()).collect();
        texts.join(".")
    }

    /// What it is called.
    pub(crate) fn label(self, fields: &[CustomField], texts: Texts) -> String {
        match self {
            Self::Name => texts.get("column-name"),
            Self::Held(of) => kind(of, texts),
            Self::Attribute(AttributeKey::Field(id)) => {
                let known = fields.iter().find(|field| field.id == id);
                known.map_or_else(|| attribute(AttributeKey::Field(id), texts), |field| field.name.clone())
            }
            Self::Attribute(key) => attribute(key, texts),
            Self::Source => texts.get("column-source"),
            Self::Created => texts.get("column-created"),
            Self::Updated => texts.get("column-updated"),
        }
    }

    /// All columns that there are, as a choice.
    pub(crate) fn choices(chosen: &[Self], fields: &[CustomField], texts: Texts) -> Vec<Choice> {
        let open = fields.iter().filter(|field| !field.archived);
        let custom = open.map(|field| Self::Attribute(AttributeKey::Field(field.id)));
        let choice = |column: Self| Choice {
            value: column.to_text(),
            text: column.label(fields, texts),
            is_chosen: chosen.contains(&column),
        };
        Self::built_in().into_iter().chain(custom).map(choice).collect()
    }

    /// What a contact has there; `time` writes points in time.
    pub(crate) fn cell(self, contact: &Contact, time: impl Fn(Timestamp) -> String) -> String {
        match self {
            Self::Name => name_of(contact),
            Self::Held(of) => {
                let held = contact.visible(of);
                let typed: Vec<&str> = held.iter().map(|held| held.identifier.typed.as_str()).collect();
                typed.join(", ")
            }
            Self::Attribute(key) => match contact.attributes.get(key) {
                Some(AttributeValue::Text(text)) => text.clone(),
                Some(AttributeValue::Field(value)) => value.to_wire(),
                None => String::new(),
            },
            Self::Source => contact.source.as_str().to_owned(),
            Self::Created => time(contact.created_at),
            Self::Updated => time(contact.updated_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfsame_domain::FieldId;

    #[test]
    fn choices_read_back() {
        let all = Column::built_in();
        assert_eq!(Column::chosen(&Column::written(&all)), all);
        let field = Column::Attribute(AttributeKey::Field(FieldId(7)));
        assert_eq!(Column::chosen("town.nonsense.town.field:7")[1..], [field]);
        for none in ["", "nonsense", ".."] {
            assert_eq!(Column::chosen(none), Column::DEFAULT, "{none}");
        }
        let many = (1..100).map(|id| format!("field:{id}")).collect::<Vec<_>>().join(".");
        assert_eq!(Column::chosen(&many).len(), MOST);
    }
}
