//! Reading contacts.

mod find;
mod search;
mod segment;

use crate::details::details;
use crate::error::storage;
use crate::rows::{Row, json};
use crate::statement::statement;
use crate::storage::group;
use crate::store::SqliteStore;
use crate::whole::{self, held, identifier_columns};
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{
    ContactDetails, ContactGroup, ContactQuery, Contacts, Page, SegmentQuery, StorageError, TokenOwner,
};
use selfsame_domain::values::{ChannelType, Source};
use selfsame_domain::{
    Contact, ContactId, ContactState, FindQuery, IdentifierKey, IdentifierKind, Timestamp, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};

#[async_trait]
impl Contacts for SqliteStore {
    async fn contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactDetails>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let answering = active(connection, workspace, &BTreeSet::from([id]))?;
        let order: Vec<ContactId> = answering.into_values().collect();
        Ok(details(connection, workspace, &order)?.pop())
    }

    async fn answering(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactId>, StorageError> {
        let mut reading = self.readers.begin().await?;
        answering(reading.connection()?, workspace, id)
    }

    async fn with_absorbed(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactGroup>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let group = group(connection, workspace, &BTreeSet::from([id]))?;
        let (absorbed, canonical): (BTreeMap<_, _>, BTreeMap<_, _>) = whole::contacts(connection, workspace, &group)?
            .into_iter()
            .partition(|(_, contact)| contact.state == ContactState::Merged);
        let canonical: Vec<ContactId> = canonical.into_keys().collect();
        let details = details(connection, workspace, &canonical)?.pop();
        Ok(details.map(|details| ContactGroup {
            details,
            absorbed: absorbed.into_values().collect(),
        }))
    }

    async fn search(&self, workspace: WorkspaceId, query: &ContactQuery) -> Result<Page<ContactDetails>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let page = search::page(connection, workspace, query)?;
        Ok(Page {
            items: details(connection, workspace, &page.items)?,
            total: page.total,
        })
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        query: &FindQuery,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let found = find::found(connection, workspace, query, limit)?;
        details(connection, workspace, &found)
    }

    async fn contacts_after(
        &self,
        workspace: WorkspaceId,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let rows = statement(
            "SELECT contact_id FROM contacts
             WHERE workspace_id = ?1 AND contact_id > ?2 AND state = 'active'
             ORDER BY contact_id
             LIMIT ?3",
        )
        .bind(workspace.0)
        .bind(after.0)
        .bind(limit)
        .fetch_all(connection)
        .map_err(storage)?;
        let id = |row| Row::new(row, "contacts", 0).get(0, "contact_id").map(ContactId);
        let ids: Vec<ContactId> = rows.iter().map(id).collect::<Result<_, _>>()?;
        details(connection, workspace, &ids)
    }

    async fn in_segment(
        &self,
        workspace: WorkspaceId,
        query: &SegmentQuery,
    ) -> Result<Option<Page<ContactDetails>>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let Some(page) = segment::page(connection, workspace, query)? else {
            return Ok(None);
        };
        let items = details(connection, workspace, &page.items)?;
        Ok(Some(Page {
            items,
            total: page.total,
        }))
    }

    async fn emails(
        &self,
        workspace: WorkspaceId,
        ids: &[ContactId],
    ) -> Result<Vec<(ContactId, String)>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let answering = active(connection, workspace, &ids.iter().copied().collect())?;
        let emails = first_emails(connection, workspace, &answering.values().copied().collect())?;
        let email = |id: &ContactId| Some((*id, emails.get(answering.get(id)?)?.clone()));
        Ok(ids.iter().filter_map(email).collect())
    }

    async fn token_owner(
        &self,
        workspace: WorkspaceId,
        keys: &[IdentifierKey],
    ) -> Result<Option<TokenOwner>, StorageError> {
        let requested: Vec<_> = keys.iter().map(|key| (key.kind.code(), &key.value)).collect();
        let mut reader = self.readers.lend().await?;
        let row = statement(concat!(
            "SELECT ",
            identifier_columns!(),
            " FROM jsonb_each(?2) AS k
              CROSS JOIN identifiers AS i
                ON i.workspace_id = ?1 AND i.kind = k.value ->> 0 AND i.value = k.value ->> 1 AND i.hidden_by IS NULL
              CROSS JOIN contacts AS c
                ON c.workspace_id = ?1 AND c.contact_id = i.owner_id AND c.state = 'active'
              ORDER BY k.key, i.home_id LIMIT 1",
        ))
        .bind(workspace.0)
        .bind(json(&requested)?)
        .fetch_optional(reader.connection()?)
        .map_err(storage)?;
        row.map(|row| {
            held(&row).map(|held| TokenOwner {
                contact: held.owner,
                held,
            })
        })
        .transpose()
    }
}

/// The canonical contact of a number, active or removed.
pub(crate) fn answering(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ContactId,
) -> Result<Option<ContactId>, StorageError> {
    let row = statement("SELECT canonical_id FROM contacts WHERE workspace_id = ?1 AND contact_id = ?2")
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    row.map(|row| Row::new(&row, "contacts", 0).get(0, "canonical_id").map(ContactId))
        .transpose()
}

/// The active canonical contacts of these numbers; numbers without one are left out.
fn active(
    connection: &Connection,
    workspace: WorkspaceId,
    ids: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, ContactId>, StorageError> {
    let rows = statement(
        "SELECT c.contact_id, c.canonical_id
         FROM json_each(?2) AS n
         CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = n.value
         CROSS JOIN contacts AS a ON a.workspace_id = ?1 AND a.contact_id = c.canonical_id AND a.state = 'active'",
    )
    .bind(workspace.0)
    .bind(json(ids)?)
    .fetch_all(connection)
    .map_err(storage)?;
    let pair = |row| {
        let row = Row::new(row, "contacts", 0);
        Ok((
            ContactId(row.get(0, "contact_id")?),
            ContactId(row.get(1, "canonical_id")?),
        ))
    };
    rows.iter().map(pair).collect()
}

/// The first visible email of each contact. The domain chooses it; the emails of a contact are all that it needs.
fn first_emails(
    connection: &Connection,
    workspace: WorkspaceId,
    ids: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, String>, StorageError> {
    let rows = statement(concat!(
        "SELECT ",
        identifier_columns!(),
        " FROM json_each(?2) AS n
          CROSS JOIN identifiers AS i ON i.workspace_id = ?1 AND i.owner_id = n.value AND i.kind = ?3",
    ))
    .bind(workspace.0)
    .bind(json(ids)?)
    .bind(IdentifierKind::Email.code())
    .fetch_all(connection)
    .map_err(storage)?;
    let mut contacts: BTreeMap<ContactId, Contact> = BTreeMap::new();
    for row in &rows {
        let held = held(row)?;
        let bare = || Contact::new(held.owner, Source::Api, Timestamp::UNIX_EPOCH);
        contacts.entry(held.owner).or_insert_with(bare).identifiers.push(held);
    }
    let first = |contact: &Contact| {
        let channels = contact.channels();
        let email = channels.iter().find(|(channel, _)| *channel == ChannelType::Email)?;
        Some((contact.id, email.1.identifier.typed.clone()))
    };
    Ok(contacts.values().filter_map(first).collect())
}
