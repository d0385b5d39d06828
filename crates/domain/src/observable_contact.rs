//! What can be observed of a contact.

use crate::values::ChannelType;
use crate::{
    AttributeKey, AttributeValue, ChannelDetails, Contact, ContactId, ContactState, IdentifierKey, IdentifierState,
    SegmentId,
};
use std::collections::{BTreeMap, BTreeSet};

/// What can be observed of a contact, without times and without the origin of each part.
///
/// If it is equal before and after, nothing changed (outcome `unchanged`); so it is after the undo of a merge (identity rule 10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservableContact {
    state: ContactState,
    canonical: ContactId,
    attributes: BTreeMap<AttributeKey, AttributeValue>,
    identifiers: BTreeSet<(IdentifierKey, String, IdentifierState, bool)>,
    channels: Vec<(ChannelType, IdentifierKey, ChannelDetails)>,
    segments: BTreeSet<SegmentId>,
}

impl ObservableContact {
    /// What can be observed of this contact.
    pub fn of(contact: &Contact) -> Self {
        let mut channels: Vec<_> = contact
            .channels()
            .into_iter()
            .map(|(channel, held)| (channel, held.key().clone(), held.details.clone()))
            .collect();
        channels.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        Self {
            state: contact.state,
            canonical: contact.canonical,
            attributes: contact
                .attributes
                .0
                .iter()
                .filter_map(|(key, attribute)| attribute.value.clone().map(|value| (*key, value)))
                .collect(),
            identifiers: contact
                .identifiers
                .iter()
                .filter(|held| held.is_visible())
                .map(|held| {
                    (
                        held.key().clone(),
                        held.identifier.typed.clone(),
                        held.state,
                        held.confirmed,
                    )
                })
                .collect(),
            channels,
            segments: contact.segments(),
        }
    }
}
