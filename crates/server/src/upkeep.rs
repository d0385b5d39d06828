//! The periodic maintenance of a server.

use chrono::TimeDelta;
use metrics_exporter_prometheus::PrometheusHandle;
use selfsame_application::Application;
use selfsame_application::ports::{Expired, StorageError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// How often expired replies are deleted, and partitions for the events of the next months are created.
const PRUNE_EVERY: Duration = Duration::from_hours(1);
/// The delay of the first run after the start, so that a server in a restart loop does not run it each time.
const PRUNE_FIRST: Duration = Duration::from_mins(1);
/// How often the samples of histograms are aggregated. Without that they accumulate until the metrics are read.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// How often due exports are searched.
const EXPORT_EVERY: Duration = Duration::from_secs(5);

/// How often the index of the search box is brought up to date.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// How much longer than a step of the index the pause after it is, while many changes wait: imports get most of the machine.
const INDEX_PAUSES: u32 = 2;
/// The same while requests write.
const BUSY_INDEX_PAUSES: u32 = 8;
/// How often webhooks with work are searched: how long a change waits at the most before it is sent, on an idle server.
const WEBHOOKS_EVERY: Duration = Duration::from_secs(1);
/// How often entries into segments and exits are recorded.
const RECORD_EVERY: Duration = Duration::from_millis(500);

/// How long imports are kept, with the outcomes of their rows.
const IMPORT_DAYS: i64 = 30;
/// How long `importstatus` answers the `mapping` of values to contacts.
const DEDUPE_VALUE_DAYS: i64 = 1;
/// For how long an import waits for a decision before it is cancelled.
const DECISION_DAYS: i64 = 7;
/// After how long without new bytes an upload is deleted. A running one gets some within the time of a request.
const UPLOAD_HOURS: i64 = 1;
/// For how long jobs that ended are kept.
const JOB_DAYS: i64 = 7;

/// Maintains the storage and the metrics until `stop`. A step under way is dropped then; each step is atomic.
pub(crate) async fn upkeep(app: Application, metrics: PrometheusHandle, stop: CancellationToken) {
    let (prune, count) = (pruning(app.clone()), counting(metrics));
    let (export, index, webhooks, record) = (
        exporting(app.clone()),
        indexing(app.clone()),
        sending(app.clone()),
        recording(app),
    );
    // Boxed, because together they are large.
    let work = Box::pin(async { tokio::join!(prune, count, export, index, webhooks, record) });
    stop.run_until_cancelled(work).await;
}

async fn pruning(app: Application) {
    let mut ticks = interval_at(Instant::now() + PRUNE_FIRST, PRUNE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = app.store().prepare(app.clock().now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot create the partitions for the events of the next months; trying again later"
            );
        }
        match app.store().prune(app.clock().now()).await {
            Ok(deleted) => tracing::info!(
                deleted,
                "deleted expired replies, and expired decisions that concern no contact"
            ),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot delete expired replies, nor expired decisions that concern no contact; trying again later"
            ),
        }
        if let Err(error) = forget_imports(&app).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot delete imports and jobs that are past their time; trying again later"
            );
        }
        if let Err(error) = app.prune_exports().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot delete runs of exports that are past their time; trying again later"
            );
        }
        if let Err(error) = app.prune_memberships().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot delete memberships of segments that ended long ago; trying again later"
            );
        }
        if let Err(error) = app.prune_deliveries().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot delete messages of webhooks that are past their time; trying again later"
            );
        }
        if let Err(error) = app.prune_sessions().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot delete sessions of the console that are over; trying again later"
            );
        }
        match app.store().expire(app.clock().now()).await {
            Ok(expired) => report_expired(expired),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot delete expired events; trying again later"
            ),
        }
    }
}

/// Deletes expired imports and jobs.
async fn forget_imports(app: &Application) -> Result<(), StorageError> {
    let (store, now) = (app.store(), app.clock().now());
    let before = |days| now - TimeDelta::days(days);
    let uploads = store.drop_uploads(now - TimeDelta::hours(UPLOAD_HOURS)).await?;
    let undecided = store.cancel_undecided(before(DECISION_DAYS), now).await?;
    if uploads + undecided > 0 {
        tracing::info!(
            uploads,
            undecided,
            "deleted interrupted uploads, and cancelled imports that waited too long for a decision"
        );
    }
    store.forget_dedupe_values(before(DEDUPE_VALUE_DAYS)).await?;
    let imports = store.prune_imports(before(IMPORT_DAYS)).await?;
    let jobs = store.prune_jobs(before(JOB_DAYS)).await?;
    if imports + jobs > 0 {
        tracing::info!(imports, jobs, "deleted expired imports and jobs");
    }
    Ok(())
}

fn report_expired(expired: Expired) {
    let Expired {
        months,
        events,
        identities,
    } = expired;
    metrics::counter!("selfsame_events_months_dropped_total").increment(months);
    metrics::counter!("selfsame_events_expired_total").increment(events);
    if expired != Expired::default() {
        tracing::info!(months, events, identities, "deleted expired events");
    }
}

async fn exporting(app: Application) {
    let mut ticks = interval_at(Instant::now(), EXPORT_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = app.start_due_exports().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot start exports that are due; trying again"
            );
        }
    }
}

async fn indexing(app: Application) {
    let mut known = app.live_submissions();
    loop {
        let started = Instant::now();
        let indexed = app.index_contacts().await;
        let live = app.live_submissions();
        let pauses = if live == known { INDEX_PAUSES } else { BUSY_INDEX_PAUSES };
        known = live;
        let pause = match indexed {
            Ok(true) => pauses * started.elapsed(),
            Ok(false) => INDEX_EVERY,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "cannot update the index of the search box; trying again"
                );
                10 * INDEX_EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn sending(app: Application) {
    let mut ticks = interval_at(Instant::now(), WEBHOOKS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = app.start_due_webhooks().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot begin to send changes to webhooks; trying again"
            );
        }
    }
}

async fn recording(app: Application) {
    let mut ticks = interval_at(Instant::now(), RECORD_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = app.record_due_memberships().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot look for workspaces whose members of segments are to be recorded; trying again"
            );
        }
    }
}

async fn counting(metrics: PrometheusHandle) {
    let mut ticks = interval_at(Instant::now() + COUNT_EVERY, COUNT_EVERY);
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
    }
}
