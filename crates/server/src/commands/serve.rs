//! `selfsame serve`.

use crate::bootstrap::{bootstrap, welcome};
use crate::drain::{self, Drain, StopSignals};
use crate::output;
use crate::settings::{Settings, SettingsFlags, load, reachable};
use crate::upkeep::upkeep;
use crate::wiring::clock::SystemClock;
use crate::wiring::ids::SystemIds;
use crate::wiring::store::OpenStore;
use crate::wiring::{logging, metrics};
use anyhow::{Context, Result};
use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use selfsame_application::{Application, Options};
use selfsame_http::{HttpSettings, HttpState, Readiness};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A server that could take requests.
struct Started {
    listener: TcpListener,
    router: Router,
    app: Application,
    store: OpenStore,
    ready: Readiness,
}

pub(crate) async fn run(flags: &SettingsFlags) -> Result<ExitCode> {
    let settings = load(flags, flags.store.config.as_deref())?.settings;
    logging::start(&settings)?;
    let metrics = metrics::start()?;
    let mut signals = StopSignals::listen()?;
    let started = tokio::select! {
        started = start(&settings, &metrics) => started?,
        name = signals.next() => {
            tracing::info!(signal = name, "stopped before the start was done");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let Started {
        listener,
        router,
        app,
        store,
        ready,
    } = started;
    let stop = CancellationToken::new();
    let upkeep = tokio::spawn(upkeep(app.clone(), metrics, stop.clone()));
    let drain = Drain {
        delay: settings.drain_delay,
        timeout: settings.drain_timeout,
    };
    drain::serve(listener, router, &app, &ready, &mut signals, drain).await?;
    stop.cancel();
    upkeep.await.context("the upkeep failed")?;
    store.close().await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Everything that can fail before the first request. The key of the first start is drawn and shown last, so that a
/// failure before does not use it up.
async fn start(settings: &Settings, metrics: &PrometheusHandle) -> Result<Started> {
    let (store, lacked) = OpenStore::migrated(settings).await?;
    for migration in lacked {
        tracing::info!(migration, "the database lacked a migration and has it now");
    }
    tokio::task::spawn_blocking(selfsame_domain::values::preload)
        .await
        .context("cannot load the numbering plans")?;
    let listener = TcpListener::bind(settings.listen.as_str())
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener
        .local_addr()
        .context("cannot tell the address that was bound")?;
    let options = Options { lane: settings.lane() };
    let app = Application::new(store.store(), Arc::new(SystemClock), Arc::new(SystemIds), options);
    let http = HttpSettings {
        metrics: Some(metrics.clone()),
        ..settings.http()
    };
    let ready = http.ready.clone();
    let router = selfsame_http::router(HttpState::new(app.clone(), http));
    let start = bootstrap(&app, &SystemIds, settings.bootstrap_api_key.as_ref()).await?;
    if let Err(error) = output::print_all(&welcome(&start, reachable(address))) {
        tracing::warn!(%error, "nobody reads standard output: an API key that was made is lost, `selfsame key create` makes another");
    }
    tracing::info!(%address, database = settings.database_url.engine(), version = env!("CARGO_PKG_VERSION"), "listening");
    Ok(Started {
        listener,
        router,
        app,
        store,
        ready,
    })
}
