//! Submissions that are accepted and not answered.

use futures::FutureExt;
use selfsame_application::{Application, Submission, SubmitError};
use selfsame_domain::{Decision, WorkspaceId};
use std::pin::Pin;
use std::time::Duration;

/// What a submission comes to.
pub(crate) type Answer = Result<Vec<Decision>, SubmitError>;

/// A submission that was accepted; its answer is still to come.
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
    /// Whether the answer is still to come.
    pub(crate) async fn is_pending(&mut self) -> bool {
        futures::poll!(&mut self.0).is_pending()
    }

    /// The answer, which must be there.
    pub(crate) fn answered(self) -> Answer {
        self.0.now_or_never().expect("an answer that is there")
    }

    /// The answer, which must come.
    pub(crate) async fn answer(self) -> Answer {
        soon(self.0).await
    }

    /// The decisions, which must come.
    pub(crate) async fn decisions(self) -> Vec<Decision> {
        self.answer().await.expect("submit")
    }
}

/// Waits for what must come. Where time is paused it moves only when nothing is under way any more, so what never comes fails
/// at once, however slow the machine is.
///
/// # Panics
///
/// When it never comes.
pub(crate) async fn soon<T>(coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_hours(1), coming)
        .await
        .expect("stuck: nothing is under way any more")
}
