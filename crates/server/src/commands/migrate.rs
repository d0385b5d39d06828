//! `selfsame migrate`.

use crate::output;
use crate::settings::{StoreFlags, load};
use crate::wiring::store::OpenStore;
use anyhow::Result;
use std::process::ExitCode;

pub(crate) async fn run(flags: &StoreFlags) -> Result<ExitCode> {
    let settings = load(flags, flags.config.as_deref())?.settings;
    let (store, lacked) = OpenStore::migrated(&settings).await?;
    store.close().await?;
    let database = &settings.database_url;
    output::print(&match lacked.as_slice() {
        [] => format!("{database} is up to date, nothing to do\n"),
        // Not that this process applied them: another one may have been at it, too.
        [one] => format!("{database} is up to date: it lacked migration {one}\n"),
        several => format!(
            "{database} is up to date: it lacked migrations {}\n",
            several.join(", ")
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}
