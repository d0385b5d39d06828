//! The body of an import, stored piece by piece before the import is accepted.

use super::accept::ImportRequest;
use crate::app::Application;
use crate::ports::{CHUNK_BYTES, ImportId, StorageError};
use crate::submit::SubmitError;
use selfsame_domain::WorkspaceId;

/// How many bytes are collected before they are stored.
const STEP_BYTES: usize = 4 * CHUNK_BYTES;

/// A body on its way into the storage. Of one that is dropped before it is accepted nothing is kept.
#[derive(Debug)]
pub struct Upload {
    app: Application,
    workspace: WorkspaceId,
    id: ImportId,
    /// What is not stored yet.
    pending: Vec<u8>,
    /// How many chunks are stored.
    place: u32,
    is_accepted: bool,
}

impl Application {
    /// Begins to store the body of an import.
    pub fn upload(&self, workspace: WorkspaceId) -> Upload {
        Upload {
            app: self.clone(),
            workspace,
            id: ImportId(self.ids.uuid(self.clock.now())),
            pending: Vec::new(),
            place: 0,
            is_accepted: false,
        }
    }
}

impl Upload {
    /// The ID of the import that the body is for. A repetition under an idempotency key is answered with another one.
    pub fn id(&self) -> ImportId {
        self.id
    }

    /// Adds bytes. What is held in memory has a bound, however long the body is.
    pub async fn add(&mut self, mut bytes: &[u8]) -> Result<(), StorageError> {
        while !bytes.is_empty() {
            let fits = bytes.len().min(STEP_BYTES - self.pending.len());
            self.pending.extend_from_slice(&bytes[..fits]);
            bytes = &bytes[fits..];
            if self.pending.len() == STEP_BYTES {
                self.store().await?;
            }
        }
        Ok(())
    }

    /// Accepts the import. After `Ok` no crash loses it. A repetition under an idempotency key gets the import of the first request.
    pub async fn accept(mut self, request: ImportRequest) -> Result<ImportId, SubmitError> {
        self.store().await?;
        let import = self.app.new_import(self.workspace, self.id, request, true);
        let id = self.app.accept(import, &[]).await?;
        self.is_accepted = id == self.id;
        Ok(id)
    }

    async fn store(&mut self) -> Result<(), StorageError> {
        let chunks: Vec<&[u8]> = self.pending.chunks(CHUNK_BYTES).collect();
        let (store, now) = (&self.app.store, self.app.clock.now());
        store
            .append_upload(self.workspace, self.id, self.place, &chunks, now)
            .await?;
        self.place = self
            .place
            .saturating_add(u32::try_from(chunks.len()).unwrap_or(u32::MAX));
        self.pending.clear();
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.is_accepted {
            return;
        }
        // Without a runtime the process ends, and upkeep deletes the upload later.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (app, workspace, id) = (self.app.clone(), self.workspace, self.id);
        runtime.spawn(async move {
            if let Err(error) = app.store.drop_upload(workspace, id).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "cannot delete an interrupted upload; upkeep deletes it later"
                );
            }
        });
    }
}
