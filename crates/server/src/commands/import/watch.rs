//! Watching an import until it is over.

use super::client::{Busy, Client, Import, Unreachable};
use super::progress::{Progress, say};
use crate::cli::ImportArgs;
use anyhow::Result;
use std::time::{Duration, Instant};

/// How often the import is looked at.
const EVERY: Duration = Duration::from_millis(500);

/// For how long a server that gives no answer is asked again: it may be restarting.
const PATIENCE: Duration = Duration::from_mins(5);

/// The import when it is over, or needs a decision that the arguments do not have.
pub(super) async fn until_over(args: &ImportArgs, client: &Client, mut import: Import) -> Result<Import> {
    let progress = Progress::rows();
    let mut is_decided = false;
    loop {
        progress.show(&import);
        match import.status.as_str() {
            "queued" | "running" => {}
            "needs_decision" if !is_decided && has_decision(args) => {
                is_decided = true;
                import = client
                    .decide(&import.id, &args.skip_column, &args.accept_column)
                    .await?;
                continue;
            }
            _ => break,
        }
        tokio::time::sleep(EVERY).await;
        import = again(client, &import.id).await?;
    }
    progress.finish();
    Ok(import)
}

fn has_decision(args: &ImportArgs) -> bool {
    !args.skip_column.is_empty() || !args.accept_column.is_empty()
}

/// The import. A server that is restarted meanwhile is waited for.
async fn again(client: &Client, id: &str) -> Result<Import> {
    let since = Instant::now();
    let mut is_reported = false;
    loop {
        let error = match client.import(id).await {
            Ok(import) => return Ok(import),
            Err(error) => error,
        };
        let passes = error.is::<Unreachable>() || error.is::<Busy>();
        if !passes || since.elapsed() > PATIENCE {
            return Err(error);
        }
        if !is_reported {
            is_reported = true;
            say(&format!("{error}; trying again for five minutes"));
        }
        tokio::time::sleep(4 * EVERY).await;
    }
}
