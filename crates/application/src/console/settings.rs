//! Sites, custom fields and categories that people manage.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::app::Application;
use crate::ports::Site;
use secrecy::SecretString;
use selfsame_domain::console::{AuditAction, Permission};
use selfsame_domain::values::{CategoryKey, CategoryName, SiteOrigin};
use selfsame_domain::{CategoryId, Command, FieldId, NewField, SiteId};
use std::collections::BTreeSet;

impl Application {
    /// Makes a custom field.
    pub async fn make_field(&self, person: &Person, new: NewField) -> Result<(), ConsoleError> {
        person.require(Permission::ManageSettings)?;
        let object = format!("{}.{}", new.profile_key, new.field_key);
        let command = Command::CreateField(new);
        self.act(person, AuditAction::FieldCreated, &object, command).await?;
        Ok(())
    }

    /// Renames a custom field, archives it, or brings it back.
    pub async fn change_field(
        &self,
        person: &Person,
        field: FieldId,
        name: Option<String>,
        archived: Option<bool>,
    ) -> Result<(), ConsoleError> {
        person.require(Permission::ManageSettings)?;
        let fields = self.store.fields(person.workspace.id).await?;
        if !fields.iter().any(|known| known.id == field) {
            return Err(ConsoleError::NotFound("custom field"));
        }
        let object = field.to_string();
        let command = Command::ChangeField { field, name, archived };
        self.act(person, AuditAction::FieldChanged, &object, command).await?;
        Ok(())
    }

    /// Makes a subscription category with its segment.
    pub async fn make_category(
        &self,
        person: &Person,
        key: CategoryKey,
        name: CategoryName,
    ) -> Result<(), ConsoleError> {
        person.require(Permission::ManageSettings)?;
        let object = key.as_str().to_owned();
        let command = Command::CreateCategory { key, name };
        self.act(person, AuditAction::CategoryCreated, &object, command).await?;
        Ok(())
    }

    /// Renames a subscription category, archives it, or brings it back.
    pub async fn change_category(
        &self,
        person: &Person,
        category: CategoryId,
        name: Option<CategoryName>,
        archived: Option<bool>,
    ) -> Result<(), ConsoleError> {
        person.require(Permission::ManageSettings)?;
        let categories = self.store.categories(person.workspace.id).await?;
        if !categories.iter().any(|(known, _)| known.id == category) {
            return Err(ConsoleError::NotFound("category"));
        }
        let object = category.to_string();
        let command = Command::ChangeCategory {
            category,
            name,
            archived,
        };
        self.act(person, AuditAction::CategoryChanged, &object, command).await?;
        Ok(())
    }

    /// Makes a site with a new public key.
    pub async fn make_site(
        &self,
        person: &Person,
        name: &str,
        origins: BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Result<Site, ConsoleError> {
        self.note_setting(person, AuditAction::SiteCreated, name).await?;
        Ok(self
            .create_site(person.workspace.id, name, origins, allow_unsigned)
            .await?)
    }

    /// Sets the origins of a site, and whether its key may name people without a signature.
    pub async fn change_site(
        &self,
        person: &Person,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Result<(), ConsoleError> {
        let found = self.site_of(person, site).await?;
        self.note_setting(person, AuditAction::SiteChanged, &found.name).await?;
        let workspace = person.workspace.id;
        if self.store.set_site(workspace, site, origins, allow_unsigned).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotFound("site"))
        }
    }

    /// Deletes a site: its key opens nothing from then on.
    pub async fn delete_site(&self, person: &Person, site: SiteId) -> Result<(), ConsoleError> {
        let found = self.site_of(person, site).await?;
        self.note_setting(person, AuditAction::SiteDeleted, &found.name).await?;
        if self.store.remove_site(person.workspace.id, site).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotFound("site"))
        }
    }

    /// Makes a signing secret, which is shown this once. The one before stays valid until the next is made.
    pub async fn make_signing_secret(&self, person: &Person) -> Result<SecretString, ConsoleError> {
        self.note_setting(person, AuditAction::SigningSecretMade, "").await?;
        Ok(self.rotate_signing_secret(person.workspace.id).await?)
    }

    async fn site_of(&self, person: &Person, site: SiteId) -> Result<Site, ConsoleError> {
        person.require(Permission::ManageSettings)?;
        let sites = self.store.sites(person.workspace.id).await?;
        let found = sites.into_iter().find(|known| known.id == site);
        found.ok_or(ConsoleError::NotFound("site"))
    }

    async fn note_setting(&self, person: &Person, action: AuditAction, object: &str) -> Result<(), ConsoleError> {
        person.require(Permission::ManageSettings)?;
        self.note(person.workspace.id, person.actor(), action, object).await?;
        Ok(())
    }
}
