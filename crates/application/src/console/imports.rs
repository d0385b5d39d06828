//! Imports that people start, cancel and undo.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::app::Application;
use crate::imports::ImportRequest;
use crate::ports::{Import, ImportFormat, ImportId, ImportStatus, StorageError, UndoAnswer};
use crate::submit::SubmitError;
use selfsame_domain::console::{AuditAction, Permission};
use selfsame_domain::imports::FileOptions;
use std::time::Duration;

/// How long a request waits for the end of an import that is about to end.
const PATIENCE: Duration = Duration::from_secs(3);

impl Application {
    /// Imports a file that was uploaded. [`ConsoleError::NotFound`] when the upload is deleted by now.
    pub async fn start_import(
        &self,
        person: &Person,
        upload: ImportId,
        options: &FileOptions,
        is_dry_run: bool,
    ) -> Result<(), ConsoleError> {
        person.require(Permission::Import)?;
        let workspace = person.workspace.id;
        if !self.has_upload(workspace, upload).await? {
            return Err(ConsoleError::NotFound("upload"));
        }
        let object = upload.to_string();
        self.note(workspace, person.actor(), AuditAction::ImportStarted, &object)
            .await?;
        let request = ImportRequest {
            format: ImportFormat::File,
            options: stored(options)?,
            total: None,
            is_dry_run,
            queue: queue(person),
            replay: None,
        };
        match self.accept_upload(workspace, upload, request).await {
            Ok(_) => Ok(()),
            Err(SubmitError::Storage(error)) if matches!(*error, StorageError::Lost { .. }) => {
                Err(ConsoleError::NotFound("upload"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Goes on with an import that stopped at damaged columns, with other options.
    pub async fn decide_import_by_hand(
        &self,
        person: &Person,
        id: ImportId,
        options: &FileOptions,
    ) -> Result<(), ConsoleError> {
        let import = self.import_of(person, id).await?;
        if import.status != ImportStatus::NeedsDecision {
            return Err(ConsoleError::NotNow);
        }
        self.note_import(person, AuditAction::ImportDecided, id).await?;
        let is_decided = self.decide_import(&import, &stored(options)?, queue(person)).await?;
        is_decided.then_some(()).ok_or(ConsoleError::NotNow)
    }

    /// Cancels an import. One that is over stays as it is.
    pub async fn cancel_import_by_hand(&self, person: &Person, id: ImportId) -> Result<(), ConsoleError> {
        self.import_of(person, id).await?;
        self.note_import(person, AuditAction::ImportCancelled, id).await?;
        self.cancel_import(person.workspace.id, id, PATIENCE).await?;
        Ok(())
    }

    /// Undoes an import that is over. [`ConsoleError::NotNow`] for one that is not.
    pub async fn undo_import_by_hand(&self, person: &Person, id: ImportId) -> Result<(), ConsoleError> {
        self.import_of(person, id).await?;
        self.note_import(person, AuditAction::ImportUndone, id).await?;
        match self.undo_import(person.workspace.id, id, PATIENCE).await? {
            UndoAnswer::Accepted(_) => Ok(()),
            UndoAnswer::Unknown => Err(ConsoleError::NotFound("import")),
            UndoAnswer::NotOver => Err(ConsoleError::NotNow),
        }
    }

    /// An import that the person may change.
    async fn import_of(&self, person: &Person, id: ImportId) -> Result<Import, ConsoleError> {
        person.require(Permission::Import)?;
        let found = self.store.import(person.workspace.id, id).await?;
        found.ok_or(ConsoleError::NotFound("import"))
    }

    async fn note_import(&self, person: &Person, action: AuditAction, id: ImportId) -> Result<(), StorageError> {
        self.note(person.workspace.id, person.actor(), action, &id.to_string())
            .await
    }
}

/// The queue of the files of a person: they are imported one after the other.
fn queue(person: &Person) -> String {
    format!("file:{}", person.user.id)
}

fn stored(options: &FileOptions) -> Result<String, ConsoleError> {
    options.to_text().map_err(|_| ConsoleError::Unwritable)
}
