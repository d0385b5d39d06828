//! Serving until a stop signal, and stopping without losing accepted requests.

use crate::connections::{self, Timeouts};
use anyhow::{Context, Result, anyhow};
use axum::Router;
use selfsame_application::{Application, Worker};
use selfsame_http::Readiness;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The name of the signal by which service managers stop a server.
const TERMINATE: &str = "SIGTERM";

/// The signals that stop a server.
#[derive(Debug)]
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Installs the handlers. From now on the signals no longer end the process by default.
    pub(crate) fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// The next signal's name.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => TERMINATE,
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// How a server stops.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drain {
    /// How long it still serves while it reports that it is not ready.
    pub(crate) delay: Duration,
    /// How long it waits after that for accepted requests.
    pub(crate) timeout: Duration,
}

/// The running worker of a server.
#[derive(Debug)]
pub(crate) struct Jobs {
    stop: CancellationToken,
    working: JoinHandle<()>,
}

impl Jobs {
    /// Starts the worker.
    pub(crate) fn start(worker: Worker) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let working = tokio::spawn(async move { worker.run(stopped).await });
        Self { stop, working }
    }

    /// Returns when every job under way has ended its step and was released.
    async fn end(self) -> Result<()> {
        self.stop.cancel();
        self.working.await.context("the jobs failed")
    }
}

/// Serves until a signal arrives. Then the server is not ready, and after the delay (none after an interrupt) it accepts no new connections. Accepted
/// requests are answered, their submissions are durable, and jobs are released. Fails when that takes too long, or a second signal arrives after
/// the delay; a signal during the delay ends the delay.
pub(crate) async fn serve(
    served: Vec<(TcpListener, Router)>,
    (app, jobs): (&Application, Jobs),
    ready: &Readiness,
    signals: &mut StopSignals,
    drain: Drain,
) -> Result<()> {
    let stop = CancellationToken::new();
    let all = served
        .into_iter()
        .map(|(listener, router)| connections::serve(listener, router, stop.clone(), Timeouts::default()));
    let mut serving = tokio::spawn(futures::future::join_all(all.collect::<Vec<_>>()));
    let name = tokio::select! {
        name = signals.next() => name,
        ended = &mut serving => {
            ended.context("the HTTP server failed")?;
            return Err(anyhow!("the HTTP server ended by itself"));
        }
    };
    tracing::info!(signal = name, waiting = app.lane_depth(), "stopping");
    ready.set(false);
    // A person who interrupts the server at a terminal waits for its end, and no load balancer has to notice.
    if name == TERMINATE {
        tokio::select! {
            () = tokio::time::sleep(drain.delay) => {}
            name = signals.next() => tracing::info!(signal = name, "stopping without more delay"),
        }
    }
    stop.cancel();
    let drained = async {
        serving.await.context("the HTTP server failed")?;
        // Before the lane closes, so that the submissions of a job are recorded as done.
        jobs.end().await?;
        // After the last answer, so that no accepted request is refused. Waits for requests of disconnected clients, too.
        app.close().await;
        Ok(())
    };
    tokio::select! {
        drained = drained => drained,
        () = tokio::time::sleep(drain.timeout) => {
            Err(anyhow!("stopped before all requests were answered: they took longer than {}", humantime::format_duration(drain.timeout)))
        }
        name = signals.next() => Err(anyhow!("stopped before all requests were answered: {name} came again")),
    }
}
