//! `selfsame migrate`.

use crate::cli::MigrateArgs;
use crate::output;
use crate::settings::load;
use crate::wiring::store::OpenStore;
use anyhow::Result;
use selfsame_storage_postgres::Distributed;
use std::fmt::Write;
use std::process::ExitCode;

pub(crate) async fn run(args: &MigrateArgs) -> Result<ExitCode> {
    let settings = load(&args.store, args.store.config.as_deref())?.settings;
    let (store, lacked) = OpenStore::migrated(&settings).await?;
    let database = &settings.database_url;
    let mut report = match lacked.as_slice() {
        [] => format!("{database} is up to date, nothing to do\n"),
        // The text does not say that this process applied it, because another process may have done so at the same time.
        [one] => format!("{database} is up to date: it lacked migration {one}\n"),
        several => format!(
            "{database} is up to date: it lacked migrations {}\n",
            several.join(", ")
        ),
    };
    let distributed = if args.distribute {
        store.distribute(database).await.map(Some)
    } else {
        Ok(None)
    };
    store.close().await?;
    if let Some(done) = distributed? {
        describe(&mut report, &done)?;
    }
    output::print(&report)?;
    Ok(ExitCode::SUCCESS)
}

fn describe(report: &mut String, done: &Distributed) -> Result<()> {
    if *done == Distributed::default() {
        report.push_str("its tables are distributed, nothing to do\n");
    }
    for (what, names) in [
        ("distributed by workspace", &done.by_workspace),
        ("copied to every node", &done.everywhere),
        ("made on every node", &done.functions),
    ] {
        if !names.is_empty() {
            writeln!(report, "{what}: {}", names.join(", "))?;
        }
    }
    Ok(())
}
