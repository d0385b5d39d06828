//! Imports go behind live requests.

use crate::support::{Stand, accept, named, soon, upsert};
use selfsame_application::ports::{Continuation, Import, ImportFormat, ReadRow, RowReader, RowsError};
use selfsame_application::{ImportRequest, WorkerOptions};
use selfsame_domain::{Outcome, Policy};
use std::io::Read;
use std::sync::Arc;

/// Reads three rows from any body.
#[derive(Debug)]
struct Three;

impl RowReader for Three {
    fn read(
        &self,
        _: &Import,
        _: &Policy,
        _: &mut dyn Read,
        rows: &mut dyn FnMut(ReadRow) -> Continuation,
    ) -> Result<(), RowsError> {
        for (line, name) in (1..).zip(["i1", "i2", "i3"]) {
            let row = ReadRow {
                line,
                bytes: 1,
                dedupe_value: None,
                command: Ok(upsert(name)),
            };
            if rows(row) == Continuation::No {
                break;
            }
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_live_request_goes_before_a_batch_that_waited_longer() {
    let mut stand = Stand::default();
    let (f, probe, first) = stand.busy().await;
    let import = ImportRequest {
        format: ImportFormat::Bulk,
        options: String::new(),
        total: Some(3),
        is_dry_run: false,
        queue: "q".to_owned(),
        replay: None,
    };
    let id = f.app().accept_import(f.workspace, import, b"-").await.expect("accept");
    let worker = f.app().worker(Arc::new(Three), WorkerOptions::default());
    let working = tokio::spawn(async move { worker.run_due().await });
    let waits = async {
        while f.app().lane_depth() < 2 {
            tokio::task::yield_now().await;
        }
    };
    soon(waits).await;
    let live = accept(f.app(), f.workspace, named("live")).await;
    probe.let_one_pass(f.workspace);
    first.decisions().await;
    probe.arrived(2).await;
    probe.let_one_pass(f.workspace);
    assert_eq!(live.decisions().await[0].outcome, Outcome::Created);
    probe.arrived(3).await;
    let sizes = probe.sizes(f.workspace);
    // The import reads the policy itself, which counts as an attempt without commands.
    let sizes: Vec<usize> = sizes.into_iter().filter(|size| *size > 0).collect();
    assert_eq!(sizes, [1, 1, 3], "the rows of the import go last");
    let store = f.app().store();
    let read = async || store.import(f.workspace, id).await.expect("read").expect("the import");
    assert_eq!(read().await.counts.total(), 0);
    probe.open(f.workspace);
    soon(working).await.expect("no panic").expect("run");
    assert_eq!(read().await.counts.created, 3);
}
