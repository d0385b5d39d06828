//! An export that follows random commands.

use super::destination::{Fault, MemorySinks, Rows, WHOLE};
use super::pair::Pair;
use super::same::{Checked, assert_same};
use super::step::{POOL, Step, step};
use crate::{ManualClock, SequenceIds};
use async_trait::async_trait;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use selfsame_application::ports::{
    Clock, Connector, Continuation, ExportDefinition, Hosts, Import, ReadRow, RowReader, RowsError, RunStatus, Store,
};
use selfsame_application::{Application, Egress, ExportOutlets, NewExport, Options, WorkerOptions};
use selfsame_domain::export::{Cell, ColumnSet, ConnectorSettings, Dataset, FileFormat, Row};
use selfsame_domain::{ConnectorId, ExportId, Policy, Timestamp};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use uuid::Uuid;

/// How many attempts a run may take.
const MOST_ATTEMPTS: usize = 6;

/// Longer than the lease of a killed server, and than the pause between attempts.
const LATER_SECONDS: i64 = 30;

/// One turn of a random sequence.
#[derive(Debug, Clone)]
pub(super) enum Turn {
    Step(Step),
    /// A run, and what happens in it after so many operations at the destination.
    Run(Option<(Fault, usize)>),
    /// Deleting the deletion records that no export needs.
    Prune,
}

/// Any turn.
pub(super) fn turn() -> impl Strategy<Value = Turn> {
    let fault = prop_oneof![Just(Fault::Refuse), Just(Fault::Disconnect), Just(Fault::Hang)];
    prop_oneof![
        12 => step().prop_filter("the export follows later", |step| !is_of_blocked(step)).prop_map(Turn::Step),
        2 => Just(Turn::Run(None)),
        3 => (fault, 0..24_usize).prop_map(|planned| Turn::Run(Some(planned))),
        1 => Just(Turn::Prune),
    ]
}

/// Whether a step unsubscribes the blocked address, the last of the pool. No commit of that names the contacts that have the address, because they may be
/// many: the export shows it with the next change of each.
fn is_of_blocked(step: &Step) -> bool {
    matches!(step, Step::Unsubscribe(email, _) if *email + 1 == POOL)
}

/// A workspace that changes, an export of it that writes what changed, and one that always writes all rows.
pub(super) struct Exported {
    pair: Pair,
    app: Application,
    clock: ManualClock,
    sinks: MemorySinks,
    following: ExportId,
    whole: ExportId,
    /// Earlier events may be deleted already. Destinations keep them.
    events_since: Option<Timestamp>,
}

impl Exported {
    pub(super) async fn new(store: Arc<dyn Store>, clock: ManualClock, name: &str) -> Checked<Self> {
        let mut pair = Pair::new(Arc::clone(&store), name).await?;
        // Runs record memberships, which are commits that the model does not make.
        pair.is_modelled = false;
        let sinks = MemorySinks::default();
        let app = Application::new(
            store,
            Arc::new(clock.clone()),
            Arc::new(SequenceIds::new()),
            Options::default(),
        );
        let app = app.with_exports(ExportOutlets {
            sinks: Arc::new(sinks.clone()),
            vault: None,
            egress: Egress {
                hosts: Arc::new(NoHosts),
                allow_private: true,
            },
        });
        let connector = connector(&pair);
        app.store().create_connector(&connector).await.expect("a connector");
        let mut exports = Vec::new();
        for schema in ["public", WHOLE] {
            exports.push(export(&app, &connector, schema).await);
        }
        Ok(Self {
            pair,
            app,
            clock,
            sinks,
            following: exports[0],
            whole: exports[1],
            events_since: None,
        })
    }

