//! `selfsame migrate`.

use crate::output;
use crate::settings::{StoreFlags, load};
use crate::wiring::store::OpenStore;
use anyhow::Result;
use std::process::ExitCode;

pub(crate) async fn run(flags: &StoreFlags) -> Result<ExitCode> {
    let settings = load(flags, flags.config.as_deref())?.settings;
    let (store, applied) = OpenStore::migrated(&settings).await?;
    store.close().await?;
    let database = &settings.database_url;
    output::print(&match applied.as_slice() {
        [] => format!("{database} is up to date, nothing to do\n"),
        [one] => format!("{database} is up to date: applied migration {one}\n"),
        several => format!("{database} is up to date: applied migrations {}\n", several.join(", ")),
    })?;
    Ok(ExitCode::SUCCESS)
}
