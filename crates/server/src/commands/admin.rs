//! The use cases for commands other than `serve`, over an existing database that is up to date.

use crate::settings::{StoreFlags, load};
use crate::wiring::clock::SystemClock;
use crate::wiring::ids::SystemIds;
use crate::wiring::store::OpenStore;
use anyhow::Result;
use selfsame_application::ports::Ids;
use selfsame_application::{Application, Options};
use std::sync::Arc;

/// The use cases for the time of one command.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) app: Application,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) store: OpenStore,
}

impl Admin {
    /// Runs `work` with the database of the settings. Neither creates it nor changes its tables: a mistyped URL must not create an
    /// empty database.
    pub(crate) async fn with<T>(flags: &StoreFlags, work: impl AsyncFnOnce(&Self) -> Result<T>) -> Result<T> {
        let settings = load(flags, flags.config.as_deref())?.settings;
        let store = OpenStore::existing(&settings).await?;
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let app = Application::new(
            store.store(),
            Arc::new(SystemClock),
            Arc::clone(&ids),
            Options::default(),
        );
        let admin = Self { app, ids, store };
        let done = work(&admin).await;
        let closed = admin.store.close().await;
        let value = done?;
        closed?;
        Ok(value)
    }
}