    /// Executes a turn. When it is a run that succeeds, the tables must be those of the workspace.
    pub(super) async fn take(&mut self, turn: &Turn) -> Checked {
        self.clock.advance(self.pair.now() - self.clock.now());
        match turn {
            Turn::Step(step) => {
                if matches!(step, Step::Expire) {
                    let policy: Arc<Policy> = self
                        .app
                        .store()
                        .policy(self.pair.workspace)
                        .await
                        .expect("the policy")
                        .policy;
                    self.events_since = self.events_since.max(policy.events_kept_since(self.pair.now()));
                }
                self.pair.take(step).await.map(drop)
            }
            Turn::Run(planned) => {
                if self.run(self.following, *planned).await? == RunStatus::Succeeded {
                    self.check_tables().await?;
                }
                Ok(())
            }
            Turn::Prune => {
                self.app.prune_exports().await.expect("prune");
                Ok(())
            }
        }
    }

    /// Runs the export undisturbed and compares its tables with the workspace.
    pub(super) async fn finish(&self) -> Checked {
        self.succeeds(self.following).await?;
        self.check_tables().await
    }

    async fn check_tables(&self) -> Checked {
        self.succeeds(self.whole).await?;
        for dataset in Dataset::ALL {
            let found = self.kept(dataset, self.sinks.rows("public", dataset));
            let expected = self.kept(dataset, self.sinks.rows(WHOLE, dataset));
            assert_same(("rows", dataset), &found, &expected)?;
        }
        Ok(())
    }

    async fn succeeds(&self, export: ExportId) -> Checked {
        let status = self.run(export, None).await?;
        assert_same("the run", &status, &RunStatus::Succeeded)
    }

    /// The rows without those of events that the workspace may have deleted because of their age.
    fn kept(&self, dataset: Dataset, mut rows: Rows) -> Rows {
        let happened = |row: &Row| {
            row.iter().find_map(|cell| match cell {
                Cell::Time(time) => Some(*time),
                _ => None,
            })
        };
        if matches!(dataset, Dataset::Events | Dataset::PageViews) {
            rows.retain(|_, row| happened(row) >= self.events_since);
        }
        rows
    }

    /// Runs an export to the end of its run.
    async fn run(&self, export: ExportId, planned: Option<(Fault, usize)>) -> Checked<RunStatus> {
        self.sinks.plan(planned);
        let workspace = self.pair.workspace;
        let id = self.app.start_export_run(workspace, export).await.expect("start a run");
        for _ in 0..MOST_ATTEMPTS {
            let worker = self.app.worker(Arc::new(NoImports), WorkerOptions::default());
            tokio::select! {
                done = worker.run_due() => done.expect("look for jobs"),
                // Dropping the worker stands for killing its server.
                () = self.sinks.hang() => {}
            }
            let run = self.app.store().run(workspace, id).await.expect("read a run");
            let status = run.expect("the run").status;
            if status.is_over() {
                self.sinks.plan(None);
                return Ok(status);
            }
            self.clock.advance_seconds(LATER_SECONDS);
        }
        Err(TestCaseError::fail("the run does not end"))
    }
}

fn connector(pair: &Pair) -> Connector {
    Connector {
        workspace: pair.workspace,
        id: ConnectorId(Uuid::nil()),
        name: "memory".to_owned(),
        settings: ConnectorSettings::File {
            directory: "/".to_owned(),
            format: FileFormat::Csv,
        },
        sealed: None,
        created_at: pair.now(),
        updated_at: pair.now(),
    }
}

async fn export(app: &Application, connector: &Connector, schema: &str) -> ExportId {
    let new = NewExport {
        name: schema.to_owned(),
        connector: connector.id,
        definition: ExportDefinition {
            datasets: Dataset::ALL.map(|dataset| ColumnSet::new(dataset, true)).to_vec(),
            schema: schema.to_owned(),
            schedule: None,
            segment: None,
        },
    };
    app.create_export(connector.workspace, new).await.expect("an export").id
}

#[derive(Debug)]
struct NoHosts;

#[async_trait]
impl Hosts for NoHosts {
    async fn addresses(&self, _: &str, _: u16) -> Vec<SocketAddr> {
        Vec::new()
    }
}

#[derive(Debug)]
struct NoImports;

impl RowReader for NoImports {
    fn read(
        &self,
        _: &Import,
        _: &Policy,
        _: &mut dyn Read,
        _: &mut dyn FnMut(ReadRow) -> Continuation,
    ) -> Result<(), RowsError> {
        Ok(())
    }
}
