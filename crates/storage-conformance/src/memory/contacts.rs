//! Reading contacts.

use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    ContactDetails, ContactFilter, ContactGroup, ContactOrder, ContactQuery, Contacts, Found, Page, SearchIndex,
    SegmentQuery, StorageError, TokenOwner,
};
use selfsame_domain::values::ChannelType;
use selfsame_domain::{
    AttributeKey, Contact, ContactId, FindQuery, HeldIdentifier, IdentifierKey, IdentifierKind, Timestamp, WorkspaceId,
};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// [`Contacts::find`] looks at all contacts.
#[async_trait]
impl SearchIndex for MemoryStore {
    async fn unindexed(&self) -> Result<Vec<WorkspaceId>, StorageError> {
        Ok(Vec::new())
    }

    async fn index(&self, _workspace: WorkspaceId, _limit: u32) -> Result<bool, StorageError> {
        Ok(false)
    }
}

#[async_trait]
impl Contacts for MemoryStore {
    async fn contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactDetails>, StorageError> {
        let space = self.space(workspace);
        let contact = space.answering(id).filter(Contact::is_active);
        Ok(contact.map(|contact| details(&space, contact)))
    }

    async fn answering(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactId>, StorageError> {
        Ok(self.space(workspace).canonical(id))
    }

    async fn with_absorbed(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactGroup>, StorageError> {
        let space = self.space(workspace);
        let Some(contact) = space.answering(id) else {
            return Ok(None);
        };
        let group = space.group(contact.id).into_iter().filter(|id| *id != contact.id);
        Ok(Some(ContactGroup {
            absorbed: group.filter_map(|id| space.contact(id)).collect(),
            details: details(&space, contact),
        }))
    }

    async fn search(&self, workspace: WorkspaceId, query: &ContactQuery) -> Result<Page<ContactDetails>, StorageError> {
        let space = self.space(workspace);
        let mut found: Vec<Contact> = active(&space).filter(|contact| fits(contact, &query.filter)).collect();
        match query.order {
            ContactOrder::Updated => found.sort_by_key(|contact| Reverse((contact.updated_at, contact.id))),
            ContactOrder::Id => found.sort_by_key(|contact| contact.id),
        }
        Ok(page(&space, found, query.offset, query.limit))
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        query: &FindQuery,
        limit: u32,
        time: Duration,
    ) -> Result<Found, StorageError> {
        let space = self.space(workspace);
        let mut query = FindQuery {
            contact: query.contact.and_then(|id| space.canonical(id)),
            ..query.clone()
        };
        let is_over = time.is_zero() && !query.words.is_empty();
        if is_over {
            query.words.clear();
        }
        let mut found: Vec<_> = active(&space)
            .filter_map(|contact| query.rank(&contact).map(|rank| (rank, contact)))
            .collect();
        found.sort_by_key(|(rank, contact)| (*rank, contact.id));
        let first = found.into_iter().take(limit as usize);
        let items: Vec<_> = first.map(|(_, contact)| details(&space, contact)).collect();
        Ok(Found {
            is_partial: is_over && items.len() < limit as usize,
            items,
        })
    }

    async fn contacts_after(
        &self,
        workspace: WorkspaceId,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let space = self.space(workspace);
        let mut found: Vec<Contact> = active(&space).filter(|contact| contact.id > after).collect();
        found.sort_by_key(|contact| contact.id);
        Ok(page(&space, found, 0, limit).items)
    }

    async fn contacts_updated_before(
        &self,
        workspace: WorkspaceId,
        after: (Timestamp, ContactId),
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let space = self.space(workspace);
        let follows = |contact: &Contact| (contact.updated_at, contact.id) < after;
        let mut found: Vec<Contact> = active(&space).filter(follows).collect();
        found.sort_by_key(|contact| Reverse((contact.updated_at, contact.id)));
        Ok(page(&space, found, 0, limit).items)
    }

    async fn in_segment(
        &self,
        workspace: WorkspaceId,
        query: &SegmentQuery,
    ) -> Result<Option<Page<ContactDetails>>, StorageError> {
        let space = self.space(workspace);
        if !space.segments.contains_key(&query.segment) {
            return Ok(None);
        }
        let mut entered: BTreeMap<ContactId, Timestamp> = BTreeMap::new();
        let members = space
            .memberships
            .values()
            .filter(|row| row.segment == query.segment && row.hidden_by.is_none());
        for member in members {
            let since = entered.entry(member.owner).or_insert(member.since);
            *since = member.since.min(*since);
        }
        let mut found: Vec<Contact> = active(&space)
            .filter(|contact| entered.contains_key(&contact.id))
            .collect();
        found.sort_by_key(|contact| {
            let time = if query.by_time {
                entered.get(&contact.id).copied()
            } else {
                None
            };
            (time, contact.id)
        });
        if !query.ascending {
            found.reverse();
        }
        Ok(Some(page(&space, found, query.offset, query.limit)))
    }

    async fn emails(
        &self,
        workspace: WorkspaceId,
        ids: &[ContactId],
    ) -> Result<Vec<(ContactId, String)>, StorageError> {
        let space = self.space(workspace);
        let email = |id: &ContactId| {
            let contact = space.answering(*id).filter(Contact::is_active)?;
            let channels = contact.channels();
            let first = channels.iter().find(|(channel, _)| *channel == ChannelType::Email);
            first.map(|(_, held)| (*id, held.identifier.typed.clone()))
        };
        Ok(ids.iter().filter_map(email).collect())
    }

    async fn token_owner(
        &self,
        workspace: WorkspaceId,
        keys: &[IdentifierKey],
    ) -> Result<Option<TokenOwner>, StorageError> {
        let space = self.space(workspace);
        let held = |key: &IdentifierKey| -> Option<HeldIdentifier> {
            space
                .rows_of(key)
                .find(|held| held.is_visible() && space.is_active(held.owner))
                .cloned()
        };
        Ok(keys.iter().find_map(held).map(|held| TokenOwner {
            contact: held.owner,
            held,
        }))
    }
}

pub(super) fn active(space: &Space) -> impl Iterator<Item = Contact> {
    space
        .contacts
        .keys()
        .filter(|id| space.is_active(**id))
        .filter_map(|id| space.contact(*id))
}

fn fits(contact: &Contact, filter: &ContactFilter) -> bool {
    let same = |wanted: Option<&String>, key: AttributeKey| {
        wanted.is_none_or(|wanted| {
            contact
                .attributes
                .text(key)
                .is_some_and(|text| text.to_lowercase() == wanted.to_lowercase())
        })
    };
    filter.identifiers.iter().all(|key| contact.holds(key))
        && same(filter.first_name.as_ref(), AttributeKey::FirstName)
        && same(filter.last_name.as_ref(), AttributeKey::LastName)
}

fn page(space: &Space, found: Vec<Contact>, offset: u64, limit: u32) -> Page<ContactDetails> {
    let total = found.len() as u64;
    let passed_over = usize::try_from(offset).unwrap_or(usize::MAX);
    let items = found
        .into_iter()
        .skip(passed_over)
        .take(limit as usize)
        .map(|contact| details(space, contact));
    Page {
        items: items.collect(),
        total,
    }
}

pub(super) fn details(space: &Space, contact: Contact) -> ContactDetails {
    let segments = contact
        .segments()
        .iter()
        .filter_map(|id| space.segments.get(id))
        .cloned()
        .collect();
    let unsubscribed = contact
        .visible(IdentifierKind::Email)
        .into_iter()
        .filter_map(|held| Some((held.key().clone(), space.keys.get(held.key())?.unsubscribed_at?)))
        .collect();
    ContactDetails {
        contact,
        segments,
        unsubscribed,
    }
}
