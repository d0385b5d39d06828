//! Contacts.

use super::records::{Fields, Record};
use super::{IdentifierRecord, MembershipRecord, corrupt, json, to_json};
use selfsame_application::ports::StorageError;
use selfsame_domain::values::Source;
use selfsame_domain::{
    AttributeKey, Attributes, Contact, ContactId, ContactRow, ContactState, HeldIdentifier, Membership, Revision,
    Timestamp,
};
use sqlx::error::BoxDynError;
use std::collections::BTreeMap;

/// A row of `contacts`. The two match columns are written, not read.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "contact_v1")]
pub(crate) struct ContactRecord {
    pub(crate) contact_id: i64,
    canonical_id: i64,
    merged_into: Option<i64>,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    state: i16,
    source: i16,
    first_name_match: Option<String>,
    last_name_match: Option<String>,
    attributes: Option<String>,
}

impl ContactRecord {
    /// A row to write. Without attributes, the stored ones stay.
    pub(crate) fn new(row: &ContactRow, attributes: Option<&Attributes>) -> Result<Self, StorageError> {
        Ok(Self {
            contact_id: row.id.0,
            canonical_id: row.canonical.0,
            merged_into: row.merged_into.map(|id| id.0),
            revision: 0,
            created_at: row.created_at,
            updated_at: row.updated_at,
            state: row.state.code(),
            source: row.source.code(),
            first_name_match: attributes.and_then(|all| match_text(all, AttributeKey::FirstName)),
            last_name_match: attributes.and_then(|all| match_text(all, AttributeKey::LastName)),
            attributes: attributes.map(to_json).transpose()?,
        })
    }

    fn contact(self) -> Result<Contact, StorageError> {
        let id = self.contact_id;
        let attributes = match self.attributes {
            Some(text) => json(&text, "contacts", "attributes", &id)?,
            None => Attributes::default(),
        };
        Ok(Contact {
            id: ContactId(id),
            state: ContactState::from_code(self.state).ok_or_else(|| corrupt("contacts", "state", &id))?,
            canonical: ContactId(self.canonical_id),
            merged_into: self.merged_into.map(ContactId),
            source: Source::from_code(self.source).ok_or_else(|| corrupt("contacts", "source", &id))?,
            created_at: self.created_at,
            updated_at: self.updated_at,
            revision: Revision(self.revision),
            attributes,
            identifiers: Vec::new(),
            memberships: Vec::new(),
        })
    }
}

impl Record for ContactRecord {
    fn read(fields: &mut Fields<'_>) -> Result<Self, BoxDynError> {
        Ok(Self {
            contact_id: fields.get()?,
            canonical_id: fields.get()?,
            merged_into: fields.optional()?,
            revision: fields.get()?,
            created_at: fields.get()?,
            updated_at: fields.get()?,
            state: fields.get()?,
            source: fields.get()?,
            first_name_match: fields.optional()?,
            last_name_match: fields.optional()?,
            attributes: fields.optional()?,
        })
    }
}

/// The form in which names are compared.
fn match_text(attributes: &Attributes, key: AttributeKey) -> Option<String> {
    attributes.text(key).map(str::to_lowercase)
}

/// A contact of which only the revision is written and, if they changed, the attributes.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "touched_contact_v1")]
pub(crate) struct TouchedRecord {
    contact_id: i64,
    first_name_match: Option<String>,
    last_name_match: Option<String>,
    attributes: Option<String>,
}

impl TouchedRecord {
    pub(crate) fn new(contact: ContactId, attributes: Option<&Attributes>) -> Result<Self, StorageError> {
        Ok(Self {
            contact_id: contact.0,
            first_name_match: attributes.and_then(|all| match_text(all, AttributeKey::FirstName)),
            last_name_match: attributes.and_then(|all| match_text(all, AttributeKey::LastName)),
            attributes: attributes.map(to_json).transpose()?,
        })
    }
}

/// A contact number and its canonical contact.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "answer_v1")]
pub(crate) struct AnswerRecord {
    pub(crate) contact_id: i64,
    pub(crate) canonical_id: i64,
}

impl From<&(ContactId, ContactId)> for AnswerRecord {
    fn from((contact, canonical): &(ContactId, ContactId)) -> Self {
        Self {
            contact_id: contact.0,
            canonical_id: canonical.0,
        }
    }
}

/// The two contacts of a merge, with their canonical contacts.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "parties_v1")]
#[expect(clippy::struct_field_names, reason = "the fields of the composite type")]
pub(crate) struct PartiesRecord {
    survivor_id: i64,
    survivor_canonical_id: i64,
    absorbed_id: i64,
    absorbed_canonical_id: i64,
}

impl PartiesRecord {
    /// Survivor and absorbed, each with its canonical contact.
    pub(crate) fn pair(&self) -> [(ContactId, ContactId); 2] {
        [
            (ContactId(self.survivor_id), ContactId(self.survivor_canonical_id)),
            (ContactId(self.absorbed_id), ContactId(self.absorbed_canonical_id)),
        ]
    }
}

/// Contacts with what they own. Each list is ordered by its key.
pub(crate) fn contacts(
    records: Vec<ContactRecord>,
    identifiers: Vec<IdentifierRecord>,
    memberships: Vec<MembershipRecord>,
) -> Result<BTreeMap<ContactId, Contact>, StorageError> {
    let mut contacts = BTreeMap::new();
    for record in records {
        let contact = record.contact()?;
        contacts.insert(contact.id, contact);
    }
    for record in identifiers {
        let held = HeldIdentifier::try_from(record)?;
        if let Some(owner) = contacts.get_mut(&held.owner) {
            owner.identifiers.push(held);
        }
    }
    for record in memberships {
        let member = Membership::from(record);
        if let Some(owner) = contacts.get_mut(&member.owner) {
            owner.memberships.push(member);
        }
    }
    for contact in contacts.values_mut() {
        contact
            .identifiers
            .sort_by(|a, b| (a.key(), a.home).cmp(&(b.key(), b.home)));
        contact.memberships.sort_by_key(|member| (member.segment, member.home));
    }
    Ok(contacts)
}
