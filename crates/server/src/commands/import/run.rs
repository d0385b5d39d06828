//! The command from its beginning to its end.

use super::client::{Accepted, Client, Import};
use super::source::Source;
use super::summary::{self, End};
use super::{progress, rejects, watch};
use crate::cli::ImportArgs;
use crate::output;
use crate::wiring::clock::SystemClock;
use crate::wiring::ids::SystemIds;
use crate::wiring::tls;
use anyhow::{Context, Result, bail};
use selfsame_application::ports::{Clock, Ids};
use std::process::ExitCode;

/// How many earlier imports of the same file that came to nothing are passed over.
const MOST_ATTEMPTS: u32 = 100;

pub(crate) async fn run(args: &ImportArgs) -> Result<ExitCode> {
    tls::install();
    let client = Client::new(&args.url, &args.key)?;
    let source = Source::of(args)?;
    let rejects = rejects::path(args, &source)?;
    let imported = async {
        client.check().await?;
        let import = accepted(args, &client, &source).await?;
        let import = watch::until_over(args, &client, import).await?;
        let written = if import.rows.rejected > 0 {
            rejects::write(&client, &import, &source, &rejects).await?
        } else {
            false
        };
        Ok::<_, anyhow::Error>((import, written))
    };
    let (import, written) = tokio::select! {
        imported = imported => imported?,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.context("cannot listen for interrupts")?;
            bail!("interrupted: the server continues with what it has accepted; the same command shows the progress again");
        }
    };
    let end = End::of(&import);
    if args.json {
        output::print_json(&import.raw)?;
    } else {
        output::print(&summary::text(&import, end, written.then_some(rejects.as_path())))?;
    }
    Ok(end.exit_code())
}

/// Sends the file. A file that was sent before within 24 hours is answered with its first import; one that came to nothing does not count.
async fn accepted(args: &ImportArgs, client: &Client, source: &Source) -> Result<Import> {
    let digest = source.digest().await?;
    for attempt in 0..MOST_ATTEMPTS {
        let key = if args.again {
            format!("{digest}:{}", SystemIds.uuid(SystemClock.now()))
        } else {
            format!("{digest}:{attempt}")
        };
        let Accepted { id, repeated } = client.send(source, &key).await?;
        let import = client.import(&id).await?;
        if repeated && import.came_to_nothing() {
            continue;
        }
        if repeated {
            let since = output::time(import.created_at);
            progress::say(&format!(
                "this file was sent before: import {id} of {since}; --again imports it once more"
            ));
        }
        return Ok(import);
    }
    bail!("the import of this file failed {MOST_ATTEMPTS} times within 24 hours")
}
