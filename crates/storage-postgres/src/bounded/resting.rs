//! Connections that ended their work cleanly. The driver's pool pings every connection that returns to it, a round trip
//! for each use. A connection whose last statement was answered completely needs none, so it rests here instead.

use super::{SIGN_OF_LIFE, Silence, TRUSTED_REST, within};
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Postgres};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a connection stays away from the driver's pool, which replaces old connections and closes idle ones.
const AWAY: Duration = Duration::from_mins(5);

/// Connections at rest. The one that came last is taken first: its caches are the warmest.
#[derive(Debug, Clone)]
pub(super) struct Resting(Arc<Mutex<Option<Vec<Rested>>>>);

/// A connection, with the time when it left the driver's pool.
#[derive(Debug)]
pub(super) struct Away {
    pub(super) connection: PoolConnection<Postgres>,
    pub(super) since: Instant,
}

#[derive(Debug)]
struct Rested {
    away: Away,
    since: Instant,
}

impl Default for Resting {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(Vec::new()))))
    }
}

impl Resting {
    /// Takes a connection that still answers.
    pub(super) async fn take(&self, silence: &Silence) -> Option<Away> {
        loop {
            let Rested { mut away, since } = self.lock().as_mut()?.pop()?;
            let rest = since.elapsed();
            let answers = silence.precedes(rest)
                && (rest <= TRUSTED_REST || {
                    let answer = within(SIGN_OF_LIFE, Box::pin(away.connection.ping())).await;
                    answer.inspect_err(|error| silence.note(error)).is_ok()
                });
            if answers {
                return Some(away);
            }
            drop(away.connection.detach());
        }
    }

    /// Lets a connection rest. Returns it when it must return to the driver's pool, and with it one that has rested for too long.
    pub(super) fn put(&self, away: Away) -> Vec<PoolConnection<Postgres>> {
        let mut all = self.lock();
        let Some(all) = all.as_mut().filter(|_| away.since.elapsed() < AWAY) else {
            return vec![away.connection];
        };
        let is_over = |rested: &Rested| rested.since.elapsed() >= AWAY;
        let over = all.first().is_some_and(is_over).then(|| all.remove(0).away.connection);
        all.push(Rested {
            away,
            since: Instant::now(),
        });
        over.into_iter().collect()
    }

    /// How many connections rest.
    pub(super) fn count(&self) -> usize {
        self.lock().as_ref().map_or(0, Vec::len)
    }

    /// Lets none rest any more, and returns those that do.
    pub(super) fn close(&self) -> Vec<PoolConnection<Postgres>> {
        let all = self.lock().take().unwrap_or_default();
        all.into_iter().map(|rested| rested.away.connection).collect()
    }

    /// A panic cannot leave the list inconsistent: every critical section leaves it complete.
    fn lock(&self) -> MutexGuard<'_, Option<Vec<Rested>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
