//! The backend of the tests: a probe, a clock and the bounds of the lane.

use super::{Answer, Probe, Waiting, accept, soon};
use async_trait::async_trait;
use selfsame_application::ports::Store;
use selfsame_application::{LaneOptions, Submission};
use selfsame_domain::Decision;
use selfsame_storage_conformance::{Backend, Fixture, ManualClock};
use std::sync::Arc;

/// A probe with a clock and the bounds of the lane.
#[derive(Debug, Default)]
pub(crate) struct Stand {
    pub(crate) probe: Probe,
    clock: ManualClock,
    lane: LaneOptions,
}

impl Stand {
    /// Sets the bounds of the lane.
    pub(crate) fn with(lane: LaneOptions) -> Self {
        Self {
            lane,
            ..Self::default()
        }
    }

    /// A workspace, and the probe of its storage.
    pub(crate) async fn fixture(&mut self) -> (Fixture<'_>, Probe) {
        let probe = self.probe.clone();
        (Fixture::new(self).await, probe)
    }

    /// A workspace whose lane is busy: the commit of the first submission is held. The clock does not move.
    pub(crate) async fn busy(&mut self) -> (Fixture<'_>, Probe, Waiting) {
        let (f, probe) = self.fixture().await;
        let first = occupy(&f, &probe).await;
        (f, probe, first)
    }
}

/// Submits a contact and holds its commit.
pub(crate) async fn occupy(f: &Fixture<'_>, probe: &Probe) -> Waiting {
    probe.hold(f.workspace);
    let before = probe.arrivals();
    // A new contact each time: an unchanged one would cause no commit.
    let name = match before {
        0 => "first".to_owned(),
        _ => format!("first after {before}"),
    };
    let first = accept(f.app(), f.workspace, super::named(&name)).await;
    probe.arrived(before + 1).await;
    first
}

/// Waits until the lane has finished the last batch: its answers are sent a little earlier.
pub(crate) async fn idle(f: &Fixture<'_>) {
    let idle = async {
        while f.app().lane_depth() > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon(idle).await;
}

/// Submits to the workspace of the fixture and waits for the answer.
pub(crate) async fn submit(f: &Fixture<'_>, submission: Submission) -> Answer {
    soon(f.app().submit(f.workspace, submission)).await
}

/// The decisions on a submission to the workspace of the fixture.
pub(crate) async fn decided(f: &Fixture<'_>, submission: Submission) -> Vec<Decision> {
    submit(f, submission).await.expect("submit")
}

/// Submits to the workspace of the fixture; the submissions are accepted in this order and wait.
pub(crate) async fn accept_all(f: &Fixture<'_>, submissions: impl IntoIterator<Item = Submission>) -> Vec<Waiting> {
    let mut waiting = Vec::new();
    for submission in submissions {
        waiting.push(accept(f.app(), f.workspace, submission).await);
    }
    waiting
}

/// The answers to all of them.
pub(crate) async fn answers(waiting: Vec<Waiting>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for one in waiting {
        answers.push(one.answer().await);
    }
    answers
}

#[async_trait]
impl Backend for Stand {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.probe.clone())
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The data are in memory, so nothing can be reopened.
    async fn reopen(&mut self) {}

    fn another(&self) -> Arc<dyn Store> {
        self.store()
    }

    fn lane(&self) -> LaneOptions {
        self.lane
    }
}
