//! Attributes of a contact: names, address, language, custom fields.

use crate::values::{AddressPart, ContactKey, FieldValue, FirstName, Language, LastName, Postcode, TimeZone};
use crate::{ContactId, FieldId, Identifier, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which attribute of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeKey {
    /// First name.
    FirstName,
    /// Last name.
    LastName,
    /// Region of the address.
    Region,
    /// Town of the address.
    Town,
    /// Street and house of the address.
    Address,
    /// Postcode of the address.
    Postcode,
    /// Language, BCP 47.
    Language,
    /// Time zone, IANA.
    TimeZone,
    /// The contact key of the wire protocol.
    ContactKey,
    /// A custom field.
    Field(FieldId),
}

impl AttributeKey {
    /// Every attribute that is not a custom field.
    pub const BUILT_IN: [Self; 9] = [
        Self::FirstName,
        Self::LastName,
        Self::Region,
        Self::Town,
        Self::Address,
        Self::Postcode,
        Self::Language,
        Self::TimeZone,
        Self::ContactKey,
    ];

    /// The stable text of the key: the member's name on the wire, or `field:ID`.
    pub fn to_text(self) -> String {
        match self {
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Region => "region",
            Self::Town => "town",
            Self::Address => "address",
            Self::Postcode => "postcode",
            Self::Language => "languageCode",
            Self::TimeZone => "timeZone",
            Self::ContactKey => "contactKey",
            Self::Field(id) => return format!("field:{id}"),
        }
        .to_owned()
    }

    /// Reads what [`Self::to_text`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        match text.strip_prefix("field:") {
            Some(id) => id.parse().ok().map(|id| Self::Field(FieldId(id))),
            None => Self::BUILT_IN.into_iter().find(|key| key.to_text() == text),
        }
    }
}

impl Serialize for AttributeKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for AttributeKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom("unknown attribute"))
    }
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Every attribute but custom fields.
    Text(String),
    /// A custom field.
    Field(FieldValue),
}

/// One attribute that a request sets, with its checked value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeInput {
    /// Which attribute.
    pub key: AttributeKey,
    /// The new value; none clears the attribute.
    pub value: Option<AttributeValue>,
}

macro_rules! text_attribute {
    ($function:ident, $key:ident, $type:ty) => {
        /// Sets the attribute of this name, or clears it.
        pub fn $function(value: Option<&$type>) -> Self {
            Self {
                key: AttributeKey::$key,
                value: value.map(|value| AttributeValue::Text(value.as_str().to_owned())),
            }
        }
    };
}

impl AttributeInput {
    text_attribute!(first_name, FirstName, FirstName);
    text_attribute!(last_name, LastName, LastName);
    text_attribute!(region, Region, AddressPart);
    text_attribute!(town, Town, AddressPart);
    text_attribute!(address, Address, AddressPart);
    text_attribute!(postcode, Postcode, Postcode);
    text_attribute!(language, Language, Language);
    text_attribute!(time_zone, TimeZone, TimeZone);
    text_attribute!(contact_key, ContactKey, ContactKey);

    /// The identifier that the new value is; only contact keys are one.
    pub fn identifier(&self) -> Option<Identifier> {
        let Some(AttributeValue::Text(text)) = self.value.as_ref().filter(|_| self.key == AttributeKey::ContactKey)
        else {
            return None;
        };
        ContactKey::parse(text).ok().map(|key| Identifier::contact_key(&key))
    }

    /// Sets a custom field, or clears it.
    pub fn field(id: FieldId, value: Option<FieldValue>) -> Self {
        Self {
            key: AttributeKey::Field(id),
            value: value.map(AttributeValue::Field),
        }
    }
}

/// A stored attribute: its value, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// The value; none when it was cleared and must not be filled again by a merge made before.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub value: Option<AttributeValue>,
    /// The absorbed contact that filled this blank (identity rule 10); none when the contact holds the value itself.
    #[serde(rename = "from", default, skip_serializing_if = "Option::is_none")]
    pub filled_from: Option<ContactId>,
    /// When the contact's own value was last cleared, as long as no new one was set.
    #[serde(rename = "cleared", default, skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Timestamp>,
}

/// All attributes of a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(pub BTreeMap<AttributeKey, Attribute>);

impl Attributes {
    /// The value of an attribute, if there is one.
    pub fn get(&self, key: AttributeKey) -> Option<&AttributeValue> {
        self.0.get(&key).and_then(|attribute| attribute.value.as_ref())
    }

    /// The text of an attribute that is not a custom field, if there is one.
    pub fn text(&self, key: AttributeKey) -> Option<&str> {
        match self.get(key) {
            Some(AttributeValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Custom fields with a value, by their numbers.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, &FieldValue)> {
        self.0
            .iter()
            .filter_map(|(key, attribute)| match (key, &attribute.value) {
                (AttributeKey::Field(id), Some(AttributeValue::Field(value))) => Some((*id, value)),
                _ => None,
            })
    }

    /// Sets the contact's own value. Returns whether something observable changed.
    pub fn set(&mut self, input: &AttributeInput, at: Timestamp) -> bool {
        let changed = self.get(input.key) != input.value.as_ref();
        match &input.value {
            Some(value) => {
                let own = Attribute {
                    value: Some(value.clone()),
                    filled_from: None,
                    cleared_at: None,
                };
                self.0.insert(input.key, own);
            }
            None if self.0.contains_key(&input.key) && changed => {
                self.0.insert(
                    input.key,
                    Attribute {
                        value: None,
                        filled_from: None,
                        cleared_at: Some(at),
                    },
                );
            }
            None => {}
        }
        changed
    }

    /// Fills blanks from an absorbed contact (identity rule 10). Blank is what was never set, or cleared before `merged_at`.
    pub fn fill_from(&mut self, absorbed: ContactId, other: &Self, merged_at: Timestamp) {
        for (key, attribute) in &other.0 {
            if attribute.value.is_none() {
                continue;
            }
            let blank = match self.0.get(key) {
                None => true,
                Some(own) => own.value.is_none() && own.cleared_at.is_none_or(|cleared| cleared < merged_at),
            };
            if blank {
                let cleared_at = self.0.get(key).and_then(|own| own.cleared_at);
                let filled = Attribute {
                    value: attribute.value.clone(),
                    filled_from: Some(absorbed),
                    cleared_at,
                };
                self.0.insert(*key, filled);
            }
        }
    }

    /// What the contact holds itself, without what merges filled in.
    ///
    /// A blank that was filled after it had been cleared is a cleared one again.
    pub fn own(&self) -> Self {
        let own = self
            .0
            .iter()
            .filter_map(|(key, attribute)| match (attribute.filled_from, attribute.cleared_at) {
                (None, _) => Some((*key, attribute.clone())),
                (Some(_), Some(at)) => Some((
                    *key,
                    Attribute {
                        value: None,
                        filled_from: None,
                        cleared_at: Some(at),
                    },
                )),
                (Some(_), None) => None,
            });
        Self(own.collect())
    }
}
