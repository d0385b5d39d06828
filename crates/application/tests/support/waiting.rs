//! Submissions that are accepted and not answered yet.

use futures::FutureExt;
use selfsame_application::{Application, Submission, SubmitError};
use selfsame_domain::{Decision, WorkspaceId};
use std::pin::Pin;
use std::time::Duration;

/// The answer to a submission.
pub(crate) type Answer = Result<Vec<Decision>, SubmitError>;

/// A submission that was accepted and not answered yet.
pub(crate) struct Waiting(Pin<Box<dyn Future<Output = Answer>>>);

/// Submits, and returns as soon as the submission is accepted.
///
/// # Panics
///
/// When it is answered at once.
pub(crate) async fn accept(app: &Application, workspace: WorkspaceId, submission: Submission) -> Waiting {
    let app = app.clone();
    let mut answer = Box::pin(async move { app.submit(workspace, submission).await });
    let at_once = futures::poll!(&mut answer);
    assert!(at_once.is_pending(), "answered at once: {at_once:?}");
    Waiting(answer)
}

impl Waiting {
    /// Whether it is not answered yet.
    pub(crate) async fn is_pending(&mut self) -> bool {
        futures::poll!(&mut self.0).is_pending()
    }

    /// The answer, which must have arrived.
    pub(crate) fn answered(self) -> Answer {
        self.0.now_or_never().expect("an answer that is there")
    }

    /// Waits for the answer.
    pub(crate) async fn answer(self) -> Answer {
        soon(self.0).await
    }

    /// Waits for the decisions.
    pub(crate) async fn decisions(self) -> Vec<Decision> {
        self.answer().await.expect("submit")
    }
}

/// Waits for a future that must complete. Paused time advances only when every task is idle, so a future that never
/// completes fails at once, however slow the machine is.
///
/// # Panics
///
/// When it never completes.
pub(crate) async fn soon<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_hours(1), coming)
        .await
        .expect("stuck: nothing is under way any more")
}
