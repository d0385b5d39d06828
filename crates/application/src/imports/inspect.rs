//! Looking at the whole body of an import before its first row is written.

use super::reading::Inspecting;
use crate::app::Application;
use crate::jobs::{Attempt, Interruption, JobEnd};
use crate::ports::{Import, Inspection, InspectionContext, RowReader};
use selfsame_domain::Policy;
use std::sync::Arc;
use std::time::Duration;

/// How often an inspection looks whether it has to end.
const LOOK: Duration = Duration::from_millis(500);

/// How an inspection ended.
pub(super) enum InspectionEnd {
    /// With what it found.
    Done(Inspection),
    /// The body is not what its form says.
    Malformed(String),
    /// A request to cancel the import came.
    Cancelled,
    /// The attempt has to end.
    Attempt(JobEnd),
}

/// Inspects the body of an import. An attempt that has to end, and a cancelled import, break it off.
pub(super) async fn inspect(
    app: &Application,
    rows: &Arc<dyn RowReader>,
    import: &Import,
    policy: Policy,
    attempt: &Attempt,
) -> Result<InspectionEnd, Interruption> {
    let fields = app.store.fields(import.workspace).await?;
    let context = InspectionContext { policy, fields };
    let mut inspecting = Inspecting::start(Arc::clone(&app.store), Arc::clone(rows), import.clone(), context);
    loop {
        tokio::select! {
            end = inspecting.end() => return end,
            () = tokio::time::sleep(LOOK) => {}
        }
        if let Some(end) = attempt.must_end() {
            return Ok(match end {
                JobEnd::Cancelled => InspectionEnd::Cancelled,
                other => InspectionEnd::Attempt(other),
            });
        }
        let now = app.store.import(import.workspace, import.id).await?;
        if now.is_none_or(|import| import.is_cancelling) {
            return Ok(InspectionEnd::Cancelled);
        }
    }
}
