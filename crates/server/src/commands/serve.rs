//! `selfsame serve`.

use crate::bootstrap::{bootstrap, welcome};
use crate::drain::{self, Drain, Jobs, StopSignals};
use crate::output;
use crate::settings::{Listen, Settings, SettingsFlags, load, reachable};
use crate::upkeep::upkeep;
use crate::wiring::clock::SystemClock;
use crate::wiring::console::{public_url, with_console};
use crate::wiring::exports::outlets;
use crate::wiring::ids::SystemIds;
use crate::wiring::links::HttpLinks;
use crate::wiring::oidc::with_provider;
use crate::wiring::store::OpenStore;
use crate::wiring::webhooks::webhook_outlets;
use crate::wiring::{logging, metrics};
use anyhow::{Context, Result};
use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use selfsame_application::{Application, Options, WorkerOptions};
use selfsame_http::{HttpSettings, HttpState, ImportRows, Readiness, Routers};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long a stop waits for the database connections to close.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// A server that is ready to take requests.
struct Started {
    /// Each listening socket with its router.
    served: Vec<(TcpListener, Router)>,
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
        served,
        app,
        store,
        ready,
    } = started;
    let stop = CancellationToken::new();
    let upkeep = tokio::spawn(upkeep(app.clone(), metrics, stop.clone()));
    let jobs = Jobs::start(app.worker(
        Arc::new(ImportRows::new(settings.import_limit_bytes)),
        WorkerOptions::default(),
    ));
    let drain = Drain {
        delay: settings.drain_delay,
        timeout: settings.drain_timeout,
    };
    drain::serve(served, (&app, jobs), &ready, &mut signals, drain).await?;
    stop.cancel();
    upkeep.await.context("the upkeep failed")?;
    // Everything that was accepted is durable by now.
    if let Ok(closed) = tokio::time::timeout(CLOSE_TIME, store.close()).await {
        closed?;
    } else {
        tracing::warn!("the connections to the database were not closed in time");
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Does everything that can fail before the first request. The key of the first start is generated and shown last, so that an
/// earlier failure does not use it up.
async fn start(settings: &Settings, metrics: &PrometheusHandle) -> Result<Started> {
    let (store, lacked) = OpenStore::migrated(settings).await?;
    for migration in lacked {
        tracing::info!(migration, "the database lacked a migration and has it now");
    }
    let preload = || {
        selfsame_domain::values::preload();
        selfsame_http::preload();
    };
    tokio::task::spawn_blocking(preload)
        .await
        .context("cannot load the numbering plans and the description of the API")?;
    let (listener, address) = listen(&settings.listen).await?;
    let options = Options { lane: settings.lane() };
    let app = Application::new(store.store(), Arc::new(SystemClock), Arc::new(SystemIds), options);
    let outlets = outlets(settings, &store)?;
    let app = app.with_webhooks(webhook_outlets(&outlets)?).with_exports(outlets);
    let app = with_provider(app, settings)?;
    let http = HttpSettings {
        metrics: Some(metrics.clone()),
        links: Some(Arc::new(HttpLinks::new(settings.allow_private_networks)?)),
        ..settings.http()
    };
    let ready = http.ready.clone();
    let state = HttpState::new(app.clone(), http);
    let served = match &settings.admin_listen {
        None => {
            let router = with_console(selfsame_http::router(&state), &app, settings, address);
            vec![(listener, router)]
        }
        Some(admin) => {
            let (admin, operations_address) = listen(admin).await?;
            tracing::info!(address = %operations_address, "listening for operations");
            let Routers { public, operations } = selfsame_http::routers(&state);
            let public = with_console(public, &app, settings, address);
            vec![(listener, public), (admin, operations)]
        }
    };
    let start = bootstrap(&app, &SystemIds, settings.bootstrap_api_key.as_ref()).await?;
    let text = welcome(&start, reachable(address), &public_url(settings, address));
    if let Err(error) = output::print_all(&text) {
        tracing::warn!(%error, "standard output is closed: an API key that was created is lost, `selfsame key create` creates another");
    }
    tracing::info!(%address, database = settings.database_url.engine(), version = env!("CARGO_PKG_VERSION"), "listening");
    Ok(Started {
        served,
        app,
        store,
        ready,
    })
}

/// Listens on an address, and returns the actual address.
async fn listen(setting: &Listen) -> Result<(TcpListener, SocketAddr)> {
    let listener = setting.bind().await;
    let listener = listener.with_context(|| format!("cannot listen on {setting}"))?;
    let address = listener
        .local_addr()
        .context("cannot read the address that was bound")?;
    Ok((listener, address))
}
