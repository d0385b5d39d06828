//! Contacts and what belongs to them, as pages show them.

use crate::texts::{Texts, When};
use selfsame_domain::{AttributeKey, Contact, HeldIdentifier, Identifier, IdentifierKey, IdentifierKind, Merge};

/// A contact in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContactRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) external_id: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) updated: When,
}

impl ContactRow {
    pub(crate) fn of(contact: &Contact, texts: Texts) -> Self {
        let first = |kind| {
            let held = contact.visible(kind);
            held.first()
                .map(|held| held.identifier.typed.clone())
                .unwrap_or_default()
        };
        Self {
            id: contact.id.0,
            name: name_of(contact),
            external_id: first(IdentifierKind::ExternalId),
            email: first(IdentifierKind::Email),
            phone: first(IdentifierKind::Phone),
            updated: texts.when(contact.updated_at),
        }
    }
}

/// First and last name, as far as they are known.
pub(crate) fn name_of(contact: &Contact) -> String {
    let part = |key| contact.attributes.text(key).unwrap_or_default();
    let name = format!("{} {}", part(AttributeKey::FirstName), part(AttributeKey::LastName));
    name.trim().to_owned()
}

/// An identifier in a sentence: its kind and what was typed.
pub(crate) fn identifier(identifier: &Identifier, texts: Texts) -> String {
    format!("{} {}", kind(identifier.kind(), texts), identifier.typed)
}

/// An identifier in a sentence, of which only the form is known by which it is compared.
pub(crate) fn key(key: &IdentifierKey, texts: Texts) -> String {
    format!("{} {}", kind(key.kind, texts), value_of(key))
}

/// The form by which an identifier is compared, without what qualifies it: tokens are qualified by their app, values of fields by the field's
/// number.
pub(crate) fn value_of(key: &IdentifierKey) -> &str {
    let value = match key.kind {
        IdentifierKind::MobilePush | IdentifierKind::WebPush | IdentifierKind::Telegram => key.value.split_once('/'),
        IdentifierKind::Field => key.value.split_once(':'),
        _ => None,
    };
    value.map_or(key.value.as_str(), |(_, value)| value)
}

/// What a kind of identifier is called.
pub(crate) fn kind(kind: IdentifierKind, texts: Texts) -> String {
    texts.get(&format!("kind-{}", kind.as_str()))
}

/// An identifier in the table of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdentifierRow {
    pub(crate) kind: String,
    pub(crate) value: String,
    /// What it is besides: its state, that the contact does not show it, that it is confirmed.
    pub(crate) state: String,
    pub(crate) source: String,
    /// The absorbed contact that brought it, if one did.
    pub(crate) brought_by: Option<i64>,
    pub(crate) first_seen: When,
    pub(crate) last_seen: When,
}

impl IdentifierRow {
    pub(crate) fn of(held: &HeldIdentifier, contact: &Contact, texts: Texts) -> Self {
        let state = match held.hidden_by {
            Some(_) => texts.get("identifier-hidden"),
            None => texts.get(&format!("identifier-{}", held.state.as_str())),
        };
        Self {
            kind: kind(held.kind(), texts),
            value: held.identifier.typed.clone(),
            state,
            source: held.source.as_str().to_owned(),
            brought_by: (held.home != contact.id).then_some(held.home.0),
            first_seen: texts.when(held.first_seen),
            last_seen: texts.when(held.last_seen),
        }
    }
}

/// A merge in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MergeRow {
    pub(crate) id: String,
    pub(crate) survivor: i64,
    pub(crate) absorbed: i64,
    /// Why, in a sentence.
    pub(crate) why: String,
    /// Whether two external IDs or a limit were overruled.
    pub(crate) forced: bool,
    pub(crate) at: When,
    pub(crate) undone: Option<When>,
}

impl MergeRow {
    pub(crate) fn of(merge: &Merge, texts: Texts) -> Self {
        let evidence = merge.evidence.as_ref().map(|evidence| key(evidence, texts));
        let rule = format!("merge-{}", merge.rule.as_str());
        let why = match evidence {
            Some(evidence) => format!(
                "{} {}",
                texts.get(&rule),
                texts.with("merge-evidence", "evidence", &evidence)
            ),
            None => texts.get(&rule),
        };
        Self {
            id: merge.id.to_string(),
            survivor: merge.survivor.0,
            absorbed: merge.absorbed.0,
            why,
            forced: merge.forced,
            at: texts.when(merge.at),
            undone: merge.undone_at.map(|at| texts.when(at)),
        }
    }
}
