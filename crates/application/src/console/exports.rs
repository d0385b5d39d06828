//! Connectors and exports that people manage.

use super::error::ConsoleError;
use super::sessions::Person;
use crate::app::Application;
use crate::exports::{ConnectorChange, NewConnector, NewExport};
use crate::ports::{Connector, Export, SinkError};
use selfsame_domain::console::{AuditAction, Permission};
use selfsame_domain::{ConnectorId, ExportId, RunId};
use std::time::Duration;

/// How long a request waits for the end of a run that is cancelled.
const PATIENCE: Duration = Duration::from_secs(3);

impl Application {
    /// Makes a connector.
    pub async fn make_connector(&self, person: &Person, new: NewConnector) -> Result<ConnectorId, ConsoleError> {
        self.note_export(person, AuditAction::ConnectorCreated, &new.name)
            .await?;
        Ok(self.create_connector(person.workspace.id, new).await?.id)
    }

    /// Changes a connector or its credentials.
    pub async fn change_connector_by_hand(
        &self,
        person: &Person,
        id: ConnectorId,
        change: ConnectorChange,
    ) -> Result<(), ConsoleError> {
        let connector = self.connector_of(person, id).await?;
        self.note_export(person, AuditAction::ConnectorChanged, &connector.name)
            .await?;
        self.change_connector(person.workspace.id, id, change).await?;
        Ok(())
    }

    /// Connects to the destination of a connector and checks the rights there. The inner error says what is missing.
    pub async fn check_connector_by_hand(
        &self,
        person: &Person,
        id: ConnectorId,
    ) -> Result<Result<(), SinkError>, ConsoleError> {
        self.connector_of(person, id).await?;
        Ok(self.check_connector(person.workspace.id, id).await?)
    }

    /// Deletes a connector that no export uses.
    pub async fn delete_connector_by_hand(&self, person: &Person, id: ConnectorId) -> Result<(), ConsoleError> {
        let connector = self.connector_of(person, id).await?;
        self.note_export(person, AuditAction::ConnectorDeleted, &connector.name)
            .await?;
        Ok(self.delete_connector(person.workspace.id, id).await?)
    }

    /// Makes an export.
    pub async fn make_export(&self, person: &Person, new: NewExport) -> Result<ExportId, ConsoleError> {
        self.note_export(person, AuditAction::ExportCreated, &new.name).await?;
        Ok(self.create_export(person.workspace.id, new).await?.id)
    }

    /// Pauses or resumes an export.
    pub async fn pause_export_by_hand(
        &self,
        person: &Person,
        id: ExportId,
        is_paused: bool,
    ) -> Result<(), ConsoleError> {
        let export = self.export_of(person, id).await?;
        self.note_export(person, AuditAction::ExportChanged, &export.name)
            .await?;
        self.pause_export(person.workspace.id, id, is_paused).await?;
        Ok(())
    }

    /// Adds the columns that an export lacks, and starts the run that fills them. None when it lacks none.
    pub async fn widen_export_by_hand(&self, person: &Person, id: ExportId) -> Result<Option<RunId>, ConsoleError> {
        let export = self.export_of(person, id).await?;
        self.note_export(person, AuditAction::ExportWidened, &export.name)
            .await?;
        Ok(self.widen_export(person.workspace.id, id).await?.1)
    }

    /// Deletes an export. What it wrote stays.
    pub async fn delete_export_by_hand(&self, person: &Person, id: ExportId) -> Result<(), ConsoleError> {
        let export = self.export_of(person, id).await?;
        self.note_export(person, AuditAction::ExportDeleted, &export.name)
            .await?;
        Ok(self.delete_export(person.workspace.id, id).await?)
    }

    /// Starts a run of an export.
    pub async fn run_export_by_hand(&self, person: &Person, id: ExportId) -> Result<RunId, ConsoleError> {
        let export = self.export_of(person, id).await?;
        self.note_export(person, AuditAction::ExportRun, &export.name).await?;
        Ok(self.start_export_run(person.workspace.id, id).await?)
    }

    /// Cancels a run of an export. One that is over stays as it is.
    pub async fn cancel_run_by_hand(&self, person: &Person, id: ExportId, run: RunId) -> Result<(), ConsoleError> {
        let export = self.export_of(person, id).await?;
        self.note_export(person, AuditAction::ExportRun, &export.name).await?;
        self.cancel_export_run(person.workspace.id, id, run, PATIENCE).await?;
        Ok(())
    }

    async fn connector_of(&self, person: &Person, id: ConnectorId) -> Result<Connector, ConsoleError> {
        person.require(Permission::ManageExports)?;
        let found = self.store.connector(person.workspace.id, id).await?;
        found.ok_or(ConsoleError::NotFound("connector"))
    }

    async fn export_of(&self, person: &Person, id: ExportId) -> Result<Export, ConsoleError> {
        person.require(Permission::ManageExports)?;
        let found = self.store.export(person.workspace.id, id).await?;
        found.ok_or(ConsoleError::NotFound("export"))
    }

    /// Checks the role, and writes down what is about to be done.
    async fn note_export(&self, person: &Person, action: AuditAction, object: &str) -> Result<(), ConsoleError> {
        person.require(Permission::ManageExports)?;
        self.note(person.workspace.id, person.actor(), action, object).await?;
        Ok(())
    }
}
